"""Tests that have to run as code: what in them is called when they run, and what they call.

As their authors would run them: a `check(candidate)`, functions and classes that a test runner finds by their
names, and what stands under `if __name__ == "__main__"`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rewardkit.errors import GradingError
from rewardkit.graders import source
from rewardkit.graders.code import prelude
from rewardkit.graders.code.asserts import Subject


@dataclass(frozen=True, slots=True)
class Body:
    """A test that has to run as code.

    Attributes:
        text: its source.
        before: code that runs before it.
        stand_in: what stands for the response's class in a process without it; may be empty.
        asks: the functions that it calls and does not have, and what each is in the process with the response.
        forgotten: the imports that it forgot, by the name that each gives.
        catches: the response's exceptions that it catches.
        shown: it for a person to read.
    """

    text: str
    before: str
    stand_in: str
    asks: dict[str, str]
    forgotten: dict[str, str]
    catches: list[str]
    shown: str


def read(text: str, tree: ast.Module, subject: Subject) -> Body:
    """Code that tests, with the calls that it leaves to a test runner.

    Args:
        text: its source.
        tree: the tree of that.
        subject: what it tests.

    Raises:
        GradingError: it never calls that, or nothing in it would run.
    """
    shown = " ".join(text.split())[:120]
    name = source.root(subject.entry_point)
    calls, before = [*_calls(tree, subject.entry_point)], ""
    acts = bool(calls) or any(_acts(statement) for statement in tree.body if not _is_guard(statement))
    if "unittest.main" in text:
        before = "import unittest\nunittest.main = lambda *args, **kwargs: None"
    elif any(map(_is_guard, tree.body)):
        before, acts = "__name__ = '__main__'", True
    if not acts:
        raise GradingError(f"a test runs nothing: {shown}")
    text = "\n".join([text, *calls])
    piece = source.Piece(text, len(text))
    wanted = set(piece.needs) - subject.known
    if re.search(rf"\b{name}\b", text) and name not in piece.defines:
        wanted.add(name)  # even if it is called like a builtin
    has = piece.defines | subject.known | {name}
    forgotten = {known: line for known, line in prelude.lines(text).items() if known not in has}
    asks = {asked: asked for asked in sorted(wanted - forgotten.keys())}
    if name not in asks:
        raise GradingError(f"a test never calls {subject.entry_point}: {shown}")
    stand_in = ""
    if method := re.fullmatch(r"(\w+)\(\)\.(\w+)", subject.entry_point.strip()):
        del asks[name]
        asks["_tested"] = subject.entry_point
        stand_in = _METHOD.format(method[1], method[2])
    catches = sorted(asks.keys() & set(_caught(tree)))
    return Body(text, before, stand_in, asks, forgotten, catches, shown)


# Calls of a method go through a function too; what it is called on is made anew each time, there and here.
_METHOD = """
class {}:
    def {}(self, *args, **kwargs):
        return _tested(*args, **kwargs)
"""
# Which classes are unittest's shows only when they are there; others are made as pytest makes them.
_CLASSES = """
_unittest = __import__("sys").modules.get("unittest")
for _class in ({},):
    if _unittest and issubclass(_class, _unittest.TestCase):
        _result = _unittest.TestResult()
        _unittest.defaultTestLoader.loadTestsFromTestCase(_class).run(_result)
        for _, _said in _result.errors + _result.failures:
            raise AssertionError(_said.strip().rpartition(chr(10))[2])
    elif _class.__name__.startswith("Test") and _class.__init__ is object.__init__:
        for _name in [name for name in dir(_class) if name.startswith("test")]:
            _object = _class()
            if _set_up := getattr(_object, "setup_method", None):
                _set_up(*[None] * (_set_up.__code__.co_argcount - 1))
            getattr(_object, _name)()
"""


def _calls(tree: ast.Module, entry_point: str) -> Iterator[str]:
    """The calls that a test runner would make of what is defined and not called."""
    called = {node.id for statement in tree.body for node in _calling(statement)}
    if classes := [node.name for node in tree.body if isinstance(node, ast.ClassDef) and _has_tests(node)]:
        yield _CLASSES.format(", ".join(classes))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name not in called:
            needs = len(node.args.posonlyargs + node.args.args) - len(node.args.defaults)
            if node.name == "check" and needs == 1:
                yield f"check({entry_point})"
            elif node.name.startswith("test") and needs == 0:
                call = f"{node.name}()"
                yield call if isinstance(node, ast.FunctionDef) else f"__import__('asyncio').run({call})"
            elif node.name.startswith("test") and needs == 1 and node.args.args[0].arg == "candidate":
                yield f"{node.name}({entry_point})"


def _has_tests(node: ast.ClassDef) -> bool:
    """Whether a runner may find tests in a class: its own, or those of a class that it extends."""
    methods = (part for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return bool(node.bases) or any(method.name.startswith("test") for method in methods)


def _calling(statement: ast.stmt) -> list[ast.Name]:
    """The names that a statement of the top level calls."""
    if not isinstance(statement, ast.Expr):
        return []
    return [
        node.func for node in ast.walk(statement) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]


def _acts(statement: ast.stmt) -> bool:
    """Whether a statement of the top level does more than to define."""
    defines = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    idle = isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Constant, ast.Name))
    return not isinstance(statement, defines) and not idle


def _is_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def _caught(tree: ast.Module) -> Iterator[str]:
    """The names of the exceptions that it catches."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type:
            yield from (part.id for part in ast.walk(node.type) if isinstance(part, ast.Name))
