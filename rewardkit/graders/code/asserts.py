"""Tests as data: a call, and what is expected of its value, taken from assert lines without running them.

    assert f([3, 1]) == [1, 3]              call f([3, 1]), expect [1, 3]
    assert f(5) is True, "five"             … exactly True
    assert not f(4)                         … something false
    assert abs(f(2) - 1.5) < 1e-6           … 1.5 within 1e-6; also math.isclose(f(2), 1.5, rel_tol=1e-3)
    assert set(f("ab")) == set(["a", "b"])  … {"a", "b"} of set(f("ab"))

The call goes to the process with the response in it, the expected value does not. What has another form, or
expects something that has to be computed by more than arithmetic on literals, is left to be run as code.
"""

from __future__ import annotations

import ast
import builtins
import cmath
import math
import operator
import reprlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from rewardkit.graders import source
from rewardkit.graders.code import compare
from rewardkit.sandbox import Opaque, session


@dataclass(frozen=True)
class Call:
    """What the process with the response in it is asked for.

    Attributes:
        expression: Python that gives a function there.
        args: the positional arguments, plain data.
        kwargs: those by name.
    """

    expression: str
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)

    @cached_property  # the rollouts of a group have the same calls
    def request(self) -> bytes:
        """It as a request to a session.

        Raises:
            TypeError: an argument is not plain data.
        """
        return session.call(self.expression, self.args, self.kwargs)


