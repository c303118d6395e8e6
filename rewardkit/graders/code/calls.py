"""Programs judged by calls of a function: `python_calls`.

Two processes at most: one holds the response, and answers calls with values; the other, only where a test has to
run as code, holds the tests and asks through us. Neither sees what is in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import cast

from rewardkit.errors import UsageError
from rewardkit.graders import fences, source
from rewardkit.graders.code import bodies, prelude, suite, verdict
from rewardkit.graders.code.asserts import Case, clipped
from rewardkit.graders.code.process import LIMITS, Process, raised
from rewardkit.graders.code.stdio import no_code, why
from rewardkit.graders.code.suite import Test, Tolerance
from rewardkit.graders.code.testcode import Body
from rewardkit.reward import grader
from rewardkit.sandbox import Ended, Limits, Raised, Returned, Sandbox, shared
from rewardkit.score import Score


@grader
def python_calls(
    response: str | None,
    tests: object,
    *,
    entry_point: str,
    setup: str = "",
    prompt: str = "",
    together: bool = False,
    share: bool = False,
    public: int = 0,
    rel_tol: float = 0.0,
    abs_tol: float = 0.0,
    forgive_imports: bool = True,
    limits: Limits = LIMITS,
    sandbox: Sandbox | None = None,
) -> Score:
    """Does the function in the response return what the tests expect?

    The response runs confined, in a process that never holds an expected value: it is sent arguments, of several
    calls at once where they are small, and sends back values, which are compared here by Python's `==`. Plain data
    comes back (numbers, text, bytes, None, lists, tuples, sets, dicts and subclasses that compare like them; a
    fraction or decimal as the number that it is or the nearest float); any other value equals nothing. Assert
    lines and `check` functions are taken apart into calls and expected values; one that cannot be, such as a loop
    over random inputs, runs as code in a second process that calls the response's function through this one, with
    changes to its arguments carried over.

    Promised: the response cannot see what is expected, change a test, or pass by ending early. Not promised: that
    tests which only ask the response itself (`f(x) == f(x)`, or a helper that the tests use and neither they nor
    `setup` or `prompt` define) tell right from wrong.

    Args:
        response: the whole response, or the code alone; None scores 0.
        tests: a list of `{"args": […], "kwargs": {…}, "expected": …}` with plain values, or, if `args` or `kwargs`
            is text, with all three as Python literals; or a list of assert lines; or the source of a HumanEval,
            MBPP or EvalPlus test, or of any other code that asserts, with its test functions and classes run as
            pytest and unittest would; or one of the lists as JSON text.
        entry_point: the function: a name or an expression such as `Solution().twoSum`.
        setup: code that runs before the response and, in their own process, before the tests.
        prompt: what the response continues or completes, if it is Python as in HumanEval.
        together: run tests that are code in the process of the response, for those that go on with its objects
            (`stack = Stack(); stack.push(1)`). A response that sets out to pass can do so then.
        share: the share of the tests that pass instead of all or nothing.
        public: how many of the first tests the model has seen; they earn no share.
        rel_tol: how far floats may be apart that data expects, relative; assert lines say it themselves.
        abs_tol: the same, absolute.
        forgive_imports: import what the response forgot of the names that LeetCode and its kin supply, such as
            `List`, `deque` and `inf`; with a `prompt`, which has imports of its own, only for methods.
        limits: what the response may use for all tests together; by default 5 s of the processor.
        sandbox: where it runs; the process's shared one by default.

    Returns:
        1 or 0, or the share. The reason names the first test that failed: the call, what was expected, what came.

    Raises:
        GradingError: the tests or the setup cannot be used.
        UsageError: an option makes no sense.
        UnavailableError: the sandbox is down, or refuses because a layer of its confinement is missing.
    """
    if not entry_point.strip() or public < 0 or rel_tol < 0 or abs_tol < 0:
        raise UsageError("python_calls() needs an entry_point such as 'solve', and no negative number")
    todo = suite.read(tests, entry_point, setup, Tolerance(rel_tol, abs_tol))
    program = fences.code(response, entry_point=entry_point, prompt=prompt)
    if program is None:
        return Score(0.0, no_code(response))
    forgiven = forgive_imports and (not prompt or "(" in entry_point)
    forgotten = prelude.imports(program, but=suite.known(setup)) if forgiven else ""
    room = sandbox or shared()
    given = [text for text in (setup, source.preamble(prompt)) if text.strip()]

    def judge() -> Score:
        with Process(room, program, setup, forgotten, limits, again=share) as process:

            def of_code(body: Body) -> str:
                if together:
                    return bodies.failure_together(body, process, source.Piece(program).makes)
                return bodies.failure(body, process, room, given, limits)

            return verdict.score(_failures(todo, process, of_code), len(todo), share=share, public=public)

    return room.retry(judge)


def _failures(tests: Sequence[Test], process: Process, of_code: Callable[[Body], str]) -> Iterator[str]:
    """Why the response fails each test; empty where it passes."""
    for kind, group in groupby(tests, type):
        if kind is Body:
            yield from map(of_code, cast("Iterator[Body]", group))
        else:
            cases = cast("list[Case]", [*group])
            answers = process.calls([case.call for case in cases], last=len(cases) == len(tests))
            for case, answer in zip(cases, answers, strict=True):
                yield _failure(case, answer, process)


def _failure(case: Case, answer: Returned | Raised | Ended, process: Process) -> str:
    """Why an answer fails a test; empty if it passes."""
    if isinstance(answer, Returned):
        if case.passes(answer.value):
            return ""
        return f"{case.shown} gave {clipped(answer.value)}, expected {case.expected}"
    if isinstance(answer, Raised):
        return raised(case.shown, answer)
    return f"{case.shown} {why(answer.ran, process.limits) or 'ended the process'}"
