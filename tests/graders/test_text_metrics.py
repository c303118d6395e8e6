"""The figures of overlap and distance are those of the reference implementations, on a thousand random pairs."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.gleu_score import sentence_gleu
from nltk.translate.meteor_score import single_meteor_score
from rapidfuzz import distance, fuzz, utils
from rouge_score.rouge_scorer import RougeScorer

from rewardkit import Score
from rewardkit.errors import UsageError
from rewardkit.graders.text import (
    bleu,
    chrf,
    edit_similarity,
    exact_match,
    fuzzy_ratio,
    gleu,
    meteor,
    rouge_l,
    rouge_lsum,
    rouge_n,
    token_f1,
    token_set_ratio,
    token_sort_ratio,
)
from rewardkit.graders.text.alignment import tokens
from rewardkit.graders.text.sequences import LONGEST, common, levenshtein
from rewardkit.graders.text.stem import stem

VOCABULARY = """
    the cat Cats sat on a mat running 5 2.5 1,500 U.S. don't well-known É naïve (x) &amp; 日本 end. an it's - a,b _
    x_y nationally relational sky "quoted" skies hopefulness agreed Straße <skipped> 3-4 ... !?
"""
WORDS = VOCABULARY.split()


def pairs() -> list[tuple[str, str]]:
    """Texts with lines and odd tokens, each with a changed one or another."""
    rng = random.Random(7)
    found = []
    for _ in range(1000):
        one = [rng.choice([*WORDS, "\n"]) for _ in range(rng.randint(0, 30))]
        other = [rng.choice(WORDS) if rng.random() < 0.3 else word for word in one if rng.random() < 0.9]
        if rng.random() < 0.2:
            rng.shuffle(other)
        found.append((" ".join(one), " ".join(other)))
    return found


PAIRS = pairs()


@pytest.mark.parametrize("stemmed", [False, True])
def test_rouge_is_rouge_scores(stemmed: bool) -> None:
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=stemmed)
    for said, expected in PAIRS:
        figures = scorer.score(expected, said)
        for field, measure in (("precision", "precision"), ("recall", "recall"), ("fmeasure", "f1")):
            ours = [
                rouge_n(said, expected, n=1, stemmed=stemmed, measure=measure),  # type: ignore[arg-type]
                rouge_n(said, expected, n=2, stemmed=stemmed, measure=measure),  # type: ignore[arg-type]
                rouge_l(said, expected, stemmed=stemmed, measure=measure),  # type: ignore[arg-type]
                rouge_lsum(said, expected, stemmed=stemmed, measure=measure),  # type: ignore[arg-type]
            ]
            theirs = [getattr(figures[name], field) for name in ("rouge1", "rouge2", "rougeL", "rougeLsum")]
            assert ours == pytest.approx(theirs, abs=1e-6), (said, expected, measure)


def test_bleu_is_sacrebleus() -> None:
    for said, expected in PAIRS:
        for smoothing in ("exp", "floor", "add-k", "none"):
            theirs = sacrebleu.sentence_bleu(said, [expected], smooth_method=smoothing).score / 100
            assert bleu(said, expected, smoothing=smoothing) == pytest.approx(theirs, abs=1e-6), (said, expected)
        theirs = sacrebleu.sentence_bleu(said, [expected, said[:30]], lowercase=True).score / 100
        assert bleu(said, [expected, said[:30]], ignore_case=True) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("word_n", [0, 2])
def test_chrf_is_sacrebleus(word_n: int) -> None:
    for said, expected in PAIRS:
        theirs = sacrebleu.sentence_chrf(said, [expected], word_order=word_n).score / 100
        assert chrf(said, expected, word_n=word_n) == pytest.approx(theirs, abs=1e-6), (said, expected)
    figure = sacrebleu.CHRF(lowercase=True, beta=3, word_order=word_n).sentence_score(
        "The cat", ["the cat sat", "A cat"]
    )
    assert chrf("The cat", ["the cat sat", "A cat"], ignore_case=True, beta=3, word_n=word_n) == pytest.approx(
        figure.score / 100, abs=1e-6
    )


def test_gleu_and_meteor_are_nltks() -> None:
    for said, expected in PAIRS:
        apart = [sacrebleu.BLEU().tokenizer(text.rstrip()).split() for text in (said, expected)]
        if all(apart):
            assert gleu(said, expected) == pytest.approx(sentence_gleu([apart[1]], apart[0]), abs=1e-6)
        theirs = single_meteor_score(tokens(expected), tokens(said), stemmer=PorterStemmer(), wordnet=NoSynonyms())
        assert meteor(said, expected) == pytest.approx(theirs, abs=1e-6), (said, expected)


class NoSynonyms:
    """WordNet as far as METEOR asks it."""

    def synsets(self, _: str) -> list[object]:
        return []


@pytest.mark.parametrize("process", [False, True])
def test_distances_are_rapidfuzzs(process: bool) -> None:
    processor = utils.default_process if process else None
    for said, expected in PAIRS:
        theirs = distance.Levenshtein.normalized_similarity(said, expected)
        assert edit_similarity(said, expected) == pytest.approx(theirs, abs=1e-6)
        for ours, ratio in (
            (fuzzy_ratio, fuzz.ratio),
            (token_sort_ratio, fuzz.token_sort_ratio),
            (token_set_ratio, fuzz.token_set_ratio),
        ):
            expected_figure = ratio(said, expected, processor=processor) / 100
            assert ours(said, expected, process=process) == pytest.approx(expected_figure, abs=1e-6), (
                said,
                expected,
            )


def test_exact_match_and_f1_are_squads_where_these_leave_something_of_the_reference() -> None:
    for said, expected in [pair for pair in PAIRS if squad_words(pair[1])]:
        assert exact_match(said, expected) == float(squad_words(said) == squad_words(expected))
        assert token_f1(said, expected) == pytest.approx(squad_f1(said, expected), abs=1e-6)


def squad_words(text: str) -> list[str]:
    """SQuAD's rules, said another way: marks go, then each word that is an article as a whole."""
    bare = "".join(char for char in text.lower() if char not in string.punctuation)
    return [word for word in bare.split() if word not in ("a", "an", "the")]