@dataclass(frozen=True, slots=True)
class Case:
    """One test that needs no code of its own.

    Attributes:
        call: what is called.
        passes: the verdict on the value that came back.
        expected: the value, or what else is expected, for a person to read.
        shown: the call, for a person to read.
    """

    call: Call
    passes: Callable[[object], bool]
    expected: str
    shown: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What tests are about.

    Attributes:
        entry_point: what is called in the process with the response in it, such as `solve`.
        candidate: another name under which the tests call it.
        known: names that exist in that process besides the response's own.
    """

    entry_point: str
    candidate: str = ""
    known: frozenset[str] = frozenset(dir(builtins))


def cases(lines: Iterable[ast.stmt], subject: Subject) -> list[Case | None]:
    """The cases that statements are, None for each that has to be run as code; what tests nothing is left out.

    Args:
        lines: assert statements, and whatever stands between them.
        tested: what they call.
    """
    found: list[Case | None] = []
    for line in lines:
        if isinstance(line, ast.Assert):
            found += [_case(part, subject) for part in _conjuncts(line.test) if not _tests_nothing(part)]
        elif not _is_idle(line):
            found.append(None)
    return found


def value(node: ast.expr) -> object:
    """The plain value of a literal, of arithmetic on numbers, and of `set([…])`, `float("inf")` and their kin.

    Raises:
        ValueError: it is something else.
    """
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        pass
    try:
        return _computed(node)
    except (ArithmeticError, TypeError, RecursionError) as error:
        raise ValueError(f"{error}") from error


_MAKERS: dict[str, Callable[..., object]] = {
    "set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "dict": dict, "float": float, "int": int,
    "sorted": sorted, "str": str, "complex": complex,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_POWER = 10_000  # the largest exponent
_WRAPPERS = {
    "abs", "all", "any", "bool", "dict", "float", "frozenset", "int", "len", "list", "max", "min", "round", "set",
    "sorted", "str", "sum", "tuple",
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], object]]] = {
    ast.NotEq: ("something other than", operator.ne), ast.Lt: ("less than", operator.lt),
    ast.LtE: ("at most", operator.le), ast.Gt: ("more than", operator.gt), ast.GtE: ("at least", operator.ge),
    ast.In: ("one of", lambda got, expected: got in expected),
    ast.NotIn: ("none of", lambda got, expected: got not in expected),
}  # fmt: skip


def _computed(node: ast.expr) -> Any:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        items = [value(item) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items) if isinstance(node, ast.Tuple) else set(items)
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {value(key): value(item) for key, item in zip(node.keys, node.values, strict=True) if key}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return operator.neg(value(node.operand))  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = _number(node.left), _number(node.right)
        if not isinstance(node.op, ast.Pow) or abs(right) <= _POWER:
            return _ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        maker = _MAKERS.get(node.func.id)
        if maker and len(node.args) <= 1:
            return maker(*map(value, node.args))
    raise ValueError(f"{ast.unparse(node):.80} is no literal")


def _number(node: ast.expr) -> int | float | complex:
    number = value(node)
    if isinstance(number, (int, float, complex)):
        return number
    raise ValueError(f"{ast.unparse(node):.80} is no number")


# --- forms of an assertion ---


def _case(test: ast.expr, subject: Subject) -> Case | None:
    """The case that an asserted expression is; None if its form is none of those at the top of this file."""
    try:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return _comparison(test.left, test.ops[0], test.comparators[0], subject)
        if isinstance(test, ast.Call) and ast.unparse(test.func) in ("math.isclose", "isclose", "cmath.isclose"):
            return _is_close(test, subject)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return _made(test.operand, lambda got: not got, "something false", subject, truth=True)
        return _made(test, bool, "something true", subject, truth=True)
    except ValueError:
        return None


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, subject: Subject) -> Case:
    if isinstance(op, ast.Eq):
        call, other = (left, right) if _calls(left, subject) else (right, left)
        expected = value(other)
        return _made(call, lambda got: compare.same(got, expected), clipped(expected), subject)
    if isinstance(op, (ast.Lt, ast.LtE)) and (sides := _distance(left)):
        call, other = sides if _calls(sides[0], subject) else sides[::-1]
        middle, radius = _number(other), value(right)
        near = _COMPARED[type(op)][1]
        expected = f"{middle!r} within {radius!r}"
        return _made(call, lambda got: near(abs(got - middle), radius), expected, subject)
    limit = value(right)
    if isinstance(op, (ast.Is, ast.IsNot)):
        if not (limit is None or isinstance(limit, bool)):
            raise ValueError("identity of something that is no constant")
        wanted = isinstance(op, ast.Is)
        expected = f"{'' if wanted else 'not '}{limit!r} itself"
        return _made(left, lambda got: (got is limit) == wanted, expected, subject)
    words, holds = _COMPARED[type(op)]
    return _made(left, lambda got: holds(got, limit), f"{words} {clipped(limit)}", subject)


def _is_close(test: ast.Call, subject: Subject) -> Case:
    """`math.isclose(f(x), y, rel_tol=…, abs_tol=…)`."""
    call, other = test.args if _calls(test.args[0], subject) else test.args[::-1]
    expected = _number(other)
    tolerances = {str(keyword.arg): value(keyword.value) for keyword in test.keywords}
    if not tolerances.keys() <= {"rel_tol", "abs_tol"}:
        raise ValueError("tolerances of another kind")
    close = cmath.isclose if isinstance(expected, complex) else math.isclose
    said = (
        f"{expected!r} within {', '.join(f'{name}={tol!r}' for name, tol in tolerances.items()) or 'rel_tol=1e-9'}"
    )
    return _made(call, lambda got: close(got, expected, **tolerances), said, subject)  # type: ignore[arg-type]


def _distance(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The two sides of `abs(… - …)`."""
    if (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("abs", "math.fabs", "fabs")
        and len(node.args) == 1
    ):
        inside = node.args[0]
        if isinstance(inside, ast.BinOp) and isinstance(inside.op, ast.Sub):
            return inside.left, inside.right
    return None


# --- calls ---


def _made(
    node: ast.expr, passes: Callable[[Any], object], expected: str, subject: Subject, *, truth: bool = False
) -> Case:
    """The case of an expression that calls what is tested, perhaps within `sorted(…)` and the like.

    Raises:
        ValueError: it does something else.
    """
    whole, before, after = node, "bool(" if truth else "", ")" if truth else ""
    while not _is_entry(node, subject):
        left, node, right = _unwrapped(node)
        before, after = before + left, right + after
    assert isinstance(node, ast.Call)
    if _tells(node, subject):
        raise ValueError("a method of the value, which would be told what is expected")
    if isinstance(node.func, ast.Name) and node.func.id == subject.candidate:
        node.func.id = subject.entry_point
    function = _known(node.func, subject)
    try:
        args, kwargs = _arguments(node)
    except ValueError:
        inside = _known(node, subject).removeprefix(ast.unparse(node.func))
        call = Call(f"lambda: {before}({function}){inside}{after}")
    else:
        around = f"lambda *a, **k: {before}({function})(*a, **k){after}"
        call = Call(around if before or after else function, args, kwargs)
    return Case(call, partial(_holds, passes), expected, ast.unparse(whole))


