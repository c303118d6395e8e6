from __future__ import annotations

import contextlib
import math
import random
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.sandbox.values import COUNT, DEPTH, BadFrame, Opaque, TooLarge, decode, encode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 4000), 1 << 4000)
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.text(st.characters())
    | st.binary()
)
KEYS = SCALARS | st.tuples(SCALARS, SCALARS)
VALUES = st.recursive(
    SCALARS | st.lists(st.integers(-9, 9), min_size=4) | st.lists(st.floats(), min_size=4) | st.frozensets(KEYS),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner) | st.sets(KEYS),
    max_leaves=10,
)


def same(a: Any, b: Any) -> bool:
    """Equal in type and value all the way down, where nan is nan and -0.0 is not 0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a.items(), b.items(), strict=True))
    if isinstance(a, (set, frozenset)):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    return bool(a == b)


@given(VALUES)
def test_plain_data_comes_out_as_it_went_in(value: Any) -> None:
    assert same(decode(encode(value, limit=1 << 24)), value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_bad_frame(data: bytes) -> None:
    try:
        value = decode(data)
    except BadFrame:
        return
    assert decode(encode(value, limit=1 << 24)) is not Ellipsis


@given(VALUES, st.data())
def test_a_damaged_frame_is_a_value_or_a_bad_frame(value: Any, data: st.DataObject) -> None:
    frame = bytearray(encode(value, limit=1 << 24))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadFrame):
        decode(bytes(frame[: data.draw(st.integers(0, len(frame)))]))


def test_a_text_may_hold_half_a_surrogate_pair() -> None:
    assert decode(encode("\ud800\x00", limit=100)) == "\ud800\x00"


def test_what_contains_itself_ends_in_a_mark() -> None:
    ring: list[Any] = [1]
    ring.append({"again": ring})
    assert repr(decode(encode(ring, limit=1000))[1]["again"]) == "Opaque(type='list', shown='contains itself')"


def test_what_is_shared_is_no_ring() -> None:
    shared: list[Any] = ["x"]
    assert decode(encode([shared, shared], limit=1000)) == [["x"], ["x"]]


def test_depth_is_bounded_both_ways() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    value, depth = decode(encode(deep, limit=1 << 24)), 0
    while isinstance(value, list):
        value, depth = value[0], depth + 1
    assert (depth, type(value)) == (DEPTH, Opaque)
    with pytest.raises(BadFrame, match="deep"):
        decode(b"l\x01\x00\x00\x00" * 10_000 + b"N")


def test_size_is_bounded_both_ways() -> None:
    tower: Any = [0]
    for _ in range(64):
        tower = [tower, tower]
    with pytest.raises(TooLarge):
        encode(tower, limit=1 << 20)
    with pytest.raises(TooLarge):
        encode("x" * 2000, limit=1000)
    with pytest.raises(BadFrame):
        decode(b"l" + struct.pack("<I", COUNT + 10) + b"N" * (COUNT + 10))


def test_a_length_beyond_the_end_takes_no_memory() -> None:
    for tag in b"sbIldtSZADO":
        with pytest.raises(BadFrame):
            decode(bytes([tag]) + b"\xff\xff\xff\x7f" + b"N" * 10)


@pytest.mark.parametrize("width", [1, 40])
def test_sets_in_sets_that_collide_are_refused(width: int) -> None:
    def numbers(k: int) -> bytes:  # of -1 and -2, which have the same hash
        return b"".join(encode(-1 - (k >> bit & 1), limit=100) for bit in range(6))

    def nested(count: int, inner: bytes) -> bytes:
        keys = (b"t" + struct.pack("<I", 6 + bool(inner)) + inner + numbers(k) for k in range(count))
        return b"Z" + struct.pack("<I", count) + b"".join(keys)

    with pytest.raises(BadFrame, match="collide"):
        decode(nested(width, nested(64, nested(64, b""))))
    honest = {frozenset({(-1, 0)}), frozenset({(-2, 0)}), (frozenset({frozenset({(0, 0)})}), 2)}
    ordinal: frozenset[Any] = frozenset()
    for _ in range(8):
        ordinal |= {ordinal}
    for value in (honest, ordinal):
        assert decode(encode(value, limit=100_000)) == value


def test_keys_that_look_for_the_same_places_are_refused() -> None:
    size = 1 << 17
    places: dict[int, int] = {}
    key = 0
    while len(places) < 0.62 * size:  # in the order in which a dict looks for a place
        places[key] = len(places)
        key = (5 * key + 1) % size
    late: list[int] = []
    chance = random.Random(1)
    while len(late) < 8_000:  # each passes many of them
        number = rest = chance.randrange(size, size << 10)
        place: int | None = number % size
        while place in places and (rest := rest >> 5):
            place = (5 * place + rest + 1) % size
        if place in places and places[place] < len(places) // 3:
            late.append(number)
    keys = [*places, *late]
    frame = b"d" + struct.pack("<I", len(keys)) + b"".join(encode(key, limit=100) + b"N" for key in keys)
    with pytest.raises(BadFrame, match="places"):
        decode(frame)


def test_keys_that_all_collide_are_refused() -> None:
    # Equal modulo the prime by which Python hashes numbers.
    colliding = [number * ((1 << 61) - 1) for number in range(20_000)]
    for items in (set(colliding[:50]), colliding):
        body = encode(list(items), limit=1 << 24)
        assert decode(body) == list(items)
    frame = b"S" + struct.pack("<I", len(colliding)) + b"".join(encode(x, limit=100) for x in colliding)
    with pytest.raises(BadFrame, match="collide"):
        decode(frame)


def test_an_opaque_equals_nothing() -> None:
    mark = Opaque("A", "<A>")
    assert mark != mark
    assert (mark == mark) is False
    assert mark != 0 and mark not in (1, "A")
    assert decode(encode([mark], limit=100)) != [mark]


def test_only_plain_data_leaves_the_trusted_side() -> None:
    with pytest.raises(TypeError, match="Path"):
        encode([__import__("pathlib").Path("x")], limit=100)
