"""`rewardkit new`: a project to begin with, complete and running."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from rewardkit.cli.screen import out, say
from rewardkit.cli.shipped import copy, shipped
from rewardkit.errors import UsageError


def new(
    template: Annotated[str | None, typer.Argument(help="its name; without one, they are listed")] = None,
    folder: Annotated[Path | None, typer.Argument(help="where to; default: a folder of the same name")] = None,
) -> None:
    """Copy a template: a reward, labelled rollouts, prompts to train on, tests and settings."""
    templates = {place.name: place for place in sorted(shipped("templates").iterdir()) if _is_template(place)}
    if template is None:
        _list(templates)
        return
    if template not in templates:
        raise UsageError(f"there is no template {template!r}; there are {', '.join(templates)}")
    place = folder or Path(template)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(f"{place} is there and not empty: name another folder, rewardkit new {template} FOLDER")
    copy(templates[template], place)
    out.print(f"{escape(str(place))}: {', '.join(path.name for path in sorted(place.iterdir()))}")
    say(f"[dim]next: cd {escape(str(place))}, then rewardkit test, bundle, invoke, publish and train[/]")


def _is_template(place: Path) -> bool:
    return (place / "reward.py").is_file()


def _list(templates: dict[str, Path]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, place in templates.items():
        table.add_row(name, escape(_meaning(place)))
    out.print(table)


def _meaning(place: Path) -> str:
    """The first sentence of the template's README, below its title."""
    lines = (place / "README.md").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line and not line.startswith("#"))
