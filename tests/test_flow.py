"""From the author's file to the tuned model, by the commands a person types, on the local cloud.

Interrupted at any moment, or run twice, the commands end where one clean run would.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rewardkit import local

pytest.importorskip("moto")

EXAMPLE = Path(__file__).parents[1] / "examples" / "gsm8k"
NO_ACCOUNT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OPENAI_"))} | {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_CONFIG_FILE": os.devnull,
}


class Project:
    """A copy of the example, its settings, and the commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".*", "dist", "__pycache__"))

    def settings(self, function: str, train: str = "") -> None:
        text = f'[reward]\ntarget = "reward.py:gsm8k"\n[function]\nname = "{function}"\n[train]\n{train}\n'
        (self.folder / "rewardkit.toml").write_text(text)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "rewardkit", *words],
            cwd=self.folder,
            env=NO_ACCOUNT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0) -> tuple[str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"{words}\n{out}\n{err}"
        return out.strip(), err

    def client(self, service: str, region: str = "us-west-2") -> Any:
        url = local.start(self.folder).url
        return boto3.client(
            service, region_name=region, endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b"
        )

    def versions(self, function: str) -> list[str]:
        rows = self.client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
        return [row["Version"] for row in rows if row["Version"] != "$LATEST"]

    def alias(self, function: str) -> list[tuple[str, str]]:
        rows = self.client("lambda").list_aliases(FunctionName=function)["Aliases"]
        return [(row["Name"], row["FunctionVersion"]) for row in rows]

    def openai(self) -> Any:
        from openai import OpenAI

        return OpenAI(base_url=f"{local.start(self.folder).url}/v1", api_key="local")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("flow") / "gsm8k")
    yield made
    local.stop(made.folder)


def interrupted(project: Project, words: tuple[str, ...], seconds: float) -> None:
    """Start a command and kill it, hard, after so long."""
    process = project.start(*words)
    time.sleep(seconds)
    process.kill()
    process.communicate(timeout=60)


def test_publish_train_watch_ask(project: Project) -> None:
    project.settings("rewardkit-walk")
    arn, said = project.run("publish", "--local")
    assert arn == "arn:aws:lambda:us-west-2:123456789012:function:rewardkit-walk:1"
    assert "64 rollouts score there as they do here" in said
    assert project.run("publish", "--local")[0] == arn
    assert project.versions("rewardkit-walk") == ["1"]

    job, _ = project.run("train", "--local")
    assert project.run("train", "--local")[0] == job
    picture, _ = project.run("watch", job, "--local")
    assert "succeeded" in picture
    assert "The reward rises" in picture
    assert job in project.run("jobs", "--local")[0]

    prompt = json.loads((project.folder / "rollouts.jsonl").read_text().splitlines()[0])["messages"][0]["content"]
    # It answers by chance, mostly right.
    assert any("118" in project.run("ask", job, prompt, "--local")[0] for _ in range(4))
    answers = project.run("invoke", arn, "--local", "--json")[0]
    assert sum(len(entries) for entries in json.loads(answers)) == 240


def test_changed_code_is_a_new_version_and_the_old_one_stays(project: Project) -> None:
    project.settings("rewardkit-changes")
    project.run("publish", "--local")
    source = (project.folder / "reward.py").read_text()
    try:
        (project.folder / "reward.py").write_text(source.replace("correct + 0 *", "0.5 * correct + 0 *"))
        arn, _ = project.run("publish", "--local")
    finally:
        (project.folder / "reward.py").write_text(source)
    assert arn.endswith(":2")
    assert project.versions("rewardkit-changes") == ["1", "2"]
    assert project.alias("rewardkit-changes") == [("live", "2")]


@pytest.fixture(scope="module")
def clocked(project: Project) -> dict[str, float]:
    """How long a clean run of each command takes, in seconds; the job is one of another learning rate."""
    project.settings("rewardkit-clock", "learning_rate_multiplier = 0.5")
    seconds = {}
    for command in ("publish", "train"):
        begin = time.monotonic()
        project.run(command, "--local")
        seconds[command] = time.monotonic() - begin
    return seconds


@pytest.mark.parametrize("share", [0.5, 0.75, 0.95])
def test_a_publish_that_is_killed_ends_as_a_clean_one(
    project: Project, clocked: dict[str, float], share: float
) -> None:
    name = f"rewardkit-killed-{round(share * 100)}"
    project.settings(name)
    interrupted(project, ("publish", "--local"), share * clocked["publish"])
    project.run("publish", "--local")
    assert project.versions(name) == ["1"]
    assert project.alias(name) == [("live", "1")]
    roles = project.client("iam").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles].count(f"{name}-lambda-role") == 1


