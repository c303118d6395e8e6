"""How much there is of something: characters, words, sentences, paragraphs, lines, and any one text.

Every grader here takes the same range: `at_least`, `at_most`, or both. Outside it the score is 0; with `soft` it
falls to 0 over that many units beyond the nearer edge, so that a response that is nearly right is told from one
that is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rewardkit.errors import UsageError
from rewardkit.graders.format.sentences import sentences_in
from rewardkit.reward import grader
from rewardkit.score import Score

_WORD = re.compile(r"\w+")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


@grader
def characters(
    response: str | None, *, at_least: int | None = None, at_most: int | None = None, soft: float = 0
) -> Score:
    """Has the response so many characters?

    Args:
        response: the whole response; None scores 0. White space around it does not count.
        at_least: the fewest, or None.
        at_most: the most, or None.
        soft: how many characters beyond the range bring the score down to 0.

    Returns:
        1 in the range, less outside, 0 by default.

    Raises:
        UsageError: no range, an empty range, or a negative number.
    """
    return in_range(response, lambda text: len(text.strip()), "character", at_least, at_most, soft)


@grader
def words(
    response: str | None, *, at_least: int | None = None, at_most: int | None = None, soft: float = 0
) -> Score:
    """Has the response so many words?

    Args:
        response: the whole response; None scores 0. A word is a run of letters, digits and `_`, as IFEval counts:
            `don't` is two.
        at_least: the fewest, or None.
        at_most: the most, or None.
        soft: how many words beyond the range bring the score down to 0.

    Returns:
        1 in the range, less outside, 0 by default.

    Raises:
        UsageError: no range, an empty range, or a negative number.
    """
    return in_range(response, count_words, "word", at_least, at_most, soft)


@grader
def sentences(
    response: str | None, *, at_least: int | None = None, at_most: int | None = None, soft: float = 0
) -> Score:
    """Has the response so many sentences?

    Args:
        response: the whole response; None scores 0. Sentences end as the Punkt algorithm finds it in English text,
            with the everyday abbreviations (`e.g.`, `etc.`) known.
        at_least: the fewest, or None.
        at_most: the most, or None.
        soft: how many sentences beyond the range bring the score down to 0.

    Returns:
        1 in the range, less outside, 0 by default.

    Raises:
        UsageError: no range, an empty range, or a negative number.
    """
    return in_range(response, lambda text: len(sentences_in(text)), "sentence", at_least, at_most, soft)


@grader
def paragraphs(
    response: str | None, *, at_least: int | None = None, at_most: int | None = None, soft: float = 0
) -> Score:
    """Has the response so many paragraphs?

    Args:
        response: the whole response; None scores 0. Blank lines part paragraphs.
        at_least: the fewest, or None.
        at_most: the most, or None.
        soft: how many paragraphs beyond the range bring the score down to 0.

    Returns:
        1 in the range, less outside, 0 by default.

    Raises:
        UsageError: no range, an empty range, or a negative number.
    """
    return in_range(response, _count_paragraphs, "paragraph", at_least, at_most, soft)


@grader
def lines(
    response: str | None, *, at_least: int | None = None, at_most: int | None = None, soft: float = 0
) -> Score:
    """Has the response so many lines that are not blank?

    Args:
        response: the whole response; None scores 0.
        at_least: the fewest, or None.
        at_most: the most, or None.
        soft: how many lines beyond the range bring the score down to 0.

    Returns:
        1 in the range, less outside, 0 by default.

    Raises:
        UsageError: no range, an empty range, or a negative number.
    """
    return in_range(response, _count_lines, "line", at_least, at_most, soft)


@grader
def occurrences(
    response: str | None,
    text: str,
    *,
    at_least: int | None = None,
    at_most: int | None = None,
    whole_words: bool = True,
    ignore_case: bool = True,
) -> Score:
    """Does a word, a phrase or a letter occur so many times?

    Args:
        response: the whole response; None scores 0.
        text: what is counted, literally.
        at_least: the fewest, or None.
        at_most: the most, or None.
        whole_words: do not count it inside longer words.
        ignore_case: count it in upper and lower case alike.

    Returns:
        1 in the range, else 0.

    Raises:
        UsageError: an empty text, no range, an empty range, or a negative number.
    """
    found = finder(text, whole_words=whole_words, ignore_case=ignore_case)
    return in_range(response, lambda said: sum(1 for _ in found.finditer(said)), repr(text), at_least, at_most)


def in_range(
    response: str | None,
    count: Callable[[str], int],
    unit: str,
    at_least: int | None,
    at_most: int | None,
    soft: float = 0,
) -> Score:
    """The score of a count against a range; see the module.

    Raises:
        UsageError: no range, an empty range, or a negative number.
    """
    low, high = _checked(at_least, at_most, soft, unit)
    if response is None:
        return Score(0.0, "no response")
    counted = count(response)
    beyond = max(low - counted, counted - high, 0)
    value = 1.0 if not beyond else max(0.0, 1 - beyond / soft) if soft else 0.0
    return Score(value, f"{_plural(counted, unit)}, {_range(at_least, at_most)} expected")


def count_words(text: str) -> int:
    """The runs of letters, digits and `_`."""
    return sum(1 for _ in _WORD.finditer(text))


def finder(text: str, *, whole_words: bool, ignore_case: bool) -> re.Pattern[str]:
    """A pattern that finds a text literally.

    Raises:
        UsageError: the text is empty, or is not a text.
    """
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"got {text!r:.80} to look for in the response: give a word or a phrase")
    literal = re.escape(text)
    if whole_words:
        literal = rf"(?<!\w){literal}" if re.match(r"\w", text) else literal
        literal = rf"{literal}(?!\w)" if re.search(r"\w\Z", text) else literal
    return re.compile(literal, re.IGNORECASE if ignore_case else 0)


def _count_paragraphs(text: str) -> int:
    return len(_BLANK_LINES.split(text.strip())) if text.strip() else 0


def _count_lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def _checked(at_least: int | None, at_most: int | None, soft: float, unit: str) -> tuple[float, float]:
    low = 0.0 if at_least is None else float(at_least)
    high = float("inf") if at_most is None else float(at_most)
    if (at_least is None and at_most is None) or not 0 <= low <= high or not soft >= 0:
        raise UsageError(
            f"got at_least={at_least}, at_most={at_most}, soft={soft} for the count of {unit}: give at_least, "
            f"at_most or both, not negative, the lower first"
        )
    return low, high


def _range(at_least: int | None, at_most: int | None) -> str:
    if at_least is not None and at_most is not None:
        return f"{at_least}" if at_least == at_most else f"{at_least} to {at_most}"
    return f"at least {at_least}" if at_least is not None else f"at most {at_most}"


def _plural(count: int, unit: str) -> str:
    return f"{count:,} × {unit}" if unit[0] in "'\"" else f"{count:,} {unit}{'' if count == 1 else 's'}"
