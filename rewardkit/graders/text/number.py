"""How near a number is to another. For the same number in other notations see `math.number_equal`."""

from __future__ import annotations

import math
import re

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.text.references import quoted
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 1_000  # characters of an answer that are read
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,400})?(?:\.\d{1,400})?(?:[eE][-+]?\d{1,4})?(?![\w])"
)


@grader
def number_close(
    answer: str | float | None, reference: str | float, *, abs_tol: float = 0.0, rel_tol: float = 1e-6
) -> Score:
    """Is the answer's number within a tolerance of the reference's?

    Args:
        answer: a number, or a text that holds exactly one (`$1,250.50`, `about 3.2e-4 m`); None scores 0, and so
            does a text with several different ones.
        reference: a number, or a text that holds exactly one.
        abs_tol: how far it may be off.
        rel_tol: how far it may be off, as a share of the reference. The larger of both tolerances counts.

    Returns:
        1 or 0.

    Raises:
        UsageError: a tolerance that is negative or not finite.
        GradingError: the reference is no number.
    """
    if not (0 <= abs_tol < math.inf and 0 <= rel_tol < math.inf):
        raise UsageError(
            f"number_close() got abs_tol={abs_tol}, rel_tol={rel_tol}: neither can be negative or infinite"
        )
    expected, given = _expected(reference), _number(answer)
    if given is None:
        return Score(0.0, f"not one number: {_shown(answer)}, expected {expected:g}")
    allowed = max(abs_tol, rel_tol * abs(expected))
    off = abs(given - expected)
    return Score(off <= allowed, f"read {given:.10g}, expected {expected:.10g}, off by {off:.3g} of {allowed:.3g}")


@grader
def number_similarity(answer: str | float | None, reference: str | float) -> Score:
    """How near is the answer's number to the reference's, as a share of their sizes?

    1 − |a − b| / (|a| + |b|), as the NumericDiff of autoevals.

    Args:
        answer: a number, or a text that holds exactly one; None scores 0, and so does a text with several.
        reference: a number, or a text that holds exactly one.

    Returns:
        0 to 1; 1 only for the same number, 0 for numbers of different signs.

    Raises:
        GradingError: the reference is no number.
    """
    expected, given = _expected(reference), _number(answer)
    if given is None:
        return Score(0.0, f"not one number: {_shown(answer)}, expected {expected:g}")
    # Halved, so that the sum of two large numbers stays finite.
    sizes = abs(given) / 2 + abs(expected) / 2
    value = 1.0 if given == expected else max(0.0, 1 - abs(given / 2 - expected / 2) / sizes)
    return Score(value, f"read {given:.10g}, expected {expected:.10g}")


def _expected(reference: object) -> float:
    number = _number(reference)
    if number is None:
        raise GradingError(f"the reference must be one number, and is {reference!r:.100}")
    return number


def _number(given: object) -> float | None:
    """The one finite number, or None."""
    if isinstance(given, str):
        texts = {text.replace(",", "").replace("−", "-") for text in _NUMBER.findall(given[:_READ])}
        numbers = {float(text) for text in texts if any(map(str.isdigit, text))}
        given = numbers.pop() if len(numbers) == 1 else None
    try:
        number = float(given) if isinstance(given, (int, float)) and not isinstance(given, bool) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _shown(answer: object) -> str:
    return quoted(answer) if isinstance(answer, str) else repr(answer)
