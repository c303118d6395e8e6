r"""What stands around the mathematics of a span: lead words, conditions, asides, closing marks.

`Thus the slope is $-\frac{2}{3}$.` becomes `-\frac{2}{3}`, and `x^2+C, where C is any constant` becomes `x^2+C`.
What says something about the value (`not`, `at least`, `or`) stays, so that whoever reads on sees it.
"""

from __future__ import annotations

import re

from rewardkit.graders.math import chinese, text, units, words

_LONGEST = 600  # characters of a span that may have words around it
_EDGES = " \t\r\n.,;:。，；"

_SAYS = (
    r"(?!(?:not|never|no|neither|either|none|nothing|half|twice|wrong|incorrect|maybe|answer|final|solution)\b)"
)
_NAME = r"(?!(?:alpha|beta|gamma|delta|theta|lambda|sigma|omega|epsilon|sqrt|sinh|cosh|tanh|frac)\b)"
_OBJECT = (
    r"(?:points?|vertex|line|set|interval|function|vector|matrix|curve|circle|ellipse|parabola|plane|equation|"
    r"polynomial|number|year|(?:ordered )?pairs?|values?|solutions?|roots?|total of)"
)
_LEAD = (
    r"(?i)^\s*(?:(?:so|thus|hence|therefore|and|then|we (?:get|have|find)(?: that)?)\b,?\s*)*"
    r"(?:(?:\\(?:therefore|Rightarrow|Longrightarrow|implies|to|rightarrow)(?![A-Za-z])|∴|⇒|[=-]>|=(?!=))\s*)*"
    rf"(?:(?:the\s+(?:{_SAYS}[a-z]+\s+){{1,5}}|(?:{_SAYS}[a-z]{{4,}}\s+){{1,3}}|it\s+|there\s+)"
    r"(?:is|are|equals)\s+(?!not?\b|either\b))?"
    r"(?:(?:the|my|our)\s+)?(?:(?:final\s+)?(?:answer|result|solution|value|ratio|angle)(?:\s+of\s+[^=]{1,30}?)?"
    r"(?:\s*(?:is|are|:|=)\s*|\s+(?=\$|\\\()))?"
    rf"(?:\\text\s*\{{\s*{_SAYS}[A-Za-z][a-z]{{2,}}(?:\s[a-z]{{2,}}){{0,3}}\s*\}}\s*(?:=|:|\\text\s*\{{\s*is\s*\}})\s*)?"
    rf"(?:(?:the\s+|total\s+)?{_SAYS}{_NAME}[a-z]{{4,}}(?:\s[a-z]{{2,}}){{0,3}}\s*=\s*)?"
    rf"(?:all\s+(?=\$?[a-z]\s*[<>≤≥\\]))?(?:(?:(?:the|a|an)\s+)?{_OBJECT}\s+(?=[^A-Za-z\s]|[A-Za-z]\b))?"
    r"(?:(?:equal to|approximately|about|exactly|only|simply|just|clearly)\s+)?"
)
_ARROWS = ("=", "->", "\\therefore", "\\Righta", "\\Longr", "\\implies", "\\to", "\\righta", "∴", "⇒")
_TAIL = r"(?i)(?<=[$\w)}\]])\s*(?:\s+is\s+(?:the|our|my)\s+(?:final\s+)?(?:solution|answer)s?)[\s.]*$"
_ASIDE = (
    r"(?:\\q?quad|\s|~|\\[,;])*(?:\\text\s*\{)?\s*\(\s*(?:approximately|approx\.?|about|≈|i\.e\.|that is)"
    r"[^()]*(?:\\text\{)?\)\s*\}?\s*$"
)
_CONDITION = (
    r"(?is)[\s,~]*(?:\\q?quad)*\s*(?:\\text\s*\{\s*|\()?\b(?:for all|for any|for every|for some|for each"
    r"|where|any integer|when)\b.*$"
)
_FOR_ALL = r"(?s)(?<=\S)(?:[\s,;~($]|\\q?quad|\\[,; ])*(?:\\forall(?![A-Za-z])|∀).*$"
_INTEGERS = (
    r"(?i)\s*[,;(]?(?:\s|\\q?quad|\\[,; ]|\$|\\?\()*(?<=[,;( $d])(?:\\text\s*\{\s*\(?\s*)?\$?[a-z]\$?\s*"
    r"(?:\\in\s*\\(?:mathbb|mathbf)?\s*\{?\s*[ZNR]\s*\}?\^?[+*]?|\s(?:is|being|=)\s(?:an|any)\s(?:arbitrary\s)?integers?)"
    r"[\s)}$.]*$"
)
_ARBITRARY = (
    r"(?i)(?:\b(?:some|any|every|all|each)\s+(?:real\s+|arbitrary\s+)?(?P<kind>constants?|reals?|numbers?|integers?)"
    r"[\s$}]*(?P<letter>[a-z])\b"
    r"|(?<![a-z\\])(?P<letter2>[a-z])[\s$}]*(?:\\in\s*\\(?:mathbb|mathbf)?\s*\{?\s*(?P<set>[RZN])(?![a-z])|\s(?:is|being)\s(?:an?|any)\s"
    r"(?:arbitrary\s|real\s)*(?P<kind2>constant|real|number|integer)))"
)
_UNIT_IN_PARENTHESES = r"(?<=[\d}\s$])\s*\\?\(\s*([A-Za-z][A-Za-z /^0-9{}]*?)\s*\)\s*$"
_RATIO = r"(?i)([\d.]+)(?:\s+to\s+|\s*\\text\s*\{\s*to\s*\}\s*)(?=[\d.]+(?:\s+to\s+[\d.]+)*\s*$)"
_OTHERWISE = r"(?s)(.*[\w}%$])\s+\((?:or\s+(?=\$?[\d\\])([^()]+)|([-\d]*\.\d+|[\d.]+\\?%))\)"
_OUT_OF = r"(\d+) out of (?:the |all )?(\d+)"
_NEGATIVE = r"(?i)^\s*(?:minus|negative)\s+(?!infinity)(?=[\w$\\])"


