"""The screen: one console for results, one for everything said on the way, so that `--json` stays clean."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

# What is piped into a script or a file must not be folded at a terminal's width.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False)

_BLOCKS = "▁▂▃▄▅▆▇█"


def say(text: str) -> None:
    """A line on the way, as markup, on stderr."""
    err.print(text)


def fail(message: str) -> None:
    """The error that ends a command."""
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)


def progress() -> Progress:
    """A progress bar on stderr that leaves no trace; silent where stderr is not a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True, disable=not sys.stderr.isatty())


def sparkline(numbers: list[float], width: int = 60) -> str:
    """The numbers as a line of blocks, averaged down to the width; a flat line is drawn low."""
    if not numbers:
        return ""
    step = max(1.0, len(numbers) / width)
    starts = [round(index * step) for index in range(min(width, len(numbers)))]
    means = [_mean(numbers[start : max(start + 1, round(start + step))]) for start in starts]
    low, span = min(means), max(means) - min(means)
    return "".join(_BLOCKS[int((mean - low) / span * 7) if span > 1e-12 else 0] for mean in means)


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)
