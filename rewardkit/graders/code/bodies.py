"""Tests that have to run as code: in a process of their own, which asks the response's through this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rewardkit.errors import GradingError
from rewardkit.graders.code.asserts import Call, clipped
from rewardkit.graders.code.process import Process, raised
from rewardkit.graders.code.stdio import why
from rewardkit.graders.code.testcode import Body
from rewardkit.sandbox import Ended, Limits, Opaque, Raised, Returned, Sandbox
from rewardkit.sandbox.values import leaves

# A test whose own import raises one of these cannot be used. Any other mistake may be the response's doing.
_MISTAKES = ("ImportError", "ModuleNotFoundError")
# What is data and still does not come through: too long, or nested too deep.
_DATA = ("int", "list", "tuple", "set", "frozenset", "dict")


class _Line:
    """The line between the two processes, and what was said on it last."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.asked = ""
        self.answer: Returned | Raised | None = None
        # Whether an answer was to end the process, as a test may by itself.
        self.exits = False
        self._gave_objects = False
        self._expression = ""

    def hook(self, expression: str) -> Callable[..., Returned | Raised]:
        """The function that stands for the response's in the process of the tests."""

        def ask(*args: Any, **kwargs: Any) -> Returned | Raised:
            said = [*map(clipped, args), *(f"{name}={clipped(value)}" for name, value in kwargs.items())]
            self.asked, self._expression = f"{expression}({', '.join(said)})", expression
            objects = [value for value in (*args, *kwargs.values()) if isinstance(value, Opaque)]
            if not self._gave_objects and any(value.type not in _DATA for value in objects):
                raise GradingError(f"a test calls {self.asked}: judge it with `together=True`")
            try:
                self.answer = self._process.call(Call(expression, args, kwargs), after=True)
            except TypeError:
                self.answer = Raised("TypeError", "an argument is no plain data, so that it cannot be passed on")
            self.exits |= isinstance(self.answer, Raised) and self.answer.base == "SystemExit"
            if isinstance(self.answer, Returned) and not self._gave_objects:
                given = leaves([self.answer.value, self.answer.args, self.answer.kwargs])
                self._gave_objects = any(isinstance(part, Opaque) for part in given)
            return self.answer

        return ask

    @property
    def gave_itself(self) -> bool:
        """Whether the answer is an object of the class that was called; functions have small letters."""
        made = self.answer.value if isinstance(self.answer, Returned) else None
        return isinstance(made, Opaque) and made.type[:1].isupper() and made.type == self._expression

    @property
    def last(self) -> str:
        """For a person: the last call and its answer."""
        if isinstance(self.answer, Raised):
            return raised(self.asked, self.answer)
        return f"{self.asked} gave {clipped(self.answer.value)}" if self.answer else self.asked


def failure(body: Body, process: Process, room: Sandbox, given: list[str], limits: Limits) -> str:
    """Why the response fails a test that runs as code; empty if it passes.

    Args:
        body: the test.
        process: the one with the response.
        room: where the test runs.
        given: code that runs before it.
        limits: what it may use.

    Raises:
        GradingError: the test fails by itself, whatever the response does.
    """
    if body.catches:
        raise GradingError(f"a test catches the response's {body.catches[0]}: judge it with `together=True`")
    line = _Line(process)
    hooks = {name: line.hook(asked) for name, asked in body.asks.items()}
    try:
        with room.open(limits=limits, hooks=hooks) as tests:
            before = filter(None, ["\n".join(body.forgotten.values()), *given, body.before, body.stand_in])
            problem = next(filter(None, (tests.load(text, "setup.py") for text in before)), None)
            problem = problem or tests.load(body.text, "tests.py")
    except Ended as ended:
        if not line.asked:
            raise GradingError(f"a test ended before it called the response: {why(ended.ran, limits)}") from ended
        return f"{line.last or line.asked}; then it {why(ended.ran, limits) or 'ended'}"
    if not line.asked:
        raise GradingError(f"a test never called the response: {problem or body.shown}{_hint(problem)}")
    if problem is None:
        return ""
    if isinstance(line.answer, Raised) and line.answer.type == problem.type:
        return line.last
    if _leaves(problem) and not line.exits:
        return ""
    if line.gave_itself:
        raise GradingError(f"{line.last}, and the tests go on with that: judge them with `together=True`")
    if problem.type in _MISTAKES and _statement(body, problem).startswith(("import ", "from ")):
        raise GradingError(f"a test raised {problem} ({problem.where}){_hint(problem)}")
    return f"{line.last}; then {_statement(body, problem)} raised {problem!s:.300}"


def _hint(problem: Raised | None) -> str:
    if problem and problem.type == "ModuleNotFoundError":
        return "; what is not in the standard library goes to `sandbox=shared(preload=(…))`"
    return ""


def failure_together(body: Body, process: Process, own: frozenset[str]) -> str:
    """Why the response fails a test that runs beside it, in its own process; empty if it seems to pass.

    Args:
        body: the test.
        process: the one with the response.
        own: the names that the response makes, and a forgotten import does not replace.
    """
    imports = "\n".join(line for name, line in body.forgotten.items() if name not in own)
    try:
        for text in filter(None, [imports, body.before]):
            process.load(text)
        problem = process.load(body.text)
    except Ended as ended:
        return f"{body.shown} {why(ended.ran, process.limits) or 'ended the process'}"
    if problem is None or _leaves(problem):
        return ""
    return f"{_statement(body, problem)} raised {problem!s:.300}"


def _leaves(problem: Raised) -> bool:
    """Whether a test ends as scripts do that went well: `sys.exit(0)`, said by itself."""
    return (
        problem.type == "SystemExit"
        and problem.message in ("0", "None", "")
        and problem.where.startswith("tests.py:")
    )


def _statement(body: Body, problem: Raised) -> str:
    """The line of the test in which something was raised."""
    number = problem.where.partition(":")[2].partition(" ")[0]
    lines = body.text.split("\n")
    known = number.isdecimal() and len(number) < 9 and 0 < int(number) <= len(lines)
    return lines[int(number) - 1].strip()[:200] if known else "the test"
