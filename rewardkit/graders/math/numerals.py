"""What runs of digits and of letters are: numbers, groups of three, repeating decimals, words."""

from __future__ import annotations

import re
from fractions import Fraction

from rewardkit.graders.math import units, words
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.tokens import Unreadable

_DIGITS = 1500  # of a number
_SHOWN = 60  # digits of a repeating decimal that are looked at
_EXPONENT = 2000  # of ten in scientific notation
_STOP_WORDS = frozenset(
    "yes no odd even true false none all is the of not to for if an at by it as we so be on".split()
) | frozenset(words.SMALL)


_BASED = r"[\s{(]*([0-9A-Fa-f][0-9A-Fa-f\s\x01]{0,200}?)[\s})]*_\s*\{?\s*\(?\s*(\d{1,2}|\x01[a-z]+)\s*\)?\s*\}?\s*"
_PROGRAMS = {"x": 16, "b": 2, "o": 8}


def number(text: str) -> Node:
    """The number of digits with a point or an exponent in them."""
    if len(text) < 30 and text.isdigit():
        return Node("number", text, (), int(text))
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > _DIGITS or len(exponent) > 6 or abs(int(exponent or 0)) > _EXPONENT:
        raise Unreadable("a number beyond all bounds")
    whole, point, places = digits.partition(".")
    value = Fraction(int(whole + places or "0"), 10 ** len(places))
    if exponent:
        value *= Fraction(10) ** int(exponent)
    written = len(places) - int(exponent or 0) if point or exponent else -1
    return Node("number", text, (), value, written if point or exponent else -1)


def block(text: str) -> str:
    """The digits that `0.333...`, `0.1666...` and `0.142142...` repeat, or an empty text."""
    places = text.partition(".")[2][-_SHOWN:]
    for size in range(1, len(places) // 2 + 1):
        again = places[-size:]
        if places.endswith(again * max(2, -(-3 // size))):
            return again
    return ""


def repeated(text: str, block: str) -> Node:
    """The number of digits with a block behind them that repeats without end."""
    whole, _, places = text.partition(".")
    start = Fraction(int(whole + places or "0"), 10 ** len(places))
    value = start + Fraction(int(block), (10 ** len(block) - 1) * 10 ** len(places))
    return Node("number", "", (), value)


def in_base(text: str) -> Node | None:
    """A number in a base as programs and people write it, `0x2A`, `(2A)_{16}`; None for anything else."""
    if text[:1] == "0" and text[1:2] in _PROGRAMS:
        digits, base = text[2:].strip(), _PROGRAMS[text[1]]
    elif match := re.fullmatch(_BASED, text):
        digits, base = re.sub(r"[\s\x01]", "", match[1]), radix(match[2].strip("\x01")) or 0
    else:
        return None
    try:
        int(digits, base)
    except ValueError:
        return None
    if "_" in digits or len(digits) > 300 or not any(map(str.isdigit, digits)):
        return None
    return Node("base", str(base), (Node("number", digits.upper()),))


def radix(said: str) -> int | None:
    """The base that a subscript names, in digits or as a word."""
    said = said.strip("()")
    if said.isdigit():
        return int(said) if len(said) < 3 else None
    return words.spelled(said)


def is_group(text: str) -> bool:
    """Whether digits can be a group of three of a larger number."""
    return len(text.partition(".")[0]) == 3 and text[0] != "." and "e" not in text.lower()


def is_word(text: str) -> bool:
    """Whether a run of letters is a unit or a word, and not variables side by side."""
    if len(text) == 1:
        return False
    lower = text.lower()
    return (
        (len(text) > 3 and not text.isupper())
        or lower in _STOP_WORDS
        or units.is_unit(text)
        or lower in words.SCALES
        or lower in words.TENS
    )
