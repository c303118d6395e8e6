"""Frames: a length of 4 bytes, little end first, and that many bytes, over a stream between two processes."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

_LENGTH = struct.Struct("<I")
_SIZE, _unpack = _LENGTH.size, _LENGTH.unpack_from
_CHUNK, _LARGE = 1 << 14, 1 << 20


class Broken(Exception):
    """The other side is gone."""


class TooLong(Broken):
    """A frame is longer than it may be."""


def frame(body: bytes) -> bytes:
    """A body with its length before it."""
    return _LENGTH.pack(len(body)) + body


class Reader:
    """Takes frames off a stream; what has come is read in one go.

    Args:
        recv: gives up to so many bytes, none at the end. What it raises goes to the caller, and nothing is lost.
    """

    def __init__(self, recv: Callable[[int], bytes]) -> None:
        self._recv = recv
        self._data = b""
        self._at = 0

    def next(self, limit: int) -> bytes:
        """The next frame's bytes.

        Raises:
            Broken: the stream ended.
            TooLong: the frame has more than `limit` bytes.
        """
        data, begin = self._data, self._at + _SIZE
        while begin > len(data):
            data = self._data = data[self._at :] + self._more(_CHUNK)
            self._at, begin = 0, _SIZE
        (length,) = _unpack(data, begin - _SIZE)
        if length > limit:
            raise TooLong(f"a frame of {length} bytes")
        end = begin + length
        if end > len(data):
            self._fill(_SIZE + length)
            data, begin, end = self._data, _SIZE, _SIZE + length
        self._at = end
        return data[begin:end]

    def _fill(self, size: int) -> None:
        """Have at least so many bytes, from the first on; there are less."""
        missing = size - (len(self._data) - self._at)
        parts = [self._data[self._at :]]
        self._at = 0
        try:
            while missing > 0:
                parts.append(self._more(max(_CHUNK, min(missing, _LARGE))))
                missing -= len(parts[-1])
        finally:
            self._data = b"".join(parts)

    def _more(self, size: int) -> bytes:
        part = self._recv(size)
        if not part:
            raise Broken("the other side closed it")
        return part


def write(number: int, data: bytes) -> None:
    """Write all of it to a descriptor.

    Raises:
        OSError: nobody reads any more.
    """
    written = os.write(number, data)
    while written < len(data):
        written += os.write(number, memoryview(data)[written:])
