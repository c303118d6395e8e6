r"""Where a response marks an answer as its own: `\boxed{…}`, a tag, `#### …`, "the answer is …" and its kin."""

from __future__ import annotations

import re
from collections import deque
from itertools import zip_longest
from typing import NamedTuple

_MOST = 100  # markers of one kind are looked at, the last ones
_SPAN = 300  # characters of an answer that only the end of its line or sentence bounds


class Marker(NamedTuple):
    """An answer that the response marks as its own, and where."""

    start: int
    end: int
    answer: str
    final: bool = False


_BRACES = r"(?s)\\(?:boxed|fbox)\s{0,8}(\{)|\\.|[{}]"
_BOX_END = re.compile(r"\n|\$|\\[)\]]")
_NEGATED = r"(?i)(?:\bnot|n['’]t|\bnever|≠|\\neq?)[\s$\\(\[]*$"
_PLACEHOLDER = (
    r"(?i)(?:\\text)?[\s{]*(?:(?:(?:your|final|the) ){0,3}answer)?(?:\\[vh]?phantom\{[^{}]*\})?"
    r"(?:[\s.…?_~}]|\\(?:[lc]?dots|q?quad|[ ,;:!]))*"
)
_HASH = r"(?<!#)####(?!#)[ \t]*([^\n#]*)"
_NUMBER_FIRST = (
    r"(?i)[\s*_`$\\({\[≈~+−–-]*(?:[$€£¥]|usd|(?:about|approx\w*\.?|around|roughly"
    r"|[a-z]\w?\s*=)\s)?[\s*$\\-]*(?:\d|\.\d|[¼½¾⅐-⅞]|[dt]?frac|[a-z]+\{\d)"
)
_HEADING = r"[\s*_]*\d{1,2}(?:[.)]|:)\**\s+[*_]*[^\W\d]"
_WORD = r"(?<!\\)\b[^\W\d_]{3,}"
_NOUN = r"(?:answers?|antwort|respuesta|réponse|resposta|risposta|ответ)"
_VERB = (
    r"(?:is|are|was|equals|ist|es|est|becomes|comes to|(?:would|should|must|will|has to) be|"
    r"(?:comes|turns|works) out to(?: be)?)\b"
)
_SIGN = r"(?:[:：=]|[-=]>|→|⇒)"
_STATED = re.compile(
    rf"(?im)\b(?P<final>(?:final|corrected?)\s{{1,4}})?{_NOUN}\b(?:\s(?:final|finale|correcta))?"
    rf"(?:\s(?:to|for|of)\s[^.:=\n$]{{1,60}}?)?[\"'*_`)\]\s]{{0,6}}(?:{_SIGN}|,?\s*{_VERB})[:：]?"
    rf"|(?:最终)?答案(?:是|为|:|：)|答え?[:：]|故?选(?:择)?[:：]?\s*(?=[A-H])"
    rf"|^[ \t*_>-]{{0,8}}A(?:ns(?:wer)?\b\.?)?[*_]{{0,2}}(?::|(?<=\.)|\s?=)"
    rf"|\b(?:correct|right|best)\s(?:option|choice)[*_]{{0,2}}(?::|\s{_VERB}:?)"
    rf"|^[ \t*_]{{0,8}}(?:result|output|final)[*_]{{0,2}}:(?=[^\n]+\s*\Z)"
    rf"|^[ \t#*_]{{0,12}}(?P<heading>final\s)?{_NOUN}[ \t*_]{{0,8}}$"
)
_LEAD = re.compile(
    r"(?:[\s*_`:：}]|(?<=[a-z]),|(?:then|thus|therefore|hence|just|[a-z]{3,12}ly|seen|found|to be|given by|"
    r"equal to|option|choice)(?=[\s,:])){0,40}"
)
_MEANS = r"(?!or\b|and\b|maybe|perhaps|possibly|not\b|but\b|alternatively|through)"
_STATEMENT_END = re.compile(
    r"\.(?=[\s*_\"]|$)|[!?](?=[\s*_]|$)|[。！？\n]"
    r"|,?\s+(?:because|since|which|as(?=\s)|given|i\.e\.|e\.g\.|that is|namely)(?![A-Za-z])"
    r"|,\s+(?:so|not|and|where|with)\b|\s+(?:and not|but not|rather than|instead of)\b"
    r"|\s+\((?:i\.e\.|(?:not|since|because|as|where|which|that is|s?he|it|they|there)\b)"
    r"|,?\s+or,?\s(?:in|equivalently|about|approximately|roughly)\b"
    rf"|(?:\s+[—–]|[;:])\s+{_MEANS}(?=[A-Za-z]{{3,}}\s)"
)
_BARE_BOX = r"\\(?:boxed|fbox)\s+(?![\s{])([^\s{}$]{1,40})"
_FORMULA = re.compile(r"\$[^$\n]+\$|\\\((?:(?!\\\)).){1,300}\\\)")
_NOT_STATED = (
    r"(?i)(?:found|given|obtained|calculated|computed|determined|derived|reached|based|as follows|in the)\b"
)
_DENIED = r"(?i)(?:\w+ly\s+)?(?:not|never|neither)\b"
_RATHER = r"(?is)not\b[^,.]{1,60}?,?\s+but\s+(?:rather\s+)?(.+)"


