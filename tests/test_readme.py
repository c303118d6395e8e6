"""Every block of the README runs, in order, in a folder of its own.

A block that names a file is that file; `sh` runs, in the named folder's copy where one is named; `text` must stand
in what the block before it printed. The two make commands are what runs this test and what CI runs.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from rewardkit import settings
from rewardkit.rollout import load

ROOT = Path(__file__).parents[1]


class Block(NamedTuple):
    language: str
    name: str
    text: str


BLOCKS = [
    Block(*found)
    for found in re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
]
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_block_runs(tmp_path: Path) -> None:
    printed = ""
    for language, name, text in BLOCKS:
        if language == "text":
            assert text in printed
        elif language == "sh" and "make " not in text:
            folder = tmp_path / name
            if name and not folder.exists():
                shutil.copytree(ROOT / name, folder, ignore=shutil.ignore_patterns(".*", "dist", "__pycache__"))
            printed = run(["bash", "-ec", text], folder)
        elif name:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        elif language == "python":
            printed = run([sys.executable, "-c", text], tmp_path)
    assert len(list(load(tmp_path / "rollouts.jsonl"))) == 4
    for folder in (tmp_path, tmp_path / "nova"):
        loaded = settings.load(folder)
        assert loaded.job()
        assert loaded.function("r")


def test_every_block_is_of_a_kind_that_runs() -> None:
    assert {block.language for block in BLOCKS} <= {"sh", "python", "json", "toml", "text"}
    assert len(BLOCKS) > 8


@pytest.mark.parametrize("target", ["demo", "test", "check"])
def test_the_make_commands_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
