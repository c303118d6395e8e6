"""Credit field by field."""

from __future__ import annotations

import json
import random
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_data_json import pieces, texts, values

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data import csv_value, json_fields, yaml_value
from rewardkit.graders.data.matching import aligned, best_pairs
from rewardkit.graders.math import number_equal

ORDER = {
    "customer": {"name": "Ann Lee", "vat": None},
    "total": 12.5,
    "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}],
    "paid": True,
}
objects = st.dictionaries(texts, values, min_size=1, max_size=5)


def test_every_field_is_a_term_named_by_its_path() -> None:
    answer = '{"customer": {"name": " ann  LEE", "vat": null}, "total": 13, "items": [], "paid": true}'
    score = json_fields(answer, ORDER)
    assert {term.score.name: float(term.score) for term in score.terms} == {
        "customer.name": 1.0,
        "customer.vat": 1.0,
        "total": 0.0,
        "items": 0.0,
        "paid": 1.0,
    }
    assert score == pytest.approx(3 / 5) and score == pytest.approx(sum(w * float(s) for w, s in score.terms))
    assert score.reason == "3 of 5 fields right; total: read 13, expected 12.5"


@pytest.mark.parametrize(
    ("answer", "reference", "options", "score"),
    [
        ("[1, 2, 3]", [1, 2, 3], {}, 1.0),
        ("[1, 2, 3]", [3, 2, 1], {}, 1 / 3),
        ("[1, 2, 3]", [3, 2, 1], {"unordered": True}, 1.0),
        ("[1, 1, 2]", [1, 2, 2], {"unordered": True}, 2 / 3),
        ("[1, 2, 3, 4, 5, 6]", [1, 2, 3], {"unordered": True}, 0.5),
        ("1.0", 1, {}, 1.0),
        ("true", 1, {}, 0.0),
        ("3.14", 3.14159, {}, 0.0),
        ("3.14", 3.14159, {"abs_tol": 0.01}, 1.0),
        ("3.14", 3.14159, {"rel_tol": 0.001}, 1.0),
        ("1" + "0" * 500, 10**500, {}, 1.0),
        ('["A  b"]', ["a B"], {}, 1.0),
        ('["A  b"]', ["a B"], {"text": "exact"}, 0.0),
        ('["ﬁn"]', ["fin"], {}, 1.0),
        ('"5"', 5, {}, 0.0),
        ('"5"', 5, {"coerce": True}, 1.0),
        ("[5]", ["5"], {"coerce": True}, 1.0),
        ('"TRUE"', True, {"coerce": True}, 1.0),
        ('{"a": 1}', {"a": 1, "b": None}, {}, 0.5),
        ('{"a": 1}', {"a": 1, "b": None}, {"missing_is_null": True}, 1.0),
        ('{"a": 1, "b": 2}', {"a": 1}, {}, 0.5),
        ('{"a": 1, "b": 2}', {"a": 1}, {"extra": "ignore"}, 1.0),
        ('{"a": 1, "note": 2}', {"a": 1}, {"weights": {"note": 0}}, 1.0),
        ('{"a": 1, "b": 3}', {"a": 1, "b": 2}, {"weights": {"a": 3}}, 0.75),
        ('{"a": 1, "a": 2}', {"a": 2}, {}, 0.0),
        ("not JSON", {"a": 1}, {}, 0.0),
        (None, {"a": 1}, {}, 0.0),
        ('"x"', {"a": "x"}, {}, 0.0),
        ("{}", {}, {}, 1.0),
        ('{"a": 1}', {}, {}, 0.0),
        ('{"a": 1}', {}, {"extra": "ignore"}, 1.0),
        ('{"a": null}', {}, {"missing_is_null": True}, 1.0),
        ('{"a": {"b": 1}}', {"a": {}}, {}, 0.0),
        ("```json\n{'a': 1,}\n```", {"a": 1}, {}, 1.0),
        ("```json\n{'a': 1,}\n```", {"a": 1}, {"reading": "strict"}, 0.0),
    ],
)
def test_the_rules_of_comparison(answer: str | None, reference: object, options: Any, score: float) -> None:
    assert json_fields(answer, reference, **options) == pytest.approx(score)


def test_any_grader_can_decide_a_field_and_is_called_with_values_of_one_kind() -> None:
    cents: Any = {"total": partial(number_equal, tolerance=0.01), "name": lambda a, b: a[0] == b[0]}
    assert json_fields('{"total": 12.504, "name": "Bob"}', {"total": 12.5, "name": "Bert"}, compare=cents) == 1
    assert json_fields('{"total": [1], "name": 5}', {"total": 12.5, "name": "Bert"}, compare=cents) == 0
    half = json_fields('{"items": [{"n": 1}, {"n": 9}]}', {"items": [{"n": 2}, {"n": 9}]}, compare={
        "items[].n": lambda a, b: 0.5 if a < b else 1.0
    })  # fmt: skip
    assert half == 0.75


def test_a_grader_can_judge_all_texts_or_all_numbers() -> None:
    alike: Any = {"text": lambda a, b: 0.5 + 0.5 * (a == b), "number": lambda a, b: 1 - min(1, abs(a - b) / b)}
    assert json_fields('{"a": ["x", "y"], "n": 9}', {"a": ["x", "z"], "n": 10}, **alike) == pytest.approx(0.825)


