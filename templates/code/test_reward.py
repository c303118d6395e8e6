import pytest
from reward import python_function

from rewardkit import Rollout, Score

TASK = {"entry_point": "double", "tests": [{"args": [2], "expected": 4}, {"args": [-1], "expected": -2}]}


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = python_function.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


def test_only_all_tests_together_earn_something() -> None:
    assert python_function("```python\ndef double(n):\n    return 2 * n\n```", TASK) == 1
    assert python_function("```python\ndef double(n):\n    return n * n\n```", TASK) == 0


def test_no_way_around_the_tests_earns_anything() -> None:
    for body in (
        "import os; os._exit(0)",
        "raise SystemExit(0)",
        "print('all tests passed')",
        "return NotImplemented",
    ):
        assert python_function(f"```python\ndef double(n):\n    {body}\n```", TASK) == 0
