"""`rewardkit test`: score a file of rollouts and say what the scores say."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from rewardkit import settings as settings_file
from rewardkit.cli.screen import out, progress
from rewardkit.errors import RolloutError
from rewardkit.failure import Result
from rewardkit.harness.report import Disagreement, Report, Summary, report
from rewardkit.rollout import Rollout, load
from rewardkit.run import score_stream
from rewardkit.target import Target

_BLOCKS = " ▁▂▃▄▅▆▇█"


def test(
    target: Annotated[str | None, typer.Argument(help="file.py:name or module:name")] = None,
    rollouts: Annotated[Path | None, typer.Argument(help="JSON Lines, one rollout a line")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
    tolerance: Annotated[float, typer.Option(help="how far a score may be from a label that is a number")] = 0.01,
    worst: Annotated[int, typer.Option(min=0, help="how many disagreements to show")] = 5,
    processes: Annotated[int | None, typer.Option(min=1, help="processes; default: one a core")] = None,
) -> None:
    """Score recorded rollouts and report; exit code 1 if anything fails or disagrees with its label."""
    if rollouts is None and target is not None and target.endswith(".jsonl"):
        rollouts, target = Path(target), None
    settings = settings_file.of(target)
    # What the author's code prints must not mix with what is printed here.
    with redirect_stdout(sys.stderr):
        result = run(
            settings.target(target), settings.rollouts(rollouts), tolerance=tolerance, processes=processes
        )
    if json_output:
        print(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        show(result, worst=worst)
    if not result.passed:
        raise typer.Exit(1)


def run(target: Target, path: Path, *, tolerance: float = 0.01, processes: int | None = None) -> Report:
    """Score a file with a progress bar, and report."""
    reward, rollouts = target.load(), all_of(path)
    results: list[Result] = []
    with progress() as bar:
        task = bar.add_task(f"scoring with {reward.name}", total=len(rollouts))
        for result in score_stream(target, rollouts, processes=processes):
            results.append(result)
            bar.advance(task)
    return report(reward.name, rollouts, results, bounds=reward.bounds, tolerance=tolerance)


def all_of(path: Path) -> list[Rollout]:
    """The rollouts of a file; none at all is an error, because testing nothing is no success."""
    rollouts = list(load(path))
    if not rollouts:
        raise RolloutError(f"{path} holds no rollouts: write one a line")
    return rollouts


def show(result: Report, *, worst: int = 5) -> None:
    """Print a report for a person."""
    out.print(f"\n[bold]{escape(result.reward)}[/] · {result.total} rollouts")
    if result.scores:
        out.print(_spread(result))
    if result.groups:
        flat, share = len(result.flat_groups), len(result.flat_groups) / result.groups
        out.print(f"groups     {result.groups}, {flat} without signal ({share:.0%}: all scores equal)")
    if result.agreement is not None:
        agreed = result.labelled - len(result.disagreements)
        colour = "green" if not result.disagreements else "red"
        out.print(f"labels     [{colour}]{agreed} of {result.labelled} agree ({result.agreement:.2%})[/]")
    if result.inversions:
        first = result.inversions[0]
        out.print(
            f"[red]inverted[/]   {len(result.inversions)} × a wrong answer scores above a right one, such as "
            f"{escape(first.wrong.id)} ({first.wrong_score:g}) above {escape(first.right.id)} "
            f"({first.right_score:g})"
        )
    for failure, count in result.failure_counts():
        out.print(f"[red]failures[/]   {count} × {failure.kind}: {escape(failure.message)}")
        if failure.trace:
            out.print(escape(failure.trace.rstrip()), style="dim")
    for item in result.disagreements[:worst]:
        _show_disagreement(item)
    if len(result.disagreements) > worst:
        out.print(f"\n… and {len(result.disagreements) - worst} more; show them with --worst N or --json")
    out.print()


def _spread(result: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("", "mean", "min", "max", "sd"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_column("")
    if result.scores:
        table.add_row("score", *_numbers(result.scores), _bars(result.histogram))
    for name, summary in result.terms.items():
        table.add_row(f"  {escape(name)}", *_numbers(summary), "")
    return table


def _numbers(summary: Summary) -> list[str]:
    return [f"{number:.3f}" for number in (summary.mean, summary.low, summary.high, summary.deviation)]


def _bars(histogram: tuple[int, ...]) -> str:
    top = max(histogram) or 1
    return "".join(_BLOCKS[-(-count * 8 // top)] for count in histogram)


def _show_disagreement(item: Disagreement) -> None:
    rollout = item.rollout
    out.print(
        f"\n[bold red]disagrees[/] {escape(rollout.id)}: scored {float(item.score):g}, label {rollout.label}"
    )
    out.print(f"  [dim]prompt[/]    {escape(_clip(rollout.prompt, 300))}")
    out.print(f"  [dim]response[/]  {escape(_clip(_text(rollout), 700))}")
    out.print(f"  [dim]expected[/]  {escape(_clip(str(rollout.reference_answer), 300))}")
    out.print(f"  [dim]because[/]   {escape(_clip(str(item.score), 700))}")


def _text(rollout: Rollout) -> str:
    return rollout.response or "(no text)"


def _clip(text: str, limit: int) -> str:
    """The text on few lines: both ends of what is long, because answers stand at the end."""
    text = text.strip()
    if len(text) > limit:
        text = f"{text[: limit // 3]} … {text[-limit * 2 // 3 :]}"
    return text.replace("\n", "\n            ")
