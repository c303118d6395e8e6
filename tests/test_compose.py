"""Scores combined: whatever the way, the number is right, and names, reasons and terms are kept."""

import json
import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Failure, Rollout, Score, Unscorable, all_of, any_of, grader, mean, named, reward
from rewardkit.errors import GradingError, UsageError
from rewardkit.wire import read_event, write_response

RIGHT = Score(1, "read 4, expected 4", name="correct")
LAYOUT = Score(0.25, "no <think>", name="layout")
TONE = Score(0.5, "curt", name="tone")

leaves = st.builds(lambda v, n: Score(v, "because", name=n), st.floats(-2, 2), st.sampled_from(["a", "b", ""]))
scores = st.one_of(leaves, st.floats(-2, 2), leaves.map(lambda s: 0.5 * s + 0.25), leaves.map(lambda s: s * s))
several = st.lists(scores, min_size=1, max_size=5)


def nested(children: st.SearchStrategy[float]) -> st.SearchStrategy[float]:
    group = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        group.map(all_of),
        group.map(any_of),
        group.map(mean),
        group.map(sum),
        group.map(min),
        children.map(lambda s: named(s, "part")),
        children.map(lambda s: round(s, 2)),
        children.map(abs),
        children.map(lambda s: s**2),
        children.map(lambda s: s / 3),
        st.tuples(children, children).map(lambda pair: 0.7 * pair[0] - 0.3 * pair[1]),
    )


def check_terms(score: Score, names: set[str]) -> None:
    """The invariant of score.py, for a score and everything beneath it."""
    counted = math.fsum(weight * part for weight, part in score.terms)
    if score.name in names and score.terms:
        assert float(score) == pytest.approx(counted, abs=1e-9)
    for _, part in score.terms:
        check_terms(part, names)


@given(several)
def test_all_of_is_the_lowest_any_of_the_highest_and_mean_the_mean(given: list[float]) -> None:
    plain = [float(score) for score in given]
    assert all_of(*given) == min(plain)
    assert any_of(given) == max(plain)
    assert mean(given) == pytest.approx(statistics.fmean(plain), abs=1e-12)
    assert sum(given) == pytest.approx(math.fsum(plain), abs=1e-12)


@given(st.lists(leaves.filter(lambda s: s.name != ""), min_size=1, max_size=5))
def test_what_is_made_of_scores_alone_is_the_sum_of_its_terms(given: list[Score]) -> None:
    for made in (all_of(given), any_of(given), mean(given), named(mean(given), "all"), round(mean(given), 12)):
        assert float(made) == pytest.approx(math.fsum(weight * part for weight, part in made.terms), abs=1e-9)
        assert {term.score.name for term in made.terms} == {score.name for score in given}
    check_terms(0.5 * all_of(given) + 0.5 * named(mean(given), "all"), {"all_of", "all"})


@given(st.recursive(scores, nested, max_leaves=12))
def test_any_nesting_is_a_finite_score_that_can_be_shown_and_sent(score: float) -> None:
    made = named(score, "total")
    assert float(made) == float(score)
    assert str(made)
    event = [{"id": "s1", "prompt": "?", "response": "4"}]
    [entry] = write_response(read_event(event), [made], bounds=(-9, 9))
    assert isinstance(entry, dict)
    names = [metric["name"] for metric in entry["metrics_list"]]
    assert len(names) == len(set(names)) == len(list(made.walk()))
    assert json.dumps(entry, allow_nan=False)


def test_all_of_says_which_decided_and_shows_every_reason() -> None:
    assert str(all_of(RIGHT, LAYOUT, TONE)) == (
        "0.25 = 0*correct(1) + 1*layout(0.25) + 0*tone(0.5)\n"
        "  correct: read 4, expected 4\n"
        "  layout: no <think>\n"
        "  tone: curt"
    )
    assert all_of(RIGHT, LAYOUT).reason == "layout is the lowest of 2"
    assert any_of([0.25 * TONE, RIGHT]).reason == "correct is the highest of 2"
    assert all_of(RIGHT, RIGHT * 1).reason == "correct is the lowest of 2"


def test_a_combination_is_one_term_of_what_it_goes_into() -> None:
    total = 0.8 * all_of(RIGHT, TONE) + 0.2 * LAYOUT
    assert [(weight, part.name) for weight, part in total.terms] == [(0.8, "all_of"), (0.2, "layout")]
    assert "all_of: tone is the lowest of 2" in str(total)
    assert "tone: curt" in str(total)


