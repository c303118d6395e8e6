"""Values on their way between two processes, as plain data in an encoding of our own.

A tag of one byte, then what belongs to it; lengths and counts are 4 bytes, little end first:

    N T F          None, True, False
    i I            an int of 8 bytes; a longer one as length and two's complement
    f c            a float of 8 bytes, a complex of 16
    s b            text in UTF-8 (lone surrogates let through), bytes: length and content
    l t S Z d      list, tuple, set, frozenset, dict: count, then the items; a dict's are key, value, key, value
    A D            a list of small ints, a list of floats: count, then 8 bytes each
    O              what is not plain data: the type's name and what it looks like, two texts

Nothing is ever called, imported or evaluated by reading it. Reading is bounded in depth, in the number of values
and against keys chosen to collide; neither way recurses. Python's hashes of numbers, and of tuples and sets of
them, are no secret: a program can choose keys of the same hash, or that look for their places in the same order.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

DEPTH = 200
# Values one by one; long lists of numbers count as one.
COUNT = 1_000_000
_INT_BYTES = 1 << 16
# How many keys may have the same hash: as a rule, where they hold sets, sets of sets, and deeper.
# Each is compared with all before it; to compare two sets is to look up each member, and multiplies.
_COLLISIONS = (64, 4, 2, 1)
# Keys that are put into a table at a time, and the seconds that they may take: in all, and for each.
_AT_A_TIME, _IN_ALL, _FOR_EACH = 64, 0.2, 2e-6
_CLIP = 200


class Opaque:
    """What came back and is not plain data. It equals nothing, not even itself.

    Attributes:
        type: the name of its type.
        shown: what it looks like or why it is not data; may be empty. The program's own words: never trust them.
    """

    __slots__ = ("shown", "type")

    def __init__(self, type: str, shown: str = "") -> None:
        self.type = type
        self.shown = shown

    def __repr__(self) -> str:
        return f"Opaque(type={self.type!r}, shown={self.shown!r})"

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)


class BadFrame(ValueError):
    """These bytes are no value in our encoding."""


class TooLarge(ValueError):
    """The value has more bytes, or more values in it, than may cross."""


Plain = Callable[[Any], Any]


def refuse(value: Any) -> Any:
    """The `plain` of the trusted side: nothing but plain data leaves it."""
    raise TypeError(f"{type(value).__name__} is not plain data: {value!r:.200}")


def refuse_others(value: Any) -> None:
    """Refuse what is not plain data, such as numpy's numbers, which marshal would send as their bytes.

    Args:
        value: holds no cycle.

    Raises:
        TypeError: something in it is no plain data.
    """
    for item in leaves(value):
        if type(item) not in _SCALARS:
            refuse(item)


def leaves(value: Any) -> Iterator[Any]:
    """All that is in a value, and holds nothing itself; the keys of dicts, too.

    Args:
        value: holds no cycle.
    """
    todo = [value]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            todo += [*item, *item.values()]
        elif type(item) in _CONTAINERS:
            todo += item
        else:
            yield item


def readable(said: str, most: int) -> str:
    """A program's words for a person: so many characters at most, and such that they can be written anywhere."""
    return said[:most].encode("utf-8", "replace").decode()


def encode(value: Any, *, limit: int, plain: Plain = refuse) -> bytes:
    """The value as bytes.

    Args:
        value: of plain data; cycles and what is nested deeper than 200 become Opaque.
        limit: the most bytes.
        plain: gives plain data or an Opaque for a value of any other type.

    Raises:
        TooLarge: it would be longer, or hold more than a million values.
    """
    kind = type(value)
    if kind in _SCALARS and (kind not in _SIZED or len(value) <= limit):  # nothing but that, as most answers are
        part = _SCALARS[kind](value)
        if len(part) <= limit:
            return part
    parts: list[bytes] = []
    size = count = 0
    open_ids: list[int] = []
    stack: list[Any] = [iter((value,))]
    while stack:
        for item in stack[-1]:
            count += 1
            if type(item) not in _KNOWN:
                item = plain(item)
            if type(item) in _SIZED and len(item) > limit:
                raise TooLarge(f"a {type(item).__name__} of {len(item)}")
            if type(item) in _SCALARS:
                part, inner = _SCALARS[type(item)](item), None
            else:
                part, inner = _head(item, open_ids, limit)
            parts.append(part)
            size += len(part)
            if size > limit or count > COUNT:
                raise TooLarge(f"more than {limit} bytes or {COUNT} values")
            if inner is not None:
                stack.append(iter(inner))
                open_ids.append(id(item))
                break
        else:
            stack.pop()
            if open_ids:
                open_ids.pop()
    return b"".join(parts)


