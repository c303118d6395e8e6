r"""Sets of numbers as pieces of the line: joined, met, turned inside out, compared end by end."""

from __future__ import annotations

from typing import NamedTuple

from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.exact import Ratio, rational
from rewardkit.graders.math.numeric import is_zero
from rewardkit.graders.math.tokens import Unreadable

_PIECES = 60
INFINITE = float("inf")


class End(NamedTuple):
    """Where a piece begins or ends: a float to order by, the exact value, and whether it belongs to the piece."""

    at: float
    exact: Ratio | None
    closed: bool


class Piece(NamedTuple):
    """All numbers between two ends."""

    low: End
    high: End


Region = tuple[Piece, ...]

LOW = End(-INFINITE, None, False)
HIGH = End(INFINITE, None, False)
REALS: Region = (Piece(LOW, HIGH),)


def merged(pieces: Region) -> Region:
    """Pieces in order, those that touch made one."""
    if len(pieces) > _PIECES:
        raise Unreadable("too many intervals")
    result: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.low.at, not piece.low.closed)):
        last = result[-1] if result else None
        if last and (
            piece.low.at < last.high.at
            or (piece.low.at == last.high.at and (piece.low.closed or last.high.closed))
        ):
            if piece.high.at > last.high.at or (piece.high.at == last.high.at and piece.high.closed):
                result[-1] = Piece(last.low, piece.high)
        else:
            result.append(piece)
    return tuple(result)


def complement(pieces: Region) -> Region:
    """What a region leaves out."""
    result: list[Piece] = []
    low = LOW
    for piece in merged(pieces):
        if piece.low.at > -INFINITE:
            result.append(Piece(low, End(piece.low.at, piece.low.exact, not piece.low.closed)))
        low = End(piece.high.at, piece.high.exact, not piece.high.closed)
    if low.at < INFINITE:
        result.append(Piece(low, HIGH))
    return tuple(result)


def common(first: Region, second: Region) -> Region:
    """What two regions share."""
    result: list[Piece] = []
    for one in first:
        for other in second:
            low = max(one.low, other.low, key=lambda end: (end.at, not end.closed))
            high = min(one.high, other.high, key=lambda end: (end.at, end.closed))
            if low.at < high.at or (low.at == high.at and low.closed and high.closed):
                result.append(Piece(low, high))
    if len(result) > _PIECES:
        raise Unreadable("too many intervals")
    return tuple(sorted(result, key=lambda piece: piece.low.at))


def same_region(first: Region, second: Region, meaning: Meaning) -> bool:
    """Whether two regions have the same ends, exactly."""
    if len(first) != len(second):
        return False
    return all(
        _same_end(one.low, other.low, meaning) and _same_end(one.high, other.high, meaning)
        for one, other in zip(first, second, strict=True)
    )


def _same_end(one: End, other: End, meaning: Meaning) -> bool:
    if one.closed != other.closed:
        return False
    if one.exact is None or other.exact is None:
        return one.at == other.at
    first, second = rational(one.exact), rational(other.exact)
    if first is not None and second is not None:
        return first == second
    difference = meaning.field.difference(one.exact, other.exact)
    return not difference or is_zero(difference, meaning.field) is True
