"""Tool calls: the right calls with the right arguments, no others, and none where none is needed."""

from typing import Any

from rewardkit import Score, grader, reward
from rewardkit.graders.tools import calls_match, calls_valid


@grader
def all_calls(calls: Score) -> Score:
    """Are all calls right, and no others made?"""
    return Score(calls == 1, calls.reason)


@reward
def tool_calls(messages: list[Any], tools: list[Any], reference_answer: dict[str, Any]) -> float:
    expected = reference_answer["calls"]
    right = calls_match(messages, expected)
    if not expected:
        return right
    # What the tools cannot take is worth nothing, however near it is.
    valid = calls_valid(messages, tools)
    if not valid:
        return valid + 0 * right
    return 0.7 * all_calls(right) + 0.3 * right + 0 * valid
