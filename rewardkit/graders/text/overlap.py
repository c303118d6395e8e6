"""BLEU and GLEU of a single response: n-grams of words that a reference has too.

Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002), with the tokens (13a of
mteval) and the smoothing of sacrebleu's `sentence_bleu`; Wu et al., "Google's Neural Machine Translation System"
(2016), for GLEU.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Literal

from rewardkit.errors import UsageError
from rewardkit.graders.text.references import Reference, quoted, several
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 200_000  # characters that are read
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_STEPS = (
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)

Smoothing = Literal["exp", "floor", "add-k", "none"]
_SMOOTHING: dict[str, float] = {"exp": 0.0, "floor": 0.1, "add-k": 1.0, "none": 0.0}


@grader
def bleu(
    response: str | None,
    reference: Reference,
    *,
    max_n: int = 4,
    smoothing: Smoothing = "exp",
    ignore_case: bool = False,
) -> Score:
    """How many n-grams of the response does a reference have, and is it long enough (sentence BLEU)?

    Args:
        response: the whole response; None scores 0. Of a long one the first 200,000 characters are read.
        reference: the translation, or several: an n-gram may be in any of them.
        max_n: the longest n-grams; shorter responses are judged by the orders that they have.
        smoothing: what an order without a match counts as: `exp` halves each time, `floor` is 0.1, `add-k` adds 1.
        ignore_case: treat upper and lower case alike.

    Returns:
        0 to 1 (sacrebleu's figure by 100).

    Raises:
        UsageError: max_n below 1, or another smoothing.
        GradingError: the reference is not text.
    """
    if smoothing not in _SMOOTHING or not 1 <= max_n <= 10:
        raise UsageError(
            f"bleu() got max_n={max_n}, smoothing={smoothing!r}: give 1 to 10, and {', '.join(_SMOOTHING)}"
        )
    texts = several(reference)
    if response is None:
        return Score(0.0, f"no response, expected {quoted(texts[0])}")
    said, *expected = (_tokens(text, ignore_case) for text in (response, *texts))
    ours, limit = _ngrams(said, max_n), Counter[tuple[str, ...]]()
    for words in expected:
        limit |= _ngrams(words, max_n)
    length = min((abs(len(words) - len(said)), len(words)) for words in expected)[1]
    right, total = _by_order(ours & limit, max_n), _by_order(ours, max_n)
    value = _brevity(len(said), length) * _precision(right, total, smoothing)
    shown = ", ".join(f"{one}/{other}" for one, other in zip(right, total, strict=True))
    return Score(
        min(value, 1.0), f"n-grams {shown}; {len(said)} tokens, {length} in the reference; read {quoted(response)}"
    )


@grader
def gleu(response: str | None, reference: Reference, *, max_n: int = 4, ignore_case: bool = False) -> Score:
    """How many n-grams of the response and of the reference do both have (Google's BLEU)?

    The smaller of precision and recall over all n-grams together: made for single sentences and for rewards.

    Args:
        response: the whole response; None scores 0. Of a long one the first 200,000 characters are read.
        reference: the translation, or several of which the nearest counts.
        max_n: the longest n-grams.
        ignore_case: treat upper and lower case alike.

    Returns:
        0 to 1.

    Raises:
        UsageError: max_n below 1.
        GradingError: the reference is not text.
    """
    if not 1 <= max_n <= 10:
        raise UsageError(f"gleu() got max_n={max_n}: give 1 to 10")
    texts = several(reference)
    if response is None:
        return Score(0.0, f"no response, expected {quoted(texts[0])}")
    ours = _ngrams(_tokens(response, ignore_case), max_n)
    value, shown = 0.0, "nothing shared"
    for text in texts:
        theirs = _ngrams(_tokens(text, ignore_case), max_n)
        shared, most = (ours & theirs).total(), max(ours.total(), theirs.total())
        if most and shared / most > value:
            value, shown = shared / most, f"{shared} of {most} n-grams shared with {quoted(text)}"
    return Score(value, f"{shown}; read {quoted(response)}")


def _tokens(text: str, ignore_case: bool) -> list[str]:
    """The tokens of mteval's 13a: punctuation and symbols apart, but not within numbers."""
    text = text[:_READ].lower() if ignore_case else text[:_READ]
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    text = f" {text} "
    for pattern, apart in _STEPS:
        text = pattern.sub(apart, text)
    return text.split()


def _ngrams(words: list[str], max_n: int) -> Counter[tuple[str, ...]]:
    return Counter(
        ngram for n in range(1, max_n + 1) for ngram in zip(*(words[start:] for start in range(n)), strict=False)
    )


def _by_order(ngrams: Counter[tuple[str, ...]], max_n: int) -> list[int]:
    counts = [0] * max_n
    for ngram, count in ngrams.items():
        counts[len(ngram) - 1] += count
    return counts


def _brevity(said: int, expected: int) -> float:
    if said >= expected:
        return 1.0
    return math.exp(1 - expected / said) if said else 0.0


def _precision(right: list[int], total: list[int], smoothing: Smoothing) -> float:
    """The geometric mean of the orders' precisions, over the orders that the response has."""
    if not any(right):
        return 0.0
    logs, halved = [], 1.0
    for order, (one, other) in enumerate(zip(right, total, strict=True)):
        added = _SMOOTHING["add-k"] if smoothing == "add-k" and order else 0.0
        if not other + added:
            break
        share = (one + added) / (other + added)
        if not share and smoothing == "exp":
            halved *= 2
            share = 1 / (halved * other)
        elif not share:
            share = _SMOOTHING[smoothing] / other
        if not share:
            return 0.0
        logs.append(math.log(share))
    return math.exp(sum(logs) / len(logs))