def squad_f1(said: str, expected: str) -> float:
    ours, theirs = squad_words(said), squad_words(expected)
    if not ours or not theirs:
        return float(ours == theirs)
    left = list(theirs)
    shared = 0
    for word in ours:
        if word in left:
            left.remove(word)
            shared += 1
    return (
        2 * (shared / len(ours)) * (shared / len(theirs)) / (shared / len(ours) + shared / len(theirs))
        if shared
        else 0.0
    )


@given(st.text(string.ascii_lowercase + "y", min_size=3, max_size=14))
def test_stems_are_nltks(word: str) -> None:
    assert stem(word) == PorterStemmer().stem(word)


@given(st.text("abc", max_size=200), st.text("abc", max_size=200))
def test_distances_of_few_letters_are_rapidfuzzs(one: str, other: str) -> None:
    assert levenshtein(one, other) == distance.Levenshtein.distance(one, other)
    assert common(one, other) == distance.LCSseq.similarity(one, other)


def test_beyond_the_longest_everything_counts_as_different() -> None:
    one, other = "ab" * LONGEST, "cd" * LONGEST
    assert levenshtein(one, other) == 2 * LONGEST
    assert common(one, other) == 0
    assert edit_similarity(one, one[:-1] + "x") == pytest.approx(1, abs=1e-4)
    assert edit_similarity("x" * 3 * LONGEST, "y" + "x" * 2 * LONGEST) < 1


def test_words_of_every_script_count_where_asked() -> None:
    assert rouge_n("Привет мир", "привет мир") == 0.0
    assert rouge_n("Привет мир", "привет мир", unicode=True) == rouge_l("日本 語", "日本 語", unicode=True) == 1.0


def test_options_out_of_range_are_the_authors_mistake() -> None:
    calls: list[Callable[[], Score]] = [
        lambda: rouge_n("a", "a", n=0),
        lambda: rouge_l("a", "a", measure="f2"),  # type: ignore[arg-type]
        lambda: bleu("a", "a", max_n=0),
        lambda: bleu("a", "a", smoothing="best"),  # type: ignore[arg-type]
        lambda: gleu("a", "a", max_n=99),
        lambda: chrf("a", "a", beta=0),
    ]
    for call in calls:
        with pytest.raises(UsageError, match="got"):
            call()
