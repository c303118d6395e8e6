"""One execution environment of Lambda on this machine: AWS's own runtime client against our Runtime API.

The child sees what a function in Lambda sees: its code in front of the path, then a folder with AWS's runtime
client and boto3, then the standard library; Lambda's variables and its own, nothing of this shell. This machine's
site-packages are not there, so that what is missing in a bundle is missing here too.

What fails looks as it looks in Lambda, to the field. What differs: `/tmp` is this machine's; processors and
network are not limited; memory is looked at every few milliseconds, on Linux only; and without the `site` module
the names `exit` and `quit`, which are meant for the prompt, do not exist.
"""

from __future__ import annotations

import functools
import json
import math
import os
import queue
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, TypeAlias

from rewardkit.bundle.cache import cached
from rewardkit.bundle.wheels import name_of
from rewardkit.errors import BundleError, CloudError
from rewardkit.local.process import ProcessGroup
from rewardkit.local.runtime_api import RESPONSE_LIMIT, Call, RuntimeApi
from rewardkit.local.unpack import Task

REQUEST_LIMIT = 6_291_456
_INIT_SECONDS = 10.0
# How long the client may take from its response to its next question.
_PAUSE_SECONDS = 10.0
_LOG_LIMIT = 4 << 20
_ACCOUNT = "123456789012"
# What Lambda's Python runtime brings along.
_RUNTIME = ("awslambdaric", "boto3")

Ending: TypeAlias = Literal["next", "response", "too_large", "error", "init_error", "exit", "timeout"]


