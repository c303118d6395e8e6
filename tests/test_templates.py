"""Every template runs, where it lies and copied: its own tests, `test`, `bundle`, `invoke`; here as bundled."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardkit import Rollout, Score
from rewardkit.bundle.closure import closure
from rewardkit.rollout import load, read
from rewardkit.target import Target
from rewardkit.training_file import check

TEMPLATES = Path(__file__).parents[1] / "templates"
NAMES = sorted(path.parent.name for path in TEMPLATES.glob("*/reward.py"))
FILES = {"README.md", "reward.py", "rewardkit.toml", "rollouts.jsonl", "test_reward.py", "train.jsonl"}


def run(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_a_project_that_runs(name: str, tmp_path: Path) -> None:
    pytest.importorskip("awslambdaric")
    run(tmp_path, "rewardkit", "new", name, "mine")
    project = tmp_path / "mine"
    run(project, "pytest", "-q")
    assert "agree (100.00%)" in run(project, "rewardkit", "test")
    assert "digest" in run(project, "rewardkit", "bundle")
    assert re.search(r"(\d+) of \1 responses are exactly those", run(project, "rewardkit", "invoke"))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_complete_where_it_lies(name: str) -> None:
    folder = TEMPLATES / name
    files = {path.name for path in folder.iterdir() if not path.name.startswith((".", "__"))} - {"dist"}
    assert files >= FILES
    reward, rollouts = Target(folder / "reward.py").load(), list(load(folder / "rollouts.jsonl"))
    assert len(rollouts) >= 20
    low, high = reward.bounds
    good = [rollout for rollout in rollouts if float(rollout.label or 0) >= (low + high) / 2]
    assert all(rollout.label is not None for rollout in rollouts)
    assert 0.2 < len(good) / len(rollouts) < 0.8
    prompts = check(folder / "train.jsonl")
    assert prompts.warnings == ()
    asked = {rollout.prompt for rollout in rollouts}
    assert not asked & {prompt["messages"][-1]["content"] for prompt in prompts.prompts}


# How a right answer is written, where the reference says it.
RIGHT: dict[str, Callable[[Any], Any]] = {
    "math": lambda reference: f"So it is $\\boxed{{{reference}}}$.",
    "multi-objective": lambda reference: f"<think>I know it.</think><answer>{reference}</answer>",
    "json-extraction": json.dumps,
    "tool-calling": lambda reference: {"content": None, "tool_calls": reference["calls"]},
}


def answered(prompt: dict[str, Any], response: Any) -> Rollout:
    turn = response if isinstance(response, dict) else {"content": response}
    return read(prompt | {"messages": [*prompt["messages"], {"role": "assistant"} | turn]})


@pytest.mark.parametrize("name", [name for name in NAMES if name != "judge"])
def test_every_training_prompt_can_be_judged_and_what_is_no_answer_earns_next_to_nothing(name: str) -> None:
    reward = Target(TEMPLATES / name / "reward.py").load()
    for prompt in check(TEMPLATES / name / "train.jsonl").prompts:
        score = reward.score(answered(prompt, "I do not know."))
        assert isinstance(score, Score), (prompt["id"], score)
        if name != "instruction-following" and prompt["reference_answer"] != {"calls": []}:
            assert score < 0.2, (prompt["id"], score)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_to_every_training_prompt_earns_everything(name: str) -> None:
    reward = Target(TEMPLATES / name / "reward.py").load()
    for prompt in check(TEMPLATES / name / "train.jsonl").prompts:
        score = reward.score(answered(prompt, RIGHT[name](prompt["reference_answer"])))
        assert score == reward.bounds[1], (prompt["id"], str(score))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"math", "multi-objective"}))
def test_a_bundle_carries_no_mathematics_that_the_reward_has_no_use_for(name: str) -> None:
    carried = {
        line.partition("==")[0]
        for line in closure(TEMPLATES / name, ("reward", "rewardkit.handler")).distributions
    }
    assert "pydantic" in carried
    assert not carried & {"numpy", "sympy", "mpmath", "lxml", "nltk"}


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_of_a_template_tells_the_truth(name: str) -> None:
    folder = TEMPLATES / name
    text = (folder / "README.md").read_text()
    for file in ("rollouts.jsonl", "train.jsonl"):
        lines = len((folder / file).read_text().splitlines())
        assert re.search(rf"`{file}` \| {lines} ", text), f"{file} has {lines} lines"
    for path in folder.iterdir():
        if path.suffix in (".py", ".md", ".toml"):
            assert not re.search(r"TODO|FIXME|XXX|<your|placeholder|lorem", path.read_text(), re.I), path


def test_new_lists_the_templates_and_refuses_what_it_cannot_make(tmp_path: Path) -> None:
    listed = run(tmp_path, "rewardkit", "new")
    assert all(re.search(rf"^{name} +\w", listed, re.M) for name in NAMES)
    assert "there is no template 'poetry'" in run(tmp_path, "rewardkit", "new", "poetry", code=2)
    (tmp_path / "math").mkdir()
    (tmp_path / "math" / "mine.txt").write_text("")
    assert "not empty" in run(tmp_path, "rewardkit", "new", "math", code=2)
    (tmp_path / "empty").mkdir()
    run(tmp_path, "rewardkit", "new", "math", "empty")
    assert json.loads((tmp_path / "empty" / "train.jsonl").read_text().splitlines()[0])["messages"]
