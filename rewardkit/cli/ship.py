"""`rewardkit bundle`, `invoke` and `publish`: from the author's file to a version in Lambda."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.markup import escape

from rewardkit import bundle as bundles
from rewardkit import settings as settings_file
from rewardkit.aws import publish as publishing
from rewardkit.bundle import Bundle
from rewardkit.cli import place
from rewardkit.cli.screen import err, out, progress, say
from rewardkit.cli.test import all_of
from rewardkit.errors import BundleError, RolloutError, UsageError
from rewardkit.reward import Reward
from rewardkit.rollout import load
from rewardkit.settings import Settings
from rewardkit.specs import FunctionSpec
from rewardkit.target import Target
from rewardkit.wire import Shape

_TargetArgument = Annotated[str | None, typer.Argument(help="file.py:name or module:name")]
_PROOF_ROLLOUTS = 64


def bundle(
    target: _TargetArgument = None,
    out_path: Annotated[Path | None, typer.Option("--out", help="the zip to write")] = None,
    python: Annotated[str | None, typer.Option(help="Lambda's Python, such as 3.13")] = None,
    architecture: Annotated[str | None, typer.Option(help="arm64 or x86_64")] = None,
) -> None:
    """Make the zip that Lambda runs: the reward, what it imports, and nothing else."""
    settings = settings_file.of(target)
    made = make_bundle(settings, settings.target(target), out_path, python=python, architecture=architecture)
    out.print(f"{escape(str(made.path))}  {made.size / 1e6:.1f} MB  python{made.python} {made.architecture}")
    out.print(f"digest  {made.digest}")
    out.print(f"carries {', '.join(made.requirements) or 'no dependencies'}", style="dim", soft_wrap=True)


def make_bundle(
    settings: Settings,
    target: Target,
    path: Path | None = None,
    *,
    python: str | None = None,
    architecture: str | None = None,
) -> Bundle:
    """Build the bundle of a target by the settings, with a word for what takes long."""
    spec = _function(settings, target.load(), python, architecture)
    with err.status(f"bundling {escape(str(target))}"):
        made = bundles.build(
            target,
            python=spec.python,
            architecture=spec.architecture,
            out=path or settings.folder / "dist" / f"{spec.name}.zip",
            requirements=spec.requirements,
            include=spec.include,
        )
    for warning in made.warnings:
        say(f"[yellow]note:[/] {escape(warning)}")
    return made


def invoke(
    target: Annotated[
        str | None, typer.Argument(help="file.py:name, module:name, a bundle's zip, or a function's ARN")
    ] = None,
    rollouts: Annotated[Path | None, typer.Argument(help="JSON Lines of rollouts, or one event as .json")] = None,
    local: place.Local = False,
    batch: Annotated[int, typer.Option(min=1, help="rollouts a call")] = 32,
    json_output: Annotated[bool, typer.Option("--json", help="print the responses as they came")] = False,
) -> None:
    """Run rollouts through the real thing: the bundle under AWS's runtime client, or the published function."""
    if rollouts is None and target is not None and target.endswith((".jsonl", ".json")):
        rollouts, target = Path(target), None
    settings = settings_file.of(target)
    events = _events(settings.rollouts(rollouts), batch)
    reward = None
    if target and target.endswith(".zip"):
        responses = _run_zip(Path(target), events, settings.function("reward"))
    elif target and _is_function(target):
        client = place.cloud(settings, local=local).client("lambda")
        responses = [publishing.invoke(client, target, json.dumps(event).encode()) for event in events]
    else:
        parsed = settings.target(target)
        with redirect_stdout(sys.stderr):
            reward = parsed.load()
        with TemporaryDirectory() as folder:
            made = make_bundle(settings, parsed, Path(folder) / "bundle.zip")
            responses = _run_zip(made.path, events, _function(settings, reward))
    if json_output:
        print(json.dumps(responses, ensure_ascii=False))
    shape = _function(settings, reward).response_shape if reward else None
    if not _show(events, responses, reward, shape):
        raise typer.Exit(1)


def publish(
    target: _TargetArgument = None,
    local: place.Local = False,
    plan: place.Plan = False,
) -> None:
    """Bundle, then role, function, version, proof and alias; prints the version's ARN, which a job gets."""
    settings = settings_file.of(target)
    parsed = settings.target(target)
    with redirect_stdout(sys.stderr):
        reward = parsed.load()
    spec = _function(settings, reward)
    made = make_bundle(settings, parsed)
    if plan:
        show_plan([(f"{call.service}.{call.operation}", call.arguments) for call in publishing.plan(spec, made)])
        return
    where = place.cloud(settings, local=local)
    path = settings.rollouts()
    rollouts = list(load(path))[:_PROOF_ROLLOUTS] if path.is_file() else []
    with place.alone(settings):
        done = publishing.publish(
            where, spec, made, reward=reward, rollouts=rollouts, say=lambda line: say(f"  {escape(line)}")
        )
    if not rollouts:
        say(f"[yellow]note:[/] no proof that it scores there as here: there is no {escape(str(path))}")
    print(done.version_arn)


