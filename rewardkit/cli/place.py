"""Where a command goes: AWS, or the local cloud of this folder with `--local`."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated

import typer

from rewardkit.aws.job import Road
from rewardkit.aws.session import Cloud
from rewardkit.cli.screen import say
from rewardkit.settings import Settings
from rewardkit.specs import FunctionSpec, NovaSpec

Local = Annotated[bool, typer.Option("--local", help="the local cloud of this folder, started if need be")]
Plan = Annotated[bool, typer.Option("--plan", help="show the calls and send nothing")]


def cloud(settings: Settings, *, local: bool) -> Cloud:
    """The cloud that a command talks to; starts the local one if it is meant and not running."""
    region = settings.job().region
    if not local:
        return Cloud(region)
    from rewardkit.local import start

    address = start(settings.folder)
    _announce(address.url)
    return Cloud(region, address.url)


@cache
def _announce(url: str) -> None:
    """Say once where the local cloud is, and what it is."""
    say(f"[dim]local cloud at {url}: a rehearsal of the flow, not of the model[/]")


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Let one `publish` or `train` of this folder run at a time: each looks before it makes something."""
    path = settings.folder / ".rewardkit" / "lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def function(settings: Settings, target: str | None = None) -> FunctionSpec:
    """The function of the settings' reward; the reward is loaded only to learn its name where none is set."""
    named = "name" in settings.tables["function"]
    return settings.function("reward" if named else settings.target(target).load().name)


def road(settings: Settings, where: Cloud) -> Road:
    """The road that the settings' model takes."""
    spec = settings.job()
    if isinstance(spec, NovaSpec):
        from rewardkit.aws.nova import NovaRoad

        return NovaRoad(where, spec, function(settings))
    from rewardkit.aws.openweight import OpenWeightRoad

    return OpenWeightRoad(where, spec)
