"""`rewardkit graders`: every grader there is, found by looking into the modules of rewardkit.graders."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

import typer
from rich.markup import escape

import rewardkit.graders
from rewardkit.cli.screen import out
from rewardkit.reward import is_grader

_ROOM = rewardkit.graders.__name__
BEGIN, END = "<!-- rewardkit graders --markdown -->", "<!-- end of the graders -->"


class Listed(NamedTuple):
    """A grader, or a function that makes one.

    Attributes:
        name: where it is imported from, below `rewardkit.graders`, such as `math.math_equal`.
        signature: what it takes, without types.
        meaning: the first sentence of its docstring.
    """

    name: str
    signature: str
    meaning: str


def graders(
    json_output: Annotated[bool, typer.Option("--json", help="print them as JSON")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print them as a table in Markdown")] = False,
) -> None:
    """List every grader with its signature and what it means."""
    found = listed()
    if json_output:
        print(json.dumps([item._asdict() for item in found], ensure_ascii=False, indent=2))
    elif markdown:
        print(as_markdown(found))
    else:
        for item in found:
            out.print(f"[bold]{escape(item.name)}[/]{escape(item.signature)}", soft_wrap=True)
            out.print(f"    {escape(item.meaning)}", style="dim", soft_wrap=True)


def listed() -> list[Listed]:
    """Every grader, by family and name."""
    modules = [info.name for info in pkgutil.walk_packages(rewardkit.graders.__path__, f"{_ROOM}.")]
    found = [_listed(fn) for module in modules for fn in _in_module(module)]
    return sorted(found)


def as_markdown(found: list[Listed]) -> str:
    """The table of the README, between two comments."""
    rows = [f"| `{_cell(item.name + item.signature)}` | {_cell(item.meaning)} |" for item in found]
    return "\n".join([BEGIN, "| grader | asks |", "|---|---|", *rows, END])


def _in_module(name: str) -> Iterator[Callable[..., Any]]:
    """The public functions of a module, defined there, that `@grader` made or that make a grader."""
    for key, value in vars(importlib.import_module(name)).items():
        own = inspect.isfunction(value) and value.__module__ == name and not key.startswith("_")
        if own and (is_grader(value) or inspect.get_annotations(value).get("return") == "Grader"):
            yield value


def _listed(fn: Callable[..., Any]) -> Listed:
    family = fn.__module__.removeprefix(f"{_ROOM}.").partition(".")[0]
    here = getattr(importlib.import_module(f"{_ROOM}.{family}"), fn.__name__, None) is fn
    place = family if here else fn.__module__.removeprefix(f"{_ROOM}.")
    meaning = " ".join((inspect.getdoc(fn) or "").partition("\n\n")[0].split())
    return Listed(f"{place}.{fn.__name__}", _signature(fn), meaning)


def _signature(fn: Callable[..., Any]) -> str:
    """The parameters without types; a default that takes a line by itself is only hinted at."""
    signature = inspect.signature(fn)
    bare = [_bare(parameter) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class _Long:
    """Stands for a long default."""

    def __repr__(self) -> str:
        return "…"


def _bare(parameter: inspect.Parameter) -> inspect.Parameter:
    bare = parameter.replace(annotation=parameter.empty)
    is_long = parameter.default is not parameter.empty and len(repr(parameter.default)) > 40
    return bare.replace(default=_Long()) if is_long else bare


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
