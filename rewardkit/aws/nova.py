"""The native road: Nova models, through boto3.

A job's name is made of the function's name and a digest of what it is to train, so that the same command names
the same job. Bedrock's API returns no reward; the curve comes from the function's own metric lines in its log.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit.aws.bucket import ensure_bucket, put_once
from rewardkit.aws.job import Job, Step
from rewardkit.aws.publish import ensure_role
from rewardkit.aws.session import Cloud, calling
from rewardkit.errors import CloudError
from rewardkit.specs import FunctionSpec, NovaSpec, Request

_DONE = ("Completed", "Failed", "Stopped")
_DEPLOY_SECONDS = 900
_MOST_TRIES = 100


class NovaRoad:
    """Jobs for Nova models. See `rewardkit.aws.job.Road`."""

    def __init__(self, cloud: Cloud, spec: NovaSpec, function: FunctionSpec) -> None:
        self._cloud, self._spec, self._function = cloud, spec, function
        self._bedrock = cloud.client("bedrock")

    def plan(self, file: Path, function_arn: str) -> list[tuple[str, Request]]:
        """The calls that `submit` makes."""
        account, bucket = "ACCOUNT", self._spec.bucket or f"rewardkit-ACCOUNT-{self._spec.region}"
        key, role = (
            _key(self._function, file),
            f"arn:aws:iam::{account}:role/{self._function.name[:50]}-AmazonBedrock",
        )
        made = [
            ("iam.create_role", self._spec.role(self._function, account=account)),
            ("iam.put_role_policy", self._spec.role_policy(self._function, account=account, bucket=bucket)),
        ]
        return [
            ("s3.create_bucket", {"Bucket": bucket}),
            ("s3.put_object", {"Bucket": bucket, "Key": key, "Body": f"<{file.name}>"}),
            *([] if self._spec.role_arn else made),
            (
                "bedrock.create_model_customization_job",
                self._request(bucket, key, self._spec.role_arn or role, function_arn),
            ),
        ]

    def submit(self, file: Path, function_arn: str, *, again: bool) -> tuple[Job, bool]:
        """Store the file, make the role and start the job, unless they stand."""
        account = self._cloud.account()
        bucket = ensure_bucket(self._cloud, self._spec.bucket or f"rewardkit-{account}-{self._spec.region}")
        key = _key(self._function, file)
        put_once(self._cloud, bucket, key, file.read_bytes())
        role_arn = self._spec.role_arn or ensure_role(
            self._cloud,
            self._spec.role(self._function, account=account),
            self._spec.role_policy(self._function, account=account, bucket=bucket),
        )
        request = self._request(bucket, key, role_arn, function_arn)
        name, standing = self._free_name(request["jobName"], again=again)
        if standing:
            return standing, False
        return self._create(request | {"jobName": name, "customModelName": name, "clientRequestToken": name})

    def jobs(self) -> Sequence[Job]:
        """All reinforcement fine-tuning jobs, the newest first."""
        with calling("ListModelCustomizationJobs", "your jobs"):
            pages = self._bedrock.get_paginator("list_model_customization_jobs").paginate(
                sortBy="CreationTime", sortOrder="Descending"
            )
            found = [row for page in pages for row in page["modelCustomizationJobSummaries"]]
        kind = "REINFORCEMENT_FINE_TUNING"
        return [self.job(row["jobArn"]) for row in found if row.get("customizationType", kind) == kind]

    def job(self, name: str) -> Job:
        """One job by name or ARN."""
        with calling("GetModelCustomizationJob", name):
            return _job(self._bedrock.get_model_customization_job(jobIdentifier=name))

    def cancel(self, name: str) -> Job:
        """End a job."""
        with calling("StopModelCustomizationJob", name):
            self._bedrock.stop_model_customization_job(jobIdentifier=name)
        return self.job(name)

    def steps(self, job: Job) -> Sequence[Step]:
        """The mean score of each call of the function since the job began, oldest first."""
        version = job.function_arn.rpartition(":")[2]
        lines = [line for line in self._metric_lines(job) if line.get("alias") == version and "Rollouts" in line]
        return [Step(number, 0, _metrics(line)) for number, line in enumerate(lines, start=1)]

    def ask(self, model: str, prompt: str) -> str:
        """The model's answer to one user message; a tuned model is deployed first where it is not."""
        deployed = self._deployment(model) if ":custom-model/" in model else model
        with calling("Converse", deployed):
            message = {"role": "user", "content": [{"text": prompt}]}
            runtime = self._cloud.client("bedrock-runtime")
            answer = runtime.converse(modelId=deployed, messages=[message])
        blocks = answer["output"]["message"]["content"]
        return "".join(block.get("text", "") for block in blocks)

    def _request(self, bucket: str, key: str, role_arn: str, function_arn: str) -> Request:
        uri = f"s3://{bucket}/{key}"
        what = json.dumps([uri, function_arn, self._spec.model, self._spec.hyperparameters()])
        name = f"{self._function.name[:46]}-{hashlib.sha256(what.encode()).hexdigest()[:12]}".replace("_", "-")
        return self._spec.request(
            name=name,
            training_uri=uri,
            output_uri=f"s3://{bucket}/{self._function.name}/output/",
            role_arn=role_arn,
            function_arn=function_arn,
        )

    def _free_name(self, name: str, *, again: bool) -> tuple[str, Job | None]:
        """The first name that no job has; or the job that has it, if it is alive and no other is wanted."""
        for number in range(1, _MOST_TRIES):
            tried = name if number == 1 else f"{name}-{number}"
            try:
                standing = self.job(tried)
            except CloudError as error:
                if error.code == "ResourceNotFoundException":
                    return tried, None
                raise
            if not again and (standing.succeeded or not standing.done):
                return tried, standing
        raise CloudError(
            "CreateModelCustomizationJob", name, "TooManyTries", f"{_MOST_TRIES} jobs of this name exist"
        )

    def _create(self, request: Request) -> tuple[Job, bool]:
        name = request["jobName"]
        with calling("CreateModelCustomizationJob", name):
            try:
                arn = self._bedrock.create_model_customization_job(**request)["jobArn"]
            except self._bedrock.exceptions.ConflictException:
                return self.job(name), False
        return self.job(arn), True

    def _metric_lines(self, job: Job) -> Iterator[dict[str, Any]]:
        logs, name = self._cloud.client("logs"), job.function_arn.split(":function:")[-1].split(":")[0]
        group = f"/aws/lambda/{name}"
        with calling("FilterLogEvents", group):
            try:
                pages = logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group, filterPattern='"Rollouts"', startTime=int(job.created.timestamp() * 1000)
                )
                events = [event for page in pages for event in page["events"]]
            except logs.exceptions.ResourceNotFoundException:
                return
        for event in sorted(events, key=lambda event: int(event["timestamp"])):
            try:
                line = json.loads(event["message"])
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line

    def _deployment(self, model_arn: str) -> str:
        """The ARN of an active deployment of a tuned model."""
        name = f"rewardkit-{hashlib.sha256(model_arn.encode()).hexdigest()[:16]}"
        with calling("CreateCustomModelDeployment", model_arn):
            found = self._bedrock.list_custom_model_deployments(modelArnEquals=model_arn)
            standing = [row["customModelDeploymentArn"] for row in found.get("modelDeploymentSummaries", [])]
            arn = standing[0] if standing else self._deploy(name, model_arn)
            end = time.monotonic() + _DEPLOY_SECONDS
            while (state := self._bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn))[
                "status"
            ] == "Creating" and time.monotonic() < end:
                time.sleep(2)
        if state["status"] != "Active":
            message = state.get("failureMessage") or f"the deployment is {state['status']}"
            raise CloudError("CreateCustomModelDeployment", model_arn, "NotActive", message)
        return str(arn)

    def _deploy(self, name: str, model_arn: str) -> str:
        answer = self._bedrock.create_custom_model_deployment(
            modelDeploymentName=name, modelArn=model_arn, clientRequestToken=name
        )
        return str(answer["customModelDeploymentArn"])


def _key(function: FunctionSpec, file: Path) -> str:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return f"{function.name}/train/{digest}.jsonl"


def _job(data: Mapping[str, Any]) -> Job:
    grader = data.get("customizationConfig", {}).get("rftConfig", {}).get("graderConfig", {})
    return Job(
        id=data["jobArn"],
        name=data["jobName"],
        status=data["status"],
        done=data["status"] in _DONE,
        succeeded=data["status"] == "Completed",
        model=data["baseModelArn"].rpartition("/")[2],
        tuned_model=data.get("outputModelArn"),
        function_arn=grader.get("lambdaGrader", {}).get("lambdaArn", ""),
        created=data["creationTime"],
        message=data.get("failureMessage", ""),
    )


def _metrics(line: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of one call; there is no mean where every rollout failed."""
    names = {"ScoreMean": "critic_rewards_mean", "Failures": "failures", "Rollouts": "rollouts"}
    return {ours: _value(line[theirs]) for theirs, ours in names.items() if theirs in line}


def _value(metric: Any) -> float:
    """A number of the embedded metric format, which may be a list of one."""
    return float(metric[0] if isinstance(metric, list) else metric)
