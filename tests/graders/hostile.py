"""Grades responses as a Lambda with something to lose would, and tells what each one got and did.

Run as a script, with the files of responses as arguments: its environment holds a secret and the address of a
runtime API, its temporary folder a canary. One JSON object a response on stdout: its score, and what it broke.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rewardkit.errors import RewardkitError
from rewardkit.graders.code import python_calls, python_stdio
from rewardkit.graders.fences import code
from rewardkit.sandbox import Ended, Limits, Returned, shared

SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]
CANARY = Path(tempfile.gettempdir(), "canary.txt")
LIMITS = Limits(cpu=0.25, wall=1, memory=256 << 20, files=200)
FAIR = Limits(cpu=10)
SLACK = 3.0  # times the limits of one run
MOST_FILES = 5_000  # the limit is looked at every 50 ms
MB = 1 << 20


def graded(row: dict[str, Any], form: str, limits: Limits) -> tuple[float, str]:
    """The score of a row's response by its tests in one form."""
    tests = row["tests"]
    if form == "stdio":
        score = python_stdio(row["response"], tests, limits=limits)
    else:
        score = python_calls(
            row["response"],
            as_code(tests["check"]) if form == "code" else tests[form],
            entry_point=tests["entry_point"],
            setup=tests["setup"],
            abs_tol=tests.get("atol", 0.0),
            limits=limits,
        )
    return float(score), score.reason


def as_code(check: str) -> str:
    """A check function that cannot be taken apart."""
    return check.replace("(candidate):\n", "(candidate):\n    runs_as_code = 1\n", 1)


def said(row: dict[str, Any], limits: Limits) -> str:
    """All that a response prints and returns."""
    program = code(row["response"], entry_point=row["tests"].get("entry_point", "")) or ""
    if row["kind"] == "stdio":
        ran = shared().run(program, stdin=row["tests"]["inputs"][0], limits=limits)
        return ran.stdout + ran.stderr
    value = None
    try:
        with shared().open(program, limits=limits) as session:
            answer = session.call(row["tests"]["entry_point"], ([1, 2, 3],))
            value = answer.value if isinstance(answer, Returned) else answer
            ran = session.close()
    except Ended as ended:
        ran = ended.ran
    return f"{value!r:.100000}{ran.stdout}{ran.stderr}"


# --- what must hold ---


def state() -> dict[str, object]:
    """What no response may change."""
    return {
        "parent_limits_intact": [
            resource.getrlimit(getattr(resource, name))
            for name in sorted(dir(resource))
            if name.startswith("RLIMIT_")
        ],
        "parent_not_pwned": dict(os.environ),
        "canary_file_intact": CANARY.read_text() if CANARY.exists() else None,
        "no_leftover_files": files(),
        "no_leftover_process": processes(),
        "no_shared_memory": lines("/proc/sysvipc/shm", "0x524b", "21067"),
        "no_socket": lines("/proc/net/unix", "rk-evil"),
        "modules": sorted(name for name in sys.modules if name in ("usercustomize", "sitecustomize")),
    }


def files() -> list[str]:
    """The files in the temporary folder and at home, but for the one that each warm interpreter has there."""
    roots = {Path(tempfile.gettempdir()), Path.home()}
    found = [path for root in roots for path in root.rglob("*") if path.is_symlink() or path.is_file()]
    return sorted(str(path) for path in found if path.name != "marker")


def processes() -> list[str]:
    """The interpreters and children of this process's sandbox, and whatever else runs in its temporary folder."""
    found, ours = [], tempfile.gettempdir()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
            command = (path / "cmdline").read_bytes()
            where = ours if ours.encode() in command else str((path / "cwd").readlink())
        except OSError:
            continue
        if state != "Z" and where.startswith(ours) and path.name != str(os.getpid()):
            found.append(path.name)
    return sorted(found)


def lines(path: str, *words: str) -> list[str]:
    """The lines of a file of the kernel's that hold a word."""
    try:
        return [line for line in Path(path).read_text().splitlines() if any(word in line for word in words)]
    except OSError:
        return []


@contextmanager
def watched() -> Iterator[Callable[[], int]]:
    """The most files that lie in the temporary folder at any time while this is open."""
    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], sum(len(names) for _, _, names in os.walk(tempfile.gettempdir())))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield lambda: most[0]
    over.set()
    thread.join()


def judged(row: dict[str, Any], must: float) -> dict[str, Any]:
    """One row's outcome: its scores, and what broke."""
    limits = FAIR if must else LIMITS
    before, broken, scores, slowest = state(), [], {}, 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with watched() as most_files:
        for form in ("stdio",) if row["kind"] == "stdio" else ("cases", "asserts", "code"):
            begin = time.monotonic()
            try:
                scores[form], reason = graded(row, form, limits)
            except RewardkitError as error:
                scores[form], reason = -1.0, f"{type(error).__name__}: {error}"
            seconds = time.monotonic() - begin
            slowest = max(slowest, seconds)
            broken += [f"{form}: {scores[form]:g}, {reason}"] if scores[form] != must else []
            broken += [f"bounded_time: {seconds:.1f} s"] if seconds > SLACK * limits.seconds else []
            broken += ["no_secret: in the reason"] if SECRET in reason else []
            if seconds > LIMITS.cpu:
                break
        if SECRET in said(row, limits):
            broken.append("no_secret: said")
    after = state()
    broken += [f"{name}: {before[name]} → {after[name]}" for name in before if before[name] != after[name]]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
    broken += [f"bounded_memory: {grown // MB} MB"] if grown > 200 * MB else []
    broken += [f"bounded_disk: {most_files()} files"] if most_files() > MOST_FILES else []
    return {"name": row["name"], "scores": scores, "reason": reason, "seconds": slowest, "broken": broken}


def main(paths: list[str]) -> None:
    """Warm up, so that the interpreters are there before and after; then judge every row."""
    CANARY.write_text("as it was")
    with shared().open(), shared().open():
        pass
    for path in paths:
        for line in Path(path).read_text().splitlines():
            row = json.loads(line)
            print(json.dumps(judged(row, 0.0 if "0" in row["expected"] else 1.0)), flush=True)
    shared().close()
    left = [name for name in files() if name != str(CANARY)]
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"left": left, "processes": processes(), "children": children // MB}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
