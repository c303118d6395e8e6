"""Distances between sequences of characters or words, by bit-parallel algorithms on Python's integers.

A row of the table of dynamic programming is one integer, so that a text of ten thousand characters costs ten
thousand steps. Myers, "A fast bit-vector algorithm for approximate string matching" (1999), as revised by Hyyrö
(2003), and Hyyrö, "Bit-parallel LCS-length computation revisited" (2004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LONGEST = 20_000
"""How many items of a sequence are compared; what comes later counts as different."""


def levenshtein(one: Sequence[str], other: Sequence[str]) -> int:
    """How many insertions, deletions and replacements make one sequence the other."""
    one, other = _trimmed(one, other)
    beyond = max(len(one), len(other)) - LONGEST
    one, other = one[:LONGEST], other[:LONGEST]
    if not one or not other:
        return max(len(one), len(other)) + max(beyond, 0)
    places, full, last = _places(one), (1 << len(one)) - 1, 1 << (len(one) - 1)
    rising, falling, distance = full, 0, len(one)
    for item in other:
        equal = places.get(item, 0)
        vertical = equal | falling
        horizontal = (((equal & rising) + rising) ^ rising) | equal
        up = falling | ~(horizontal | rising)
        down = rising & horizontal
        distance += bool(up & last) - bool(down & last)
        up, down = (up << 1) | 1, down << 1
        rising = (down | ~(vertical | up)) & full
        falling = up & vertical & full
    return distance + max(beyond, 0)


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    short, rest = _trimmed(one, other)
    alike = len(one) - len(short)
    row = 0
    for row in rows(rest, short):  # noqa: B007
        pass
    return alike + min(len(short), LONGEST) - row.bit_count()


def rows(one: Sequence[str], other: Sequence[str]) -> Iterator[int]:
    """The table of the longest common subsequence, a row for each beginning of `one`, the empty one first.

    In a row the number of zeros among the lowest n bits is the length for the first n items of `other`.
    """
    other = other[:LONGEST]
    full = (1 << len(other)) - 1
    places, row = _places(other), full
    yield row
    for item in one[:LONGEST]:
        hits = row & places.get(item, 0)
        row = ((row + hits) | (row - hits)) & full
        yield row


def _places(items: Sequence[str]) -> dict[str, int]:
    """For each item the positions at which it stands, as bits."""
    found: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        found.setdefault(item, []).append(place)
    return {item: _bits(places) for item, places in found.items()}


def _bits(places: list[int]) -> int:
    marks = bytearray(places[-1] // 8 + 1)
    for place in places:
        marks[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(marks, "little")


def _trimmed(one: Sequence[str], other: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Both without what they share at the beginning and at the end."""
    shortest = min(len(one), len(other))
    start = next((n for n in range(shortest) if one[n] != other[n]), shortest)
    shortest -= start
    end = next((n for n in range(shortest) if one[-1 - n] != other[-1 - n]), shortest)
    return one[start : len(one) - end], other[start : len(other) - end]
