"""Every layer attacked, as root and as an ordinary user, on this kernel and as on Lambda's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rewardkit.errors import UnavailableError, UsageError
from rewardkit.sandbox import Sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SYSTEM_PYTHON = "/usr/bin/python3"
RECENT = "import sys; sys.exit(sys.version_info < (3, 11))"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layers are Linux's")


def interpreter(who: dict[str, Any]) -> str:
    """This Python, or the system's, if that one may run it."""
    for python in (sys.executable, SYSTEM_PYTHON):
        with contextlib.suppress(OSError):
            done = subprocess.run([python, "-c", RECENT], cwd="/", capture_output=True, check=False, **who)
            if done.returncode == 0:
                return python
    pytest.skip("no Python that another user may run")


def scene(user: int | None, *without: str) -> dict[str, Any]:
    if user is not None and os.getuid() != 0:
        pytest.skip("only root can be somebody else")
    who: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, tempfile.TemporaryDirectory(dir="/tmp") as project:
        Path(folder).chmod(0o777)
        # The checkout may lie where another user may not read.
        Path(project).chmod(0o755)
        shutil.copytree(ROOT / "rewardkit", Path(project, "rewardkit"))
        shutil.copytree(HERE, Path(project, "scene"))
        done = subprocess.run(
            [interpreter(who), str(Path(project, "scene", "scene.py")), *without],
            capture_output=True, text=True, check=False, timeout=120, cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": project, "TMPDIR": folder, "HOME": "/nowhere",
                 "AWS_SECRET_ACCESS_KEY": "FAKESECRETabc", "PYTHONDONTWRITEBYTECODE": "1"},
            **who,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, Any] = json.loads(done.stdout)
        found["left"] = [path.name for path in Path(folder).glob("rewardkit-*")]
    return found


USERS = [pytest.param(None, id="as-we-are"), pytest.param(4321, id="ordinary-user")]


@pytest.mark.parametrize("without", [(), ("landlock",)], ids=["", "no-landlock"])
@pytest.mark.parametrize("user", USERS)
def test_no_attack_succeeds(user: int | None, without: tuple[str, ...]) -> None:
    found = scene(user, *without)
    assert found["missing"].keys() == set(without)
    assert found["succeeded"] == []
    assert found["changed"] == []
    assert not found["secret"]
    assert found["left"] == []


def test_the_attacks_are_attacks(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("alive")
    attacks = [
        "own environment", "environ of the parent", "kill", "signal by descriptor", "affinity", "fork", "vfork",
        "clone", "posix_spawn", "setsid", "inet socket", "unix socket", "memfd", "inotify", "change a mode",
        "write a file", "write through a link", "empty a file", "create a file", "make a folder", "remove a file",
    ]  # fmt: skip
    victim = subprocess.Popen(["sleep", "60"])
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / "attacker.py"), str(victim.pid), str(canary), str(tmp_path), *attacks],
            capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path,
            env={**os.environ, "AWS_SECRET_ACCESS_KEY": "FAKESECRETabc"},
        )  # fmt: skip
    finally:
        victim.kill()
        victim.wait()
    assert set(attacks) - set(json.loads(done.stdout)) <= {"environ of the parent"}


@pytest.mark.parametrize("layer", ["seccomp", "landlock", "parent", "privileges", "tree"])
def test_a_layer_that_is_not_there_is_missed(layer: str) -> None:
    missing = {each.name for each in Sandbox(without=(layer,)).layers() if each.missing}
    # What root may do without the layer of privileges is found out by attacking.
    as_root = {"parent"} if layer == "privileges" and os.getuid() == 0 else set()
    assert missing == {layer, *as_root}


def test_nothing_runs_without_a_mandatory_layer() -> None:
    with Sandbox(without=("seccomp",)) as sandbox, pytest.raises(UnavailableError, match="seccomp") as caught:
        sandbox.run("print(1)")
    assert "REWARDKIT_SANDBOX_ALLOW=seccomp" in str(caught.value)


def test_what_may_be_missing_is_said_by_name() -> None:
    with Sandbox(without=("seccomp",), allow=("seccomp",)) as sandbox:
        assert sandbox.run("print(1)").stdout == "1\n"
    with pytest.raises(UsageError, match="no layer 'secomp'"):
        Sandbox(allow=("secomp",))


def test_without_seccomp_orphans_are_found_and_killed() -> None:
    program = """
import os, signal, sys, time
for number in range(3):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            time.sleep(600)
        time.sleep(600 if number else 0)
        os._exit(0)
print(os.getppid())
"""
    with Sandbox(without=("seccomp",), allow=("seccomp",), size=1) as sandbox:
        zygote = int(sandbox.run(program).stdout)
        assert Path(f"/proc/{zygote}/task/{zygote}/children").read_text() == ""
        assert sandbox.run("print(1)").ok
