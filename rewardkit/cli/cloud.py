"""`rewardkit train`, `watch`, `jobs`, `cancel` and `ask`: a job from its first call to its model's answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from rewardkit import settings as settings_file
from rewardkit import training_file
from rewardkit.aws.job import Job, Road, Step
from rewardkit.aws.publish import published_version
from rewardkit.aws.session import Cloud
from rewardkit.cli import place
from rewardkit.cli.screen import err, out, say, sparkline
from rewardkit.cli.ship import show_plan
from rewardkit.errors import CloudError, UsageError
from rewardkit.failure import Failure
from rewardkit.harness.curves import read_curves
from rewardkit.reward import Reward
from rewardkit.rollout import read
from rewardkit.training_file import TrainingFile

_CURVES = {
    "critic_rewards_mean": "reward",
    "actor_entropy": "entropy",
    "actor_grad_norm": "gradient norm",
    "response_length_mean": "response length",
}
_POLL_SECONDS = 0.5
_TRIED = 5
_JobArgument = Annotated[str, typer.Argument(help="the job's id, name or ARN")]


def train(
    file: Annotated[Path | None, typer.Argument(help="the training file; default: rewardkit.toml's")] = None,
    local: place.Local = False,
    plan: place.Plan = False,
    again: Annotated[bool, typer.Option("--again", help="start another job though the same one stands")] = False,
    watch_it: Annotated[bool, typer.Option("--watch", help="then watch it")] = False,
) -> None:
    """Check the training file, upload it and create the job, with the version that the alias `live` points to."""
    settings = settings_file.load()
    checked = training_file.check(file or settings.training_file())
    say(f"{escape(str(checked.path))}: {len(checked.prompts)} prompts")
    for warning in checked.warnings:
        say(f"[yellow]note:[/] {escape(warning)}")
    _try(settings.target().load(), checked)
    name = place.function(settings).name
    if plan:
        arn = f"arn:aws:lambda:{settings.job().region}:ACCOUNT:function:{name}:VERSION"
        show_plan(place.road(settings, _planned(settings.job().region)).plan(checked.path, arn))
        return
    where = place.cloud(settings, local=local)
    road = place.road(settings, where)
    version = published_version(where, name)
    with place.alone(settings):
        job, started = road.submit(checked.path, version, again=again)
    if not started:
        say(f"this job stands already ({job.status}); start another one like it with --again")
    print(job.name)
    if watch_it:
        _watch(road, job.name)


def watch(
    job: Annotated[str | None, typer.Argument(help="the job's id, name or ARN; default: the newest")] = None,
    local: place.Local = False,
    once: Annotated[bool, typer.Option("--once", help="show how it stands now, and end")] = False,
) -> None:
    """Follow a job: reward, entropy, gradient norm and response length, and what they say."""
    settings = settings_file.load()
    road = place.road(settings, place.cloud(settings, local=local))
    name = job or _newest(road).name
    if once:
        standing = road.job(name)
        out.print(_picture(standing, road.steps(standing)))
        return
    _watch(road, name)


def jobs(local: place.Local = False) -> None:
    """List the jobs, the newest first."""
    settings = settings_file.load()
    road = place.road(settings, place.cloud(settings, local=local))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("job", "status", "created", "model", "tuned model"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "job")
    for job in road.jobs():
        created = job.created.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(job.name, job.status, created, job.model, job.tuned_model or "")
    out.print(table)


def cancel(job: _JobArgument, local: place.Local = False) -> None:
    """End a job; it cannot be resumed."""
    settings = settings_file.load()
    ended = place.road(settings, place.cloud(settings, local=local)).cancel(job)
    out.print(f"{escape(ended.name)}: {ended.status}")


def ask(
    model: Annotated[str, typer.Argument(help="a model's id or ARN, or a job, whose tuned model is asked")],
    prompt: Annotated[str, typer.Argument(help="what to ask")],
    local: place.Local = False,
) -> None:
    """Ask a model, or a job's tuned model."""
    settings = settings_file.load()
    road = place.road(settings, place.cloud(settings, local=local))
    with err.status("asking"):
        answer = road.ask(_tuned_model(road, model), prompt)
    print(answer)


def _try(reward: Reward[Any], file: TrainingFile) -> None:
    """Score made-up responses to the first prompts: a reward that fails on all of them would train nothing."""
    made_up = {"role": "assistant", "content": "I do not know."}
    rows = [prompt | {"messages": [*prompt["messages"], made_up]} for prompt in file.prompts[:_TRIED]]
    failures = [result for row in rows if isinstance(result := reward.score(read(row)), Failure)]
    if len(failures) == len(rows):
        raise UsageError(
            f"{reward.name} fails on each of the first {len(rows)} prompts of {file.path}: {failures[0]}\n"
            f"Does it read the training file's reference_answer? rewardkit.graders.extract.expected may help."
        )
    if failures:
        some = f"{len(failures)} of the first {len(rows)} prompts"
        say(f"[yellow]note:[/] {escape(reward.name)} fails on {some}: {escape(str(failures[0]))}")


def _planned(region: str) -> Cloud:
    """A cloud for `--plan`: nothing is called, so no credentials are needed."""
    return Cloud(region, "http://127.0.0.1")


def _tuned_model(road: Road, name: str) -> str:
    """The tuned model of a job, or the name itself if there is no such job."""
    try:
        job = road.job(name)
    except CloudError as error:
        if error.operation not in {"GetFineTuningJob", "GetModelCustomizationJob"} or "Credentials" in error.code:
            raise
        return name
    if not job.tuned_model:
        raise UsageError(
            f"{job.name} is {job.status} and has no tuned model: {job.message or 'wait for it to end'}"
        )
    return job.tuned_model


def _newest(road: Road) -> Job:
    found = road.jobs()
    if not found:
        raise UsageError("there are no jobs: start one with `rewardkit train`")
    return found[0]


def _watch(road: Road, name: str) -> None:
    """Redraw on a terminal, else wait and print once, until the job is done; a failed job is exit code 1."""
    with Live(console=out, refresh_per_second=4, transient=True) if out.is_terminal else nullcontext() as live:
        while not (job := road.job(name)).done:
            if live:
                live.update(_picture(job, road.steps(job)))
            time.sleep(_POLL_SECONDS)
    out.print(_picture(job, road.steps(job)))
    if not job.succeeded:
        raise typer.Exit(1)


def _picture(job: Job, steps: Sequence[Step]) -> RenderableType:
    last = steps[-1] if steps else None
    place_in = f" · step {last.number}" + (f" of {last.total}" if last.total else "") if last else ""
    head = f"[bold]{escape(job.name)}[/] · {job.status} · {escape(job.model)}{place_in}"
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "first", "now", ""):
        table.add_column(heading, justify="right" if heading else "left")
    curves = {name: [s.metrics[name] for s in steps if name in s.metrics] for name in _CURVES}
    for name, numbers in curves.items():
        if numbers:
            table.add_row(_CURVES[name], f"{numbers[0]:.3f}", f"{numbers[-1]:.3f}", sparkline(numbers))
    lost, scored = (sum(s.metrics.get(name, 0.0) for s in steps) for name in ("failures", "rollouts"))
    sentence = job.message or read_curves(
        curves["critic_rewards_mean"],
        failures=lost / scored if scored else 0.0,
        entropy=curves["actor_entropy"],
        gradient_norm=curves["actor_grad_norm"],
        response_length=curves["response_length_mean"],
    )
    return Group(head, table, escape(sentence))
