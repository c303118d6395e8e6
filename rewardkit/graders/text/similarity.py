"""How near a text is to another: edit distance, fuzzy ratios, and sets of words."""

from __future__ import annotations

import math
import re
from collections import Counter

from rewardkit.graders.text.references import Reference, best
from rewardkit.graders.text.sequences import common, levenshtein
from rewardkit.reward import grader
from rewardkit.score import Score

_WORDS = re.compile(r"\w+")
_NO_WORD = re.compile(r"[\W_]")
_READ = 200_000  # characters that are read where the work grows with the length


@grader
def edit_similarity(answer: str | None, reference: Reference, *, ignore_case: bool = False) -> Score:
    """How few characters have to be inserted, deleted or replaced to make the answer the reference?

    Levenshtein's distance by the length of the longer text, as 1 − distance / length.

    Args:
        answer: what the response says; None scores 0. Beyond what both share at the beginning and at the end,
            20,000 characters are compared and the rest counts as different.
        reference: what it should say, or several texts of which the nearest counts.
        ignore_case: treat upper and lower case alike.

    Returns:
        0 to 1.

    Raises:
        GradingError: the reference is not text.
    """

    def near(one: str, other: str) -> float:
        if ignore_case:
            one, other = one.casefold(), other.casefold()
        return 1 - levenshtein(one, other) / max(len(one), len(other), 1)

    return best(answer, reference, near)


@grader
def fuzzy_ratio(answer: str | None, reference: Reference, *, process: bool = True) -> Score:
    """How much of both texts is a common subsequence of characters (`ratio` of rapidfuzz)?

    Twice the length of the longest common subsequence by the sum of both lengths.

    Args:
        answer: what the response says; None scores 0. 20,000 characters are compared, the rest counts as
            different.
        reference: what it should say, or several texts of which the nearest counts.
        process: compare in lower case, with all but letters and digits read as spaces.

    Returns:
        0 to 1.

    Raises:
        GradingError: the reference is not text.
    """
    return best(answer, reference, lambda one, other: _ratio(_processed(one, process), _processed(other, process)))


@grader
def token_sort_ratio(answer: str | None, reference: Reference, *, process: bool = True) -> Score:
    """How near are the words of both texts, whatever their order (`token_sort_ratio` of rapidfuzz)?

    Args:
        answer: what the response says; None scores 0. 20,000 characters are compared, the rest counts as
            different.
        reference: what it should say, or several texts of which the nearest counts.
        process: compare in lower case, with all but letters and digits read as spaces.

    Returns:
        0 to 1.

    Raises:
        GradingError: the reference is not text.
    """

    def near(one: str, other: str) -> float:
        first, second = (" ".join(sorted(_processed(text, process).split())) for text in (one, other))
        return _ratio(first, second)

    return best(answer, reference, near)


@grader
def token_set_ratio(answer: str | None, reference: Reference, *, process: bool = True) -> Score:
    """How near are the sets of words of both texts (`token_set_ratio` of rapidfuzz)?

    1 as soon as all words of one are in the other: an answer that adds words to the reference loses nothing, so
    use it on a short extracted answer only.

    Args:
        answer: what the response says; None scores 0. 20,000 characters are compared, the rest counts as
            different.
        reference: what it should say, or several texts of which the nearest counts.
        process: compare in lower case, with all but letters and digits read as spaces.

    Returns:
        0 to 1; 0 for a text without words.

    Raises:
        GradingError: the reference is not text.
    """

    def near(one: str, other: str) -> float:
        return _set_ratio(set(_processed(one, process).split()), set(_processed(other, process).split()))

    return best(answer, reference, near)


@grader
def jaccard(answer: str | None, reference: Reference) -> Score:
    """What share of the different words of both texts is in both?

    Args:
        answer: what the response says; None scores 0. Of a long one the first 200,000 characters are read.
        reference: what it should say, or several texts of which the nearest counts.

    Returns:
        0 to 1; 0 where neither has words.

    Raises:
        GradingError: the reference is not text.
    """

    def near(one: str, other: str) -> float:
        first, second = set(_words(one)), set(_words(other))
        return len(first & second) / max(len(first | second), 1)

    return best(answer, reference, near)


@grader
def cosine(answer: str | None, reference: Reference) -> Score:
    """What is the cosine between both texts as counts of words?

    Counts, not embeddings: it sees the same words and no meaning.

    Args:
        answer: what the response says; None scores 0. Of a long one the first 200,000 characters are read.
        reference: what it should say, or several texts of which the nearest counts.

    Returns:
        0 to 1; 0 where one has no words.

    Raises:
        GradingError: the reference is not text.
    """

    def near(one: str, other: str) -> float:
        first, second = Counter(_words(one)), Counter(_words(other))
        product = sum(count * second[word] for word, count in first.items())
        lengths = sum(count * count for count in first.values()) * sum(count * count for count in second.values())
        return min(1.0, product / math.sqrt(lengths)) if lengths else 0.0

    return best(answer, reference, near)


def _ratio(one: str, other: str) -> float:
    total = len(one) + len(other)
    return 2 * common(one, other) / total if total else 1.0


def _set_ratio(one: set[str], other: set[str]) -> float:
    if not one or not other:
        return 0.0
    both = " ".join(one & other)
    first, second = (" ".join(sorted(rest)) for rest in (one - other, other - one))
    if both and not (first and second):
        return 1.0
    apart = len(first) + len(second) - 2 * common(first, second)
    shared = len(both)
    space = 1 if shared else 0
    lengths = [shared + space + len(rest) for rest in (first, second)]
    near = 1 - apart / (sum(lengths) or 1)
    if not shared:
        return near
    return max(
        near,
        *(
            1 - (space + len(rest)) / (shared + length)
            for rest, length in zip((first, second), lengths, strict=True)
        ),
    )


def _processed(text: str, process: bool) -> str:
    return _NO_WORD.sub(" ", text).lower().strip() if process else text


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text[:_READ])]
