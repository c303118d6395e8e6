"""Start, stop and look at the local cloud of a project: one process in the background, on loopback.

    address = start(project)
    os.environ.update(address.environment())    # boto3 and openai now talk to it

It rehearses the flow, not the model. Its state is under `.rewardkit/local/` and survives a restart.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardkit.errors import CloudError, UsageError

ACCOUNT = "123456789012"
HEALTH = "/_rewardkit/health"
REGION = "us-west-2"

_START_SECONDS = 90.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a local cloud answers.

    Attributes:
        url: such as `http://127.0.0.1:40123`.
        region: where its fine-tuning jobs run.
        account: the AWS account that it plays.
    """

    url: str
    region: str
    account: str

    def environment(self) -> dict[str, str]:
        """The environment variables that point boto3 and openai at it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "rewardkit-local",
            "AWS_SECRET_ACCESS_KEY": "rewardkit-local",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": "rewardkit-local",
        }


@dataclass(frozen=True, slots=True)
class Status:
    """A look at the local cloud of a project.

    Attributes:
        address: None when it is not running.
        pid: of its process; 0 when it is not running.
        jobs: how many jobs there are of each status.
        note: that it is a rehearsal, in a sentence.
    """

    address: Address | None = None
    pid: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self.address is not None

    def __str__(self) -> str:
        """For a person: where it runs, its jobs, and that it is a rehearsal."""
        if self.address is None:
            return "the local cloud is not running"
        jobs = ", ".join(f"{count} {name}" for name, count in sorted(self.jobs.items())) or "none"
        where = f"running at {self.address.url} (process {self.pid}, {self.address.region})"
        return f"{where}\njobs: {jobs}\n{self.note}"


def start(project: Path, *, region: str = REGION) -> Address:
    """Start the local cloud of a project, or return where it already runs.

    Args:
        project: the folder of the project; the state goes to `.rewardkit/local/` in it.
        region: where fine-tuning jobs run; of no importance where it runs already.

    Raises:
        UsageError: there is no such folder, or the `local` extra is not installed.
        CloudError: it did not start; the message has the end of its log.
    """
    project = project.resolve()
    if not project.is_dir():
        raise UsageError(f"there is no folder {project}: the local cloud belongs to a project")
    _check_installed()
    folder = _folder(project)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        running = status(project)
        if running.address is not None:
            return running.address
        return _spawn(project, folder, region)


def stop(project: Path) -> bool:
    """Stop the local cloud of a project: jobs pause after their step and go on at the next start.

    Returns:
        Whether it was running.

    Raises:
        CloudError: it does not end.
    """
    folder = _folder(project.resolve())
    if not folder.is_dir():
        return False
    with _alone(folder):
        if not _held(folder):
            return False
        pid = _holder(folder)
        for number, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            if _wait_for_end(folder, patience):
                return True
        raise _failed("StopLocalCloud", folder, f"process {pid} does not end")


def status(project: Path) -> Status:
    """Whether the local cloud of a project runs, where, and what its jobs do."""
    folder = _folder(project.resolve())
    if not folder.is_dir() or not _held(folder):
        return Status()
    written = _written(folder)
    health = _health(written.get("port"))
    if health is None or health["pid"] != written["pid"]:
        return Status()
    address = Address(f"http://127.0.0.1:{written['port']}", health["region"], ACCOUNT)
    return Status(address, health["pid"], health["jobs"], health["rehearsal"])


def _spawn(project: Path, folder: Path, region: str) -> Address:
    log = folder / "server.log"
    command = [sys.executable, "-m", "rewardkit.local.server", str(project), region]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=project,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        found = status(project)
        if found.address is not None and found.pid == process.pid:
            return found.address
        if process.poll() is not None:
            break
        time.sleep(0.05)
    # Not more than its own: one that came up too late would be a second answer to the next start.
    process.kill()
    process.wait()
    tail = log.read_text("utf-8", "replace")[-2000:].strip()
    raise _failed("StartLocalCloud", folder, f"it did not come up. The end of its log ({log}):\n{tail}")


def _environment() -> dict[str, str]:
    """This environment, without what would point the local cloud at AWS or at itself."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "OPENAI_", "MOTO_"))}
    package = str(Path(__file__).parents[2])
    path = kept.get("PYTHONPATH", "")
    return kept | {"PYTHONPATH": f"{package}{os.pathsep}{path}" if path else package}


def _check_installed() -> None:
    for module in ("moto", "flask", "flask_cors", "werkzeug", "awslambdaric"):
        if importlib.util.find_spec(module) is None:
            raise UsageError(
                f"the local cloud needs {module}, which is not installed: pip install 'rewardkit-bedrock[local]'"
            )


def _folder(project: Path) -> Path:
    return project / ".rewardkit" / "local"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two commands do not start or stop the same local cloud at the same time; the second waits."""
    with (folder / "command.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _held(folder: Path) -> bool:
    """Whether a process is the local cloud. The kernel knows, also after kill -9; a file with a pid would not."""
    try:
        with (folder / "lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _holder(folder: Path) -> int:
    """The process that holds the lock: it writes its pid there as soon as it has it."""
    text = (folder / "lock").read_text()
    if not text.isdecimal():
        raise _failed("StopLocalCloud", folder, "it is just starting: try again in a moment")
    return int(text)


def _wait_for_end(folder: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while _held(folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _written(folder: Path) -> dict[str, Any]:
    try:
        written = json.loads((folder / "server.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def _health(port: object) -> dict[str, Any] | None:
    if not isinstance(port, int):
        return None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", HEALTH)
        health = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return health if isinstance(health, dict) and "rehearsal" in health else None


def _failed(operation: str, folder: Path, message: str) -> CloudError:
    return CloudError(operation, str(folder), "LocalCloudError", message)
