"""The example: its labels, the real recordings, the contract's events under AWS's runtime client, and the demo."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewardkit import Score
from rewardkit.bundle import build
from rewardkit.harness.report import Report, report
from rewardkit.rollout import load
from rewardkit.target import Target
from rewardkit.training_file import check

EXAMPLE = Path(__file__).parents[1] / "examples" / "gsm8k"
SHARED = Path(__file__).parents[2] / "shared"
EVENTS = sorted((SHARED / "contract" / "events").glob("*_in*.json"))
# What in the contract's events has no number for an answer, or is no rollout, or is answered wrong there.
UNSCORED = {"bedrock_nova_in", "bedrock_openweight_documented_in", "sagemaker_nova_hyperpod_in", "nova_forge_in"}
UNSCORED |= {"llm_eval_kit_grader_in", "mtrl_agent_rollout_in", "tool_calls_UNDOCUMENTED_in"}
UNSCORED |= {"unverified_third_party_in", "sagemaker_oss_rlvr_in_options"}


def scored(path: Path) -> Report:
    reward, rollouts = Target(EXAMPLE / "reward.py").load(), list(load(path))
    results = [reward.score(rollout) for rollout in rollouts]
    return report(reward.name, rollouts, results, bounds=reward.bounds)


def test_the_reward_agrees_with_every_label_of_its_own() -> None:
    found = scored(EXAMPLE / "rollouts.jsonl")
    assert [(d.rollout.id, str(d.score)) for d in found.disagreements] == []
    assert found.passed
    assert (found.labelled, found.groups, found.flat_groups) == (240, 30, ())


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not here")
def test_the_reward_agrees_with_people_on_real_recordings() -> None:
    found = scored(SHARED / "rollouts" / "gsm8k.jsonl")
    assert not found.failures
    assert found.agreement is not None
    assert found.agreement >= 0.99


def test_the_training_file_is_one_that_bedrock_takes() -> None:
    assert len(check(EXAMPLE / "train.jsonl").prompts) == 120


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("awslambdaric")
    from rewardkit.local.runtime import Runtime
    from rewardkit.local.unpack import unpack

    folder = tmp_path_factory.mktemp("example")
    made = build(Target(EXAMPLE / "reward.py", "gsm8k"), out=folder / "gsm8k.zip")
    with Runtime(unpack(made.path, folder / "task"), name="gsm8k", memory=1024, timeout=60) as running:
        yield running


def entries(runtime: Any, event: Any) -> list[dict[str, Any]]:
    done = runtime.invoke(json.dumps(event).encode())
    assert not done.error, done.log
    answer = json.loads(done.payload)
    found: list[dict[str, Any]] = json.loads(answer["body"]) if isinstance(answer, dict) else answer
    assert all(math.isfinite(entry["aggregate_reward_score"]) for entry in found)
    assert all(math.isfinite(metric["value"]) for entry in found for metric in entry["metrics_list"])
    return found


@pytest.mark.skipif(not EVENTS, reason="the contract's events are not here")
@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_right_answers_in_the_contracts_events_score_1(runtime: Any, path: Path) -> None:
    found = entries(runtime, json.loads(path.read_text()))
    if path.stem not in UNSCORED:
        assert [entry["aggregate_reward_score"] for entry in found] == [1.0]


def with_response(value: Any, response: Any) -> Any:
    """The same event with what the model said replaced, wherever it is."""
    if isinstance(value, list):
        return [with_response(item, response) for item in value]
    if isinstance(value, str) and value.startswith("[{"):
        return json.dumps(with_response(json.loads(value), response))
    if not isinstance(value, dict):
        return value
    if str(value.get("role", "")).endswith("assistant"):
        return value | {"content": response}
    said = {"response", "completion", "model_response", "modelResponse"}
    return {key: response if key in said else with_response(item, response) for key, item in value.items()}


@pytest.mark.skipif(not EVENTS, reason="the contract's events are not here")
@pytest.mark.parametrize(
    "response",
    [None, [{"type": "text", "text": "#### 72"}, {"image": "x"}, "4"], "x\ud800#### 4", "72 " * 333_333 + "x"],
    ids=["null", "blocks", "surrogate", "million"],
)
def test_strange_responses_get_entries_with_their_ids(runtime: Any, response: Any) -> None:
    for path in EVENTS:
        event = json.loads(path.read_text())
        ids = [entry["id"] for entry in entries(runtime, event)]
        assert [entry["id"] for entry in entries(runtime, with_response(event, response))] == ids, path.stem


def test_the_demo_walks_the_whole_road(tmp_path: Path) -> None:
    pytest.importorskip("moto")
    done = subprocess.run(
        [sys.executable, "-m", "rewardkit", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "240 of 240 agree" in done.stdout
    assert "The reward rises" in done.stdout
    assert "rewardkit train --watch" in done.stdout


def test_a_wrong_answer_says_what_was_read() -> None:
    reward = Target(EXAMPLE / "reward.py").load()
    score = reward("The answer is 71.", "48 + 24 = 72\n#### 72")
    assert isinstance(score, Score)
    assert "71" in str(score)
    assert "72" in str(score)
