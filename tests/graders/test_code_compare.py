from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.graders.code.asserts import clipped
from rewardkit.graders.code.compare import first_difference, same, same_output
from rewardkit.sandbox import Opaque

NAN = math.nan


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (True, 1),
        (1, 1.0),
        ({1, 2}, frozenset({2, 1})),
        ({"a": [1]}, {"a": [1]}),
        (NAN, NAN),
        ([1, (NAN, {"a": NAN})],) * 2,
        (10**400, 10**400),
        ("\ud800\0", "\ud800\0"),
        (complex(1, 2), complex(1, 2)),
        (-0.0, 0),
    ],
)
def test_values_that_python_calls_equal_are_the_same(got: object, expected: object) -> None:
    assert same(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ([1], (1,)),
        ("1", 1),
        (None, 0),
        (NAN, 1.0),
        (1.0, NAN),
        (0.1 + 0.2, 0.3),
        ([1, 2], [1]),
        ({"a": 1}, {"b": 1}),
        (b"a", "a"),
        (Opaque("A"), 1),
        (Opaque("A"), Opaque("A")),
        ([Opaque("A")], [1]),
        ({1}, [1]),
        (10**400, math.inf),
        ("a", ["a"]),
    ],
)
def test_others_are_not(got: object, expected: object) -> None:
    assert not same(got, expected)


def test_floats_may_be_apart_by_the_tolerance_and_nothing_else_may() -> None:
    assert same([0.1 + 0.2, {"a": (1.0,)}], [0.3, {"a": (1.0 + 1e-9,)}], abs_tol=1e-6)
    assert same({0.1 + 0.2}, {0.3}, rel_tol=1e-9)
    assert same(3, 3.0000001, abs_tol=1e-6)
    assert not same(1_000_000, 1_000_001, rel_tol=1e-3)
    assert not same(NAN, 1.0, abs_tol=1e9)
    assert not same(math.inf, 1.0, rel_tol=1.0)
    assert not same(1e308, -1e308, rel_tol=0.1)
    assert not same(10**400, 1.0, abs_tol=1.0)


def test_a_tuple_is_a_list_where_json_says_what_is_expected() -> None:
    assert same([(1, 2)], [[1, 2]], tuples=True)
    assert not same([[1, 2]], [(1, 2)], tuples=True)


def test_depth_is_no_matter() -> None:
    got: Any = 1
    for _ in range(100_000):
        got = [got]
    assert not same(got, [[1]])
    assert not same(got, got[0])


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain, plain)
def test_a_value_is_itself_and_order_of_sides_is_no_matter(one: object, other: object) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)
    assert len(clipped(one)) <= 200


def test_what_a_person_reads_is_short() -> None:
    assert clipped(10**100_000) == "an int of 332193 bits"
    assert len(clipped([list(range(1000))] * 1000)) <= 200
    assert clipped(Opaque("generator", "<generator object …>")) == "a generator, which is no plain data"


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("3\n", "3"),
        ("3 \r\n4\t\n\n", "3\n4\n"),
        ("1 2\n3", "1\n2 3"),
        ("0.333333", "0.33333333"),
        ("1e3", "1000.0"),
        ("2", "2.0"),
        ("-2.0", "-2"),
        ("YES\n", "YES"),
        ("", "\n"),
        ("nan", "nan"),
    ],
)
def test_outputs_that_say_the_same(got: str, expected: str) -> None:
    assert same_output(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("3 4", "3"),
        ("4", "3"),
        ("nan", "409.5"),
        ("inf", "409.5"),
        ("1000001", "1000000"),
        ("2.0000001", "2"),
        ("yes", "YES"),
        ("0.5x", "0.5"),
        ("1_0.0", "10.0"),
        ("١.٠", "1.0"),
        ("9" * 500 + ".0", "1.0"),
        ("", "0"),
        ("2 1", "1 2"),
    ],
)
def test_outputs_that_do_not(got: str, expected: str) -> None:
    assert not same_output(got, expected)


def test_the_first_line_that_differs_is_shown() -> None:
    assert first_difference("1\n2 \n4\n", "1\n2\n3\n") == ("4", "3")
    assert first_difference("1\n", "1\n2\n") == ("", "2")
