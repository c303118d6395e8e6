"""Shaping: what it pays, and that a wrong answer does not overtake a right one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Score, reward
from rewardkit.errors import UsageError
from rewardkit.graders.shaping import (
    check,
    clip,
    cosine,
    efficient,
    kimi_length,
    overlong,
    overtaken,
    repetition,
    scale,
    staircase,
    target_length,
)
from rewardkit.rollout import Rollout, read

lengths = st.integers(0, 100_000)
groups = st.lists(lengths, max_size=8)


@pytest.mark.parametrize(("length", "score"), [(0, 0), (16384, 0), (18432, -0.5), (20480, -1), (30000, -1)])
def test_dapos_punishment_begins_where_the_cache_does(length: int, score: float) -> None:
    assert overlong(length, longest=20480, cache=4096) == pytest.approx(score)


@pytest.mark.parametrize(
    ("correct", "length", "score"),
    [(1, 0, 1), (1, 500, 0.75), (1, 1000, 0.5), (0, 0, -1), (0, 1000, -0.5), (0, 9999, -0.5)],
)
def test_the_cosine_reward_has_the_values_of_open_r1(correct: int, length: int, score: float) -> None:
    found = cosine(correct, length, longest=1000, right=(1, 0.5), wrong=(-1, -0.5))
    assert found == pytest.approx(score)


def test_the_cosine_reward_of_the_paper_lets_a_wrong_answer_overtake_and_has_to_be_asked_to() -> None:
    paper = {"right": (2.0, 1.0), "wrong": (-10.0, 0.0), "exceeded": -10.0}
    with pytest.raises(UsageError, match="overtaking=True"):
        cosine(1, 5, longest=10, **paper)  # type: ignore[arg-type]
    assert cosine(1, 5, longest=10, **paper, overtaking=True) == pytest.approx(1.5)  # type: ignore[arg-type]
    assert cosine(1, 11, longest=10, **paper, overtaking=True) == -10  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="overtaking=True"):
        cosine(0, 5, longest=10, wrong=(0, 0.6))


def test_kimis_length_reward_compares_with_the_group() -> None:
    group = [100, 200, 300]
    assert [float(kimi_length(1, length, group)) for length in group] == [0.5, 0, -0.5]
    assert [float(kimi_length(0, length, group)) for length in group] == [0, 0, -0.5]
    for alone in ([], [200], [200, 200]):
        score = kimi_length(1, 200, alone)
        assert score == 0 and "no others to compare with" in score.reason


def test_efficient_answers_lose_little() -> None:
    assert efficient(1, 100, [100, 100], alpha=0.4) == pytest.approx(0.8)
    assert efficient(1, 0, [1000, 1000, 4000], alpha=0.4) > efficient(1, 4000, [1000, 1000, 4000], alpha=0.4) > 0.6
    assert efficient(1, 2000, [1000, 3000], alpha=0.2) == pytest.approx(0.9) and efficient(0, 1, [5, 9]) == 0


def test_l1_pays_for_the_length_asked_for() -> None:
    assert target_length(1, 1000, 1000) == 1 and target_length(1, 2000, 1000) == pytest.approx(0.7)
    assert target_length(1, 0, 1_000_000) == 0 and target_length(0, 1000, 1000) == 0
    assert target_length(1, 1000, 1000, at_most=True) == 0.5
    assert target_length(1, 0, 1000, at_most=True) == pytest.approx(0.8)
    assert target_length(0, 0, 1000, at_most=True) == 0


def test_repetition_counts_ngrams_that_come_again() -> None:
    assert repetition("a b c d e") == 0 == repetition(None) == repetition("a b")
    again = repetition("no no no no no", n=2)
    assert again == pytest.approx(-0.75) and again.reason == "1 of 4 2-grams are different; 'no no' occurs 4 times"
    assert repetition("哈哈哈哈", n=2, unit="characters") == pytest.approx(-2 / 3)


def test_bending_keeps_what_a_score_was_made_of() -> None:
    made = 0.8 * Score(1, "right", name="correct") + 0.5 * Score(1, "brief", name="brief")
    assert clip(0.5 * made) == 0.65 and clip(0.5 * made).terms[0].score.name == "correct"
    clipped = clip(made)
    assert clipped == 1 and clipped.reason == "clipped from 1.3" and "correct" in str(clipped)
    scaled = scale(Score(0, "x", name="x"), (-1, 1))
    assert scaled == 0.5 and scaled.terms[0].score.name == "x"
    assert scale(-5, (-1, 1)) == 0 and scale(3, (-1, 1), inside=False) == 2
    steps = [(0.5, 0.2), (0.9, 0.6), (1.0, 1.0)]
    assert [float(staircase(score, steps)) for score in (0, 0.5, 0.89, 0.9, 1)] == [0, 0.2, 0.2, 0.6, 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: overlong(1, longest=10, cache=0),
        lambda: overlong(1, longest=10, cache=11),
        lambda: overlong(-1, longest=10, cache=5),
        lambda: cosine(1, 1, longest=0),
        lambda: cosine(1, math.nan, longest=5),
        lambda: efficient(1, 1, [], alpha=1),
        lambda: target_length(1, 1, 1, alpha=-1),
        lambda: repetition("a", n=0),
        lambda: repetition("a", unit="lines"),  # type: ignore[arg-type]
        lambda: clip(0.5, 1, 0),
        lambda: scale(0.5, (1, 1)),
        lambda: staircase(0.5, []),
        lambda: staircase(0.5, [(0.5, 1), (0.6, 0.5)]),
    ],
)
def test_a_bad_parameter_is_the_authors_mistake(call: object) -> None:
    with pytest.raises(UsageError):
        call()  # type: ignore[operator]


@given(lengths, lengths, groups)
def test_no_length_lets_a_wrong_answer_overtake_a_right_one(short: int, long: int, others: list[int]) -> None:
    group = [*others, short, long]
    for shaped in (
        lambda correct, length: cosine(correct, length, longest=4000),
        lambda correct, length: cosine(correct, length, longest=4000, right=(1, 0.5), wrong=(-1, 0.4)),
        lambda correct, length: correct + 0.5 * kimi_length(correct, length, group),
        lambda correct, length: efficient(correct, length, group, alpha=0.9),
        lambda correct, length: target_length(correct, length, 500),
        lambda correct, length: target_length(correct, length, 500, at_most=True),
        lambda correct, length: correct + 0.9 * overlong(length, longest=2000, cache=500),
        lambda correct, length: clip(correct + 0.9 * overlong(length, longest=2000, cache=500)),
    ):
        assert shaped(1.0, long) >= shaped(0.0, short)


@given(lengths, lengths)
def test_a_longer_answer_never_earns_more_than_a_shorter_one_that_is_as_right(one: int, other: int) -> None:
    short, long = sorted((one, other))
    group = [0, 50_000, 100_000]
    assert overlong(long, longest=9000, cache=4000) <= overlong(short, longest=9000, cache=4000)
    assert cosine(1, long, longest=9000) <= cosine(1, short, longest=9000)
    assert kimi_length(1, long, group) <= kimi_length(1, short, group)
    assert efficient(1, long, group) <= efficient(1, short, group)
    assert target_length(1, long, 5000, at_most=True) <= target_length(1, short, 5000, at_most=True)


@given(st.text() | st.lists(st.sampled_from(["no", "yes", "和", "\n"])).map(" ".join), st.integers(1, 5), groups)
def test_any_text_is_shaped_within_the_bounds(text: str, n: int, group: list[int]) -> None:
    assert -1 <= repetition(text, n=n) <= 0 and -1 <= repetition(text, n=n, unit="characters") <= 0
    assert repetition(f"  {text}\n", n=n) == repetition(text, n=n)  # white space around does not count
    assert -1 <= overlong(text, longest=50, cache=20) <= 0
    assert overlong(text, longest=50, cache=20) == overlong(len(text), longest=50, cache=20)
    for correct in (0.0, 0.5, 1.0):
        assert 0 <= cosine(correct, text, longest=50) <= 1 and 0 <= efficient(correct, text, group) <= 1
        assert -0.5 <= kimi_length(correct, text, group) <= 0.5
        assert -1 <= target_length(correct, text, 10) <= 1


scores = st.floats(-2, 2)


@given(scores, scores, st.lists(st.tuples(st.integers(-10, 10), st.integers(0, 10)), min_size=1, max_size=4))
def test_bending_may_make_equal_and_never_turns_round(
    one: float, other: float, raw: list[tuple[int, int]]
) -> None:
    low, high = sorted((one, other))
    thresholds, steps = sorted({step[0] for step in raw}), sorted(step[1] for step in raw)
    stairs = list(zip(thresholds, steps, strict=False))
    assert clip(low) <= clip(high) and scale(low, (-1, 1)) <= scale(high, (-1, 1))
    assert staircase(low, stairs) <= staircase(high, stairs)


def rollout(id: str, group: str, response: str, label: bool) -> Rollout:
    row = read({"id": id, "prompt": group, "response": response})
    return row.model_copy(update={"label": label, "group": group})


def test_check_names_the_wrong_answer_that_overtakes() -> None:
    rollouts = [
        rollout("a", "p", "42 " + "because " * 50, True),
        rollout("b", "p", "41", False),
        rollout("c", "q", "7", True),
    ]

    @reward
    def brief(response: str) -> float:
        return 0.4 * ("42" in response) + 0.6 * clip(1 - len(response) / 100)

    @reward
    def right_first(response: str) -> float:
        return 0.6 * ("42" in response or response == "7") + 0.4 * clip(1 - len(response) / 100)

    with pytest.raises(UsageError, match=r"brief scores the wrong answer b above the right answer a: 0\.588"):
        check(brief, rollouts)
    check(right_first, rollouts)
    with pytest.raises(UsageError, match="nothing to compare"):
        check(brief, rollouts[:1])


def test_answers_overtake_within_a_group_or_where_no_group_has_both_kinds_among_all() -> None:
    scores = [0.9, 0.5, 0.2, 0.8, None, 0.1]
    labels = [0.0, 1.0, 0.0, 1.0, 1.0, None]
    assert [tuple(pair)[:2] for pair in overtaken(scores, labels, ["p", "p", "q", "q", "q", "q"])] == [(0, 1)]
    assert overtaken(scores, labels, ["p", "q", "r", "q", "s", "t"])[0][:2] == (0, 1)
    assert overtaken([0.5, 0.5], [0.0, 1.0]) == [] == overtaken([], [])
