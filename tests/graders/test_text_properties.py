"""What holds for every grader of text: any text gets a Score in bounds, and tricks raise none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Score
from rewardkit.graders import text
from rewardkit.graders.text import (
    bleu,
    choice,
    chrf,
    contains,
    cosine,
    edit_similarity,
    ends_with,
    exact,
    exact_match,
    fuzzy_ratio,
    gleu,
    jaccard,
    label,
    label_set,
    matches,
    matching_lines,
    meteor,
    number_close,
    number_recall,
    number_similarity,
    rouge_l,
    rouge_lsum,
    rouge_n,
    starts_with,
    token_f1,
    token_set_ratio,
    token_sort_ratio,
)

Grade = Callable[[str | None], Score]

SENTENCE = "The quick brown fox jumps over the lazy dog near 7 old barns."
OVERLAP: dict[str, Grade] = {
    "exact_match": lambda said: exact_match(said, SENTENCE),
    "token_f1": lambda said: token_f1(said, SENTENCE),
    "edit_similarity": lambda said: edit_similarity(said, SENTENCE),
    "fuzzy_ratio": lambda said: fuzzy_ratio(said, SENTENCE),
    "token_sort_ratio": lambda said: token_sort_ratio(said, SENTENCE),
    "jaccard": lambda said: jaccard(said, SENTENCE),
    "cosine": lambda said: cosine(said, SENTENCE),
    "rouge_n": lambda said: rouge_n(said, SENTENCE, n=2),
    "rouge_l": lambda said: rouge_l(said, SENTENCE),
    "rouge_lsum": lambda said: rouge_lsum(said, SENTENCE, stemmed=True),
    "bleu": lambda said: bleu(said, SENTENCE),
    "gleu": lambda said: gleu(said, SENTENCE),
    "meteor": lambda said: meteor(said, SENTENCE),
    "chrf": lambda said: chrf(said, SENTENCE, word_n=2),
}
GRADES: dict[str, tuple[Grade, str]] = {
    **{name: (grade, SENTENCE) for name, grade in OVERLAP.items()},
    "token_set_ratio": (lambda said: token_set_ratio(said, SENTENCE), SENTENCE),
    "exact": (lambda said: exact(said, "Paris"), "Paris"),
    "contains": (lambda said: contains(said, "Paris", without=["Rome", "Bern"]), "It is Paris."),
    "starts_with": (lambda said: starts_with(said, "Paris"), "Paris it is"),
    "ends_with": (lambda said: ends_with(said, "Paris"), "It is Paris"),
    "matches": (lambda said: matches(said, r"\d+(\.\d+)?"), "7.5"),
    "matching_lines": (lambda said: matching_lines(said, r"\w+: .*", every=True), "a: b\nc: d"),
    "choice": (lambda said: choice(said, "B", options=["Rome", "Paris", "Bern"]), "B"),
    "label": (lambda said: label(said, "good", labels=["good", "bad", "so-so"]), "good"),
    "label_set": (lambda said: label_set(said, ["red", "blue"]), "red, blue"),
    "number_close": (lambda said: number_close(said, 7.5), "7.5"),
    "number_recall": (lambda said: number_recall(said, "7.5 and 12"), "12, 7.5"),
    "number_similarity": (lambda said: number_similarity(said, 7.5), "7.5"),
}


def test_every_grader_is_here() -> None:
    assert GRADES.keys() == set(text.__all__)


PIECES = [
    "Paris",
    "Rome",
    "B",
    "(A)",
    "or",
    "answer is",
    "7.5",
    "1e9",
    ",",
    ".",
    "\n",
    '["',
    "-",
    "$\\text{",
    "good",
]
SOUP = st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=300)


@pytest.mark.parametrize("name", GRADES)
@given(said=SOUP)
def test_any_text_gets_a_score_in_bounds_and_a_reason(name: str, said: str) -> None:
    score = GRADES[name][0](said)
    assert 0 <= score <= 1 and score.name == name
    assert 0 < len(score.reason) < 1000


@pytest.mark.parametrize("name", GRADES)
def test_no_answer_is_0_and_the_right_one_1(name: str) -> None:
    grade, right = GRADES[name]
    assert grade(None) == 0.0
    assert grade(right) == pytest.approx(1, abs=1e-3)  # METEOR pays one piece a little less than all


@pytest.mark.parametrize("name", [name for name in GRADES if name != "edit_similarity"])
@given(space=st.sampled_from(["", " ", "\n", "\t \n"]), behind=st.sampled_from(["", " ", "\n\n"]))
def test_white_space_around_changes_nothing(name: str, space: str, behind: str) -> None:
    grade, right = GRADES[name]
    assert grade(space + right + behind) == pytest.approx(grade(right))


@pytest.mark.parametrize("name", GRADES)
@given(
    said=st.lists(st.sampled_from([*SENTENCE.split(), "Paris", "7.5", "B", "good", "red"]), max_size=15).map(
        " ".join
    )
)
def test_the_right_answer_is_the_best_one(name: str, said: str) -> None:
    grade, right = GRADES[name]
    assert grade(said) <= grade(right) + 1e-9


HEDGES = {
    "exact": "Paris Rome Bern",
    "contains": "Paris, Rome or Bern",
    "choice": "(A) (B) (C)",
    "label": "good, bad, so-so",
    "number_close": "7.4 7.5 7.6",
    "number_similarity": "1 2 3 7.5",
    "matches": "7.5 or seven and a half",
}


@pytest.mark.parametrize("name", HEDGES)
def test_naming_every_answer_earns_nothing(name: str) -> None:
    assert GRADES[name][0](HEDGES[name]) == 0.0


def test_naming_every_label_earns_less_than_the_right_ones() -> None:
    grade = GRADES["label_set"][0]
    assert grade("red, blue, green, black, white") < grade("red") < grade("red, blue")


TRICKS = {
    "said four times": lambda said: " ".join([said] * 4),
    "followed by other words": lambda said: " ".join([said, *(f"word{n}" for n in range(60))]),
    "its words sorted": lambda said: " ".join(sorted(said.split())),
}


@pytest.mark.parametrize("name", OVERLAP)
@pytest.mark.parametrize("trick", TRICKS)
def test_repeating_padding_and_sorting_raise_no_overlap(name: str, trick: str) -> None:
    said = "The quick fox jumps over a lazy dog."
    assert OVERLAP[name](TRICKS[trick](said)) <= OVERLAP[name](said) + 1e-9


BY_WORDS = ("token_f1", "jaccard", "cosine", "rouge_n", "rouge_l", "rouge_lsum", "meteor")


@pytest.mark.parametrize("name", BY_WORDS)
@given(st.lists(st.sampled_from(SENTENCE.split()), min_size=2, max_size=12), st.integers(0, 11))
def test_a_word_that_is_not_in_the_reference_raises_nothing(name: str, said: list[str], place: int) -> None:
    padded = [*said[:place], "zzzzzz", *said[place:]]
    assert OVERLAP[name](" ".join(padded)) <= OVERLAP[name](" ".join(said)) + 1e-9


@pytest.mark.parametrize("name", OVERLAP)
@given(said=SOUP)
def test_another_reference_never_lowers_a_score(name: str, said: str) -> None:
    graded = getattr(text, name)
    assert graded(said, [SENTENCE, "Paris is old"]) >= graded(said, SENTENCE) - 1e-9


@pytest.mark.parametrize("name", GRADES)
@pytest.mark.parametrize("piece", ["1,", '"', "\n", "answer is ", "$\\text{", "é"])
def test_a_megabyte_of_anything_is_judged(name: str, piece: str) -> None:
    assert 0 <= GRADES[name][0](piece * (1_000_000 // len(piece))) < 1
