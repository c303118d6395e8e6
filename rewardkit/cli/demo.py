"""`rewardkit demo`: the whole road on one machine, with the commands that a person would type."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from rich.markup import escape

from rewardkit import settings as settings_file
from rewardkit.aws.job import Road
from rewardkit.cli import cloud, place, ship, test
from rewardkit.cli.screen import out
from rewardkit.cli.shipped import copy, shipped
from rewardkit.rollout import load
from rewardkit.settings import Settings

_BASE = "openai.gpt-oss-20b"
FOLDER = Path(".rewardkit") / "demo"

_FOR_REAL = """
[bold]That was a rehearsal on this machine, of the flow and not of the model.[/] With an AWS account, for real:

    cd {folder}
    rewardkit test                    # does the reward agree with people?
    rewardkit publish                 # prints the version's ARN
    rewardkit train --watch           # the same job on Bedrock
    rewardkit ask JOB "a question"

With --local they all go to the local cloud; publish and train show their calls and send nothing with --plan.
"""


def demo() -> None:
    """Test, bundle, invoke, publish, train, watch and ask: the example, on the local cloud, without an account."""
    from rewardkit import local

    folder = FOLDER.resolve()
    if folder.exists():
        local.stop(folder)
        shutil.rmtree(folder)
    copy(shipped("examples") / "gsm8k", folder)
    with chdir(folder), _stopping(folder):
        _walk()
    out.print(_FOR_REAL.format(folder=FOLDER))


def _walk() -> None:
    _type("rewardkit test")
    test.test()
    _type("rewardkit bundle")
    ship.bundle()
    _type("rewardkit invoke reward.py:gsm8k")
    ship.invoke("reward.py:gsm8k")
    _type("rewardkit publish --local")
    ship.publish(local=True)
    _type("rewardkit train --local --watch")
    cloud.train(local=True, watch_it=True)
    settings = settings_file.load()
    road = place.road(settings, place.cloud(settings, local=True))
    prompt = _hard_prompt(road, settings)
    for model in (_BASE, road.jobs()[0].name):
        _type(f'rewardkit ask {model} "{prompt[:40]}…" --local')
        cloud.ask(model, prompt, local=True)


def _hard_prompt(road: Road, settings: Settings) -> str:
    """A problem that the base model gets wrong, by the reward's own word; the first one if it gets all right."""
    reward, rollouts = settings.target().load(), list(load(settings.rollouts()))
    for rollout in rollouts:
        answer = {"role": "assistant", "content": road.ask(_BASE, rollout.prompt)}
        if reward.score(rollout.model_copy(update={"messages": [*rollout.messages[:-1], answer]})) == 0:
            return rollout.prompt
    return rollouts[0].prompt


def _type(command: str) -> None:
    out.rule(style="dim")
    out.print(f"[bold cyan]$ {escape(command)}[/]")


@contextmanager
def _stopping(folder: Path) -> Iterator[None]:
    from rewardkit import local

    try:
        yield
    finally:
        local.stop(folder)
