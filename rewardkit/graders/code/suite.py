"""The tests that an author gives, in any of the forms that people write, as cases and as code.

    [{"args": [[3, 1]], "expected": [1, 3]}, …]         data, values plain
    [{"args": "([3, 1],)", "expected": "[1, 3]"}, …]    data, values as Python literals
    ["assert f([3, 1]) == [1, 3]", …]                   assert lines, as MBPP has them
    "def check(candidate): …"                           HumanEval's and EvalPlus's functions
    "x = f(3)\nassert x.n == 3"                         any other code that asserts

The first three become cases as a rule; what does not is code, which runs in a process of its own.
"""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from rewardkit.errors import GradingError
from rewardkit.graders import source
from rewardkit.graders.code import asserts, compare, testcode
from rewardkit.graders.code.asserts import Call, Case, Subject, clipped
from rewardkit.graders.code.testcode import Body

_BUILTINS = frozenset(dir(builtins))

Test: TypeAlias = Case | Body


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far floats may be apart that data expects."""

    rel_tol: float = 0.0
    abs_tol: float = 0.0


def read(tests: object, entry_point: str, setup: str, tolerance: Tolerance) -> Sequence[Test]:
    """The tests, in their order.

    Args:
        tests: in one of the forms at the top of this file, or a list of them as JSON text.
        entry_point: what they test.
        setup: code that runs before the response and before the tests.
        tolerance: for data; assert lines say their own.

    Raises:
        GradingError: there are none, or they are none of these.
    """
    subject = Subject(entry_point, known=known(setup))
    if isinstance(tests, str):
        tests = _listed(tests)
    found: Sequence[Test]
    if isinstance(tests, str):
        found = _of_code((tests,), subject)
    elif isinstance(tests, Sequence) and tests and all(isinstance(test, str) for test in tests):
        found = _of_code(tuple(tests), subject)
    elif isinstance(tests, Sequence) and tests and all(isinstance(test, Mapping) for test in tests):
        found = [_of_data(test, number, entry_point, tolerance) for number, test in enumerate(tests, 1)]
    else:
        raise GradingError(
            f"the tests are {clipped(tests)}: give a list of {{'args', 'kwargs', 'expected'}}, a list of assert "
            f"lines, or the source of a check(candidate)"
        )
    if not found:
        raise GradingError(f"the tests test nothing: {clipped(tests)} calls {entry_point} nowhere")
    return found


@lru_cache(maxsize=128)  # the rollouts of a group have the same setup
def known(setup: str) -> frozenset[str]:
    """The names that there are besides the response's: Python's own, and those of the setup.

    Raises:
        GradingError: the setup is no Python.
    """
    before = source.Piece(setup)
    if before.tree is None:
        raise GradingError(f"the setup is no Python: {_error(setup)}")
    return _BUILTINS | before.defines


def _listed(tests: str) -> object:
    """The list in a JSON text, or the text."""
    if tests.lstrip().startswith("["):
        try:
            return json.loads(tests)
        except (ValueError, RecursionError):
            pass
    return tests


# --- data ---


def _of_data(test: Mapping[str, object], number: int, entry_point: str, tolerance: Tolerance) -> Case:
    if "expected" not in test or not test.keys() <= {"args", "kwargs", "expected"}:
        raise GradingError(
            f"test {number} has the keys {', '.join(map(str, test))}: it needs 'expected', 'args' and 'kwargs' "
            f"where the call has them, and nothing else"
        )
    args, kwargs, expected = test.get("args", ()), test.get("kwargs") or {}, test["expected"]
    literals = isinstance(args, str) or isinstance(kwargs, str)
    if literals:
        args, kwargs, expected = (_literal(part, number) for part in (args, kwargs, expected))
    if not isinstance(args, (list, tuple)) or not isinstance(kwargs, Mapping):
        raise GradingError(f"test {number}: 'args' is a list and 'kwargs' an object, or both are Python literals")
    named = {str(name): item for name, item in kwargs.items()}
    close = (tolerance.rel_tol, tolerance.abs_tol)

    def passes(got: object) -> bool:
        return compare.same(got, expected, rel_tol=close[0], abs_tol=close[1], tuples=not literals)

    shown = ", ".join([*map(clipped, args), *(f"{name}={clipped(item)}" for name, item in named.items())])
    return Case(Call(entry_point, tuple(args), named), passes, clipped(expected), f"{entry_point}({shown})")


def _literal(text: object, number: int) -> object:
    if not isinstance(text, str):
        return text
    try:
        return asserts.value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GradingError(f"test {number} says {text!r:.80}, which is no Python literal") from error


# --- code ---


@lru_cache(maxsize=128)  # the rollouts of a group have the same tests
def _of_code(texts: tuple[str, ...], subject: Subject) -> Sequence[Test]:
    trees = [_tree(text) for text in texts]
    if (
        len(trees) == 1
        and (check := _check(trees[0]))
        and not any(isinstance(n, ast.Assert) for n in trees[0].body)
    ):
        inside = asserts.cases(check.body, replace(subject, candidate=check.args.args[0].arg))
        cases = [case for case in inside if case]
        return list(cases) if len(cases) == len(inside) else [_body(texts[0], subject)]
    statements = [statement for tree in trees for statement in tree.body]
    if not all(isinstance(statement, ast.Assert) for statement in statements):
        return [_body("\n".join(texts), subject)] if statements else []
    found: list[Test] = []
    for statement in statements:
        parts = asserts.cases([statement], subject)
        found += [_body(ast.unparse(statement), subject)] if None in parts else [part for part in parts if part]
    return found


def _tree(text: str) -> ast.Module:
    tree = source.parsed(text, len(text))
    if tree is None:
        raise GradingError(f"a test is no Python: {_error(text)}, in {text!r:.120}")
    return tree


def _check(tree: ast.Module) -> ast.FunctionDef | None:
    """The function `check(candidate)` of a test's source."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    return found[-1] if found and len(found[-1].args.args) == 1 else None


def _body(text: str, subject: Subject) -> Body:
    return testcode.read(text, _tree(text), subject)


def _error(text: str) -> str:
    """What is wrong with a source text."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return f"it has {len(text)} characters"
