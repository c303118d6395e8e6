"""The same verdicts under load: labelled programs, judged again and again beside processes that burn processors.

    .venv/bin/python -P benchmarks/code_verdicts.py

Prints how many verdicts differ from the label, and how many from one run to the next. Exits with 1
if any verdict flips.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rewardkit import Score
from rewardkit.graders.code import python_calls, python_stdio
from rewardkit.graders.code.process import LIMITS
from rewardkit.sandbox import Limits

DATA = Path(__file__).resolve().parents[2] / "shared" / "code" / "public.jsonl"


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing else than use a processor."""
    burning = [subprocess.Popen([sys.executable, "-I", "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def judged(row: dict[str, Any], limits: Limits) -> Score:
    """The score of one labelled response."""
    tests = row["tests"]
    if row["kind"] == "stdio":
        return python_stdio(row["response"], tests, limits=limits)
    return python_calls(
        row["response"],
        tests["check"] or tests["asserts"],
        entry_point=tests["entry_point"],
        setup=tests["setup"],
        limits=limits,
    )


def main() -> int:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 2, help="how many processes beside it")
    parser.add_argument("--threads", type=int, default=4, help="how many programs are judged side by side")
    parser.add_argument("--cpu", type=float, default=LIMITS.cpu, help="seconds of the processor for a program")
    arguments = parser.parse_args()
    limits = Limits(cpu=arguments.cpu)
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    verdicts: list[list[bool]] = []
    with busy(arguments.busy), ThreadPoolExecutor(arguments.threads) as pool:
        for number in range(1, arguments.runs + 1):
            begin = time.monotonic()
            scores = list(pool.map(lambda row: judged(row, limits), rows))
            verdicts.append([score == 1 for score in scores])
            pairs = zip(rows, scores, strict=True)
            wrong = {row["id"]: score.reason for row, score in pairs if _differs(row, score)}
            seconds = time.monotonic() - begin
            print(f"run {number}: {seconds:.0f} s, {len(wrong)} of {len(rows)} differ from the label")
            for name, reason in wrong.items():
                print(f"  {name}: {reason}")
            sys.stdout.flush()
    flipped = [row["id"] for row, *column in zip(rows, *verdicts, strict=True) if len(set(column)) > 1]
    print(f"{len(flipped)} verdicts flipped in {arguments.runs} runs {flipped}")
    return 1 if flipped else 0


def _differs(row: dict[str, Any], score: Score) -> bool:
    return bool((score == 1) != (row["label"] == "pass"))


if __name__ == "__main__":
    sys.exit(main())
