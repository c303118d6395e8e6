"""chrF and chrF++: n-grams of characters, and of words.

Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015) and "chrF++: words helping character
n-grams" (2017); the figures are those of sacrebleu.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence

from rewardkit.errors import UsageError
from rewardkit.graders.text.references import Reference, best
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 100_000  # characters that are read


@grader
def chrf(
    response: str | None,
    reference: Reference,
    *,
    word_n: int = 0,
    char_n: int = 6,
    beta: float = 2.0,
    ignore_case: bool = False,
) -> Score:
    """How many n-grams of characters do the response and the reference share (chrF; chrF++ with `word_n=2`)?

    Works for every language, without words being told apart.

    Args:
        response: the whole response; None scores 0. Of a long one the first 100,000 characters are read.
        reference: the translation, or several of which the nearest counts.
        word_n: the longest n-grams of words: 0 for chrF, 2 for chrF++.
        char_n: the longest n-grams of characters.
        beta: how many times recall counts as much as precision.
        ignore_case: treat upper and lower case alike.

    Returns:
        0 to 1 (sacrebleu's figure by 100).

    Raises:
        UsageError: an order or a beta that is out of range.
        GradingError: the reference is not text.
    """
    if not (1 <= char_n <= 10 and 0 <= word_n <= 10 and beta > 0):
        raise UsageError(
            f"chrf() got char_n={char_n}, word_n={word_n}, beta={beta}: give 1 to 10, 0 to 10, above 0"
        )

    def near(said: str, expected: str) -> float:
        ours, theirs = (
            _orders(text.lower() if ignore_case else text, char_n, word_n) for text in (said, expected)
        )
        return _f_score(ours, theirs, beta)

    return best(response, reference, near)


def _orders(text: str, char_n: int, word_n: int) -> list[Counter[Sequence[str]]]:
    text = text[:_READ]
    chars, words = "".join(text.split()), _words(text)
    counts: list[Counter[Sequence[str]]] = []
    for n in range(1, char_n + 1):
        counts.append(Counter(chars[start : start + n] for start in range(len(chars) - n + 1)))
    for n in range(1, word_n + 1):
        counts.append(Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1)))
    return counts


def _words(text: str) -> list[str]:
    """The words, with one mark of punctuation at the end or at the beginning apart."""
    words: list[str] = []
    for word in text.split():
        if len(word) > 1 and word[-1] in string.punctuation:
            words += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in string.punctuation:
            words += [word[0], word[1:]]
        else:
            words.append(word)
    return words


def _f_score(ours: list[Counter[Sequence[str]]], theirs: list[Counter[Sequence[str]]], beta: float) -> float:
    """The F-score of the mean precision and the mean recall, over the orders that both have."""
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one and other]
    if not pairs:
        return 0.0
    shared = [(one & other).total() for one, other in pairs]
    precision = sum(n / one.total() for n, (one, _) in zip(shared, pairs, strict=True)) / len(pairs)
    recall = sum(n / other.total() for n, (_, other) in zip(shared, pairs, strict=True)) / len(pairs)
    weight = beta * beta
    return (1 + weight) * precision * recall / (weight * precision + recall) if precision + recall else 0.0
