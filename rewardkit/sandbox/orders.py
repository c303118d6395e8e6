"""What the trusted process, a zygote and a child say to each other.

To a zygote goes an order for a run, and back a report of how it ended: both of fixed size and plain numbers. With
an order come five descriptors: the run's own line to the zygote, its channel, stdin, stdout and stderr.

On the channel go frames. To the child, which may believe us, Python's own `marshal` in a format that is fixed:

    (RUN, program, argv)                         run a program, and nothing else
    (LOAD, source, name, hooks)                  a request, until the channel closes: run source, with these hooks,
    (CALL, expression, args, kwargs, after)      … call a function
    ("returned", encoded [value, args, kwargs])  what a hook gave, and its arguments as they are then
    ("raised", type, message, base)              … raised, and the built-in exception that this is

From it an empty frame when it is shut in; then one byte and what is encoded as in `values`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rewardkit.sandbox.limits import Limit

FORMAT = 2
# Small numbers, which a child uses anyhow: a text would be one page more for it to copy.
RUN, LOAD, CALL = 0, 1, 2
# A value; a value, the arguments and those by name as they are after the call; an exception's type, message, place
# and built-in base; a hook's name and its arguments.
RETURNED, CHANGED, RAISED, HOOK = b"=", b"~", b"!", b"?"
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
    value: int

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


_ORDER = struct.Struct("<Qd8Q")
_REPORT = struct.Struct("<iiddQi")
ORDER_SIZE = _ORDER.size
REPORT_SIZE = _REPORT.size
# The bytes of a report, from what is in it in its order.
report = _REPORT.pack


def read_order(data: bytes) -> Order:
    """The order that these bytes are."""
    return Order(*_ORDER.unpack(data))


def read_report(data: bytes) -> Report:
    """The report that these bytes are."""
    return Report(*_REPORT.unpack(data))