def test_lists_pair_their_items_so_that_most_is_right() -> None:
    answer = [{"sku": "b", "n": 2}, {"sku": "a", "n": 7}]
    assert json_fields({"items": answer}, {"items": ORDER["items"]}, unordered="items") == 0.75
    assert json_fields({"items": answer}, {"items": ORDER["items"]}, unordered="other") == 0.0


def test_values_that_were_read_otherwise_are_graded_alike() -> None:
    assert json_fields(yaml_value("a: 1\nb: [x, no]"), {"a": 1, "b": ["x", "no"]}) == 1
    assert json_fields(csv_value("a,b\n1,x"), [{"a": "1", "b": "X"}]) == 1


@pytest.mark.parametrize("count", [3, 7, 49, 98, 103])
def test_all_fields_right_are_1_and_not_a_hair_less(count: int) -> None:
    value = {f"k{n}": [{"a": n, "b": n, "c": 0.1}] for n in range(count)}
    assert json_fields(value, value) == 1.0
    assert json_fields(value, value, weights={f"k{n}": 0.1 * n for n in range(count)}) == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"abs_tol": -1}, "abs_tol is -1"),
        ({"rel_tol": float("nan")}, "rel_tol is nan"),
        ({"text": "loose"}, "'normalised', 'exact'"),
        ({"extra": "punish"}, "'wrong', 'ignore'"),
        ({"weights": {"a": -1}}, "the weight of 'a'"),
        ({"weights": {"a": 0}}, "weight 0"),
        ({"compare": {"a": "exact"}}, "give a grader"),
        ({"compare": {"a": lambda a, b: 2.0}}, "from 0 to 1"),
    ],
)
def test_a_bad_option_is_the_authors_mistake(options: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        json_fields('{"a": 1}', {"a": 1}, **options)


@pytest.mark.parametrize("reference", ["{'a': 1}", "total: 5"])
def test_a_reference_that_is_text_and_not_json_cannot_be_judged_against(reference: str) -> None:
    with pytest.raises(GradingError, match="not JSON"):
        json_fields('{"a": 1}', reference)
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(GradingError, match="deep"):
        json_fields("[1]", deep)
    assert json_fields(deep, [1]) == 0


@given(objects, st.randoms(use_true_random=False), st.sampled_from([None, 2]))
def test_the_order_of_keys_and_white_space_do_not_count(value: Any, chance: random.Random, indent: Any) -> None:
    def shuffled(each: Any) -> Any:
        if isinstance(each, dict):
            keys = list(each)
            chance.shuffle(keys)
            return {key: shuffled(each[key]) for key in keys}
        return [shuffled(item) for item in each] if isinstance(each, list) else each

    assert json_fields(json.dumps(shuffled(value), indent=indent), value) == 1


@given(st.lists(values, max_size=6), st.lists(values, max_size=6), st.randoms(use_true_random=False))
def test_without_order_shuffling_changes_nothing(one: Any, other: Any, chance: random.Random) -> None:
    before = json_fields(json.dumps(one), other, unordered=True)
    chance.shuffle(one)
    chance.shuffle(other)
    assert json_fields(json.dumps(one), other, unordered=True) == pytest.approx(before)
    assert json_fields(json.dumps(one), other) <= before + 1e-9


@given(objects, objects)
def test_more_keys_never_raise_the_score_and_losing_a_field_never_does(answer: Any, reference: Any) -> None:
    alone = json_fields(answer, reference)
    assert json_fields({**answer, "never expected": 1}, reference) <= alone + 1e-9
    for key in answer:
        if key in reference:
            rest = {other: value for other, value in answer.items() if other != key}
            assert json_fields(rest, reference, extra="ignore") <= json_fields(answer, reference, extra="ignore")


@given(pieces | values.map(json.dumps), values)
def test_any_text_gets_a_score_in_bounds_that_is_the_sum_of_its_terms(text: str, reference: Any) -> None:
    score = json_fields(text, reference if not isinstance(reference, str) else [reference], unordered=True)
    assert 0 <= score <= 1 and score.reason
    assert not score.terms or score == pytest.approx(sum(weight * float(part) for weight, part in score.terms))


def brute(table: list[list[float]]) -> float:
    if not table:
        return 0.0
    without = [row[1:] for row in table]
    if not table[0]:
        return 0.0
    rest = [
        brute([row for n, row in enumerate(without) if n != taken]) + table[taken][0]
        for taken in range(len(table))
    ]
    return max([brute(without), *rest])


cells = st.sampled_from([0.0, 0.25, 0.5, 1.0])
rows = st.integers(1, 4).map(lambda width: st.lists(cells, min_size=width, max_size=width))
tables = rows.flatmap(lambda row: st.lists(row, min_size=1, max_size=4))


@given(tables)
def test_the_best_pairs_are_the_best(table: list[list[float]]) -> None:
    pairs = best_pairs(table)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert sum(table[row][column] for row, column in pairs) == pytest.approx(brute(table))


@given(tables)
def test_an_alignment_keeps_the_order_on_both_sides_and_comes_to_no_more(table: list[list[float]]) -> None:
    pairs = aligned(table)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
    assert sum(table[row][column] for row, column in pairs) <= brute(table) + 1e-9
