"""Agreement with labelled pairs and recorded rollouts that others collected, and bombs in a worker thread."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rewardkit.errors import GradingError
from rewardkit.graders.extract import expected, final_answer
from rewardkit.graders.math import math_equal

SHARED = Path(__file__).parents[2].parent / "shared"
PAIRS = SHARED / "math" / "public.jsonl"
ATTACKS = SHARED / "math" / "adversarial.jsonl.gz"

shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


def equal(row: dict[str, Any]) -> bool:
    answer = final_answer(row["pred"]) if row["kind"] == "response" else row["pred"]
    try:
        return bool(math_equal(answer, row["gold"]))
    except GradingError:
        return False


@shared
def test_the_labelled_pairs() -> None:
    rows = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    verdicts = [(equal(row), row["label"]) for row in rows]
    right = sum(verdict == label for verdict, label in verdicts)
    yes = [label for verdict, label in verdicts if verdict]
    assert right / len(rows) >= 0.99
    assert sum(yes) / len(yes) >= 0.995


@shared
@pytest.mark.parametrize("threaded", [False, True])
def test_no_attack_passes_nor_hangs(threaded: bool) -> None:
    with gzip.open(ATTACKS, "rt") as file:
        rows = [json.loads(line) for line in file]
    if threaded:
        with ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(equal, rows))
    else:
        verdicts = list(map(equal, rows))
    assert [row["id"] for row, verdict in zip(rows, verdicts, strict=True) if verdict != row["label"]] == []


@shared
@pytest.mark.parametrize("name", ["math.jsonl", "gsm8k.jsonl"])
def test_the_recorded_rollouts(name: str) -> None:
    rows = [json.loads(line) for line in (SHARED / "rollouts" / name).read_text().splitlines()]
    right = sum(
        bool(math_equal(final_answer(row["response"]), expected(row["reference_answer"]))) == row["label"]
        for row in rows
    )
    assert right / len(rows) >= 0.995


def test_sympy_stays_away() -> None:
    code = (
        "import sys; from rewardkit.graders.math import math_equal; "
        r"assert math_equal('sin(x)^2', '1-cos(x)^2'); assert math_equal('ln 8', '3 ln 2'); "
        "assert not {'sympy', 'mpmath'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
