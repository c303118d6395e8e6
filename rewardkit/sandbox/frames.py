"""Frames: a length of 4 bytes, little end first, and that many bytes, over a stream between two processes."""

from __future__ import annotations

import os
import struct
from typing import Protocol

_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 18


class Stream(Protocol):
    """What frames need of a socket."""

    def recv(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""


class Broken(Exception):
    """The other side is gone, or a frame is longer than it may be."""


def send(stream: Stream, body: bytes) -> None:
    """Send one frame.

    Raises:
        Broken: nobody reads any more.
        TimeoutError: as the stream raises it.
    """
    try:
        stream.sendall(_LENGTH.pack(len(body)) + body)
    except TimeoutError:
        raise
    except OSError as error:
        raise Broken(str(error)) from error


def receive(stream: Stream, *, limit: int) -> bytes:
    """The next frame's bytes.

    Raises:
        Broken: the stream ended, or the frame has more than `limit` bytes.
        TimeoutError: as the stream raises it.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > limit:
        raise Broken(f"a frame of {length} bytes")
    return _exactly(stream, length)


def _exactly(stream: Stream, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        try:
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
