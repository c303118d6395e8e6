"""The command line's front door: `rewardkit test`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

REWARD = """
from rewardkit import Score, grader, reward

@grader
def same(response: str, reference: str) -> Score:
    if response == "crash":
        raise ValueError("boom")
    return Score(response == reference, f"read {response}, expected {reference}")

@reward
def right(response: str, reference_answer: str) -> float:
    return 1 * same(response, reference_answer)
"""


def project(folder: Path, responses: list[tuple[str, bool]]) -> Path:
    (folder / "right.py").write_text(REWARD)
    rows = [{"prompt": "2+2?", "response": r, "answer": "4", "label": label} for r, label in responses]
    (folder / "rollouts.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder


def rewardkit(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rewardkit", *words]
    environment = os.environ | {"COLUMNS": "200"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_the_reward_and_the_rollouts_of_a_folder_need_no_naming(tmp_path: Path) -> None:
    done = rewardkit(project(tmp_path, [("4", True), ("5", False)]), "test")
    assert done.returncode == 0, done.stderr
    assert "2 of 2 agree (100.00%)" in done.stdout
    assert "1, 0 without signal" in done.stdout


def test_a_disagreement_is_shown_and_is_exit_code_1(tmp_path: Path) -> None:
    done = rewardkit(project(tmp_path, [("4", True), ("5", True)]), "test", "right.py:right", "rollouts.jsonl")
    assert done.returncode == 1
    for shown in ("disagrees", "2+2?", "read 5, expected 4", "label True", "rollouts-2"):
        assert shown in done.stdout


def test_a_failure_is_shown_with_the_authors_line_and_is_exit_code_1(tmp_path: Path) -> None:
    done = rewardkit(project(tmp_path, [("4", True), ("crash", False), ("crash", True)]), "test")
    assert done.returncode == 1
    assert "2 × crash: ValueError: boom" in done.stdout
    assert 'raise ValueError("boom")' in done.stdout


def test_what_the_reward_prints_is_not_in_the_json(tmp_path: Path) -> None:
    folder = project(tmp_path, [("4", True)])
    (folder / "right.py").write_text("print('hello')\n" + REWARD)
    done = rewardkit(folder, "test", "--json")
    assert json.loads(done.stdout)["passed"]
    assert "hello" in done.stderr


def test_a_reward_sees_the_functions_variables_here_too(tmp_path: Path) -> None:
    folder = project(tmp_path, [("4", True)])
    (folder / "right.py").write_text(
        REWARD.replace("1 *", "float(os.environ['SHARE']) *").replace("\n", "\nimport os\n", 1)
    )
    (folder / "rewardkit.toml").write_text('[function]\nenvironment = { SHARE = "0.75" }\n')
    assert json.loads(rewardkit(folder, "test", "--json").stdout)["scores"]["mean"] == 0.75


def test_settings_and_rollouts_are_found_beside_the_target(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    project(tmp_path / "deep", [("4", True), ("5", False)])
    assert "2 of 2 agree" in rewardkit(tmp_path, "test", "deep/right.py:right").stdout


def test_testing_nothing_is_no_success(tmp_path: Path) -> None:
    project(tmp_path, [])
    done = rewardkit(tmp_path, "test")
    assert (done.returncode, "holds no rollouts" in done.stderr) == (2, True)


def test_a_folder_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    project(tmp_path, [("4", True)])
    done = rewardkit(tmp_path, "bundle", "--out", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_json_is_only_json(tmp_path: Path) -> None:
    done = rewardkit(project(tmp_path, [("4", True), ("crash", False)]), "test", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["rollouts"], found["passed"], found["agreement"]) == (2, False, 1.0)
    assert found["failures"][0]["kind"] == "crash"


def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = rewardkit(project(tmp_path, [("4", True)]), "test", "wrong.py")
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no file wrong.py")
    assert "Traceback" not in done.stderr
    (tmp_path / "rollouts.jsonl").write_text("{")
    assert "rollouts.jsonl:1: not JSON" in rewardkit(tmp_path, "test").stderr
