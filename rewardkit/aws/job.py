"""A job, whichever road it takes, and what a road can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rewardkit.specs import Request


@dataclass(frozen=True, slots=True)
class Job:
    """One reinforcement fine-tuning run.

    Attributes:
        id: what the service calls it; an ARN on the native road.
        name: what a person types; the id on the open-weight road.
        status: the service's own word.
        done: whether it will change no more.
        succeeded: whether there is a tuned model.
        model: the base model.
        tuned_model: what to ask; None until there is one.
        function_arn: the version that scores; empty where the service does not say.
        created: when.
        message: why it failed; empty otherwise.
    """

    id: str
    name: str
    status: str
    done: bool
    succeeded: bool
    model: str
    tuned_model: str | None
    function_arn: str
    created: datetime
    message: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is known of one step of a job.

    Attributes:
        number: from 1.
        total: how many there will be; 0 where nobody says.
        metrics: by the names of the OpenAI-compatible API, such as `critic_rewards_mean`.
    """

    number: int
    total: int
    metrics: dict[str, float]


class Road(Protocol):
    """What can be done with jobs: the same on the open-weight and on the native road."""

    def submit(self, file: Path, function_arn: str, *, again: bool) -> tuple[Job, bool]:
        """Start the job unless it stands; returns it, and whether it was started now."""

    def plan(self, file: Path, function_arn: str) -> list[tuple[str, Request]]:
        """The calls that `submit` makes, by name."""

    def jobs(self) -> Sequence[Job]:
        """All jobs, the newest first."""

    def job(self, name: str) -> Job:
        """One job by id or name."""

    def cancel(self, name: str) -> Job:
        """End a job."""

    def steps(self, job: Job) -> Sequence[Step]:
        """What is known of the steps so far, in order."""

    def ask(self, model: str, prompt: str) -> str:
        """A model's answer."""
