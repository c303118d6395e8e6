from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.text import (
    choice,
    contains,
    cosine,
    edit_similarity,
    ends_with,
    exact,
    exact_match,
    jaccard,
    label,
    label_set,
    number_close,
    number_recall,
    number_similarity,
    starts_with,
    token_f1,
    token_set_ratio,
    token_sort_ratio,
)


@pytest.mark.parametrize(
    ("answer", "reference", "options", "value"),
    [
        ("Paris", "Paris", {}, 1),
        (" Paris\n", "Paris", {}, 1),
        (" Paris", "Paris", {"strip": False}, 0),
        ("paris", "Paris", {}, 0),
        ("STRASSE", "straße", {"ignore_case": True}, 1),
        ("Paris, France", "Paris", {}, 0),
        ("Lutetia", ["Paris", "Lutetia"], {}, 1),
        ("Rome", ["Paris", "Lutetia"], {}, 0),
        ("", "Paris", {}, 0),
        (None, "None", {}, 0),
    ],
)
def test_exact_compares_every_character_but_the_white_space_around(
    answer: str | None, reference: str | list[str], options: dict[str, bool], value: float
) -> None:
    assert exact(answer, reference, **options) == value


def test_the_reason_says_what_was_read_and_what_was_expected() -> None:
    assert exact("Rome", "Paris").reason == "read 'Rome', expected 'Paris'"
    assert exact(None, "Paris").reason == "no answer found in the response, expected 'Paris'"
    assert exact("Rome", ["Paris", "Lutetia"]).reason == "read 'Rome', expected 'Paris' or one of 1 more"
    assert token_f1("in Paris", ["Rome", "Paris"]).reason == "read 'in Paris', expected 'Paris' (of 2)"


@given(st.text())
def test_a_text_is_exactly_itself(text: str) -> None:
    assert exact(text, text) == exact(text.upper(), text.upper(), ignore_case=True) == 1.0


@given(st.text(), st.text())
def test_long_texts_make_short_reasons(answer: str, reference: str) -> None:
    assert len(exact(answer * 100, reference * 100).reason) < 2600


@pytest.mark.parametrize(
    ("response", "reference", "options", "value"),
    [
        ("It is in Paris.", "Paris", {}, 1),
        ("It is in paris.", "Paris", {}, 1),
        ("It is in paris.", "Paris", {"ignore_case": False}, 0),
        ("Comparison", "paris", {}, 0),
        ("Comparison", "paris", {"whole_words": False}, 1),
        ("15 or 2.5 or 1,500", "5", {}, 0),
        ("It is 5.", "5", {}, 1),
        ("C++ it is", "C++", {}, 1),
        ("red and blue", ["red", "green"], {}, 0.5),
        ("red and blue", ["red", "green"], {"any_of": True}, 1),
        ("red, green and blue", ["red", "green"], {"any_of": True, "without": ["blue"]}, 0),
        ("red", ["red"], {"without": "blue"}, 1),
        (None, "red", {}, 0),
    ],
)
def test_contains_looks_for_whole_words(
    response: str | None, reference: str | list[str], options: dict[str, Any], value: float
) -> None:
    assert contains(response, reference, **options) == value


def test_starts_with_and_ends_with() -> None:
    assert starts_with("  Yes, because", "Yes") == ends_with("so: yes ", ["no", "yes"]) == 1.0
    assert starts_with("yes", "Yes") == ends_with("Yes!", "yes") == starts_with(None, "x") == 0.0
    assert starts_with("yes", "Yes", ignore_case=True) == 1.0


@pytest.mark.parametrize(
    ("answer", "reference", "match", "f1"),
    [
        ("The Eiffel Tower!", "Eiffel tower", 1, 1),
        ("in the Eiffel Tower", "Eiffel Tower", 0, 4 / 5),
        ("Paris", ["London", "paris."], 1, 1),
        ("the the the", "the", 0, 0.5),
        ("a", "A", 1, 1),
        ("", "A", 0, 0),
        (".", "A", 0, 0),
        ("the", "A", 0, 0),
        ("", "?", 0, 0),
        ("", "", 1, 1),
        ("Paris", "the", 0, 0),
        ("Paris Paris Paris", "Paris", 0, 0.5),
        ("", "Paris", 0, 0),
        (None, "Paris", 0, 0),
    ],
)
def test_squad_leaves_out_articles_and_punctuation(
    answer: str | None, reference: str | list[str], match: float, f1: float
) -> None:
    assert exact_match(answer, reference) == match
    assert token_f1(answer, reference) == pytest.approx(f1)


