"""How near a number is to another. For the same number in other notations see `math.number_equal`."""

from __future__ import annotations

import math
import re
from bisect import bisect_left

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.text.references import quoted
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 1_000  # characters of an answer that are read
_TEXT = 20_000  # characters of a response that are read
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,400})(?:\.\d{1,400})?|\.\d{1,400})"
    r"(?:[eE][-+]?\d{1,4})?(?!\w)"
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
    _check_tolerances("number_close", abs_tol, rel_tol)
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


@grader
def number_recall(
    response: str | None, reference: str, *, abs_tol: float = 0.0, rel_tol: float = 1e-6, extra: bool = False
) -> Score:
    """How many of the reference's numbers does the response give?

    For reports and summaries of figures, where `number_close` looks for a single answer.

    Args:
        response: the whole response; None scores 0. Of a long one the first 20,000 characters are read.
        reference: a text with the numbers that are expected, each as often as it occurs; their order does not
            matter.
        abs_tol: how far a number may be off.
        rel_tol: how far it may be off, as a share of the reference's. The larger of both tolerances counts.
        extra: the response may give other numbers too. Without it those count against it, so that listing numbers
            does not pay: the score is the harmonic mean of both shares (F1).

    Returns:
        0 to 1.

    Raises:
        UsageError: a tolerance that is negative or not finite.
        GradingError: the reference holds no number.
    """
    _check_tolerances("number_recall", abs_tol, rel_tol)
    expected = _numbers(reference, _TEXT) if isinstance(reference, str) else []
    if not expected:
        raise GradingError(f"the reference must hold numbers, and is {reference!r:.100}")
    given = sorted(_numbers(response or "", _TEXT))
    total = len(given)
    missing = [number for number in expected if not _taken(number, given, max(abs_tol, rel_tol * abs(number)))]
    found = len(expected) - len(missing)
    value = found / len(expected) if extra else 2 * found / (len(expected) + total)
    reason = f"{found} of {len(expected)} numbers, among {total} in the response"
    return Score(value, f"{reason}, missing {missing[0]:.10g}" if missing else reason)


def _taken(number: float, given: list[float], allowed: float) -> bool:
    """Whether a number within what is allowed was given; it is then used up."""
    place = bisect_left(given, number - allowed)
    if place < len(given) and given[place] <= number + allowed:
        del given[place]
        return True
    return False


def _check_tolerances(name: str, abs_tol: float, rel_tol: float) -> None:
    if not (0 <= abs_tol < math.inf and 0 <= rel_tol < math.inf):
        raise UsageError(f"{name}() got abs_tol={abs_tol}, rel_tol={rel_tol}: neither can be negative or infinite")


def _expected(reference: object) -> float:
    number = _number(reference)
    if number is None:
        raise GradingError(f"the reference must be one number, and is {reference!r:.100}")
    return number


def _number(given: object) -> float | None:
    """The one finite number, or None."""
    if isinstance(given, str):
        numbers = set(_numbers(given, _READ))
        return numbers.pop() if len(numbers) == 1 else None
    try:
        number = float(given) if isinstance(given, (int, float)) and not isinstance(given, bool) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _numbers(text: str, read: int) -> list[float]:
    """The finite numbers in the beginning of a text."""
    found = _NUMBER.findall(text[:read])
    numbers = [float(span.replace(",", "").replace("−", "-")) for span in found]
    return [number for number in numbers if math.isfinite(number)]


def _shown(answer: object) -> str:
    return quoted(answer) if isinstance(answer, str) else repr(answer)
