"""Responses that cheat, break out or use up the machine get 0 and do no harm; honest look-alikes get 1."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "code"
SCRIPT = Path(__file__).with_name("hostile.py")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534
SECRET = "FAKESECRETwJalrXUtnFEMIK7MDENG"

pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here"),
    pytest.mark.skipif(sys.platform != "linux", reason="full confinement is Linux's"),
]


@pytest.fixture
def servers() -> Iterator[tuple[int, list[int]]]:
    """A runtime API and, where they are free, the ports that responses try; and who called."""
    called: list[int] = []
    with ExitStack() as stack:
        runtime = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening = [runtime]
        for port in (9001, 9002, 8080, 2773):
            try:
                listening.append(stack.enter_context(socket.create_server(("127.0.0.1", port))))
            except OSError:
                continue
        for server in listening:
            threading.Thread(target=_listen, args=(server, called), daemon=True).start()
        yield runtime.getsockname()[1], called


def _listen(server: socket.socket, called: list[int]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        called.append(server.getsockname()[1])
        connection.close()


def namespaced(*, without_shm: bool) -> list[str]:
    """A command's beginning that gives it processes, and mounts, of its own; empty where that is not allowed."""
    if not ROOT or not shutil.which("unshare"):
        return []
    shell = "mount -t tmpfs -o ro,size=4k,mode=000 none /dev/shm && " if without_shm else ""
    begin = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        f'{shell}exec "$@"',
        "-",
    ]
    tried = subprocess.run([*begin, "true"], capture_output=True, check=False)
    return begin if tried.returncode == 0 else []


def readable_python(user: int) -> str:
    """An interpreter that a user may run: this one, or the system's."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            version = "import sys; sys.exit(sys.version_info < (3, 11))"
            if not subprocess.run([python, "-c", version], user=user, group=user, check=False).returncode:
                return python
        except OSError:
            continue
    pytest.skip("no interpreter that an ordinary user may run")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may read, as the checkout and pytest's own folders need not be."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def told(folder: Path, port: int, begin: list[str], *names: str, user: int | None = None) -> list[dict[str, Any]]:
    """What the script says about the files of responses, run by a user in an environment with secrets."""
    temporary, home = folder / "tmp", folder / "home"
    for path in (temporary, home):
        path.mkdir()
        if user:
            os.chown(path, user, user)
    shutil.copytree(Path(__file__).parents[2] / "rewardkit", folder / "rewardkit")
    for file in (SCRIPT, *(SHARED / name for name in names)):
        shutil.copyfile(file, folder / file.name)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "TMPDIR": str(temporary),
        "HOME": str(home),
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": SECRET,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    python = sys.executable if user is None else readable_python(user)
    command = [*begin, python, str(folder / SCRIPT.name), *(str(folder / name) for name in names)]
    if begin and user:
        dropped = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all"]
        command = [*begin, *dropped, *command[len(begin) :]]
        user = None
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=400, user=user, group=user, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(rows: list[dict[str, Any]], called: list[int]) -> None:
    *judged, last = rows
    broken = {row["name"]: row["broken"] for row in judged if row["broken"]}
    assert broken == {}
    assert last["left"] == [] and last["processes"] == []
    assert last["children"] < 600
    assert called == []


HOW = [
    pytest.param(None, False, id="as we are"),
    pytest.param(NOBODY, False, id="as an ordinary user", marks=pytest.mark.skipif(not ROOT, reason="needs root")),
    pytest.param(NOBODY, True, id="without /dev/shm", marks=pytest.mark.skipif(not ROOT, reason="needs root")),
]


@pytest.mark.parametrize(("user", "without_shm"), HOW)
def test_hostile_responses_get_nothing_and_leave_nothing(
    folder: Path, servers: tuple[int, list[int]], user: int | None, without_shm: bool
) -> None:
    port, called = servers
    begin = namespaced(without_shm=without_shm)
    if without_shm and not begin:
        pytest.skip("no mount namespace of one's own here")
    rows = told(folder, port, begin, "hostile.jsonl", user=user)
    check(rows, called)


@pytest.mark.parametrize(("user", "without_shm"), HOW)
def test_honest_look_alikes_get_their_full_score(
    folder: Path, servers: tuple[int, list[int]], user: int | None, without_shm: bool
) -> None:
    port, called = servers
    begin = namespaced(without_shm=without_shm)
    if without_shm and not begin:
        pytest.skip("no mount namespace of one's own here")
    check(told(folder, port, begin, "benign.jsonl", user=user), called)
