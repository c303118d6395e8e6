"""METEOR without WordNet: words aligned if they are the same or have the same stem, and paid less if scattered.

Banerjee and Lavie, "METEOR: An Automatic Metric for MT Evaluation" (2005), with the parameters and the alignment
of NLTK's `meteor_score`. The published metric also aligns synonyms, which takes WordNet's database; without it the
figure is the same or lower.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rewardkit.graders.text.references import Reference, best
from rewardkit.graders.text.stem import stem
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 200_000  # characters that are read
_TOKENS = re.compile(r"\w+|[^\w\s]")
_ALPHA, _BETA, _GAMMA = 0.9, 3, 0.5


@grader
def meteor(response: str | None, reference: Reference) -> Score:
    """How many words do the response and the reference share, by their stems too, and in how few pieces (METEOR)?

    Args:
        response: the whole response; None scores 0. Of a long one the first 200,000 characters are read.
        reference: the translation, or several of which the nearest counts. Stems are those of English.

    Returns:
        0 to 1; recall counts nine times as much as precision.

    Raises:
        GradingError: the reference is not text.
    """
    return best(response, reference, _meteor)


def _meteor(response: str, reference: str) -> float:
    said, expected = tokens(response), tokens(reference)
    pairs = _aligned(said, expected)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(said), len(pairs) / len(expected)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    pieces = 1 + sum(1 for one, other in pairwise(pairs) if other != (one[0] + 1, one[1] + 1))
    return mean * (1 - _GAMMA * (pieces / len(pairs)) ** _BETA)


def tokens(text: str) -> list[str]:
    """The words and marks of a text, in lower case."""
    return _TOKENS.findall(text[:_READ].lower())


def _aligned(said: list[str], expected: list[str]) -> list[tuple[int, int]]:
    """The places of the words that go together: first the same words, then those of the same stem."""
    pairs: list[tuple[int, int]] = []
    ours, theirs = list(enumerate(said)), list(enumerate(expected))
    for form in (str, stem):
        places: dict[str, list[int]] = {}
        for place, word in theirs:
            places.setdefault(form(word), []).append(place)
        left: list[tuple[int, str]] = []
        for place, word in reversed(ours):
            if same := places.get(form(word)):
                pairs.append((place, same.pop()))
            else:
                left.append((place, word))
        free = {place for rest in places.values() for place in rest}
        ours, theirs = left[::-1], [item for item in theirs if item[0] in free]
    return sorted(pairs)
