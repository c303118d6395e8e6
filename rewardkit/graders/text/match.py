"""Graders of answers as text."""

from __future__ import annotations

from rewardkit.reward import grader
from rewardkit.score import Score


@grader
def exact(answer: str | None, reference: str, *, strip: bool = True, ignore_case: bool = False) -> Score:
    """Is the answer the text of the reference, character for character?

    Args:
        answer: what the response says; None scores 0.
        reference: what it should say.
        strip: leave out white space at both ends of both.
        ignore_case: treat upper and lower case alike.

    Returns:
        1 or 0.
    """
    if answer is None:
        return Score(0.0, f"no answer found in the response, expected {_quoted(reference)}")
    if _same(answer, reference, strip, ignore_case):
        return Score(1.0, f"{_quoted(answer)} as expected")
    return Score(0.0, f"read {_quoted(answer)}, expected {_quoted(reference)}")


def _same(answer: str, reference: str, strip: bool, ignore_case: bool) -> bool:
    if strip:
        answer, reference = answer.strip(), reference.strip()
    return answer.casefold() == reference.casefold() if ignore_case else answer == reference


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:60]}…{text[-30:]}")