def show_plan(calls: Sequence[tuple[str, Any]]) -> None:
    """Print the calls that would be sent."""
    for name, arguments in calls:
        out.print(f"[bold]{escape(name)}[/]")
        out.print(escape(json.dumps(arguments, indent=2, default=str)), soft_wrap=True)
    say("[dim]nothing was sent[/]")


def _function(
    settings: Settings, reward: Reward[Any], python: str | None = None, architecture: str | None = None
) -> FunctionSpec:
    spec = settings.function(reward.name)
    changes = {"python": python or spec.python, "architecture": architecture or spec.architecture}
    try:
        return FunctionSpec.model_validate(spec.model_dump() | changes)
    except ValueError as error:
        asked = " and ".join(f"{name} {value}" for name, value in changes.items())
        raise UsageError(f"Lambda has no {asked}: python is 3.11 to 3.14, architecture arm64 or x86_64") from error


def _is_function(text: str) -> bool:
    """Whether this names a function in Lambda, qualified or not, and no file or module here."""
    name = text.partition(":")[0]
    return text.startswith("arn:") or not (name.endswith(".py") or "/" in name or "." in name or _is_module(name))


def _is_module(name: str) -> bool:
    return Path(f"{name}.py").is_file() or Path(name).is_dir()


def _events(path: Path, batch: int) -> list[Any]:
    """The events to send: rollouts in batches, or a captured event as it is."""
    if path.suffix != ".json":
        return list(publishing.batches([rollout.event() for rollout in all_of(path)], batch))
    try:
        return [json.loads(path.read_bytes())]
    except (OSError, ValueError) as error:
        raise RolloutError(f"{path}: cannot read the event: {error}") from error


def _run_zip(path: Path, events: Sequence[Any], spec: FunctionSpec) -> list[Any]:
    from rewardkit.local.runtime import Runtime
    from rewardkit.local.unpack import unpack

    if not path.is_file():
        raise BundleError(f"there is no bundle {path}: make it with `rewardkit bundle`")
    responses, start, memory = [], 0.0, 0.0
    with TemporaryDirectory() as folder, progress() as bar:
        with err.status("unpacking"):
            task = unpack(path, Path(folder))
        if task.note:
            say(f"[yellow]note:[/] {escape(task.note)}")
        running = bar.add_task("invoking", total=len(events))
        with Runtime(
            task, name=spec.name, memory=spec.memory, timeout=spec.timeout, environment=spec.environment
        ) as runtime:
            for event in events:
                done = runtime.invoke(json.dumps(event).encode())
                if done.error:
                    raise BundleError(f"the function failed: {done.payload.decode(errors='replace')}\n{done.log}")
                responses.append(json.loads(done.payload))
                start, memory = max(start, done.init_milliseconds), max(memory, done.memory_mb)
                bar.advance(running)
    say(f"[dim]init {start:.0f} ms, memory {memory:.0f} MB[/]")
    return responses


def _show(
    events: Sequence[Any], responses: Sequence[Any], reward: Reward[Any] | None, shape: Shape | None
) -> bool:
    """Say what came back; whether nothing failed, and all is what this process would have answered."""
    entries = [entry for response in responses for entry in _entries(response)]
    scores = [entry["aggregate_reward_score"] for entry in entries]
    failures = sum(any(m["name"] == "failure" for m in entry.get("metrics_list", ())) for entry in entries)
    mean = sum(scores) / len(scores) if scores else 0.0
    err.print(f"{len(entries)} entries from {len(events)} calls, mean score {mean:.3f}, {failures} failures")
    if reward is None:
        return not failures
    here = [publishing.answer_here(reward, event, shape)[0] for event in events]
    same = sum(json.dumps(a) == json.dumps(b) for a, b in zip(responses, here, strict=True))
    colour = "green" if same == len(events) else "red"
    err.print(f"[{colour}]{same} of {len(events)} responses are exactly those of this process[/]")
    return same == len(events) and not failures


def _entries(response: Any) -> list[dict[str, Any]]:
    if isinstance(response, dict):
        response = json.loads(response.get("body", "[]"))
    return response if isinstance(response, list) else []
