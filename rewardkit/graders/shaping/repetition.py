"""What is said again and again."""

from __future__ import annotations

from typing import Literal

from rewardkit.errors import UsageError
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 1_000_000  # characters that are looked at, the last ones


@grader
def repetition(response: str | None, *, n: int = 3, unit: Literal["words", "characters"] = "words") -> Score:
    """The share of n-grams that have occurred before, as a penalty: 0 for none, down towards -1.

        different n-grams / all n-grams - 1

    After Yeo et al. 2025, "Demystifying Long Chain-of-Thought Reasoning in LLMs" (n 40 tokens, weight 0.05), in
    the form that open-r1 gave it (n 3 words, weight 1).

    Args:
        response: the text; None, and one of fewer than n units, repeats nothing.
        n: how many units make one n-gram.
        unit: `words`, between white space and without regard to case; or `characters`, for languages without
            spaces.

    Returns:
        -1 to 0. The reason shows the n-gram that comes most often.

    Raises:
        UsageError: n is below 1, or there is no such unit.
    """
    if n < 1 or unit not in ("words", "characters"):
        raise UsageError(f"n is {n} and unit {unit!r}: give n from 1 up, and 'words' or 'characters'")
    text = (response or "")[-_LONGEST:].lower()
    units = text.split() if unit == "words" else text
    total = len(units) - n + 1
    if total < 1:
        return Score(0.0, f"fewer than {n} {unit}")
    counts: dict[object, int] = {}
    for start in range(total):
        gram = tuple(units[start : start + n])
        counts[gram] = counts.get(gram, 0) + 1
    most, times = max(counts.items(), key=lambda item: item[1])
    joined = (" " if unit == "words" else "").join(most)  # type: ignore[arg-type]
    shown = f"; {joined[:60]!r} occurs {times} times" if times > 1 else ""
    return Score(len(counts) / total - 1, f"{len(counts)} of {total} {n}-grams are different{shown}")
