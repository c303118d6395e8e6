from typing import Any

import pytest
from reward import tool_calls

from rewardkit import Rollout, Score

PROMPT = {"role": "user", "content": "Weather in Rome?"}
EXPECTED = {"calls": [{"name": "get_weather", "arguments": {"city": "Rome"}}]}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]


def call(arguments: str, name: str = "get_weather") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def score(*calls: dict[str, Any], expected: dict[str, Any] = EXPECTED) -> float:
    message = {"role": "assistant", "content": None, "tool_calls": list(calls)}
    return float(tool_calls([PROMPT, message], TOOLS, expected))


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = tool_calls.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


def test_the_right_call_earns_all_and_a_second_one_costs() -> None:
    assert score(call('{"city": "Rome"}')) == 1
    assert score(call('{"city": "Rome"}'), call('{"city": "Rome"}')) < 0.5
    assert score(call('{"city": "Oslo"}')) == 0


def test_what_a_tool_cannot_take_earns_nothing() -> None:
    for arguments in ('{"city": 7}', "{}", "", '{"city": "Rome"', "null"):
        assert score(call(arguments)) == 0


def test_no_call_is_right_where_none_is_needed() -> None:
    assert score(expected={"calls": []}) == 1
    assert score(call('{"city": "Rome"}'), expected={"calls": []}) == 0
