"""Whether a text is, holds, begins or ends with another."""

from __future__ import annotations

import re

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.text.references import Reference, best, quoted, several
from rewardkit.reward import grader
from rewardkit.score import Score


@grader
def exact(answer: str | None, reference: Reference, *, strip: bool = True, ignore_case: bool = False) -> Score:
    """Is the answer the text of the reference, character for character?

    Args:
        answer: what the response says; None scores 0.
        reference: what it should say, or several texts of which it should be one.
        strip: leave out white space at both ends of both.
        ignore_case: treat upper and lower case alike.

    Returns:
        1 or 0.

    Raises:
        GradingError: the reference is not text.
    """
    texts = several(reference)
    if answer is None:
        return Score(0.0, f"no answer found in the response, expected {quoted(texts[0])}")
    if any(_level(answer, strip, ignore_case) == _level(text, strip, ignore_case) for text in texts):
        return Score(1.0, f"{quoted(answer)} as expected")
    among = f" or one of {len(texts) - 1} more" if len(texts) > 1 else ""
    return Score(0.0, f"read {quoted(answer)}, expected {quoted(texts[0])}{among}")


@grader
def contains(
    response: str | None,
    reference: Reference,
    *,
    any_of: bool = False,
    without: Reference = (),
    whole_words: bool = True,
    ignore_case: bool = True,
) -> Score:
    """Does the response contain the texts of the reference?

    A response that lists every possible answer contains the right one too: name the wrong ones in `without`, or
    extract what the response commits to and use `exact`.

    Args:
        response: the whole response; None scores 0.
        reference: a text, or several.
        any_of: one of several is enough.
        without: texts that must not occur, such as the other options.
        whole_words: do not find a text inside a longer word or number.
        ignore_case: treat upper and lower case alike.

    Returns:
        The share of the texts that occurs, or with `any_of` 1 or 0; 0 as soon as one of `without` occurs.

    Raises:
        UsageError: `without` is not text.
        GradingError: the reference is not text, or a text of it is empty.
    """
    texts = several(reference)
    if response is None:
        return Score(0.0, f"no response, expected {quoted(texts[0])}")
    for text in (without,) if isinstance(without, str) else without:
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"contains() got {text!r:.80} in without: give texts that are not empty")
        if _occurs(text, response, whole_words, ignore_case):
            return Score(0.0, f"contains {quoted(text)}, which it must not")
    found = [text for text in texts if _occurs(text, response, whole_words, ignore_case)]
    if any_of or len(texts) == 1:
        return Score(
            bool(found), f"contains {quoted(found[0])}" if found else f"does not contain {quoted(texts[0])}"
        )
    missing = next((text for text in texts if text not in found), None)
    reason = f"{len(found)} of {len(texts)} contained"
    return Score(len(found) / len(texts), reason if missing is None else f"{reason}, missing {quoted(missing)}")


@grader
def starts_with(
    response: str | None, reference: Reference, *, strip: bool = True, ignore_case: bool = False
) -> Score:
    """Does the response start with the text of the reference?

    Args:
        response: the whole response; None scores 0.
        reference: what it should start with, or several texts of which one is enough.
        strip: leave out white space at both ends of both.
        ignore_case: treat upper and lower case alike.

    Returns:
        1 or 0.

    Raises:
        GradingError: the reference is not text, or is empty.
    """
    texts = [_level(_full(text), strip, ignore_case) for text in several(reference)]
    said = None if response is None else _level(response, strip, ignore_case)
    return best(said, texts, lambda text, start: float(text.startswith(start)))


@grader
def ends_with(
    response: str | None, reference: Reference, *, strip: bool = True, ignore_case: bool = False
) -> Score:
    """Does the response end with the text of the reference?

    Args:
        response: the whole response; None scores 0.
        reference: what it should end with, or several texts of which one is enough.
        strip: leave out white space at both ends of both.
        ignore_case: treat upper and lower case alike.

    Returns:
        1 or 0.

    Raises:
        GradingError: the reference is not text, or is empty.
    """
    texts = [_level(_full(text), strip, ignore_case) for text in several(reference)]
    said = None if response is None else _level(response, strip, ignore_case)
    return best(said, texts, lambda text, end: float(text.endswith(end)))


def _level(text: str, strip: bool, ignore_case: bool) -> str:
    text = text.strip() if strip else text
    return text.casefold() if ignore_case else text


def _full(text: str) -> str:
    if not text.strip():
        raise GradingError("the reference is empty, and every text contains nothing: give what must be there")
    return text


def _occurs(text: str, response: str, whole_words: bool, ignore_case: bool) -> bool:
    literal = re.escape(_full(text).strip())
    if whole_words:
        # 5 is neither in 15 nor in 2.5 nor in 1,500.
        literal = rf"(?<![\w])(?<!\d[.,]){literal}(?![\w]|[.,]\d)"
    return re.search(literal, response, re.IGNORECASE if ignore_case else 0) is not None
