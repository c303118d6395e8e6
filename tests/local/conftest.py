"""One local cloud for all of these tests, with a reward function published in it by hand."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rewardkit import local
from rewardkit.local import Address

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

# Needs nothing but Python, so that nothing here depends on how bundles are made. MODE picks what it rewards.
REWARD = r"""
import json, os, re, time

def last_number(text):
    numbers = re.findall(r"-?\d+", text)
    return numbers[-1] if numbers else None

def handler(event, context):
    mode = os.environ.get("MODE", "right")
    if mode == "raise":
        raise ValueError("the judge is asleep")
    print("scoring", len(event))
    metrics = [{"Name": "Rollouts", "Unit": "Count"}]
    directive = {"Namespace": "tests", "Dimensions": [["function"]], "Metrics": metrics}
    stamp = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": stamp, "function": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "Rollouts": len(event)}))
    scores = []
    for row in event:
        reference = row["reference_answer"]
        reference = reference["text"] if isinstance(reference, dict) else reference
        right = last_number(row["messages"][-1]["content"]) == last_number(reference)
        score = {"right": float(right), "wrong": float(not right), "constant": 0.5}.get(mode, 0.0)
        scores.append({"id": row["id"], "aggregate_reward_score": score, "metrics_list": []})
    return scores[:-1] if mode == "short" else scores
"""


class Cloud:
    """What the tests do to a local cloud, with the SDKs' own defaults: everything comes from the environment."""

    def __init__(self, project: Path, address: Address) -> None:
        self.project = project
        self.address = address

    def client(self, service: str, **more: Any) -> Any:
        environment = self.address.environment()
        return boto3.client(
            service,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
            **more,
        )

    def publish(self, name: str, mode: str = "right", source: str = REWARD) -> str:
        """Publish a function as version 1 with the alias `live`; returns the alias's ARN."""
        functions = self.client("lambda")
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role(),
            Handler="app.handler",
            Code={"ZipFile": zipped(source)},
            Timeout=10,
            Environment={"Variables": {"MODE": mode}},
        )
        version = functions.publish_version(FunctionName=name)["Version"]
        alias = functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
        return str(alias["AliasArn"])

    def role(self) -> str:
        iam = self.client("iam")
        try:
            return str(iam.get_role(RoleName="tests")["Role"]["Arn"])
        except iam.exceptions.NoSuchEntityException:
            role = iam.create_role(RoleName="tests", AssumeRolePolicyDocument=json.dumps(TRUST))
            return str(role["Role"]["Arn"])


def zipped(source: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", source)
    return archive.getvalue()


def records(count: int = 120) -> list[dict[str, Any]]:
    """Sums, as a training file has them."""
    found = []
    for number in range(count):
        left, right = 2 + number * 7 % 97, 3 + number * 11 % 59
        question = f"Anna has {left} shells and finds {right} more on day {number}. How many are there?"
        working = f"She starts with {left} and adds {right}, which makes {left} + {right} = {left + right}."
        found.append(
            {
                "messages": [{"role": "user", "content": question}],
                "reference_answer": f"{working}\n#### {left + right}",
                "topic": "sums",
            }
        )
    return found


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    project = tmp_path_factory.mktemp("project")
    address = local.start(project)
    yield Cloud(project, address)
    local.stop(project)
