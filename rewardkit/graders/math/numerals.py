"""What runs of digits and of letters are: numbers, groups of three, repeating decimals, words."""

from __future__ import annotations

from fractions import Fraction

from rewardkit.graders.math import units, words
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.tokens import Unreadable

_DIGITS = 1500  # of a number
_EXPONENT = 2000  # of ten in scientific notation
_STOP_WORDS = frozenset(
    "yes no odd even true false none all is the of not to for if an at by it as we so be on".split()
) | frozenset(words.SMALL)


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
    """The digits that `0.333...` and `0.142142...` repeat, or an empty text."""
    places = text.partition(".")[2]
    for size in range(1, len(places) // 2 + 1):
        if (
            len(places) >= max(3, 2 * size)
            and len(places) % size == 0
            and places == places[:size] * (len(places) // size)
        ):
            return places[:size]
    return ""


def repeated(text: str, block: str) -> Node:
    """The number of digits with a block behind them that repeats without end."""
    whole, _, places = text.partition(".")
    start = Fraction(int(whole + places or "0"), 10 ** len(places))
    value = start + Fraction(int(block), (10 ** len(block) - 1) * 10 ** len(places))
    return Node("number", "", (), value)


def radix(said: str) -> int | None:
    """The base that a subscript names, in digits or as a word."""
    if said.isdigit():
        return int(said) if len(said) < 3 else None
    return words.spelled(said)


def is_group(text: str) -> bool:
    """Whether digits can be a group of three of a larger number."""
    return len(text.partition(".")[0]) == 3 and text[0] != "." and "e" not in text.lower()


def is_word(text: str) -> bool:
    """Whether a run of letters is a unit or a word, and not variables side by side."""
    lower = text.lower()
    if len(text) == 1:
        return False
    return (
        (len(text) > 3 and not text.isupper())
        or lower in _STOP_WORDS
        or units.is_unit(text)
        or lower in words.SCALES
        or lower in words.TENS
    )
