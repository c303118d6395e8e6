"""Jobs: a training file, a reward function and the rehearsal's policy, step by step.

    validating → queued → running → succeeded | failed
         └─────────┴─────────┴──── stopping → stopped

What a step learned, its event and the log of its invocation are written in one transaction. A job that was running
when the process died goes on from its last step, and everything random in a step comes from the job's inputs and
the step's number: an interrupted job ends where an uninterrupted one would.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardkit import training_file
from rewardkit.errors import GradingError, RolloutError
from rewardkit.local.artifacts import write_artifacts
from rewardkit.local.critic import Critic, make_sample
from rewardkit.local.functions import Functions
from rewardkit.local.objects import Objects
from rewardkit.local.policy import Group, Learned, Policy, Prompt, sample
from rewardkit.local.records import freeze, project_rollouts, thaw
from rewardkit.local.refused import Refused
from rewardkit.local.store import Record, Store
from rewardkit.local.telemetry import Telemetry

REHEARSAL = (
    "This is the local cloud: a rehearsal of the flow. A small policy over recorded and made-up answers stands in "
    "for the model, and the reward function is really called."
)

_SECONDS_PER_STEP = 0.06
_SECONDS_BEFORE = 0.1
_PARALLEL_JOBS = 2
_CHECKPOINTS = 4
_OVER = frozenset({"succeeded", "failed", "stopped"})


@dataclass(frozen=True)
class Plan:
    """What a job is to do, the same for both APIs.

    Attributes:
        api: `mantle` or `native`.
        id: of the job.
        model: the base model's id.
        function: the ARN of the reward function.
        region: where the job runs.
        source: of the training data: `{"blob": digest, "name": …}` or `{"s3": uri}`.
        epochs: how often every prompt is trained on.
        batch: prompts a step.
        samples: responses a prompt.
        rate: the learning rate, as a multiple of the usual one.
        longest_prompt: prompts with more words are left out; None for no limit.
        tuned: what the tuned model will be called.
        request: the request that made the job, for the API's own use.
    """

    api: str
    id: str
    model: str
    function: str
    region: str
    source: Record
    epochs: int
    batch: int
    samples: int
    rate: float
    longest_prompt: int | None
    tuned: str
    request: Record


class Trainer:
    """Runs jobs, a few at a time, and remembers them."""

    def __init__(
        self, store: Store, functions: Functions, telemetry: Telemetry, objects: Objects, project: Path
    ) -> None:
        self._store = store
        self._functions = functions
        self._telemetry = telemetry
        self._objects = objects
        self._project = project
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_PARALLEL_JOBS, thread_name_prefix="job")

    def create(self, plan: Plan) -> Record:
        """Take in a job and begin with it. Returns its record."""
        now = time.time()
        job = vars(plan) | {"status": "validating", "created": now, "changed": now, "step": 0, "total": 0}
        with self._store.transaction():
            self._store.put("job", plan.id, job)
            self.tell(plan.id, f"Created fine-tuning job: {plan.id}")
            self.tell(plan.id, REHEARSAL)
        self._pool.submit(self._run, plan.id)
        return job

    def resume(self) -> None:
        """Go on with the jobs that are not over."""
        for id, job in self._store.all("job"):
            if job["status"] not in _OVER:
                self._pool.submit(self._run, id)

    def stop(self, id: str) -> Record:
        """Ask a job to stop; it does so after its step. Returns its record."""
        with self._store.transaction():
            job = self._job(id)
            if job["status"] not in _OVER:
                job = self._update(id, {"status": "stopping"})
        return job

    def close(self) -> None:
        """Let the steps end that are under way; their jobs go on at the next start."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def tell(self, id: str, message: str, level: str = "info", data: Record | None = None) -> None:
        """Write an event of a job: a message, or metrics where there is data."""
        event = {
            "id": f"ftevent-{uuid.uuid4()}",
            "created_at": int(time.time()),
            "level": level,
            "message": message,
            "object": "fine_tuning.job.event",
            "data": data or {},
            "type": "metrics" if data else "message",
        }
        self._store.append(f"events:{id}", event)

    def _job(self, id: str) -> Record:
        job = self._store.get("job", id)
        assert job is not None, id
        return job

    def _update(self, id: str, changes: Record) -> Record:
        with self._store.transaction():
            job = self._job(id) | changes | {"changed": time.time()}
            self._store.put("job", id, job)
        return job

    def _run(self, id: str) -> None:
        try:
            self._advance(id)
        except (RolloutError, GradingError, Refused) as error:
            if not self._stop.is_set():
                self._end(id, "failed", str(error))
        except Exception as error:
            if not self._stop.is_set():
                self._end(id, "failed", f"the local cloud itself failed: {type(error).__name__}: {error}")
                raise

    def _advance(self, id: str) -> None:
        """Bring a job from where it is to its end, or to the end of this process."""
        job = self._job(id)
        if job["status"] == "validating":
            if self._stop.wait(_SECONDS_BEFORE):
                return
            job = self._validate(job)
        if job["status"] == "queued":
            if self._stop.wait(_SECONDS_BEFORE):
                return
            job = self._move(id, "queued", "running", "Fine-tuning job started")
        if job["status"] == "running":
            self._train(job)
        if self._job(id)["status"] == "stopping":
            self._end(id, "stopped", "")

    def _move(self, id: str, before: str, after: str, message: str, changes: Record | None = None) -> Record:
        """The next status, unless somebody asked for a stop in between."""
        with self._store.transaction():
            if self._job(id)["status"] == before:
                self.tell(id, message)
                return self._update(id, {"status": after, "began_" + after: time.time()} | (changes or {}))
            return self._job(id)

    def _validate(self, job: Record) -> Record:
        name, content = self._content(job["source"])
        records = training_file.read(content, name)
        limit = job["longest_prompt"]
        if limit is not None:
            records = [record for record in records if _words(record) <= limit]
            if not records:
                raise RolloutError(f"{name}: every prompt is longer than maxPromptLength {limit}: raise it")
        rollouts, warning = project_rollouts(self._project)
        frozen = freeze(records, rollouts)
        if warning:
            self.tell(job["id"], warning, level="warn")
        batches = -(-len(records) // job["batch"])
        inputs = [job[key] for key in ("model", "epochs", "batch", "samples", "rate")]
        changes = {
            "prompts": self._store.keep(frozen),
            "total": batches * job["epochs"],
            "seed": hashlib.sha256(json.dumps(inputs).encode() + frozen).hexdigest(),
        }
        message = f"Files validated: {len(records)} prompts"
        return self._move(job["id"], "validating", "queued", message, changes)

    def _content(self, source: Record) -> tuple[str, bytes]:
        if "s3" in source:
            return source["s3"], self._objects.read(source["s3"])
        return source["name"], self._store.blob(source["blob"])

    def _train(self, job: Record) -> None:
        id = job["id"]
        prompts = thaw(self._store.blob(job["prompts"]))
        policy = load_policy(self._store, id)
        critic = Critic(self._functions, job["function"], job["region"], self._stop)
        for step in range(job["step"], job["total"]):
            begin = time.monotonic()
            places = _batch(job, len(prompts), step)
            try:
                groups = _groups(job, step, places, prompts, policy, critic)
            except GradingError:
                self._note(critic)
                raise
            learned = policy.learn(groups, job["rate"])
            if not self._commit(job, step + 1, places, policy, critic, _metrics(groups, learned)):
                return
            if self._stop.wait(max(0.0, _SECONDS_PER_STEP - (time.monotonic() - begin))):
                return
        self._succeed(job)

    def _note(self, critic: Critic) -> None:
        for call in critic.calls:
            self._telemetry.publish(self._functions.note(*call))

    def _commit(
        self,
        job: Record,
        step: int,
        places: Sequence[int],
        policy: Policy,
        critic: Critic,
        metrics: Record,
    ) -> bool:
        """Write a step, all of it at once. False if the job was stopped meanwhile."""
        id, total = job["id"], job["total"]
        with self._store.transaction():
            if self._job(id)["status"] != "running":
                return False
            self._store.put("policy", id, {"weights": policy.weights})
            for place in places:
                self._store.put(f"bias:{id}", str(place), {"biases": policy.biases[place]})
            data = {"total_steps": total, "step": step} | metrics
            self.tell(id, f"Step {step}/{total}: training metrics", data=data)
            if step in checkpoint_steps(total):
                self._checkpoint(job, step, policy, metrics)
            notes = [self._functions.note(*call) for call in critic.calls]
            self._update(id, {"step": step, "metrics": metrics})
        for note in notes:
            self._telemetry.publish(note)
        return True

    def _checkpoint(self, job: Record, step: int, policy: Policy, metrics: Record) -> None:
        checkpoint = {
            "id": f"ftckpt-{job['id'].rpartition('-')[2]}-{step}",
            "created": time.time(),
            "name": f"{job['tuned']}:ckpt-step-{step}",
            "job": job["id"],
            "step": step,
            "metrics": metrics,
        }
        self._store.put("checkpoint", checkpoint["name"], checkpoint)
        self._store.put("snapshot", checkpoint["name"], vars(policy))
        self.tell(job["id"], f"Checkpoint created at step {step}: {checkpoint['name']}")

    def _succeed(self, job: Record) -> None:
        if job["api"] == "native":
            write_artifacts(self._objects, job, self._store.read(f"events:{job['id']}"))
        with self._store.transaction():
            if self._job(job["id"])["status"] != "running":
                return
            self._store.put("model", job["tuned"], {"name": job["tuned"], "job": job["id"]})
            self.tell(job["id"], f"New fine-tuned model created: {job['tuned']}")
            self._end(job["id"], "succeeded", "")

    def _end(self, id: str, status: str, error: str) -> None:
        words = {"succeeded": "The job has successfully completed", "stopped": "The job was stopped"}
        with self._store.transaction():
            self.tell(id, words.get(status, error), level="error" if error else "info")
            self._update(id, {"status": status, "error": error, "finished": time.time()})


def load_policy(store: Store, job: str) -> Policy:
    """What a job has learned so far."""
    record = store.get("policy", job)
    if record is None:
        return Policy()
    biases = {int(place): row["biases"] for place, row in store.all(f"bias:{job}")}
    return Policy(record["weights"], biases)


def load_snapshot(store: Store, checkpoint: str) -> Policy | None:
    """What a job had learned at a checkpoint; None where there is no such checkpoint."""
    record = store.get("snapshot", checkpoint)
    if record is None:
        return None
    return Policy(record["weights"], {int(place): row for place, row in record["biases"].items()})


def checkpoint_steps(total: int) -> set[int]:
    """The steps after which a checkpoint is written: the quarters, and the last one."""
    return {max(1, total * quarter // _CHECKPOINTS) for quarter in range(1, _CHECKPOINTS + 1)}


def _batch(job: Record, count: int, step: int) -> list[int]:
    """The places of the prompts of one step: every epoch goes through all of them in an order of its own."""
    batches = -(-count // job["batch"])
    order = list(range(count))
    random.Random(f"{job['seed']}:{step // batches}").shuffle(order)
    begin = step % batches * job["batch"]
    return order[begin : begin + job["batch"]]


def _groups(
    job: Record,
    step: int,
    places: Sequence[int],
    prompts: Sequence[Prompt],
    policy: Policy,
    critic: Critic,
) -> list[Group]:
    """Sample the responses of one step and have them scored."""
    chance = random.Random(f"{job['seed']}:step:{step}")
    chosen = [sample(policy.probabilities(place, prompts[place]), job["samples"], chance) for place in places]
    samples = [
        make_sample(
            prompts[place],
            f"{job['id']}-{step}-{place}-{turn}",
            prompts[place].candidates[index].text,
            wrap=job["api"] == "mantle",
        )
        for place, indices in zip(places, chosen, strict=True)
        for turn, index in enumerate(indices)
    ]
    scores = iter(critic.score(samples))
    return [
        Group(place, prompts[place], indices, [next(scores) for _ in indices])
        for place, indices in zip(places, chosen, strict=True)
    ]


def _metrics(groups: Sequence[Group], learned: Learned) -> dict[str, Any]:
    """The numbers of one step, named as the service names them. A word stands for a token."""
    scores = [score for group in groups for score in group.scores]
    lengths = [len(group.prompt.candidates[index].text.split()) for group in groups for index in group.chosen]
    advantages = [advantage for group in groups for advantage in group.advantages]
    weighted = sum(a * length for a, length in zip(advantages, lengths, strict=True))
    return {
        "actor_grad_norm": learned.gradient,
        "response_length_mean": sum(lengths) / len(lengths),
        "actor_pg_loss": learned.loss,
        "critic_rewards_mean": sum(scores) / len(scores),
        "actor_entropy": learned.entropy,
        "critic_advantages_mean": weighted / max(sum(lengths), 1),
    }


def _words(record: Record) -> int:
    return sum(len(str(message.get("content", "")).split()) for message in record["messages"])