def _known(node: ast.expr, subject: Subject) -> str:
    """The source of an expression that makes sense where the response is; ValueError for one that does not."""
    text = ast.unparse(node)
    if source.Piece(text).needs <= subject.known | {source.root(subject.entry_point)}:
        return text
    raise ValueError("names of the tests' own")


def _arguments(node: ast.Call) -> tuple[tuple[object, ...], dict[str, object]]:
    if not all(keyword.arg for keyword in node.keywords):
        raise ValueError("keywords in a dict")
    kwargs = {str(keyword.arg): value(keyword.value) for keyword in node.keywords}
    return tuple(value(argument) for argument in node.args), kwargs


def _unwrapped(node: ast.expr) -> tuple[str, ast.expr, str]:
    """An inner expression, and what stands left and right of it: `round(`, `f(1)`, `, 2)`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return "", node.value, f"[{ast.unparse(node.slice)}]"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and not node.keywords:
        name, more = node.func.id, node.args[1:]
        if name in _WRAPPERS and (not more or (name == "round" and isinstance(more[0], ast.Constant))):
            return f"{name}(", node.args[0], "".join(f", {ast.unparse(argument)}" for argument in more) + ")"
    raise ValueError("no call of what is tested")


def _calls(node: ast.expr, subject: Subject) -> bool:
    return any(_is_entry(part, subject) for part in ast.walk(node))


def _is_entry(node: ast.AST, subject: Subject) -> bool:
    """Whether this calls what is tested: `candidate(…)`, `solve(…)`, `Solution().solve(…)`, `solve(…).items()`."""
    if not isinstance(node, ast.Call):
        return False
    part = _chain(node)[-1]
    return isinstance(part, ast.Name) and part.id in (subject.candidate, source.root(subject.entry_point))


def _tells(node: ast.Call, subject: Subject) -> bool:
    """Whether what is called has arguments and is a method of the value: `f(x).startswith("a")`.

    Methods of a tested class are what is tested; where a class is called with a capital letter.
    """
    entry = subject.entry_point.strip()
    if entry[:1].isupper() and entry.isidentifier():
        return False
    calls = [part for part in _chain(node) if isinstance(part, ast.Call)]
    return any(part.args or part.keywords for part in calls[: -1 - entry.count("(")])


def _chain(node: ast.expr) -> list[ast.expr]:
    """An expression and what it is a part of the value of, outermost first."""
    chain = [node]
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
        chain.append(node)
    return chain


def _holds(passes: Callable[[Any], object], got: object) -> bool:
    """A verdict; a value of which the question cannot be asked is a wrong one."""
    try:
        return bool(passes(got))
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return False


# --- statements ---


def _conjuncts(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def _tests_nothing(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _is_idle(line: ast.stmt) -> bool:
    """A docstring, `pass`, or a name alone."""
    return isinstance(line, ast.Pass) or (
        isinstance(line, ast.Expr) and isinstance(line.value, (ast.Constant, ast.Name))
    )


class _Clipped(reprlib.Repr):
    """A `repr` that is short however large the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 12
        self.maxstring = self.maxother = 80
        self.maxlong = 60

    def repr_int(self, number: int, level: int) -> str:
        if number.bit_length() > 1000:  # decimal digits of a long one cost its length squared
            return f"an int of {number.bit_length()} bits"
        return super().repr_int(number, level)


def clipped(value: object) -> str:
    """A value for a person to read, in at most 200 characters."""
    if isinstance(value, Opaque):
        return f"a {value.type!s:.60}, which is no plain data"
    text = _Clipped().repr(value)
    return text if len(text) <= 200 else f"{text[:150]}…{text[-40:]}"
