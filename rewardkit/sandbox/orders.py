"""What the trusted process and a zygote say to each other: an order for a run, and a report of how it ended.

Both are of fixed size and plain numbers. With an order come five descriptors: the run's own line to the zygote,
its channel for programs and values, stdin, stdout and stderr.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from rewardkit.sandbox.limits import Limit

DESCRIPTORS = 5
# What may be said on a run's line: look how it is doing, stop it. Its end means stop, too.
ASK, STOP = b"?", b"."
# The order in which a report numbers the limits.
LIMITS: tuple[Limit, ...] = ("", "cpu", "wall", "memory", "output", "disk", "files", "threads", "channel")


class Order(NamedTuple):
    """A run: its number, which names its directory, and its limits."""

    number: int
    cpu: float
    memory: int
    output: int
    disk: int
    files: int
    open_files: int
    threads: int
    stack: int

    def pack(self) -> bytes:
        """As bytes."""
        return _ORDER.pack(*self)


class Report(NamedTuple):
    """How a run ended: the system's error if it never began, its exit status, its use, and the limit that hit.

    On the way the limit is -1, and `cpu` is the time in which it was running or in the queue for a processor.
    """

    errno: int
    status: int
    cpu: float
    wall: float
    memory: int
    limit: int

    def pack(self) -> bytes:
        """As bytes."""
        return _REPORT.pack(*self)


_ORDER = struct.Struct("<Qd7Q")
_REPORT = struct.Struct("<iiddQi")
ORDER_SIZE = _ORDER.size
REPORT_SIZE = _REPORT.size


def read_order(data: bytes) -> Order:
    """The order that these bytes are."""
    return Order(*_ORDER.unpack(data))


def read_report(data: bytes) -> Report:
    """The report that these bytes are."""
    return Report(*_REPORT.unpack(data))
