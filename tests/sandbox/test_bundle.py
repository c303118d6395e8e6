"""The sandbox where it matters: in the bundle, under Lambda's own runtime client."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Literal

import pytest

from rewardkit.bundle import build
from rewardkit.local.runtime import Runtime
from rewardkit.local.unpack import unpack
from rewardkit.target import Target

pytest.importorskip("awslambdaric")

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PROCESSOR: Literal["arm64", "x86_64"] = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
REWARD = """import os
import sys

from rewardkit import reward
from rewardkit.sandbox import Returned, shared


@reward
def runs(response: str, reference_answer: object) -> float:
    assert "hidden" in os.environ["AWS_SESSION_TOKEN"]
    with shared().open(response) as session:
        answer = session.call("solve", [3])
    missing = [layer for layer in shared().layers() if layer.mandatory and layer.missing]
    return float(isinstance(answer, Returned) and answer.value == 9 and not missing)
"""
RESPONSES = {
    "right": "def solve(x): return x * x",
    "wrong": "def solve(x): return x + x",
    "curious": "import os\ndef solve(x):\n    return 9 if 'AWS_SESSION_TOKEN' in os.environ else 0",
    "nosy": "import os\ndef solve(x):\n    return 9 if open(f'/proc/{os.getppid()}/environ').read() else 0",
}


def test_code_runs_in_the_bundle_with_all_layers(tmp_path: Path) -> None:
    (tmp_path / "my_reward.py").write_text(REWARD)
    bundle = build(
        Target(tmp_path / "my_reward.py"), python=HERE, architecture=PROCESSOR, out=tmp_path / "reward.zip"
    )
    event = [
        {
            "id": name,
            "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": code}],
            "reference_answer": "9",
        }
        for name, code in RESPONSES.items()
    ]
    with Runtime(
        unpack(bundle.path, tmp_path / "task"), environment={"AWS_SESSION_TOKEN": "hidden"}, memory=1769
    ) as runtime:
        invocation = runtime.invoke(json.dumps(event).encode())
    assert invocation.error is None, invocation.log
    scores = {entry["id"]: entry["aggregate_reward_score"] for entry in json.loads(invocation.payload)}
    assert scores == {"right": 1, "wrong": 0, "curious": 0, "nosy": 0}