@pytest.mark.parametrize("share", [0.6, 0.8, 1.0])
def test_a_train_that_is_killed_ends_as_a_clean_one(
    project: Project, clocked: dict[str, float], share: float
) -> None:
    project.settings("rewardkit-clock", f"learning_rate_multiplier = {1 + share}")
    interrupted(project, ("train", "--local"), share * clocked["train"])
    project.run("train", "--local")
    client = project.openai()
    jobs = [found.to_dict(warnings=False) for found in client.fine_tuning.jobs.list()]
    rates = [j["method"]["reinforcement"]["hyperparameters"]["learning_rate_multiplier"] for j in jobs]
    assert rates.count(1 + share) == 1
    assert len([file for file in client.files.list() if file.filename.startswith("train-")]) == 1


def test_the_native_road_for_nova(project: Project) -> None:
    project.settings("rewardkit-nova", 'model = "amazon.nova-2-lite-v1:0:256k"\nbatch_size = 16')
    arn, _ = project.run("publish", "--local")
    assert arn.startswith("arn:aws:lambda:us-east-1:")
    job, _ = project.run("train", "--local")
    assert project.run("train", "--local")[0] == job
    picture, _ = project.run("watch", job, "--local")
    assert "Completed" in picture
    assert "reward" in picture
    prompt = json.loads((project.folder / "train.jsonl").read_text().splitlines()[0])["messages"][0]["content"]
    assert project.run("ask", job, prompt, "--local")[0]
    jobs = project.client("bedrock", "us-east-1").list_model_customization_jobs()["modelCustomizationJobSummaries"]
    assert [row["jobName"] for row in jobs] == [job]


def test_a_reward_that_scores_differently_there_is_not_let_live(project: Project) -> None:
    project.settings("rewardkit-moody")
    source = (project.folder / "reward.py").read_text()
    try:
        (project.folder / "reward.py").write_text(
            source.replace("    return correct", "    return __import__('os').getpid() % 97 / 200 + 0.4 * correct")
        )
        _, said = project.run("publish", "--local", code=2)
    finally:
        (project.folder / "reward.py").write_text(source)
    assert "ScoresDiffer" in said
    assert "The alias was not moved" in said
    assert project.alias("rewardkit-moody") == []


def test_a_reward_that_fails_on_everything_is_not_let_live_and_trains_nothing(project: Project) -> None:
    project.settings("rewardkit-broken")
    source = (project.folder / "reward.py").read_text()
    try:
        (project.folder / "reward.py").write_text(
            source.replace("    return correct", "    return 1 / 0 + correct")
        )
        _, said = project.run("publish", "--local", code=2)
        assert "all 64 rollouts fail: failure (crash): ZeroDivisionError" in said
        _, said = project.run("train", "--local", code=2)
        assert "gsm8k fails on each of the first 5 prompts" in said
    finally:
        (project.folder / "reward.py").write_text(source)
    assert project.alias("rewardkit-broken") == []


def test_run_side_by_side_they_end_as_one(project: Project) -> None:
    project.settings("rewardkit-twice", "learning_rate_multiplier = 7.0")
    for command in ("publish", "train"):
        racing = [project.start(command, "--local") for _ in range(3)]
        answers = {process.communicate(timeout=120)[0] for process in racing}
        assert [process.returncode for process in racing] == [0, 0, 0]
        assert len(answers) == 1
    assert project.versions("rewardkit-twice") == ["1"]


def test_plans_send_nothing_and_need_no_account(project: Project) -> None:
    project.settings("rewardkit-planned")
    plan, said = project.run("publish", "--plan")
    assert plan.index("iam.create_role") < plan.index("lambda.create_function") < plan.index("lambda.create_alias")
    assert "nothing was sent" in said
    assert "fine_tuning.jobs.create" in project.run("train", "--plan")[0]
    project.settings("rewardkit-planned", 'model = "amazon.nova-2-lite-v1:0:256k"')
    assert "bedrock.create_model_customization_job" in project.run("train", "--plan")[0]


def test_without_credentials_it_is_said_what_is_missing(project: Project) -> None:
    project.settings("rewardkit-nobody")
    _, said = project.run("publish", code=2)
    assert "AWS_PROFILE" in said
    assert "--local" in said
    _, said = project.run("train", code=2)
    assert "AWS_PROFILE" in said


def test_a_forced_envelope_is_proved_too(project: Project) -> None:
    project.settings("rewardkit-envelope")
    toml = project.folder / "rewardkit.toml"
    forced = 'environment = { REWARDKIT_RESPONSE = "envelope" }\n[train]'
    toml.write_text(toml.read_text().replace("[train]", forced))
    arn, _ = project.run("publish", "--local")
    answers = json.loads(project.run("invoke", arn, "--local", "--json")[0])
    assert all(answer["statusCode"] == 200 for answer in answers)


def test_training_before_publishing_says_what_to_do(project: Project) -> None:
    project.settings("rewardkit-unpublished")
    _, said = project.run("train", "--local", code=2)
    assert "rewardkit publish" in said