def boxes(text: str) -> list[Marker]:
    """The outermost boxes that hold something; a box that is cut off holds an empty answer."""
    found: deque[Marker] = deque(maxlen=_MOST)
    opened: list[tuple[int, int]] = []  # where a brace's content begins; for a box, where its command does, or -1
    if "\\boxed" not in text and "\\fbox" not in text:
        return []
    for token in re.finditer(_BRACES, text):
        if token[1] or token[0] == "{":
            opened.append((token.start() if token[1] else -1, token.end()))
        elif token[0] == "}" and opened:
            start, begin = opened.pop()
            if start >= 0:
                while found and found[-1].start > start:
                    found.pop()
                found.append(Marker(start, token.end(), text[begin : token.start()].strip()))
    unclosed = next(((start, begin) for start, begin in reversed(opened) if start >= 0), None)
    if unclosed and not (found and found[-1].start > unclosed[0]):
        end = _BOX_END.search(text, unclosed[1])
        found.append(Marker(unclosed[0], len(text), text[unclosed[1] : end.start()].strip() if end else ""))
    if not found:
        found.extend(Marker(box.start(), box.end(), box[1]) for box in re.finditer(_BARE_BOX, text))
    kept = [box for box in found if not re.search(_NEGATED, text[max(0, box.start - 24) : box.start])]
    holding = [box for box in kept if not re.fullmatch(_PLACEHOLDER, box.answer)]
    cut_off = [box for box in kept if unclosed and box.end == len(text) and not box.answer]
    return holding or cut_off


def tags(text: str, tag: str) -> list[Marker]:
    """The contents of the complete pairs of a tag."""
    opening, closing = f"<{tag}>".lower(), f"</{tag}>".lower()
    lower, found, position = text.lower(), deque[Marker](maxlen=_MOST), 0
    if len(lower) != len(text):  # a few letters change their length; then the tag is taken as it is written
        lower = text
    while (end := lower.find(closing, position)) >= 0:
        start = lower.rfind(opening, position, end)
        if start >= 0:
            found.append(Marker(start, end + len(closing), text[start + len(opening) : end].strip()))
        position = end + len(closing)
    return list(found)


def hashes(text: str) -> list[Marker]:
    """The `####` that announce an answer, and not a section: a number, or else the last line."""
    found = [match for match in re.finditer(_HASH, text) if match[1].strip()]
    answers = [match for match in found if _is_answer(match[1])]
    if not answers and found and not text[found[-1].end() :].strip():
        answers = found[-1:]
    return [_hash(match) for match in answers[-_MOST:]]


def _is_answer(content: str) -> bool:
    """Whether what stands behind `####` is a number or a formula, and not the heading of a section."""
    content = content[:_SPAN]
    if re.match(_HEADING, content):
        return False
    return bool(re.match(_NUMBER_FIRST, content) or _FORMULA.fullmatch(content.strip())) or not re.search(
        _WORD, content
    )


def _hash(match: re.Match[str]) -> Marker:
    content = match[1][:_SPAN]
    stated = statements(content)
    answer = stated[-1].answer if stated else re.split(r"\.\s+(?=[A-Z])", content, maxsplit=1)[0]
    return Marker(match.start(), match.end(), answer)


def statements(text: str, position: int = 0) -> list[Marker]:
    """The sentences and lines that announce an answer, from a position on."""
    matches = list(deque(_STATED.finditer(text, position), maxlen=_MOST))
    found: list[Marker] = []
    for match, following in zip_longest(matches, matches[1:]):
        start, end = _announced(text, match.end())
        if following and following.start() < end:
            continue
        answer = text[start:end].strip()
        if rather := re.match(_RATHER, answer):
            answer = rather[1]
        asked = text.startswith("?", end)
        if answer and not (asked or re.match(_DENIED, answer) or re.match(_NOT_STATED, answer)):
            final = bool(match["final"] or match["heading"])
            found.append(Marker(match.start(), end, answer, final))
    return found


def _announced(text: str, position: int) -> tuple[int, int]:
    """Where the answer begins and ends that is announced up to a position."""
    lead = _LEAD.match(text, position)
    start = lead.end() if lead else position
    for opening, closing in (("$$", "$$"), ("\\[", "\\]")):
        if text.startswith(opening, start):
            end = text.find(closing, start + 2, start + _SPAN)
            return start, end + 2 if end >= 0 else start + _SPAN
    limit = min(len(text), start + _SPAN)
    formula = _FORMULA.match(text, start, limit)
    stop = _STATEMENT_END.search(text, formula.end() if formula else start, limit)
    return start, stop.start() if stop else limit