def _head(item: Any, open_ids: Sequence[int], limit: int) -> tuple[bytes, Iterable[Any] | None]:
    """The bytes of a value that can hold others, without what is in it; and what is in it."""
    kind = type(item)
    if kind not in _CONTAINERS:
        raise TypeError(f"{kind.__name__} is not plain data")
    if id(item) in open_ids:
        return _opaque(Opaque(kind.__name__, "contains itself")), None
    if len(open_ids) >= DEPTH:
        return _opaque(Opaque(kind.__name__, f"nested deeper than {DEPTH}")), None
    if kind is list and 3 < len(item) <= limit // 8 and (numbers := _numbers(item)):
        return numbers, None
    tag = _CONTAINERS[kind]
    if kind is dict:
        return tag + _U32(len(item)), (part for pair in item.items() for part in pair)
    return tag + _U32(len(item)), item


def _numbers(items: list[Any]) -> bytes | None:
    kinds = set(map(type, items))
    if kinds == {float}:
        return b"D" + _U32(len(items)) + struct.pack(f"<{len(items)}d", *items)
    if kinds == {int}:
        try:
            return b"A" + _U32(len(items)) + struct.pack(f"<{len(items)}q", *items)
        except struct.error:  # one is longer
            return None
    return None


def _int(item: int) -> bytes:
    if -(1 << 63) <= item < 1 << 63:
        return b"i" + item.to_bytes(8, "little", signed=True)
    length = item.bit_length() // 8 + 1
    if length > _INT_BYTES:
        return _opaque(Opaque("int", f"of {length} bytes"))
    return b"I" + _U32(length) + item.to_bytes(length, "little", signed=True)


def _text(tag: bytes, item: str) -> bytes:
    raw = item.encode("utf-8", "surrogatepass")
    return tag + _U32(len(raw)) + raw


def _opaque(item: Opaque) -> bytes:
    return b"O" + _text(b"", item.type[:_CLIP]) + _text(b"", item.shown[:_CLIP])


