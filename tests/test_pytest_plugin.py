"""The plugin, in a pytest of its own."""

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TEST = """
import pytest
from rewardkit import Score, grader, reward

@grader
def same(response: str, reference: str) -> Score:
    return Score(response == reference, f"read {response}, expected {reference}")

@reward
def right(response: str, reference_answer: str) -> float:
    return 0.9 * same(response, reference_answer) + 0.1

@pytest.mark.rollouts("data/rollouts.jsonl")
def test_agrees(rollout):
    assert right.score(rollout) == 1.0
"""


def write(folder: Path, rows: list[dict[str, str]]) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "rollouts.jsonl").write_text("\n".join(json.dumps(row) for row in rows))


def test_a_test_runs_once_a_rollout_and_says_why_it_failed(pytester: pytest.Pytester) -> None:
    rows = [{"id": "good", "prompt": "?", "response": "4", "answer": "4"}]
    rows += [
        {"id": "bad", "prompt": "?", "response": "5", "answer": "4"},
        {"id": "none", "prompt": "?", "response": "5"},
    ]
    write(pytester.path, rows)
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess("-v")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*test_agrees[[]good]*PASSED*", "*0.1 = 0.1 + 0.9[*]same(0)*"])
    result.stdout.fnmatch_lines(
        ["*same: read 5, expected 4*", "*failure (rollout): rollout none has no reference_answer*"]
    )


def test_bad_data_is_a_usage_error_with_file_and_line(pytester: pytest.Pytester) -> None:
    write(pytester.path, [{"prompt": "?"}])
    pytester.makepyfile(TEST)
    pytester.runpytest_subprocess().stdout.fnmatch_lines(["*rollouts.jsonl:1: no response to score*"])
