"""Programs judged by what they print: `python_stdio`, and `runs` for whether they run at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders import fences
from rewardkit.graders.code import compare, prelude, verdict
from rewardkit.graders.code.asserts import clipped
from rewardkit.graders.code.process import LIMITS
from rewardkit.reward import grader
from rewardkit.sandbox import Limits, Ran, Sandbox, shared
from rewardkit.score import Score


class _Case(NamedTuple):
    """What a program reads, and what it has to print."""

    input: str
    output: str


@grader
def python_stdio(
    response: str | None,
    cases: object,
    *,
    checker: Callable[[str, str, str], bool] | None = None,
    share: bool = False,
    public: int = 0,
    rel_tol: float = 1e-6,
    abs_tol: float = 1e-6,
    forgive_imports: bool = True,
    limits: Limits = LIMITS,
    sandbox: Sandbox | None = None,
) -> Score:
    """Does the program in the response print what is expected for each input?

    Each case runs confined, in a fresh process that gets the input alone; what it prints is compared here. The
    same words have to stand there, with any white space around them; a number that is expected with a decimal
    point or an exponent may differ by the tolerance, and `nan` is close to nothing. The exit code has to be 0.

    Args:
        response: the whole response, or the code alone; None scores 0.
        cases: a list of `{"input": …, "output": …}`, texts; or `{"inputs": […], "outputs": […]}`; or either as
            JSON text.
        checker: says whether an output will do where several will: called with the input, what was printed and
            the output of the case, it returns true or false. It reads what the program wrote: never evaluate that.
        share: the share of the cases that pass instead of all or nothing.
        public: how many of the first cases the model has seen; they earn no share.
        rel_tol: how far a float may be from the expected one, relative.
        abs_tol: the same, absolute; the larger of both holds.
        forgive_imports: import what the response forgot of the names that LeetCode and its kin supply, such as
            `List`, `deque` and `inf`.
        limits: what each run may use; by default 5 s of the processor.
        sandbox: where it runs; the process's shared one by default.

    Returns:
        1 or 0, or the share. The reason names the first case that failed: the input, what was expected, what came.

    Raises:
        GradingError: the cases cannot be used, or the checker raised.
        UsageError: an option makes no sense.
        UnavailableError: the sandbox is down, or refuses because a layer of its confinement is missing.
    """
    if public < 0 or rel_tol < 0 or abs_tol < 0:
        raise UsageError("python_stdio() takes no negative `public`, `rel_tol` or `abs_tol`")
    todo = _cases(cases)
    program = fences.code(response)
    if program is None:
        return Score(0.0, no_code(response))

    room = sandbox or shared()
    if forgive_imports:
        program = prelude.completed(program)

    def accepts(case: _Case, printed: str) -> bool:
        if checker is None:
            return compare.same_output(printed, case.output, rel_tol=rel_tol, abs_tol=abs_tol)
        return _checked(checker, case, printed)

    def failures() -> Iterator[str]:
        for case in todo:
            ran = room.run(program, stdin=case.input, limits=limits)
            yield why(ran, limits) or ("" if accepts(case, ran.stdout) else _differs(case, ran.stdout))

    return verdict.score(failures(), len(todo), share=share, public=public)


@grader
def runs(
    response: str | None,
    *,
    stdin: str = "",
    forgive_imports: bool = True,
    limits: Limits = LIMITS,
    sandbox: Sandbox | None = None,
) -> Score:
    """Does the program in the response run to its end, with exit code 0?

    Args:
        response: the whole response, or the code alone; None scores 0.
        stdin: what it can read.
        forgive_imports: import what the response forgot of the names that LeetCode and its kin supply, such as
            `List`, `deque` and `inf`.
        limits: what it may use; by default 5 s of the processor.
        sandbox: where it runs; the process's shared one by default.

    Returns:
        1 or 0. The reason is the traceback's last line, or the limit that was hit.

    Raises:
        UnavailableError: the sandbox is down, or refuses because a layer of its confinement is missing.
    """
    program = fences.code(response)
    if program is None:
        return Score(0.0, no_code(response))
    if forgive_imports:
        program = prelude.completed(program)
    ran = (sandbox or shared()).run(program, stdin=stdin, limits=limits)
    wrong = why(ran, limits)
    return Score(not wrong, wrong or f"ran to its end in {ran.cpu:.2g} s")


def no_code(response: str | None) -> str:
    """Why there is nothing to run."""
    return "no response" if response is None else "no Python code in the response"


def why(ran: Ran, limits: Limits) -> str:
    """Why a run is none that came to its end by itself with exit code 0; empty for one that did."""
    if ran.limit:
        return f"hit the limit of {_LIMITS[ran.limit](limits)}" if ran.limit in _LIMITS else f"ended: {ran.limit}"
    if ran.signal:
        return f"died of signal {ran.signal}"
    if ran.exit:
        return f"exit code {ran.exit}: {ran.last_line[:200]}".removesuffix(": ")
    return "wrote more than may be kept" if ran.stdout_truncated else ""


_LIMITS: dict[str, Callable[[Limits], str]] = {
    "cpu": lambda limits: f"{limits.cpu:g} s of the processor",
    "wall": lambda limits: f"{limits.seconds:g} s of the clock",
    "memory": lambda limits: f"{limits.memory >> 20} MB of memory",
    "output": lambda limits: f"{limits.output >> 20} MB of output",
    "disk": lambda limits: f"{limits.disk >> 20} MB on disk",
    "files": lambda limits: f"{limits.files} files",
    "threads": lambda limits: f"{limits.threads} threads",
}


def _cases(cases: object) -> list[_Case]:
    if isinstance(cases, str):
        try:
            cases = json.loads(cases)
        except (ValueError, RecursionError) as error:
            raise GradingError(f"the cases are text, and no JSON: {cases!r:.120}") from error
    if isinstance(cases, Mapping) and {"inputs", "outputs"} <= cases.keys():
        inputs, outputs = cases["inputs"], cases["outputs"]
        if isinstance(inputs, list) and isinstance(outputs, list) and len(inputs) == len(outputs):
            cases = [{"input": one, "output": other} for one, other in zip(inputs, outputs, strict=True)]
    if not (isinstance(cases, Sequence) and cases and not isinstance(cases, str)):
        raise GradingError(f"the cases are {clipped(cases)}: give a list of {{'input', 'output'}}, not empty")
    return [_case(case, number) for number, case in enumerate(cases, 1)]


def _case(case: object, number: int) -> _Case:
    if isinstance(case, Mapping) and isinstance(case.get("input"), str) and isinstance(case.get("output"), str):
        return _Case(case["input"], case["output"])
    raise GradingError(f"case {number} is {clipped(case)}: it needs 'input' and 'output', both texts")


def _checked(checker: Callable[[str, str, str], bool], case: _Case, printed: str) -> bool:
    try:
        return bool(checker(case.input, printed, case.output))
    except Exception as error:
        raise GradingError(
            f"the checker raised {type(error).__name__}: {error} on the output {clipped(printed)}; let it return "
            f"False for what it cannot read"
        ) from error


def _differs(case: _Case, printed: str) -> str:
    got, expected = compare.first_difference(printed, case.output)
    return f"for the input {clipped(case.input)} printed {clipped(got)}, expected {clipped(expected)}"