@pytest.mark.parametrize("nothing", [None, [], 7, ["a", 7]])
def test_a_reference_that_is_no_text_cannot_be_judged_against(nothing: Any) -> None:
    with pytest.raises(GradingError, match="the reference must be a text or several"):
        token_f1("a", nothing)


@pytest.mark.parametrize("grade", [contains, starts_with, ends_with])
def test_an_empty_reference_is_in_every_text_and_judges_none(grade: Any) -> None:
    with pytest.raises(GradingError, match="every text contains nothing"):
        grade("a", " ")


def test_similarities_of_words_leave_out_their_order() -> None:
    assert token_sort_ratio("new york mets", "Mets, New York") == 1.0
    assert token_set_ratio("mets mets new york", "new york mets") == 1.0
    assert jaccard("a b c", "b c d") == 0.5
    assert cosine("a a b", "b a a") == pytest.approx(1)
    assert edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert edit_similarity("", "") == 1.0


BOLD = r"$\textbf{(B)}$"


@pytest.mark.parametrize(
    "answer",
    [
        *[
            "B",
            "b",
            "(B)",
            "( b )",
            "B.",
            "B)",
            "B:",
            "[B]",
            "B. Paris",
            "(B) Paris",
            "B: 12 km",
            "**B**",
            "**(B)** 12",
        ],
        *[
            BOLD,
            r"\boxed{B}",
            r"\text{B}",
            "Option B",
            "option (b)",
            "Answer: B",
            "answer: (B)",
            "<answer>B</answer>",
        ],
        *["The answer is B.", "The correct answer is (B), because A is too small.", "So the answer is **B**."],
        *["Answer: A. No wait, that is wrong. Answer: B", "ANSWER: B", "The correct option is: B"],
    ],
)
def test_an_option_is_read_in_every_form(answer: str) -> None:
    assert choice(answer, "B") == 1.0
    assert choice(answer, "(B)") == 1.0
    assert choice(answer, "A") == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        "A or B",
        "(A) or (B)",
        "A, B",
        "(A) (B) (C) (D)",
        "A and B",
        "the answer is A or B",
        "Bern",
        "A dog",
        "",
        "I",
    ],
)
def test_what_names_several_options_or_none_is_no_answer(answer: str) -> None:
    assert choice(answer, "A") == choice(answer, "B") == 0.0


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        *[
            ("Paris", 1),
            ("B", 1),
            ("paris.", 1),
            ("It is Paris", 1),
            ("B. Paris", 1),
            ("A. Paris", 0),
            ("Rome", 0),
        ],
        *[("Paris or Rome", 0), ("Parisian", 0), ("A) Rome", 0), (None, 0)],
    ],
)
def test_an_option_is_known_by_its_text(answer: str | None, value: float) -> None:
    options = ["Rome", "Paris", "Bern"]
    assert choice(answer, "Paris", options=options) == choice(answer, "B", options=options) == value


