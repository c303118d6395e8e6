from typing import Any

import pytest
from reward import follows

from rewardkit import Rollout, Score

NO_COMMA: dict[str, Any] = {
    "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
    "kwargs": [{}, {"relation": "at least", "num_words": 5}],
    "about": ["tea"],
}


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = follows.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


def test_each_instruction_counts_and_all_together_most() -> None:
    both = follows("Pour hot water on the tea and wait.", NO_COMMA)
    one = follows("Pour hot water on the tea, and wait.", NO_COMMA)
    none = follows("Tea, hot.", NO_COMMA)
    assert both == 1
    assert none < one < 0.5


def test_what_misses_the_subject_or_refuses_earns_nothing() -> None:
    assert follows("Pour hot water on the coffee and wait.", NO_COMMA) == 0
    assert follows("I'm sorry but I cannot help you with making tea.", NO_COMMA) == 0
    assert follows("", NO_COMMA) == 0
