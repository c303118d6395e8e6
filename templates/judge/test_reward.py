import json
from pathlib import Path

import pytest
from reward import support

from rewardkit import Rollout, Score


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = support.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


@pytest.mark.rollouts("rollouts.jsonl")
def test_says_why(rollout: Rollout) -> None:
    assert "faithful" in str(support.score(rollout))


def test_no_answer_earns_nothing_and_costs_no_call() -> None:
    for nothing in ("", " \n", ":", "..."):
        assert support(nothing, "Where is my parcel?", "Parcels arrive within 3 days.") == 0


def test_every_recorded_verdict_is_one_object() -> None:
    lines = Path(__file__).with_name("judge.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(isinstance(json.loads(json.loads(line)["answer"]), dict) for line in lines)
