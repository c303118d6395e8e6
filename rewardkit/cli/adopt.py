"""`rewardkit adopt`: a Lambda reward handler that stands already, as a reward; and what it does wrong."""

from __future__ import annotations

import inspect
import itertools
import json
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.markup import escape

from rewardkit import settings as settings_file
from rewardkit.cli.screen import err, out, say
from rewardkit.errors import UsageError
from rewardkit.harness.adoption import Adoption, Finding, examine
from rewardkit.harness.handler_checks import FATES, KINDS
from rewardkit.rollout import load
from rewardkit.target import Target

_USUAL = ("lambda_handler", "handler")
_FATES = {"mended": "[green]mended[/]", "contained": "[yellow]contained[/]", "yours": "[red]stays[/]"}
_REWARD = '''"""The reward of {file}, as it is; made by `rewardkit adopt {file}`."""

from {module} import {function}

from rewardkit import Rollout, reward
from rewardkit.adapters.lambda_handler import adopt

adopted = adopt({function}{arguments})


@reward{bounds}
def {name}(rollout: Rollout) -> float:
    return adopted(rollout)
'''


def adopt(
    handler: Annotated[str, typer.Argument(help="handler.py, or handler.py:function")],
    rollouts: Annotated[Path | None, typer.Option(help="rollouts to try it with; default: rollouts.jsonl")] = None,
    bounds: Annotated[tuple[float, float], typer.Option(help="the lowest and the highest score")] = (0, 1),
    out_path: Annotated[Path | None, typer.Option("--out", help="the file to write; default: reward.py")] = None,
    check: Annotated[bool, typer.Option("--check", help="say what it does wrong, and write nothing")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
) -> None:
    """Make a reward of a Lambda reward handler as it is, and say what it does wrong on the events of AWS."""
    place, _, name = handler.partition(":")
    target = Target(Path(place))
    if not all(part.isidentifier() for part in target.module.split(".")):
        raise UsageError(f"{place} cannot be imported as {target.module!r}: rename it; Lambda needs that, too")
    module = target.imported()
    name = name or _handler_in(module, place)
    function = getattr(module, name, None)
    if not callable(function):
        raise UsageError(f"{place} has no function {name!r}. It has: {', '.join(_functions(module)) or 'none'}")
    path = rollouts or settings_file.load(target.path.parent).rollouts()
    tried = list(load(path)) if rollouts or path.is_file() else []
    with err.status(f"sending {escape(place)} every shape of event"):
        found = examine(function, str(target.path.resolve()), tried, bounds=bounds)
    if json_output:
        print(json.dumps(_plain(found), ensure_ascii=False, indent=2))
    else:
        _show(place, found)
    if not check:
        written = _write(target, name, found, bounds, out_path)
        say(f"wrote {escape(str(written))}")
        say("[dim]next: rewardkit test, then bundle, invoke and publish[/]")
        if not tried:
            say(f"[yellow]note:[/] write {escape(str(path))}, some labelled rollouts, for `rewardkit test`")


def _functions(module: ModuleType) -> list[str]:
    """The functions that are defined in a module."""
    return [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__]


def _handler_in(module: ModuleType, place: str) -> str:
    """The handler in a file: by its usual name, or the only public function that takes what Lambda gives."""
    usual = [name for name in _USUAL if callable(getattr(module, name, None))]
    own = [name for name in _functions(module) if not name.startswith("_")]
    found = usual[:1] or [name for name in own if len(inspect.signature(getattr(module, name)).parameters) == 2]
    if len(found) == 1:
        return found[0]
    has = ", ".join(own) or "none"
    raise UsageError(f"which function of {place} does Lambda call? Write {place}:NAME. It has: {has}")


def _write(
    target: Target, function: str, found: Adoption, bounds: tuple[float, float], out_path: Path | None
) -> Path:
    """Write the reward beside the handler, and never over something else."""
    top = target.module.partition(".")[0]
    path = out_path or target.root / ("adopted.py" if top == "reward" else "reward.py")
    arguments = {"envelope": (found.envelope, "list"), "reference": (found.reference, "value")}
    said = [f', {key}="{value}"' for key, (value, default) in arguments.items() if value != default]
    text = _REWARD.format(
        file=target.path.name,
        module=target.module,
        function=function,
        arguments="".join(said),
        bounds="" if bounds == (0, 1) else f"(bounds=({bounds[0]:g}, {bounds[1]:g}))",
        name=f"{target.path.stem}_reward",
    )
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UsageError(f"{path} is there already: write the reward somewhere else with --out, or see --check")
    path.write_text(text, encoding="utf-8")
    return path


def _show(place: str, found: Adoption) -> None:
    shape = f"rows in a {found.envelope}" if found.envelope != "list" else "a list of rows"
    wrapped = ", reference_answer as {text: …}" if found.reference == "text" else ""
    out.print(f"[bold]{escape(place)}[/] understands {shape}{wrapped}")
    out.print(f"{found.checks} events tried, {len(found.findings)} things wrong")
    if found.made_up:
        say("[yellow]note:[/] tried with two arithmetic rollouts, for want of its own: see --rollouts")
    if not any(found.scores):
        say("[yellow]note:[/] it scores 0 for all that was tried, so that wrong scores cannot be told")
    for kind, findings in itertools.groupby(found.findings, key=lambda finding: finding.kind):
        about = KINDS[kind]
        out.print(f"\n[bold]{escape(about.title)}[/]")
        for finding in findings:
            out.print(f"  [red]✗[/] {escape(finding.problem)}  [dim]{escape(_names(finding))}[/]")
        out.print(f"  [dim]next step[/]  {escape(about.step)}")
        out.print(f"  [dim]adopted[/]    {_FATES[about.fate]}: {escape(FATES[about.fate])}")
    out.print()


def _names(finding: Finding) -> str:
    shown = finding.events[:4]
    more = f" and {len(finding.events) - 4} more" if len(finding.events) > 4 else ""
    return f"({', '.join(shown)}{more})"


def _plain(found: Adoption) -> dict[str, Any]:
    return {
        "envelope": found.envelope,
        "reference": found.reference,
        "scores": list(found.scores),
        "checks": found.checks,
        "findings": [
            {
                "kind": finding.kind,
                "problem": finding.problem,
                "events": list(finding.events),
                "step": KINDS[finding.kind].step,
                "adopted": KINDS[finding.kind].fate,
            }
            for finding in found.findings
        ],
    }
