"""A Score is a float that remembers."""

import copy
import json
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Score
from rewardkit.errors import UsageError

values = st.floats(-100, 100)
names = st.sampled_from(["correct", "layout", "length"])
leaves = st.builds(lambda v, n: Score(v, "because", name=n), values, names)


def trees(children: st.SearchStrategy[float]) -> st.SearchStrategy[float]:
    pair = st.tuples(children, children)
    return st.one_of(
        pair.map(lambda p: p[0] + p[1]),
        pair.map(lambda p: p[0] - p[1]),
        pair.map(lambda p: p[0] * p[1]),
        children.map(lambda s: -s),
        children.map(lambda s: s / 4),
    )


expressions = st.recursive(st.one_of(leaves, values), trees, max_leaves=8)


def test_a_weighted_sum_says_what_it_is_made_of() -> None:
    correct, layout = Score(1, "72 = 72", name="math_equal"), Score(0, "no <think>", name="tags")
    total = 0.8 * correct + 0.2 * layout
    assert total == 0.8
    assert str(total) == "0.8 = 0.8*math_equal(1) + 0.2*tags(0)\n  math_equal: 72 = 72\n  tags: no <think>"
    assert [(term.weight, term.score.name) for term in total.terms] == [(0.8, "math_equal"), (0.2, "tags")]


def test_what_plain_numbers_add_is_shown_as_a_constant() -> None:
    assert repr(1 - 0.5 * Score(1, name="length")) == "0.5 = 1 - 0.5*length(1)"


def test_a_product_keeps_both_reasons() -> None:
    gated = Score(1, "right", name="correct") * Score(0, "too long", name="short")
    assert gated == 0
    assert "correct: right" in str(gated)
    assert "short: too long" in str(gated)


def test_a_metric_of_weight_zero_is_reported_and_not_counted() -> None:
    total = Score(1, name="correct") + 0 * Score(0.3, name="length")
    assert total == 1
    assert total.terms[1].weight == 0


def test_a_sum_of_scores_starts_from_zero() -> None:
    assert [t.weight for t in sum([Score(0.25, name="a"), Score(0.5, name="b")], start=Score(0)).terms] == [1, 1]
    assert sum([Score(0.25, name="a"), Score(0.5, name="b")]) == 0.75


@given(expressions)
def test_value_is_the_constant_and_the_weighted_terms(score: float) -> None:
    if isinstance(score, Score):
        rest = float(score) - sum(weight * part for weight, part in score.terms)
        assert math.isfinite(rest)
        assert all(math.isfinite(weight) for weight, _ in score.terms)
        assert str(score)


@given(st.one_of(leaves, values), st.one_of(leaves, values))
def test_arithmetic_gives_what_floats_give(a: float, b: float) -> None:
    assert a + b == float(a) + float(b)
    assert a - b == float(a) - float(b)
    assert a * b == float(a) * float(b)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_score_is_finite(value: float) -> None:
    with pytest.raises(UsageError, match="finite"):
        Score(value)


def test_a_score_is_immutable() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        Score(1).name = "other"
    with pytest.raises(AttributeError, match="immutable"):
        del Score(1).name


@given(leaves)
def test_a_score_survives_pickle_copy_and_json(score: Score) -> None:
    total = 0.5 * score + 1
    for twin in (pickle.loads(pickle.dumps(total)), copy.deepcopy(total)):
        assert twin == total
        assert twin.terms == total.terms
        assert str(twin) == str(total)
    assert json.loads(json.dumps(score)) == float(score)


def test_a_score_works_where_a_float_does() -> None:
    score = Score(0.5, "half")
    assert f"{score:.2f}" == "0.50"
    assert max(score, Score(0.7, name="best")).name == "best"
    assert not Score(0)
    with pytest.raises(TypeError):
        score + "1"  # type: ignore[operator]