class RequestTooLarge(CloudError):
    """The event is over the 6 MB of a synchronous call: `RequestTooLargeException`, HTTP 413."""

    status = 413


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of one call.

    Attributes:
        payload: the response, or the error as Lambda words it; JSON.
        error: None, or `Unhandled`, which is what the header `X-Amz-Function-Error` says.
        log: what the function wrote, between Lambda's START, END and REPORT lines.
        milliseconds: how long the handler took.
        init_milliseconds: how long the process took to start and to import; 0 for a warm one.
        memory_mb: the most memory the processes have had; 0 where the system does not say (not Linux).
    """

    payload: bytes
    error: str | None
    log: str
    milliseconds: float
    init_milliseconds: float
    memory_mb: float


class Runtime:
    """One execution environment: a process under AWS's runtime client that answers one call at a time.

    The process starts with the first call and again after an exit or a timeout. Threads may share a Runtime; their
    calls wait for each other, where Lambda would start another environment.

    Args:
        task: the code, from `unpack`.
        name: of the function.
        version: what was invoked: `$LATEST` or a number.
        memory: the limit in MB, kept on Linux.
        timeout: of one call, in seconds.
        environment: the function's own variables.
        region: such as `us-west-2`.
    """

    def __init__(
        self,
        task: Task,
        *,
        name: str = "reward",
        version: str = "$LATEST",
        memory: int = 1024,
        timeout: float = 300,
        environment: Mapping[str, str] = {},
        region: str = "us-west-2",
    ) -> None:
        self.task = task
        self.name = name
        self.version = version
        self.memory = memory
        self.timeout = timeout
        self.environment = dict(environment)
        self.region = region
        self.arn = f"arn:aws:lambda:{region}:{_ACCOUNT}:function:{name}"
        self._lock = threading.Lock()
        self._life: _Life | None = None

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def invoke(self, payload: bytes, *, arn: str = "") -> Invocation:
        """Call the function.

        Args:
            payload: the event, JSON.
            arn: by which it was called; by default the function's own.

        Raises:
            RequestTooLarge: the payload is over 6,291,456 bytes.
            BundleError: AWS's runtime client is not installed here.
        """
        if len(payload) > REQUEST_LIMIT:
            raise RequestTooLarge(
                "Invoke",
                self.name,
                "RequestTooLargeException",
                f"{len(payload)} byte payload is too large for the RequestResponse invocation type "
                f"(limit {REQUEST_LIMIT} bytes)",
                "Send fewer rollouts at a time.",
            )
        with self._lock:
            return self._invoke(payload, arn or self.arn)

    def close(self) -> None:
        """End the process and everything it started, also in the middle of a call; the next starts it again."""
        if life := self._life:
            life.group.end()
        with self._lock:
            self._end()

    def _invoke(self, payload: bytes, arn: str) -> Invocation:
        id = str(uuid.uuid4())
        start = self._ready()
        life, ending, body = start.life, start.ending, start.body
        log = [start.log, f"START RequestId: {id} Version: {self.version}\n"]
        life.idle = False
        if ending == "next":
            deadline = start.begin + self.timeout
            life.api.give(_call(id, payload, arn, seconds=deadline - time.monotonic()))
            ending, body = life.wait(deadline, self.memory)
        milliseconds = (time.monotonic() - start.begin) * 1000
        if ending in ("response", "error"):
            # The client asks for the next call when it is done with this one, and with its log.
            life.idle = life.wait(time.monotonic() + _PAUSE_SECONDS, self.memory)[0] == "next"
        log.append(life.read_log())
        memory = life.peak_mb()
        if not life.idle:
            self._end()
        result = self._worded(ending, body, id, life.group.code())
        log.extend(self._closing(ending, result, id, milliseconds, start.milliseconds, memory))
        error = None if ending == "response" else "Unhandled"
        return Invocation(result, error, "".join(log), milliseconds, start.milliseconds, memory)

    def _ready(self) -> _Start:
        """A process that waits for a call, or has failed to.

        An init that takes more than 10 seconds is stopped, and done again in the time of the call, as in Lambda.
        """
        # One that is not idle was left in the middle of a call: by an interrupt, for instance.
        if self._life and self._life.idle and self._life.group.code() is None:
            return _Start(self._life, "next", b"", "", time.monotonic(), 0.0)
        log = f"INIT_START Runtime Version: {self.task.execution_env.replace('AWS_Lambda_python', 'python:')}\n"
        begin = time.monotonic()
        life, ending, body = self._init(begin + _INIT_SECONDS)
        milliseconds = (time.monotonic() - begin) * 1000
        log += life.read_log()
        begin = time.monotonic()
        if ending == "timeout":
            log += f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: init\tStatus: timeout\n"
            life, ending, body = self._init(begin + self.timeout)
            log += life.read_log()
        return _Start(life, ending, body, log, begin, milliseconds)

    def _init(self, until: float) -> tuple[_Life, Ending, bytes]:
        self._end()
        self._life = _Life(self.task, self._variables())
        return self._life, *self._life.wait(until, self.memory)

    def _end(self) -> None:
        if self._life:
            self._life.end()
        self._life = None

    def _worded(self, ending: Ending, body: bytes, id: str, code: int | None) -> bytes:
        """The response, or the error in Lambda's words."""
        if ending == "response":
            return body
        if ending in ("error", "init_error"):
            # The client's own folder is what the system calls it, without links.
            return body.replace(os.fsencode(self.task.root.resolve()), b"/var/task")
        if ending == "too_large":
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            return json.dumps({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}).encode()
        if ending == "timeout":
            return json.dumps({"errorMessage": _timed_out(id, self.timeout)}).encode()
        message = f"RequestId: {id} Error: {_reason(code)}"
        return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message}).encode()

    def _closing(
        self, ending: Ending, result: bytes, id: str, milliseconds: float, init: float, memory: float
    ) -> Iterator[str]:
        """The platform's last lines in the log."""
        error = {} if ending == "response" else json.loads(result)
        if ending == "timeout":
            yield f"{error['errorMessage']}\n\n"
        elif ending in ("exit", "too_large"):
            yield f"{error['errorMessage']}\n{error['errorType']}\n"
        yield f"END RequestId: {id}\n"
        parts = [
            f"REPORT RequestId: {id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {math.ceil(milliseconds + init)} ms",
            f"Memory Size: {self.memory} MB",
            f"Max Memory Used: {math.ceil(memory)} MB",
        ]
        parts += [f"Init Duration: {init:.2f} ms"] if init else []
        if ending == "timeout":
            parts.append("Status: timeout")
        elif ending in ("exit", "too_large", "init_error"):
            parts += ["Status: error", f"Error Type: {error.get('errorType', '')}"]
        yield "\t".join(parts) + "\t\n"

    def _variables(self) -> dict[str, str]:
        """Lambda's own variables, and over them the function's."""
        client = str(_client_folder())
        return {
            "_HANDLER": self.task.handler,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": self.task.execution_env,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{datetime.now(UTC):%Y/%m/%d}/[{self.version}]{uuid.uuid4().hex}",
            "AWS_REGION": self.region,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            "LAMBDA_RUNTIME_DIR": client,
            "LAMBDA_TASK_ROOT": str(self.task.root),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": client,
            "TZ": ":UTC",
        } | self.environment


