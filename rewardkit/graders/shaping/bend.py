"""One score into another: two scores may become equal, but none overtakes another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from rewardkit.errors import UsageError
from rewardkit.score import Score, Term


def clip(score: float, low: float = 0.0, high: float = 1.0) -> Score:
    """The score, kept between two bounds: min(max(score, low), high).

    Args:
        score: a Score, or a number.
        low: the lower bound.
        high: the upper bound.

    Returns:
        The score itself within the bounds; else the bound, with a reason and the score as its term.

    Raises:
        UsageError: the bounds are not two finite rising numbers.
    """
    _check("clip", low, high)
    if low <= score <= high:
        return score if isinstance(score, Score) else Score(score)
    bound = low if score < low else high
    return Score(bound, f"clipped from {float(score):.4g}", name="clip", terms=_part(score))


def scale(
    score: float, source: tuple[float, float], target: tuple[float, float] = (0.0, 1.0), *, inside: bool = True
) -> Score:
    """The score, moved from one range to another: (score - a) / (b - a) * (d - c) + c.

    Args:
        score: a Score, or a number.
        source: the range it has, (a, b).
        target: the range it shall have, (c, d).
        inside: clip what lies outside the source range.

    Returns:
        A sum of the score and a constant, with the same terms.

    Raises:
        UsageError: a range is not two finite rising numbers.
    """
    _check("scale", *source)
    _check("scale", *target)
    if inside:
        score = clip(score, *source)
    factor = (target[1] - target[0]) / (source[1] - source[0])
    scaled = (score if isinstance(score, Score) else Score(score)) * factor + (target[0] - source[0] * factor)
    return clip(scaled, *target) if inside and abs(scaled) < math.inf else scaled


def staircase(score: float, steps: Sequence[tuple[float, float]]) -> Score:
    """The score in steps: each step's value from its threshold on, and 0 before the first.

    Args:
        score: a Score, or a number.
        steps: pairs of threshold and value, both rising, such as `[(0.5, 0.2), (0.9, 0.6), (1.0, 1.0)]`.

    Returns:
        The value of the highest step that is reached, with the score as its term; 0 below the first.

    Raises:
        UsageError: there is no step, or they do not rise.
    """
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(steps))
    if not steps or not rising or steps[0][1] < 0:
        raise UsageError(
            f"staircase() got {list(steps)!r:.100}: give rising steps such as [(0.5, 0.2), (1.0, 1.0)]"
        )
    reached = [step for step in steps if score >= step[0] - 1e-9]
    value = reached[-1][1] if reached else 0.0
    where = f"reaches {reached[-1][0]:g}" if reached else f"below {steps[0][0]:g}"
    return Score(value, f"{float(score):.4g} {where}", name="staircase", terms=_part(score))


def _part(score: float) -> tuple[Term, ...]:
    """What the result was made of; weight 0, because the result is no multiple of it."""
    return (Term(0.0, score),) if isinstance(score, Score) else ()


def _check(name: str, low: float, high: float) -> None:
    if not -math.inf < low < high < math.inf:
        raise UsageError(f"{name}() got the range {low:g} to {high:g}: give two finite numbers, the lower first")
