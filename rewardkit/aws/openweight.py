"""The open-weight road: Bedrock's OpenAI-compatible API, through the openai SDK.

The service takes no token that makes a repeated create harmless, so `submit` looks for the job before it makes
one: the file is uploaded under a name that holds its digest, and a job counts as the same when file, function,
model and hyperparameters are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rewardkit.aws.job import Job, Step
from rewardkit.aws.session import Cloud, calling
from rewardkit.specs import OpenWeightSpec, Request

_DONE = ("succeeded", "failed", "cancelled")


class OpenWeightRoad:
    """Jobs for open-weight models. See `rewardkit.aws.job.Road`."""

    def __init__(self, cloud: Cloud, spec: OpenWeightSpec) -> None:
        self._spec = spec
        self._client = cloud.openai()

    def plan(self, file: Path, function_arn: str) -> list[tuple[str, Request]]:
        """The calls that `submit` makes."""
        upload = {"file": _upload_name(file), "purpose": "fine-tune"}
        create = self._spec.request(training_file="<the uploaded file's id>", function_arn=function_arn)
        return [("files.create", upload), ("fine_tuning.jobs.create", create)]

    def submit(self, file: Path, function_arn: str, *, again: bool) -> tuple[Job, bool]:
        """Upload the file and start the job, unless they stand."""
        request = self._spec.request(training_file=self._uploaded(file), function_arn=function_arn)
        standing = None if again else self._same(request)
        if standing:
            return standing, False
        with calling("CreateFineTuningJob", self._spec.model):
            # A retry by the SDK could start a second job; running the command again finds the first.
            jobs = self._client.with_options(max_retries=0).fine_tuning.jobs
            return _job(jobs.create(**request).to_dict(warnings=False)), True

    def jobs(self) -> Sequence[Job]:
        """All jobs, the newest first."""
        return sorted((_job(data) for data in self._all()), key=lambda job: job.created, reverse=True)

    def job(self, name: str) -> Job:
        """One job by id."""
        with calling("GetFineTuningJob", name):
            return _job(self._client.fine_tuning.jobs.retrieve(name).to_dict(warnings=False))

    def cancel(self, name: str) -> Job:
        """End a job; it cannot be resumed."""
        with calling("CancelFineTuningJob", name):
            return _job(self._client.fine_tuning.jobs.cancel(name).to_dict(warnings=False))

    def steps(self, job: Job) -> Sequence[Step]:
        """The metrics events, in the order of their steps."""
        with calling("ListFineTuningEvents", job.id):
            events = [
                event.to_dict(warnings=False)
                for event in self._client.fine_tuning.jobs.list_events(job.id, limit=100)
            ]
        steps = {step.number: step for event in events if (step := _step(event))}
        return [steps[number] for number in sorted(steps)]

    def ask(self, model: str, prompt: str) -> str:
        """The model's answer to one user message."""
        with calling("ChatCompletions", model):
            answer = self._client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": prompt}]
            )
        return answer.choices[0].message.content or ""

    def _uploaded(self, file: Path) -> str:
        """The id of the file with these bytes, uploaded if it is not there."""
        name, content = _upload_name(file), file.read_bytes()
        with calling("CreateFile", name):
            for standing in self._client.files.list(purpose="fine-tune"):
                if standing.filename == name and standing.bytes == len(content):
                    return standing.id
            return self._client.files.create(file=(name, content), purpose="fine-tune").id

    def _same(self, request: Request) -> Job | None:
        """The newest job that this request would make once more, unless it failed or was cancelled."""
        found = [_job(data) for data in self._all() if _is_same(data, request)]
        alive = [job for job in found if job.succeeded or not job.done]
        return max(alive, key=lambda job: job.created, default=None)

    def _all(self) -> list[dict[str, Any]]:
        with calling("ListFineTuningJobs", "your jobs"):
            return [job.to_dict(warnings=False) for job in self._client.fine_tuning.jobs.list(limit=100)]


def _upload_name(file: Path) -> str:
    return f"{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}.jsonl"


def _job(data: Mapping[str, Any]) -> Job:
    error = data.get("error") or {}
    return Job(
        id=data["id"],
        name=data["id"],
        status=data["status"],
        done=data["status"] in _DONE,
        succeeded=data["status"] == "succeeded",
        model=data["model"],
        tuned_model=data.get("fine_tuned_model"),
        function_arn=_reinforcement(data).get("grader", {}).get("lambda", {}).get("function", ""),
        created=datetime.fromtimestamp(data["created_at"], UTC),
        message=error.get("message") or "",
    )


def _reinforcement(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a job that the SDK's types do not know: they take the grader for another one."""
    method = data.get("method") or {}
    return method.get("reinforcement") or {}


def _is_same(data: Mapping[str, Any], request: Request) -> bool:
    wanted, standing = request["method"]["reinforcement"], _reinforcement(data)
    numbers = standing.get("hyperparameters") or {}
    return (
        data.get("model") == request["model"]
        and data.get("training_file") == request["training_file"]
        and (standing.get("grader") or {}).get("lambda") == wanted["grader"]["lambda"]
        and all(numbers.get(name) == value for name, value in wanted["hyperparameters"].items())
    )


def _step(event: Mapping[str, Any]) -> Step | None:
    data = event.get("data")
    if event.get("type") != "metrics" or not isinstance(data, Mapping) or "step" not in data:
        return None
    numbers = {key: float(value) for key, value in data.items() if isinstance(value, (int, float))}
    total = int(numbers.pop("total_steps", 0))
    return Step(int(numbers.pop("step")), total, numbers)
