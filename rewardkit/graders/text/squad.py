"""Short answers to questions, by the rules of SQuAD: articles, punctuation, case and white space say nothing.

Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (2016), and its evaluation script.
"""

from __future__ import annotations

import re
import string
from collections import Counter

from rewardkit.graders.text.references import Reference, best
from rewardkit.reward import grader
from rewardkit.score import Score

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_READ = 200_000  # characters that are read


@grader
def exact_match(answer: str | None, reference: Reference) -> Score:
    """Is the answer the reference, but for articles, punctuation, case and white space (SQuAD's exact match)?

    Args:
        answer: what the response says; None scores 0.
        reference: what it should say, or several texts of which it should be one.

    Returns:
        1 or 0.

    Raises:
        GradingError: the reference is not text.
    """
    return best(answer, reference, lambda one, other: float(_words(one, other) == _words(other, other)))


@grader
def token_f1(answer: str | None, reference: Reference) -> Score:
    """How many words do the answer and the reference share (SQuAD's F1)?

    The harmonic mean of the share of the answer's words that are in the reference and of the reference's that are
    in the answer, each word as often as it occurs, after SQuAD's normalization.

    Args:
        answer: what the response says; None scores 0. Of a long one the first 200,000 characters are read.
        reference: what it should say, or several texts of which the nearest counts.

    Returns:
        0 to 1; without any words on one side, 1 if the other has none either (SQuAD 2.0).

    Raises:
        GradingError: the reference is not text.
    """
    return best(answer, reference, _f1)


def normalized(text: str) -> str:
    """A text in lower case without punctuation (ASCII's), articles (English) and superfluous white space."""
    return " ".join(_ARTICLES.sub(" ", text[:_READ].lower().translate(_PUNCTUATION)).split())


def _words(text: str, reference: str) -> list[str]:
    """The words of a text; all of them where the reference is but an article or punctuation, as option `A` is.

    SQuAD's own rules leave nothing of such a reference, and would pay for an empty answer.
    """
    return (normalized(text) if normalized(reference) else text[:_READ].lower()).split()


def _f1(answer: str, reference: str) -> float:
    said, expected = _words(answer, reference), _words(reference, reference)
    if not said or not expected:
        return float(said == expected)
    shared = (Counter(said) & Counter(expected)).total()
    return 2 * shared / (len(said) + len(expected))