def without_words(span: str) -> str:
    """A span without lead words, closing marks and asides. Whoever writes more than a line has no such dress."""
    if len(span) > _LONGEST:
        return span.strip()
    span = span.strip()
    if "approx" in span or "~" in span or "≈" in span:
        span = re.sub(r"^(?:\$)?\s*(?:\\approx|≈|~)\s*", "", span)
    if not span.isascii() or "*" in span:
        span = chinese.translated(re.sub(r"^\*\*(.*)\*\*$", r"\1", span))
    if text.is_wordy(span) or "≈" in span:
        span = re.sub(_ASIDE, "", span)
        if numbers := text.number_set(span):
            return numbers
        span = re.sub(_CONDITION, "", span) or span
        span = re.sub(_TAIL, "", span) or span
    if "forall" in span or "∀" in span:
        span = re.sub(_FOR_ALL, "", span) or span
    if text.is_wordy(span) or "\\in" in span:
        span = re.sub(_INTEGERS, "", span) or span
    if text.is_wordy(span) or span.startswith(_ARROWS):
        span = without_lead(span) or span
    if " " in span and text.is_wordy(span):
        span = re.sub(_NEGATIVE, "-", span)
        span = re.sub(r"(?<=[\w)}$])\s+(?:is equal to|equals)\s+(?=[\w$\\(-])", " = ", span)
        span = re.sub(_RATIO, r"\1:", span) if re.match(_RATIO, span) else span
        span = re.sub(_OUT_OF, r"\1/\2", span) if re.fullmatch(_OUT_OF, span) else span
    if len(span) > 2 and span[-1].isalpha() and span[0].isalpha():
        span = words.in_digits(span) or span
    if span.endswith(")"):
        span = re.sub(_OTHERWISE, r"\1 or \2\3", span) if re.fullmatch(_OTHERWISE, span) else span
        span = re.sub(_UNIT_IN_PARENTHESES, _unit, span)
    span = span if span.endswith("...") else span.rstrip(_EDGES).lstrip() or span
    return span.replace(".$", "$").replace(".\\)", "\\)") if "$" in span or "\\)" in span else span


def alike(answer: str, reference: str) -> tuple[str, str]:
    """Two spans, with one letter for what each of them calls an arbitrary constant, or any integer."""
    if len(answer) > _LONGEST or len(reference) > _LONGEST:
        return answer, reference
    if not any(text.is_wordy(side) or "\\in" in side for side in (answer, reference)):
        return answer, reference
    ours, theirs = _arbitrary(answer), _arbitrary(reference)
    if theirs and not _uses(answer, theirs[0]):
        if ours:
            return _renamed(answer, ours[0], theirs[0]), reference
        return answer, _renamed(reference, *theirs)
    if ours and not _uses(reference, ours[0]):
        return _renamed(answer, *ours), reference
    return answer, reference


def _arbitrary(span: str) -> tuple[str, str] | None:
    """The letter that a span calls arbitrary, and the usual one for it: C for constants, k for integers."""
    match = re.search(_ARBITRARY, span)
    if not match:
        return None
    letter = match["letter"] or match["letter2"]
    said = span[: match.start()]
    if re.match(rf"\W*{letter}\b", said) or re.search(rf"\(\s*{letter}\s*\)|{letter}\s*[=<>\\]", said):
        return None  # the variable itself, which no other letter can stand for
    return letter, "k" if (match["set"] or match["kind"] or match["kind2"])[0] in "ZNi" else "C"


def _uses(span: str, letter: str) -> bool:
    return letter in re.sub(r"\\[A-Za-z]+|[A-Za-z]{3,}", "", span)


def _renamed(span: str, letter: str, name: str) -> str:
    if name != letter and _uses(span, name):  # which is another one there
        return span
    return re.sub(
        rf"\\[A-Za-z]+|[A-Za-z]{{3,}}|{letter}", lambda found: name if found[0] == letter else found[0], span
    )


def without_lead(span: str) -> str:
    """A span without the words that lead to its answer."""
    return re.sub(_LEAD, "", span, count=1)


def _unit(match: re.Match[str]) -> str:
    whole = match[1].count("{") == match[1].count("}")
    unit = (len(match[1]) > 3 and whole) or units.read(match[1]) is not None
    return f" \\text{{{match[1]}}}" if unit else match[0]
