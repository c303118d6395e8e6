"""What a run may use, and what became of it. Plain facts; the judging is the graders'."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

from rewardkit.errors import UsageError

# Which limit ended a run. `memory` is said when the last words were a MemoryError; `channel` when the program
# broke the protocol of its own session.
Limit: TypeAlias = Literal["", "cpu", "wall", "memory", "output", "disk", "files", "threads", "channel"]

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use; a UsageError if a limit is not above 0.

    The processor's time is the judge: the kernel counts it, all threads together, so that a busy machine flips
    nothing. The wall clock is there for programs that only wait.

    Attributes:
        cpu: seconds of processor time, of the whole run or session.
        wall: seconds of the clock in which the program may keep its caller waiting while it neither runs nor
            queues for a processor, short waits not counted; 0 means 5 + 2 x `cpu`.
        memory: bytes of address space beyond the warm interpreter's own.
        output: bytes of stdout, as many of stderr, and as many of any other file; to write more is an error that
            the program sees.
        value: bytes of one encoded value on its way out.
        disk: bytes of all files in the run's own directory.
        files: how many files and directories there.
        open_files: how many file descriptors.
        threads: how many threads. New processes are refused, not counted.
        stack: bytes of the main thread's stack; 64 MB is the most that is sure to be there.
    """

    cpu: float = 10.0
    wall: float = 0.0
    memory: int = 1024 * _MB
    output: int = 16 * _MB
    value: int = 16 * _MB
    disk: int = 128 * _MB
    files: int = 1000
    open_files: int = 128
    threads: int = 128
    stack: int = 64 * _MB

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 < value < math.inf and (each.name, value) != ("wall", 0):
                raise UsageError(f"a sandbox's limit {each.name!r} has to be a number above 0, and is {value!r}")

    @property
    def seconds(self) -> float:
        """The wall clock that holds: the one given, or what the processor's time implies."""
        return self.wall or 5 + 2 * self.cpu


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a program.

    Attributes:
        stdout: what it wrote there; bytes that are no UTF-8 come as replacement characters.
        stderr: the same for stderr.
        exit: the exit code; None when a signal ended it.
        signal: the signal that ended it, 0 if none did.
        cpu: seconds of processor time, by the kernel's count, all threads together.
        wall: seconds from its start to its end.
        memory: the most bytes it had in memory, the warm interpreter's included.
        limit: which limit ended it; empty if none did.
        stdout_truncated: whether it wrote more than may be kept.
        stderr_truncated: the same for stderr.
    """

    stdout: str
    stderr: str
    exit: int | None
    signal: int
    cpu: float
    wall: float
    memory: int
    limit: Limit = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False

    @property
    def ok(self) -> bool:
        """Whether it came to its end by itself, with exit code 0."""
        return self.exit == 0 and not self.limit

    @property
    def last_line(self) -> str:
        """The last line of stderr, which for an uncaught exception names it."""
        lines = self.stderr.rstrip().rsplit("\n", 1)
        return lines[-1].strip()
