"""Frames: a length of 4 bytes, little end first, and that many bytes, over a stream between two processes."""

from __future__ import annotations

import os
import struct
import time
from typing import Protocol

_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 18


class Stream(Protocol):
    """What frames need of a socket."""

    def recv(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long the next call may wait."""


class Broken(Exception):
    """The other side is gone, or a frame is longer than it may be."""


def send(stream: Stream, body: bytes, deadline: float | None = None) -> None:
    """Send one frame.

    Raises:
        Broken: nobody reads any more.
        TimeoutError: it was not taken before the deadline, a time of `time.monotonic`.
    """
    try:
        _wait(stream, deadline)
        stream.sendall(_LENGTH.pack(len(body)) + body)
    except TimeoutError:
        raise
    except OSError as error:
        raise Broken(str(error)) from error


def receive(stream: Stream, *, limit: int, deadline: float | None = None) -> bytes:
    """The next frame's bytes.

    Raises:
        Broken: the stream ended, or the frame has more than `limit` bytes.
        TimeoutError: it was not there before the deadline, a time of `time.monotonic`.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size, deadline))
    if length > limit:
        raise Broken(f"a frame of {length} bytes")
    return _exactly(stream, length, deadline)


def _exactly(stream: Stream, size: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    while size:
        try:
            _wait(stream, deadline)
            part = stream.recv(min(size, _CHUNK))
        except TimeoutError:
            raise
        except OSError as error:
            raise Broken(str(error)) from error
        if not part:
            raise Broken("the other side closed it")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _wait(stream: Stream, deadline: float | None) -> None:
    if deadline is None:
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    stream.settimeout(left)


class Descriptor:
    """A file descriptor as a stream, without the socket module."""

    def __init__(self, number: int) -> None:
        self.number = number

    def recv(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        return os.read(self.number, size)

    def sendall(self, data: bytes, /) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.number, view) :]

    def settimeout(self, seconds: float | None, /) -> None:
        """A descriptor waits as long as it takes."""
