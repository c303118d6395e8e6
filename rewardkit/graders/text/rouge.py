"""ROUGE, the overlap with a reference summary: n-grams, and the longest common subsequence.

Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004); the figures are those of the package
rouge-score. Words are runs of ASCII letters and digits in lower case, as there; `unicode` reads the words of every
script.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from rewardkit.errors import UsageError
from rewardkit.graders.text.references import Reference, best
from rewardkit.graders.text.sequences import common, rows
from rewardkit.graders.text.stem import stem
from rewardkit.reward import grader
from rewardkit.score import Score

_ASCII, _UNICODE = re.compile(r"[a-z0-9]+"), re.compile(r"[^\W_]+")
_READ = 200_000  # characters that are read
_SUMMARY = 2_000  # words of a summary that ROUGE-Lsum reads

Measure = Literal["f1", "precision", "recall"]


@grader
def rouge_n(
    response: str | None,
    reference: Reference,
    *,
    n: int = 1,
    measure: Measure = "f1",
    stemmed: bool = False,
    unicode: bool = False,
) -> Score:
    """How many n-grams of words do the response and the reference share (ROUGE-1, ROUGE-2, …)?

    Args:
        response: the whole response; None scores 0. Of a long one the first 200,000 characters are read.
        reference: the summary to compare with, or several of which the nearest counts.
        n: 1 for ROUGE-1, 2 for ROUGE-2.
        measure: `recall` grows with the length of the response, and pays for copying the whole source; `f1` does
            not.
        stemmed: compare the stems of English words (Porter).
        unicode: read the words of every script.

    Returns:
        0 to 1.

    Raises:
        UsageError: n below 1, or another measure.
        GradingError: the reference is not text.
    """
    _check(measure)
    if not 1 <= n <= 10:
        raise UsageError(f"rouge_n() got n={n}: give 1 to 10")

    def near(said: str, expected: str) -> float:
        ours, theirs = (_ngrams(_words(text, stemmed, unicode), n) for text in (said, expected))
        return _measured((ours & theirs).total(), ours.total(), theirs.total(), measure)

    return best(response, reference, near)


@grader
def rouge_l(
    response: str | None,
    reference: Reference,
    *,
    measure: Measure = "f1",
    stemmed: bool = False,
    unicode: bool = False,
) -> Score:
    """How long is the longest common subsequence of words of the response and the reference (ROUGE-L)?

    Args:
        response: the whole response; None scores 0. 20,000 words are compared, and what comes later counts as
            different.
        reference: the summary to compare with, or several of which the nearest counts.
        measure: `recall` pays for copying the whole source; `f1` does not.
        stemmed: compare the stems of English words (Porter).
        unicode: read the words of every script.

    Returns:
        0 to 1.

    Raises:
        UsageError: another measure.
        GradingError: the reference is not text.
    """
    _check(measure)

    def near(said: str, expected: str) -> float:
        ours, theirs = (_words(text, stemmed, unicode) for text in (said, expected))
        return _measured(common(ours, theirs), len(ours), len(theirs), measure)

    return best(response, reference, near)


@grader
def rouge_lsum(
    response: str | None,
    reference: Reference,
    *,
    measure: Measure = "f1",
    stemmed: bool = False,
    unicode: bool = False,
) -> Score:
    """How much of each line of the reference is in some line of the response, in order (summary-level ROUGE-L)?

    Args:
        response: the whole response, a sentence a line; None scores 0. 2,000 words are read.
        reference: the summary to compare with, a sentence a line, or several of which the nearest counts.
        measure: `recall` pays for copying the whole source; `f1` does not.
        stemmed: compare the stems of English words (Porter).
        unicode: read the words of every script.

    Returns:
        0 to 1.

    Raises:
        UsageError: another measure.
        GradingError: the reference is not text.
    """
    _check(measure)

    def near(said: str, expected: str) -> float:
        ours, theirs = (_lines(text, stemmed, unicode) for text in (said, expected))
        hits = _union_hits(ours, theirs)
        return _measured(hits, sum(map(len, ours)), sum(map(len, theirs)), measure)

    return best(response, reference, near)


def _check(measure: str) -> None:
    if measure not in ("f1", "precision", "recall"):
        raise UsageError(f"ROUGE got measure={measure!r}: give 'f1', 'precision' or 'recall'")


def _words(text: str, stemmed: bool, unicode: bool) -> list[str]:
    words = (_UNICODE if unicode else _ASCII).findall(text[:_READ].lower())
    return [stem(word) if len(word) > 3 else word for word in words] if stemmed else words


def _lines(text: str, stemmed: bool, unicode: bool) -> list[list[str]]:
    """The words of each line, as many as are read."""
    left = _SUMMARY
    found: list[list[str]] = []
    for line in text[:_READ].split("\n"):
        words = _words(line, stemmed, unicode)[:left]
        left -= len(words)
        if words:
            found.append(words)
    return found


def _ngrams(words: list[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def _measured(shared: int, said: int, expected: int, measure: Measure) -> float:
    precision, recall = shared / max(said, 1), shared / max(expected, 1)
    if measure != "f1":
        return precision if measure == "precision" else recall
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def _union_hits(ours: list[list[str]], theirs: list[list[str]]) -> int:
    """The words of the reference's lines that are in the union of their common subsequences, each word once."""
    left, asked = (Counter(word for line in lines for word in line) for lines in (ours, theirs))
    hits = 0
    for line in theirs:
        for place in sorted({place for said in ours for place in _matched(line, said)}):
            word = line[place]
            if left[word] > 0 and asked[word] > 0:
                hits, left[word], asked[word] = hits + 1, left[word] - 1, asked[word] - 1
    return hits


def _matched(line: list[str], said: list[str]) -> list[int]:
    """The places in a line of the reference of that longest common subsequence that rouge-score takes."""
    table = list(rows(line, said))
    found: list[int] = []
    i, j = len(line), len(said)
    while i and j:
        if line[i - 1] == said[j - 1]:
            i, j = i - 1, j - 1
            found.append(i)
        elif _length(table[i], j - 1) > _length(table[i - 1], j):
            j -= 1
        else:
            i -= 1
    return found


def _length(row: int, width: int) -> int:
    return width - (row & ((1 << width) - 1)).bit_count()
