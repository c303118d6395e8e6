"""Python functions: pay for what passes all tests, run in a sandbox that never holds an expected value."""

from typing import Any

from rewardkit import Score, grader, reward
from rewardkit.graders.code import python_calls
from rewardkit.sandbox import Limits

LIMITS = Limits(cpu=1.0, wall=3.0)


@grader
def all_tests(share: Score) -> Score:
    """Do all tests pass?"""
    return Score(share == 1, share.reason)


@reward
def python_function(response: str, reference_answer: dict[str, Any]) -> float:
    tests, name = reference_answer["tests"], reference_answer["entry_point"]
    share = python_calls(response, tests, entry_point=name, share=True, limits=LIMITS)
    # The share is watched and not paid: with it, a few cases by heart would earn something.
    return all_tests(share) + 0 * share
