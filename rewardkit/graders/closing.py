r"""The number a response opens or closes with, for responses that mark their answer in no way.

A guess, and the last resort of `final_answer`. The last sentence that holds a number decides, not counting asides
("Check: …", "Let me know …"). In it, what stands in bold comes before what stands right of the last `=`, and that
before the last number; what stands in parentheses comes last. Two numbers with an `or` between them stay two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rewardkit.graders.math import units, words

_TAIL = 4000  # characters of the response that are looked at

_ARGUMENT = r"(?:\d|\{[^{}]{1,40}\})"
_FRACTION = rf"\\[dtc]?frac\s?{_ARGUMENT}\s?{_ARGUMENT}"
_GROUP = r"(?:,|\{,\}|\\,|['’\u00a0\u2009\u202f ])"
_DECIMAL = rf"(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?|\.\d+)"
_MIXED = rf"\s?{_FRACTION}|\s\d+/\d+|\s?[¼½¾⅐-⅞]|/\d+(?:\.\d+)?|[eE][-+]?\d+"
_POWER = r"\s?(?:[×x*]|\\times|\\cdot)\s?10\s?\^\s?(?:\{[-+−]?\d+\}|[-+]?\d+)"
NUMBER = re.compile(
    rf"(?<![A-Za-z\d_.,])(?:\\?{units.CURRENCY}\s?)?"
    rf"(?:{_FRACTION}|[¼½¾⅐-⅞]|{_DECIMAL}(?:{_MIXED})?(?:{_POWER})?)(?![A-Za-z]*\d|-[A-Za-z]|(?:st|nd|rd|th)\b)"
    rf"|{words.SPELLED}"
)
_SUFFIX = re.compile(
    r"(?i)\s?(?:hundred|thousand|million|billion|trillion|dozen)\b|\s?(?:\\?%|percent\b|per cent\b)"
    r"|\s?(?:°\s?[CF]?|\w+)?(?:\s\w+)?\s(?=below (?:zero|sea level))below \w+(?: level)?"
)
_ASIDE = (
    r"(?i)[\W_]*(?:(?:double|quick|sanity)?[\s-]?check|to (?:double[\s-]?)?check|verif|to verify|proof|probe|note|"
    r"p\.?\s?s\b|hint|tip\b|let me know|i hope|i can|i could|i['’]?d\b|i['’]?ll\b|feel free|have (?:a|fun)|if you|"
    r"in other words|for (?:readers|reference|instance|example)|good luck|would you|do you|"
    r"(?:this|that) (?:matches|checks))"
)
_NUMBERING = r"(?i)^\s*(?:[-•]\s|\*\s|#+\s|\d{1,2}[.)]\s+(?=\S)|step\s+\d+\s*[.:)])"
_SENTENCES = r"(?<=[.!?])[\s*_]+(?=\S)|;\s"
_CONCLUDES = re.compile(r"(?i)\b(?:so|therefore|thus|hence|leav\w+|which|then|or|and|giv\w+|mak\w+)\b")
_EITHER = r"(?i)\W*(?:[\w']+\W+){0,3}or\W+(?:[\w']+\W+)?"
_SIGN = r"(?:^|[^\w)\]}%\s])\s*[-−–]$|[A-Za-z]\s+[-−–]$"
_DENIED = re.compile(r"(?i)(?:\b(?:not|never|neither|nor)|n['’]t)\s+(?:(?:be|equal|exactly)\s+)?\$?\s*$")
_DOUBTED = re.compile(
    r"(?i)(?:\b(?:maybe|perhaps|possibly|say|(?:more|less|fewer|greater) than)|\be\.g\.),?\s+\$?\s*$"
)
_DISOWNED = (
    r"(?i)\banswer(?:\W{1,4}(?:is|was|can|could)(?:n['’]t|not|\s+(?:\w+\s+)?(?:not|never))|\W{1,8}not)\b"
    r"[^\n]*?(?:[.!?](?=\s|$)|\n|$)"
)
_OPENING = (
    r"\s*[*_$]*(?P<number>[-−]?(?:\\?[$€£])?\d[\d,]*(?:\.\d+)?%?)(?: [a-z]+)?[*_$]*"
    r"(?:\.[ \t]+|\.?\s*\n\s*)(?=[A-Z])"
)


def opening_number(text: str) -> str | None:
    """The number that a response opens with, as a sentence or a line of its own, before it says why."""
    opening = re.match(_OPENING, text[:200])
    if not opening:
        return None
    listed = re.fullmatch(r"1|0", opening["number"]) or re.search(r"(?m)^\s*[*_]*2[.)]", text[:_TAIL])
    return None if listed else opening["number"]


def closing_number(text: str) -> str | None:
    """The number that a response closes with, with the sign, percent sign and unit it carries."""
    tail = text[-_TAIL:].replace("\\(", " $").replace("\\)", "$ ").replace("\\[", " $").replace("\\]", "$ ")
    for disowned in re.finditer(_DISOWNED, tail):
        tail = " " * disowned.end() + tail[disowned.end() :]
    sentences = list(_sentences(tail))
    told = [sentence for sentence, aside in sentences if not aside]
    for sentence in [*reversed(told), *(s for s, _ in reversed(sentences))]:
        if number := _number_of(sentence):
            return number
    return None


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    """The sentences, each with whether it is an aside; a line that begins with an aside is one as a whole."""
    for line in text.split("\n"):
        body = re.sub(_NUMBERING, "", line, count=1)
        beside = re.match(_ASIDE, body) is not None
        for sentence in re.split(_SENTENCES, body):
            enclosed = sentence.startswith("(") and sentence.rstrip().endswith(")")
            yield sentence, beside or enclosed or re.match(_ASIDE, sentence) is not None


def _number_of(sentence: str) -> str | None:
    """The number that a sentence comes to."""
    bold = [part for part in re.findall(r"\*\*([^*]+)\*\*", sentence) if _numbers(part)]
    if bold:
        sentence = bold[-1]
    outside = re.sub(r"\([^()]*\)", " ", sentence)
    if any(re.search(r"[\d¼½¾⅐-⅞]", number.group()) for number in _numbers(outside)) or not re.search(
        r"\d", sentence
    ):
        sentence = outside
    numbers = _numbers(sentence)
    if not numbers:
        return None
    for one, other in zip(numbers[-2:], numbers[-1:], strict=False):
        if one is not other and re.fullmatch(_EITHER, sentence[one.end() : other.start()]):
            return sentence[one.start() : other.end()].strip()
    chosen = _chosen(numbers, sentence)
    bounded = re.match(r"\s+or (?:more|less|fewer)\b", sentence[chosen.end() : chosen.end() + 12])
    doubted = _DOUBTED.search(sentence, max(0, chosen.start() - 40), chosen.start())
    return None if doubted or bounded else _dressed(chosen, sentence)


def _chosen(numbers: list[re.Match[str]], sentence: str) -> re.Match[str]:
    equals = max(sentence.rfind("="), sentence.rfind("≈"))
    right = [number for number in numbers if number.start() > equals]
    if equals < 0 or not right or _CONCLUDES.search(sentence, right[0].end()):
        return numbers[-1]
    return right[0]


def _numbers(sentence: str) -> list[re.Match[str]]:
    return [
        number
        for number in NUMBER.finditer(sentence)
        if not (_is_small_talk(number) or _DENIED.search(sentence, max(0, number.start() - 40), number.start()))
    ]


def _is_small_talk(number: re.Match[str]) -> bool:
    """A small number word counts things in passing ("both of the two"); a large one is a result."""
    return number.group().isalpha() and (words.value_of(number.group()) or 0) < 13


def _dressed(number: re.Match[str], sentence: str) -> str:
    """The number with the sign before it, and what says how much it is behind it."""
    start, end = number.span()
    if re.search(_SIGN, sentence[:start]):
        start -= 1
    for behind in (_SUFFIX.match(sentence, end), units.behind(sentence, end)):
        if behind and not (behind.group().strip() == "$" and "$" in sentence[:end]):
            end = behind.end()
            break
    return sentence[start:end].strip()