def test_a_choice_needs_options_that_can_be_told_apart() -> None:
    with pytest.raises(UsageError, match="text of its own"):
        choice("A", "A", options=["x", "X"])
    for reference, options in (("E", ["x", "y"]), ("z", ["x", "y"]), ("", []), ("A or B", [])):
        with pytest.raises(GradingError, match="must be an option"):
            choice("A", reference, options=options)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("positive", 1),
        (" Positive. ", 1),
        ("The sentiment is positive", 1),
        ("very positive", 0),
        ("positive or negative", 0),
        ("unpositive", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_a_label_is_one_of_those_that_there_are(answer: str | None, value: float) -> None:
    assert label(answer, "positive", labels=["positive", "negative", "very positive"]) == value


def test_labels_have_to_be_different_and_the_reference_among_them() -> None:
    with pytest.raises(UsageError, match="different texts"):
        label("a", "a", labels=["a", "A "])
    with pytest.raises(GradingError, match="not among the labels"):
        label("a", "c", labels=["a", "b"])
    assert label("anything", "Anything") == 1.0


@pytest.mark.parametrize(
    ("answer", "options", "value"),
    [
        ("a, b", {}, 1),
        (["B", "a", "a"], {}, 1),
        ('["a", "b"]', {}, 1),
        ("- a\n- b", {}, 1),
        ("1. a\n2. b", {}, 1),
        ("a", {}, 2 / 3),
        ("a", {"measure": "precision"}, 1),
        ("a", {"measure": "recall"}, 0.5),
        ("a", {"measure": "exact"}, 0),
        ("a", {"beta": 2}, 5 / 9),
        ("a; c", {"measure": "jaccard"}, 1 / 3),
        ("a,b,c,d", {}, 2 / 3),
        ("", {}, 0),
        (None, {}, 0),
        (7, {}, 0),
    ],
)
def test_sets_of_labels_are_compared_by_f_beta(answer: Any, options: dict[str, Any], value: float) -> None:
    assert label_set(answer, ["a", "b"], **options) == pytest.approx(value)


def test_no_labels_are_a_set_too() -> None:
    assert label_set([], []) == label_set("", "") == 1.0
    assert label_set("a", []) == 0.0
    wrong: list[dict[str, Any]] = [{"beta": 0}, {"measure": "macro"}]
    for options in wrong:
        with pytest.raises(UsageError, match="label_set"):
            label_set("a", "a", **options)
    with pytest.raises(GradingError, match="must be labels"):
        label_set("a", 7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "options", "value"),
    [
        ("$1,250.50", {}, 1),
        ("about 1.2505e3 m", {}, 1),
        (1250.5, {}, 1),
        ("1250", {"abs_tol": 1}, 1),
        ("1250", {"rel_tol": 1e-3}, 1),
        ("1250", {}, 0),
        ("1250.5 or 3", {}, 0),
        ("-1250.5", {}, 0),
        ("1e999", {"rel_tol": 10}, 0),
        ("nan", {}, 0),
        ("x1250.5", {}, 0),
        (True, {}, 0),
        (None, {}, 0),
        (10**400, {}, 0),
    ],
)
def test_numbers_are_close_within_the_tolerance(answer: Any, options: dict[str, float], value: float) -> None:
    assert number_close(answer, "1,250.5", **options) == value


def test_numbers_are_similar_by_their_difference() -> None:
    assert number_similarity("3", 1) == pytest.approx(0.5)
    assert number_similarity(0, 0) == number_similarity(1e308, 1e308) == 1.0
    assert number_similarity(-1, 1) == number_similarity("x", 1) == 0.0
    with pytest.raises(GradingError, match="must be one number"):
        number_similarity(1, "none")
    with pytest.raises(UsageError, match="negative or infinite"):
        number_close(1, 1, abs_tol=-1)


@pytest.mark.parametrize(
    ("response", "options", "value"),
    [
        ("Sales were 1,200 and costs 900.", {}, 1),
        ("Costs of 900.0 against 1200", {}, 1),
        ("Sales were 1,200.", {}, 2 / 3),
        ("Sales were 1,200.", {"extra": True}, 0.5),
        ("1200 900 1 2", {}, 2 / 3),
        ("1200 900 1 2", {"extra": True}, 1),
        ("1201 and 899", {"abs_tol": 1}, 1),
        ("1200 1200", {}, 0.5),
        ("From e4, E0 and -e9 to e+900 and 1.2e3.", {}, 1),
        ("none", {}, 0),
        (None, {}, 0),
    ],
)
def test_the_numbers_of_a_report_are_all_there(
    response: str | None, options: dict[str, Any], value: float
) -> None:
    assert number_recall(response, "1,200 in sales, 900 in costs", **options) == pytest.approx(value)


def test_numbers_are_recalled_from_some() -> None:
    with pytest.raises(GradingError, match="must hold numbers"):
        number_recall("1", "none")
    with pytest.raises(UsageError, match="number_recall"):
        number_recall("1", "1", rel_tol=-1)
