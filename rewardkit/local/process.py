"""A process and all that it starts: ended together, measured together, and gone when this process is gone.

The process leads a group of its own. A shell of a few kilobytes guards the group: it waits on a pipe from this
process, and when the pipe breaks, because this process ended in whatever way (`kill -9` too), it kills the group.
A death signal from the kernel would not do: it follows the thread that started the process, not this process, and
a thread inside the child could not run while the child computes. What leaves the group (`setsid`) is out of reach.
"""

from __future__ import annotations

import os
import signal
import subprocess
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_MB = 1024 * 1024


class ProcessGroup:
    """A running process and what it starts.

    Args:
        command: the program and its arguments.
        environment: all of its variables.
        folder: where it runs.
        output: a file descriptor opened to append, for what it prints.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, output: int
    ) -> None:
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        guard = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -s KILL -- "-$1"', "guard", str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self._process, guard)

    @property
    def pid(self) -> int:
        """Of the process, and of the group."""
        return self._process.pid

    def code(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Kill all of the group; does nothing the second time."""
        self._end()

    def memory_mb(self) -> float:
        """The resident memory of the group now; 0 where the system does not say."""
        return sum(_resident(folder, self.pid) for folder in _PROC.glob("[0-9]*")) / _MB

    def peak_mb(self) -> float:
        """The most resident memory that the process alone has had; 0 where the system does not say."""
        with suppress(OSError, ValueError, IndexError):
            status = (_PROC / str(self.pid) / "status").read_text()
            return int(status.partition("VmHWM:")[2].split()[0]) / 1024
        return 0.0


def _resident(folder: Path, group: int) -> int:
    """The bytes that a process of the group has in memory; 0 for others and for one that just ended."""
    with suppress(OSError, ValueError, IndexError):
        # The name in parentheses may hold spaces; after it come state, parent, group, … and the pages, 22nd.
        fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        if int(fields[2]) == group:
            return int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _end(process: subprocess.Popen[bytes], guard: subprocess.Popen[bytes]) -> None:
    # The group may outlive its leader, and its number cannot be given away while the leader is not waited for.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    guard.kill()
    guard.wait()
    if guard.stdin:
        guard.stdin.close()
