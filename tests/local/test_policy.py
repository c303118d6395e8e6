"""The rehearsal's GRPO and the service's side of a reward function, without a server."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit import training_file
from rewardkit.errors import GradingError, RolloutError
from rewardkit.local.candidates import normalised, rightness, variations
from rewardkit.local.critic import read_scores
from rewardkit.local.limits import check
from rewardkit.local.policy import Group, Policy, sample
from rewardkit.local.records import freeze, thaw
from rewardkit.local.refused import Refused

from .conftest import lines, records

PROMPTS = thaw(freeze(records(), []))

texts = st.text(max_size=300)
references = texts | st.integers() | st.floats(allow_nan=False) | st.dictionaries(texts, texts, max_size=3)


@given(reference=references.filter(lambda value: value not in ("", {})), prompt=texts.filter(str.strip))
@settings(max_examples=60, deadline=None)
def test_any_record_has_candidates_and_probabilities(reference: Any, prompt: str) -> None:
    row = {"messages": [{"role": "user", "content": prompt}], "reference_answer": reference}
    (made,) = thaw(freeze([row], []))
    chances = Policy().probabilities(0, made)
    assert len(made.candidates) >= 4
    assert sum(chances) == pytest.approx(1)
    assert all(math.isfinite(chance) for chance in chances)


def test_wrong_variations_do_not_carry_the_value_and_right_ones_do() -> None:
    for row in records():
        made = variations(row["messages"][0]["content"], row["reference_answer"], [], seed="x")
        value = row["reference_answer"].rpartition(" ")[2]
        for candidate in made:
            assert rightness(candidate.text, value) == (0.0 if candidate.cut else candidate.right), candidate


def test_the_base_model_is_right_about_half_the_time() -> None:
    policy = Policy()
    right = [
        sum(p * c.right for p, c in zip(policy.probabilities(None, prompt), prompt.candidates, strict=True))
        for prompt in PROMPTS
    ]
    assert 0.4 < sum(right) / len(right) < 0.55
    assert min(right) > 0.25
    assert max(right) < 0.7


@given(score=st.floats(-1, 1), seed=st.integers())
@settings(max_examples=30, deadline=None)
def test_equal_scores_teach_nothing(score: float, seed: int) -> None:
    policy, chance = Policy(), random.Random(seed)
    chosen = sample(policy.probabilities(0, PROMPTS[0]), 8, chance)
    learned = policy.learn([Group(0, PROMPTS[0], chosen, [score] * 8)], 1.0)
    assert learned.gradient == 0
    assert policy.probabilities(0, PROMPTS[0]) == Policy().probabilities(0, PROMPTS[0])


@given(seed=st.integers(), best=st.integers(0, 7))
@settings(max_examples=30, deadline=None)
def test_what_scored_best_becomes_more_probable(seed: int, best: int) -> None:
    policy, chance = Policy(), random.Random(seed)
    before = policy.probabilities(0, PROMPTS[0])
    chosen = sample(before, 8, chance)
    scores = [float(index == chosen[best]) for index in chosen]
    policy.learn([Group(0, PROMPTS[0], chosen, scores)], 1.0)
    assert policy.probabilities(0, PROMPTS[0])[chosen[best]] >= before[chosen[best]]


def test_prompts_are_the_same_in_any_white_space_and_after_an_answer() -> None:
    asked: list[dict[str, Any]] = [{"role": "user", "content": "What  is\n2+2?"}]
    blocks: list[dict[str, Any]] = [
        {"role": "system", "content": "x"},
        {"role": "user", "content": [{"text": "what is 2+2? "}]},
    ]
    assert normalised(asked) == normalised(
        [{"role": "system", "content": "x"}, *blocks, {"role": "assistant", "content": "4"}]
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("{", "not JSON"),
        ('{"statusCode": 200, "body": "[]"}', "envelope"),
        ("null", "null where a list of 2 scores belongs"),
        ('[{"id": "a", "aggregate_reward_score": 1}]', "1 scores for 2 samples"),
        ('[{"id": "a", "aggregate_reward_score": 1}, {"aggregate_reward_score": 1}]', "entry 1 has no text 'id'"),
        ('[{"id": "a", "aggregate_reward_score": 1}, {"id": "a", "aggregate_reward_score": 1}]', "sample 'b'"),
        ('[{"id": "a", "aggregate_reward_score": 1}, {"id": "b", "aggregate_reward_score": NaN}]', "NaN"),
        ('[{"id": "a", "aggregate_reward_score": "1"}, {"id": "b", "aggregate_reward_score": 1}]', "finite"),
    ],
)
def test_an_answer_that_is_no_list_of_scores_is_named(answer: str, words: str) -> None:
    with pytest.raises(GradingError, match=words):
        read_scores(answer.encode(), ["a", "b"], "arn")


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_scores_are_found_by_their_ids_in_any_order(scores: dict[str, float]) -> None:
    answer = [{"id": id, "aggregate_reward_score": score} for id, score in scores.items()]
    random.Random(0).shuffle(answer)
    assert read_scores(json.dumps(answer).encode(), list(scores), "arn") == list(scores.values())


@given(st.binary(max_size=400))
def test_a_training_file_is_read_or_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(RolloutError, match=r"^train\.jsonl"):
        training_file.read(content + b"\n" + lines(records(3)), "train.jsonl")


def test_half_a_character_in_a_record_does_no_harm() -> None:
    broken = lines(records()).replace(b"Anna", b"An\\ud800na")
    prompts = thaw(freeze(training_file.read(broken, "train.jsonl"), []))
    assert prompts[0].messages[0]["content"].startswith("An\ufffdna has 2 shells")
    assert sum(Policy().probabilities(0, prompts[0])) == pytest.approx(1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["jobName", "customizationConfig", "vpcConfig", "jobTags"]), json_values))
@settings(deadline=None)
def test_any_request_is_held_against_the_model_without_a_crash(body: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="validation errors detected"):
        check("CreateModelCustomizationJob", body, {})
