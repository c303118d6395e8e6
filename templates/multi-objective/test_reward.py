import pytest
from reward import assistant

from rewardkit import Failure, Rollout, Score

GOOD = "<think>7 × 8 = 56</think><answer>56</answer>"


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = assistant.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


def test_the_best_style_does_not_make_up_for_a_wrong_answer() -> None:
    right_and_ugly = assistant("<answer>56</answer> " + "well " * 500, "56", "number")
    assert assistant(GOOD, "57", "number") < right_and_ugly < assistant(GOOD, "56", "number") == 1


def test_an_address_is_worth_nothing_however_right_the_answer() -> None:
    assert assistant(GOOD + "\nAsk Ms. Weber, eva.weber@example.org.", "56", "number") == 0


def test_a_kind_that_nobody_can_judge_is_no_score() -> None:
    messages = [{"role": "user", "content": "Write a poem."}, {"role": "assistant", "content": "Roses …"}]
    found = assistant.score(Rollout(id="1", messages=messages, reference_answer="-", fields={"kind": "poem"}))
    assert isinstance(found, Failure)