def test_a_mean_is_shown_as_its_parts() -> None:
    assert repr(mean(RIGHT, TONE)) == "0.75 = 0.5*correct(1) + 0.5*tone(0.5)"
    assert mean([Score(1, name="x")] * 49) == 1


def test_a_name_makes_one_term_of_many_and_two_of_one_grader_apart() -> None:
    style = named(0.5 * LAYOUT + 0.5 * TONE, "style")
    total = 0.9 * RIGHT + 0.1 * style
    assert repr(total) == "0.9375 = 0.9*correct(1) + 0.1*style(0.375)"
    assert [part.name for _, part in total.walk()] == ["correct", "style", "layout", "tone"]
    assert (named(TONE, "manner").reason, named(0.3, "share").name) == ("curt", "share")


def test_min_max_and_sum_of_python_keep_what_they_return() -> None:
    assert min(RIGHT, LAYOUT) is LAYOUT
    assert max([LAYOUT, TONE]) is TONE
    assert repr(sum([0.5 * RIGHT, 0.5 * TONE])) == "0.75 = 0.5*correct(1) + 0.5*tone(0.5)"


def test_quotients_powers_and_rounding_keep_the_terms() -> None:
    assert repr(TONE / Score(2, name="length")) == "0.25 = 0.5*tone(0.5) + 0*length(2)"
    assert repr(TONE**2) == "0.25 = 0.5*tone(0.5)"
    assert repr(abs(-1 * TONE)) == "0.5 = 1*tone(0.5)"
    assert float(round(0.333 * TONE, 2)) == 0.17
    assert [part.name for _, part in round(0.333 * TONE, 2).terms] == ["tone"]
    assert round(TONE) == 0
    assert TONE**0 == 1
    with pytest.raises(UsageError, match="not a real number"):
        (-1 * TONE) ** 0.5


def wire(score: Score) -> dict[str, tuple[float, str]]:
    [entry] = write_response(read_event([{"id": "1", "prompt": "?", "response": "4"}]), [score], bounds=(-1, 1))
    assert isinstance(entry, dict)
    return {metric["name"]: (metric["value"], metric["type"]) for metric in entry["metrics_list"]}


def test_what_is_not_counted_goes_out_as_metric() -> None:
    assert wire(RIGHT + 0 * TONE) == {"correct": (1.0, "Reward"), "tone": (0.5, "Metric")}
    assert wire(0.5 * RIGHT + 0 * RIGHT) == {"correct": (1.0, "Reward"), "correct_2": (1.0, "Metric")}


def test_a_combination_goes_out_as_reward_and_its_parts_as_metrics_in_every_rollout() -> None:
    for layout in (LAYOUT, named(1, "layout")):
        sent = wire(0.5 * all_of(RIGHT, layout) + 0.5 * named(mean(TONE, RIGHT), "style") + 0 * any_of(TONE, 0.1))
        assert {name: type for name, (_, type) in sent.items()} == {
            "all_of": "Reward", "correct": "Metric", "layout": "Metric",
            "style": "Reward", "tone": "Metric", "correct_2": "Metric",
            "any_of": "Metric", "tone_2": "Metric",
        }  # fmt: skip


@pytest.mark.parametrize("combine", [all_of, any_of, mean])
def test_nothing_or_no_numbers_are_the_authors_mistake(combine: Any) -> None:
    with pytest.raises(UsageError, match="got no scores"):
        combine()
    with pytest.raises(UsageError, match="got no scores"):
        combine([])
    with pytest.raises(UsageError, match="'1' \\(str\\)"):
        combine(RIGHT, "1")
    with pytest.raises(UsageError, match="None"):
        combine([None])


def test_a_name_is_some_text() -> None:
    with pytest.raises(UsageError, match='named\\(score, "layout"\\)'):
        named(RIGHT, "")


@grader
def polite(response: str) -> Score:
    return Score("please" in response, "looked for 'please'")


@reward
def abstaining(response: str, language: str = "en") -> float:
    if language != "en":
        raise Unscorable(f"nobody here reads {language}")
    return 1 * polite(response)


def test_abstaining_is_a_failure_and_never_a_0() -> None:
    messages = [{"role": "assistant", "content": "please"}]
    assert abstaining.score(Rollout(id="1", messages=messages)) == 1
    found = abstaining.score(Rollout(id="1", messages=messages, fields={"language": "fi"}))
    assert found == Failure("grading", "nobody here reads fi")
    assert issubclass(Unscorable, GradingError)
