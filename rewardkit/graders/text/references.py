"""What a text is judged against: one reference, or several of which the best fitting counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from rewardkit.errors import GradingError
from rewardkit.score import Score

Reference: TypeAlias = str | Sequence[str]
"""One text, or several that are right alike."""


def several(reference: Reference) -> tuple[str, ...]:
    """The references as a tuple of texts.

    Raises:
        GradingError: there is none, or one is not a text.
    """
    many = reference if isinstance(reference, Sequence) and not isinstance(reference, str) else [reference]
    texts = tuple(many)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise GradingError(f"the reference must be a text or several, and is {reference!r:.100}")
    return texts


def best(answer: str | None, reference: Reference, judged: Callable[[str, str], float]) -> Score:
    """The score of the reference that fits the answer best, with both in the reason.

    Raises:
        GradingError: there is no reference, or one is not a text.
    """
    texts = several(reference)
    if answer is None:
        return Score(0.0, f"no answer found in the response, expected {quoted(texts[0])}")
    value, nearest = 0.0, texts[0]
    for text in texts:
        if (judgement := judged(answer, text)) > value:
            value, nearest = judgement, text
    among = f" (of {len(texts)})" if len(texts) > 1 else ""
    return Score(value, f"read {quoted(answer)}, expected {quoted(nearest)}{among}")


def quoted(text: str) -> str:
    """A text for a reason: short, on one line, with its quotes."""
    return repr(text if len(text) <= 100 else f"{text[:60]}…{text[-30:]}")
