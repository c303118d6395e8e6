"""Agreement with labelled programs, right ones and mutants, in responses of many styles; and with samples."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rewardkit import Score
from rewardkit.graders.code import python_calls, python_stdio
from rewardkit.graders.code.process import LIMITS
from rewardkit.sandbox import Limits

SHARED = Path(__file__).parents[2].parent / "shared"
# A right one that hits the first limit is graded again by the limit that users get. So are the wrong ones in
# `benchmarks/code_verdicts.py`: that takes them more than a minute.
HURRIED = Limits(cpu=0.4, wall=60)

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


def rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHARED / path).read_text().splitlines()]


def graded(row: dict[str, Any], limits: Limits = HURRIED) -> Score:
    tests = row["tests"]
    if row["kind"] == "stdio":
        return python_stdio(row["response"], tests, limits=limits)
    asked = tests["check"] or tests["cases"] or tests["asserts"]
    return python_calls(
        row["response"], asked, entry_point=tests["entry_point"], setup=tests["setup"], limits=limits
    )


def recorded(row: dict[str, Any]) -> Score:
    reference = row["reference_answer"]
    return python_calls(
        row["response"],
        reference["test"],
        entry_point=reference["entry_point"],
        prompt=row["prompt"],
        limits=HURRIED,
    )


def test_the_labelled_programs() -> None:
    todo = rows("code/public.jsonl")
    right = [row["label"] == "pass" for row in todo]
    with ThreadPoolExecutor(2) as pool:
        scores = list(pool.map(graded, todo))
        late = [number for number, score in enumerate(scores) if right[number] and "hit the limit" in score.reason]
        for number, score in zip(late, pool.map(lambda n: graded(todo[n], LIMITS), late), strict=True):
            scores[number] = score
    wrong = {
        row["id"]: score.reason for row, score, label in zip(todo, scores, right, strict=True) if score != label
    }
    assert len(late) < 20
    assert len(wrong) <= 0.005 * len(todo), wrong


def test_the_recorded_samples() -> None:
    todo = rows("rollouts/code.jsonl")
    with ThreadPoolExecutor(2) as pool:
        scores = list(pool.map(recorded, todo))
    assert {
        row["id"]: score.reason for row, score in zip(todo, scores, strict=True) if score != row["label"]
    } == {}