class _Life:
    """A process from its start to its end, with its own Runtime API.

    Attributes:
        idle: whether it waits for a call.
    """

    def __init__(self, task: Task, variables: Mapping[str, str]) -> None:
        self.api = RuntimeApi()
        self.idle = False
        self._peak = 0.0
        # A file rather than a pipe: what was written before the response is there when the response is.
        descriptor, name = tempfile.mkstemp(prefix="runtime-log-")
        writer = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._log = os.fdopen(descriptor, "r+b")
        Path(name).unlink()
        # -S keeps this machine's site-packages out; -m puts the folder it runs in, the code, first.
        interpreter = getattr(sys, "_base_executable", None) or sys.executable
        try:
            self.group = ProcessGroup(
                [interpreter, "-S", "-s", "-m", "awslambdaric", task.handler],
                environment=dict(variables) | {"AWS_LAMBDA_RUNTIME_API": self.api.address},
                folder=task.root,
                output=writer,
            )
        except BaseException:
            self.api.close()
            self._log.close()
            raise
        finally:
            os.close(writer)

    def wait(self, until: float, memory: int) -> tuple[Ending, bytes]:
        """What the process says next, or that it ended or was made to: no time left, or too much memory."""
        pause = 0.005
        while True:
            # First whether it runs, then what it said: its last words come before its end.
            code = self.group.code()
            try:
                said = self.api.said.get(
                    timeout=0 if code is not None else max(0.0, min(pause, until - time.monotonic()))
                )
            except queue.Empty:
                pause = min(pause * 2, 0.05)
                if code is not None:
                    return "exit", b""
            else:
                # Its peak counts too: what was taken and given back between two looks.
                if self._exceeds(memory, self.group.peak_mb()):
                    return "exit", b""
                return said.kind, said.body
            if self._exceeds(memory, self.group.memory_mb()):
                return "exit", b""
            if time.monotonic() >= until:
                return "timeout", b""

    def _exceeds(self, limit: int, megabytes: float) -> bool:
        self._peak = max(self._peak, megabytes)
        if megabytes > limit:
            self.group.end()
        return megabytes > limit

    def peak_mb(self) -> float:
        """The most memory seen so far."""
        self._peak = max(self._peak, self.group.peak_mb())
        return self._peak

    def read_log(self) -> str:
        """What was written since the last time; of very much, the end."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_LIMIT))
        text = self._log.read().decode(errors="replace")
        self._log.truncate(0)
        # The client ends the lines inside a message with a bare return when it writes to a file.
        return text.replace("\r", "\n")

    def end(self) -> None:
        self.group.end()
        self.api.close()
        self._log.close()


class _Start(NamedTuple):
    """How a process was made ready: what it said, and when the time of the call begins."""

    life: _Life
    ending: Ending
    body: bytes
    log: str
    begin: float
    milliseconds: float


def _call(id: str, payload: bytes, arn: str, *, seconds: float) -> Call:
    trace = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
    return Call(id, payload, arn, trace, int((time.time() + seconds) * 1000))


def _timed_out(id: str, seconds: float) -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {id} Task timed out after {seconds:.2f} seconds"


def _reason(code: int | None) -> str:
    """Why the runtime is gone, in the words of Lambda."""
    if not code:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = (signal.strsignal(-code) or f"signal {-code}").lower()
    return f"Runtime exited with error: signal: {name}"


@functools.cache
def _client_folder() -> Path:
    """A folder with what Lambda's runtime has, and nothing else of this machine's site-packages."""
    found = _with_requirements(_RUNTIME)
    tops = {top: str(item.locate_file(top)) for item in found for top in _tops(item)}

    def make(folder: Path) -> None:
        for top, place in tops.items():
            (folder / top).symlink_to(place)

    return cached("runtime", tops, make)


def _with_requirements(names: tuple[str, ...]) -> list[metadata.Distribution]:
    """Some distributions and all that they need; extras and requirements of other Pythons are not."""
    found: dict[str, metadata.Distribution] = {}
    todo = list(names)
    while todo:
        name = name_of(todo.pop())
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in names:
                raise BundleError(
                    f"{name}, which runs functions here as Lambda does, is not installed: "
                    f"pip install 'rewardkit-bedrock[local]'"
                ) from None
            continue
        todo.extend(line for line in found[name].requires or () if "extra ==" not in line)
    return list(found.values())


def _tops(distribution: metadata.Distribution) -> set[str]:
    """The files and folders that a distribution has in site-packages."""
    tops = {file.parts[0] for file in distribution.files or ()}
    return tops - {"..", "__pycache__", "bin"}