_U32 = struct.Struct("<I").pack
_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda item: b"N",
    bool: lambda item: b"T" if item else b"F",
    int: _int,
    float: lambda item: struct.pack("<cd", b"f", item),
    complex: lambda item: struct.pack("<cdd", b"c", item.real, item.imag),
    str: lambda item: _text(b"s", item),
    bytes: lambda item: b"b" + _U32(len(item)) + item,
    Opaque: _opaque,
}
_CONTAINERS: dict[type, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z", dict: b"d"}
# The containers that can be keys.
_HASHABLE = frozenset([tuple, frozenset])
_KNOWN = frozenset([*_SCALARS, *_CONTAINERS])
# Each of their items takes a byte at least.
_SIZED = frozenset([str, bytes, *_CONTAINERS])


def decode(data: bytes) -> Any:
    """The value that these bytes say. They may be hostile.

    Raises:
        BadFrame: they are no value, hold more than a million, are nested deeper than 200, or hold a set or dict
            whose keys were chosen to collide.
    """
    try:
        if data[0] in _READ:  # nothing but that, as most answers are
            value, end = _READ[data[0]](data, 1)
            if end == len(data):
                return value
        return _decode(data)
    except (LookupError, struct.error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadFrame(f"{type(error).__name__}: {error}") from None


def _decode(data: bytes) -> Any:
    position = count = 0
    stack: list[tuple[int, int, list[Any]]] = []
    while True:
        count += 1
        tag, position = data[position], position + 1
        if count > COUNT:
            raise BadFrame("too many values")
        if tag in _MAKE:
            (length,) = _u32(data, position)
            position += 4
            length *= 2 if tag == _DICT else 1
            if length:
                if len(stack) >= DEPTH + 1 or length > len(data) - position:
                    raise BadFrame("nested too deep, or a length beyond the end")
                stack.append((tag, length, []))
                continue
            value: Any = _MAKE[tag]([])
        else:
            value, position = _READ[tag](data, position)
        while stack:
            tag, length, items = stack[-1]
            items.append(value)
            if len(items) < length:
                break
            stack.pop()
            value = _MAKE[tag](items)
        else:
            if position != len(data):
                raise BadFrame("something follows the value")
            return value


def _bytes(data: bytes, position: int) -> tuple[bytes, int]:
    (length,) = _u32(data, position)
    end = position + 4 + length
    if end > len(data):
        raise BadFrame("a length beyond the end")
    return data[position + 4 : end], end


def _str(data: bytes, position: int) -> tuple[str, int]:
    raw, position = _bytes(data, position)
    return raw.decode("utf-8", "surrogatepass"), position


def _long(data: bytes, position: int) -> tuple[int, int]:
    raw, position = _bytes(data, position)
    if len(raw) > _INT_BYTES:
        raise BadFrame("an int that is too long")
    return int.from_bytes(raw, "little", signed=True), position


def _complex(data: bytes, position: int) -> tuple[complex, int]:
    return complex(*struct.unpack_from("<dd", data, position)), position + 16


def _numbers_of(code: str) -> Callable[[bytes, int], tuple[list[Any], int]]:
    def read(data: bytes, position: int) -> tuple[list[Any], int]:
        (length,) = _u32(data, position)
        end = position + 4 + 8 * length
        if end > len(data):
            raise BadFrame("a length beyond the end")
        return list(struct.unpack_from(f"<{length}{code}", data, position + 4)), end

    return read


def _unknown(data: bytes, position: int) -> tuple[Opaque, int]:
    kind, position = _str(data, position)
    shown, position = _str(data, position)
    return Opaque(readable(kind, _CLIP), readable(shown, _CLIP)), position


def _spread(keys: Sequence[Any]) -> None:
    """Refuse keys of which too many have the same hash."""
    level = 0 if _HASHABLE.isdisjoint(map(type, keys)) else max(map(_level, keys))
    if len(keys) > _COLLISIONS[level]:
        same = max(sum(1 for _ in group) for _, group in groupby(sorted(map(hash, keys))))
        if same > _COLLISIONS[level]:
            raise BadFrame("keys that collide")


def _level(key: Any) -> int:
    """How many sets are within each other in a key, up to 3."""
    if type(key) not in _HASHABLE:
        return 0
    inner = max(map(_level, key), default=0)
    return inner if type(key) is tuple else min(3, inner + 1)


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """A few items after the other, as long as what is done with them takes the time that it should."""
    if len(items) <= _AT_A_TIME:
        yield items
        return
    begin = time.thread_time()
    for at in range(0, len(items), _AT_A_TIME):
        if time.thread_time() - begin > _IN_ALL + at * _FOR_EACH:
            raise BadFrame("keys that look for the same places")
        yield items[at : at + _AT_A_TIME]


def _set(items: list[Any]) -> set[Any]:
    _spread(items)
    made: set[Any] = set()
    for some in _slices(items):
        made.update(some)
    return made


def _dict(items: list[Any]) -> dict[Any, Any]:
    _spread(items[::2])
    made: dict[Any, Any] = {}
    for some in _slices(items):
        made.update(zip(some[::2], some[1::2], strict=True))
    return made


_u32 = struct.Struct("<I").unpack_from
_DICT = ord("d")
_READ: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    ord("N"): lambda data, position: (None, position),
    ord("T"): lambda data, position: (True, position),
    ord("F"): lambda data, position: (False, position),
    ord("i"): lambda data, position: (struct.unpack_from("<q", data, position)[0], position + 8),
    ord("f"): lambda data, position: (struct.unpack_from("<d", data, position)[0], position + 8),
    ord("I"): _long,
    ord("c"): _complex,
    ord("s"): _str,
    ord("b"): _bytes,
    ord("A"): _numbers_of("q"),
    ord("D"): _numbers_of("d"),
    ord("O"): _unknown,
}
_MAKE: dict[int, Callable[[list[Any]], Any]] = {
    ord("l"): list,
    ord("t"): tuple,
    ord("S"): _set,
    ord("Z"): lambda items: frozenset(_set(items)),
    _DICT: _dict,
}
