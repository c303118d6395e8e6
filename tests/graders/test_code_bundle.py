"""The bundle runs code confined too, under AWS's own runtime client."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rewardkit.bundle import build
from rewardkit.target import Target

pytest.importorskip("awslambdaric")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="full confinement is Linux's")

REWARD = """
from rewardkit import reward
from rewardkit.graders.code import python_calls

@reward
def doubles(response: str, tests: list) -> float:
    return python_calls(response, tests, entry_point="double")
"""
TESTS = ["assert double(2) == 4", "assert double(3) == 6"]
PROGRAMS = {
    "def double(x):\n    return 2 * x": 1,
    "def double(x):\n    return 3 * x": 0,
    "import os\ndef double(x):\n    return {2: 4, 3: 6}[x] if os.environ.get('AWS_LAMBDA_RUNTIME_API') else 0": 0,
    "import os\nseen = open(f'/proc/{os.getppid()}/environ').read()\ndef double(x):\n    return 2 * x": 0,
    "import socket\nsocket.create_connection(('127.0.0.1', 9001), 0.2)\ndef double(x):\n    return 2 * x": 0,
    "import os\nos.fork()\ndef double(x):\n    return 2 * x": 0,
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\ndef double(x):\n    return 2 * x": 0,
    "open('/tmp/outside', 'w')\ndef double(x):\n    return 2 * x": 0,
    "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\ndef double(x):\n    return 2 * x": 1,
}


def test_the_bundle_scores_as_this_process_does(tmp_path: Path) -> None:
    from rewardkit.local.runtime import Runtime
    from rewardkit.local.unpack import unpack

    (tmp_path / "reward.py").write_text(REWARD)
    made = build(Target(tmp_path / "reward.py", "doubles"), out=tmp_path / "doubles.zip")
    event = [
        {
            "id": str(number),
            "messages": [
                {"role": "user", "content": "Double it."},
                {"role": "assistant", "content": f"```python\n{text}\n```"},
            ],
            "tests": TESTS,
        }
        for number, text in enumerate(PROGRAMS)
    ]
    with Runtime(unpack(made.path, tmp_path / "task"), name="doubles", memory=1024, timeout=60) as runtime:
        done = runtime.invoke(json.dumps(event).encode())
    assert not done.error, done.log
    answer = json.loads(done.payload)
    entries = json.loads(answer["body"]) if isinstance(answer, dict) else answer
    assert [entry["aggregate_reward_score"] for entry in entries] == list(PROGRAMS.values())
