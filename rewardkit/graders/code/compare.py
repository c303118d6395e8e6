"""Whether what a program returned or printed is what was expected, judged outside of the process that ran it.

Values are plain data: numbers, text, bytes, None, lists, tuples, sets and dicts of such. Python's `==` decides, as
in the tests that people write (`True == 1`, `1 == 1.0`, `[1] != (1,)`), with two additions: NaN equals NaN, and
floats may differ by a tolerance. No walk is longer than the expected value, and none recurses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import zip_longest

_WORD = re.compile(r"\S+")
_WHOLE = re.compile(r"[-+]?\d+\.0*", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?", re.ASCII)


def same(
    got: object, expected: object, *, rel_tol: float = 0.0, abs_tol: float = 0.0, tuples: bool = False
) -> bool:
    """Whether a returned value is the expected one.

    Args:
        got: plain data; anything else equals nothing.
        expected: plain data.
        rel_tol: how far floats may be apart, relative to the larger; as in `math.isclose`.
        abs_tol: how far floats may be apart at least.
        tuples: a tuple is as good as an expected list; for expectations that come from JSON, which has no tuples.
    """
    try:
        if got == expected:
            return True
    except RecursionError:
        return False
    pairs = [(got, expected)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, (int, float, complex)) and isinstance(other, (int, float, complex)):
            if not _close(one, other, rel_tol, abs_tol):
                return False
            continue
        parts = _parts(one, other, tuples)
        if parts is None:
            return False
        pairs += parts
    return True


def same_output(got: str, expected: str, *, rel_tol: float = 1e-6, abs_tol: float = 1e-6) -> bool:
    """Whether a program printed what was expected: the same words, and floats to a tolerance.

    White space between words and around lines is free. A number that is expected with a decimal point or an
    exponent may differ by the tolerance; everything else has to be the same characters, but that `2.0` will do for
    `2`. `nan` is close to nothing.
    """
    if got == expected:
        return True
    pairs = zip_longest(_WORD.finditer(got), _WORD.finditer(expected))  # lazy: outputs that differ may be large
    return all(one and other and _same_word(one[0], other[0], rel_tol, abs_tol) for one, other in pairs)


def first_difference(got: str, expected: str) -> tuple[str, str]:
    """The first line in which two outputs differ, of each; empty where it has none. Blank lines are none."""
    for one, other in zip_longest(_lines(got), _lines(expected), fillvalue=""):
        if one.split() != other.split():
            return one, other
    return "", ""


def _lines(text: str) -> Iterator[str]:
    """The lines of a text that are not blank."""
    end = 0
    while word := _WORD.search(text, end):
        begin, end = text.rfind("\n", 0, word.start()) + 1, text.find("\n", word.end())
        end = end if end >= 0 else len(text)
        yield text[begin:end].strip()


def _parts(one: object, other: object, tuples: bool) -> list[tuple[object, object]] | None:
    """The pairs that have to be the same for two unequal values to count as the same; None if nothing helps."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [(one[key], other[key]) for key in other] if one.keys() == other.keys() else None
    if isinstance(other, (list, tuple)):
        alike = type(one) is type(other) or (tuples and isinstance(one, tuple))
        if isinstance(one, (list, tuple)) and alike and len(one) == len(other):
            return list(zip(one, other, strict=True))
        return None
    if isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset)) and len(one) == len(other):
        try:
            return list(zip(sorted(one), sorted(other), strict=True))
        except TypeError:
            return None
    return [] if one is other else None if one != other else []


def _close(one: complex, other: complex, rel_tol: float, abs_tol: float) -> bool:
    if one == other:
        return True
    if one != one or other != other:
        return one != one and other != other
    if isinstance(one, int) and isinstance(other, int):
        return False
    try:
        distance, size = abs(one - other), max(abs(one), abs(other))
        return math.isfinite(size) and distance <= max(rel_tol * size, abs_tol)
    except OverflowError:
        return False


def _same_word(one: str, other: str, rel_tol: float, abs_tol: float) -> bool:
    if one == other or (_WHOLE.fullmatch(one) and one.partition(".")[0] == other):
        return True
    if max(len(one), len(other)) > 400 or not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
        return False
    return any(mark in other for mark in ".eE") and _close(float(one), float(other), rel_tol, abs_tol)
