import pytest
from reward import math_reward

from rewardkit import Rollout, Score


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = math_reward.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


def test_another_way_to_write_the_answer_earns_the_same() -> None:
    for answer in ("\\frac{1}{2}", "0.5", "\\dfrac12", "50\\%", "2^{-1}"):
        assert math_reward(f"So it is $\\boxed{{{answer}}}$.", "1/2") == 1


def test_a_box_earns_nothing_without_the_answer() -> None:
    assert math_reward("\\boxed{7}", "8") == 0
    assert 0 < math_reward("The answer is 8.", "8") < 1
