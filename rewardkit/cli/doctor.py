"""`rewardkit doctor`: whether untrusted code can be run here, and what shuts it in."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from rewardkit.cli.screen import out
from rewardkit.sandbox import Sandbox
from rewardkit.sandbox.layers import Layer, refused


def doctor(
    json_output: Annotated[bool, typer.Option("--json", help="print the layers as JSON")] = False,
    without: Annotated[
        list[str] | None, typer.Option(help="leave a layer out, as on a kernel that has it not; repeatable")
    ] = None,
    preload: Annotated[list[str] | None, typer.Option(help="a module to import beforehand; repeatable")] = None,
) -> None:
    """Attack each layer of the sandbox, and say which hold; exit code 1 if code graders would refuse to run."""
    with Sandbox(without=tuple(without or ()), preload=tuple(preload or ())) as sandbox:
        layers = sandbox.layers()
        reason = refused(layers, ())
        if json_output:
            print(json.dumps({"runs": not reason, "reason": reason, "layers": [asdict(each) for each in layers]}))
        else:
            _show(layers)
            out.print(escape(reason) if reason else _speed(sandbox), soft_wrap=True)
    if reason:
        raise typer.Exit(1)


def _show(layers: tuple[Layer, ...]) -> None:
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    out.print(f"\n[bold]sandbox[/] · {escape(system)} · Python {platform.python_version()}\n")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("layer", "", "stops"):
        table.add_column(name, overflow="fold")
    for layer in layers:
        stops = escape(layer.stops)
        if layer.missing:
            colour = "red" if layer.mandatory and sys.platform == "linux" else "yellow"
            wanted = "mandatory" if layer.mandatory else "optional"
            table.add_row(
                layer.name, f"[{colour}]missing[/]", f"{stops}\n[{colour}]{wanted}: {escape(layer.missing)}[/]"
            )
        else:
            table.add_row(layer.name, "[green]holds[/]", stops)
    out.print(table)
    out.print()


def _speed(sandbox: Sandbox) -> str:
    ran = [sandbox.run("pass") for _ in range(21)]
    milliseconds = sorted(1000 * each.cpu for each in ran)[len(ran) // 2]
    return f"An empty program takes {milliseconds:.1f} ms of processor time."
