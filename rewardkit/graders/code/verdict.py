"""From tests that passed or failed to a Score."""

from __future__ import annotations

from collections.abc import Iterable

from rewardkit.errors import GradingError
from rewardkit.score import Score


def score(failures: Iterable[str], count: int, *, share: bool, public: int) -> Score:
    """The score of a response, with the first test that failed as its reason.

    Args:
        failures: for each test in its order, why it failed, or an empty text; read no further than needed.
        count: how many tests there are.
        share: the share of those that pass counts, instead of all or nothing.
        public: how many of the first tests earn no share.

    Raises:
        GradingError: no test is left to earn a share.
    """
    if share and public >= count:
        raise GradingError(f"none of the {count} tests is left to count, for the first {public} are public")
    first, passed = "", 0
    for number, failure in enumerate(failures, 1):
        if not failure:
            passed += number > public
            continue
        first = first or f"test {number} of {count}: {failure}"
        if not share:
            return Score(0.0, first)
    if not share:
        return Score(1.0, f"{count} of {count} tests passed")
    counted = count - public
    said = f"{passed} of {counted}{' hidden' if public else ''} tests passed"
    return Score(passed / counted, f"{said}; {first}" if first else said)
