"""The imports in one file, read from its syntax: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

_FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Import:
    """One import.

    Attributes:
        module: dotted; empty in `from . import x`.
        names: what follows `from … import`; any of them may be a module, too.
        level: how many dots are in front.
        line: of the file.
        optional: the code goes on without it: in `try` with `except ImportError`, or for another version.
        deferred: in a function, so that it happens only when that is called.
        bound: the names that the file gives to what it imports; none where a call imports.
        only: in a module's `__getattr__`, under an `if`: the names for which it happens; else None.
    """

    module: str
    names: tuple[str, ...]
    level: int
    line: int
    optional: bool
    deferred: bool
    bound: tuple[str, ...] = ()
    only: frozenset[str] | None = None


def imports_in(tree: ast.Module) -> Iterator[Import]:
    """Every import that can happen in Lambda: not under `TYPE_CHECKING`, nor where the file is run as a script."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__":
            yield from _on_demand(statement.body)
        else:
            yield from _in(statement, False, False)


def _on_demand(statements: list[ast.stmt]) -> Iterator[Import]:
    """The imports in a module's `__getattr__`, each with the names that the `if` above it compares with."""
    for statement in statements:
        if isinstance(statement, ast.If):
            names = frozenset(
                node.value
                for node in ast.walk(statement.test)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )
            for inner in statement.body:
                yield from (replace(item, only=names or None) for item in _in(inner, False, True))
            yield from _on_demand(statement.orelse)
        else:
            yield from _in(statement, False, True)


def texts_in(tree: ast.Module) -> Iterator[str]:
    """Every string of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _in(node: ast.AST, optional: bool, deferred: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.asname or alias.name.partition(".")[0]
            yield Import(alias.name, (), 0, node.lineno, optional, deferred, (first,))
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        bound = tuple(alias.asname or alias.name for alias in node.names)
        yield Import(node.module or "", names, node.level, node.lineno, optional, deferred, bound)
    elif isinstance(node, ast.If):
        yield from _in_if(node, optional, deferred)
    elif isinstance(node, (ast.Try, ast.TryStar)):
        forgiving = optional or any(_forgives(handler) for handler in node.handlers)
        # What stands in for a missing module may be missing, too, where that one is there.
        for child in ast.iter_child_nodes(node):
            yield from _in(child, forgiving, deferred)
    else:
        if isinstance(node, ast.Call) and (module := _called(node)):
            yield Import(module, (), 0, node.lineno, optional, deferred)
        inside = deferred or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from _in(child, optional, inside)


def _in_if(node: ast.If, optional: bool, deferred: bool) -> Iterator[Import]:
    names = {item.id for item in ast.walk(node.test) if isinstance(item, ast.Name)}
    names |= {item.attr for item in ast.walk(node.test) if isinstance(item, ast.Attribute)}
    never = isinstance(node.test, (ast.Name, ast.Attribute)) and "TYPE_CHECKING" in names
    script = isinstance(node.test, ast.Compare) and "__name__" in names
    depends = optional or bool(names & {"version_info", "platform", "implementation"})
    if not never and not script:
        yield from _in(node.test, optional, deferred)
        for statement in node.body:
            yield from _in(statement, depends, deferred)
    for statement in node.orelse:
        yield from _in(statement, depends, deferred)


def _forgives(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _FORGIVING for node in ast.walk(handler.type))


def _called(node: ast.Call) -> str:
    """The module in `import_module("a.b")` or `__import__("a.b")`; empty for other calls."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
        module = node.args[0].value
        if isinstance(module, str) and module and not module.startswith("."):
            return module
    return ""


def attributes_of(tree: ast.Module, bound: str) -> frozenset[str]:
    """The attributes that a file uses of a name; a star where it does anything else with it, or nothing."""
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == bound]
    bases = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return frozenset(bases.get(id(use), "*") for use in uses) or frozenset({"*"})
