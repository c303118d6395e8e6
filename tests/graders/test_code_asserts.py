from __future__ import annotations

import ast
import builtins

import pytest

from rewardkit.graders.code.asserts import Call, Case, Subject, cases
from rewardkit.sandbox import Opaque

SUBJECT = Subject("f", known=frozenset(dir(builtins)) | {"Node"})


def case(line: str) -> Case:
    (found,) = cases(ast.parse(line).body, SUBJECT)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("line", "call", "right", "wrong"),
    [
        ("assert f([3, 1]) == [1, 3]", Call("f", ([3, 1],)), [1, 3], [3, 1]),
        ("assert [1, 3] == f([3, 1])", Call("f", ([3, 1],)), [1, 3], (1, 3)),
        ("assert f(1, key='a') == 'b', 'message'", Call("f", (1,), {"key": "a"}), "b", "a"),
        ("assert f(-1) == -2.0/4.0", Call("f", (-1,)), -0.5, 0.5),
        ("assert f(1) == 10 ** 9 + 7", Call("f", (1,)), 1_000_000_007, 7),
        ("assert f(1) == 3 + 5 * 7", Call("f", (1,)), 38, 56),
        ("assert f(1) == [1.0/3, (2+3,)]", Call("f", (1,)), [1 / 3, (5,)], [1 / 3, 5]),
        ("assert f(1) == float('inf')", Call("f", (1,)), float("inf"), 1),
        ("assert f(1) is True", Call("f", (1,)), True, 1),
        ("assert f(1) is None", Call("f", (1,)), None, 0),
        ("assert f(1) is not None", Call("f", (1,)), 0, None),
        ("assert f(1) != 2", Call("f", (1,)), 1, 2),
        ("assert f(1) in [1, 2]", Call("f", (1,)), 1, 3),
        ("assert f(1) not in (1, 2)", Call("f", (1,)), 3, 2),
        ("assert f(1) >= 2", Call("f", (1,)), 2, "a"),
        ("assert abs(f(1) - 1.5) < 1e-6", Call("f", (1,)), 1.5000001, 1.51),
        ("assert abs(1.5 - f(1)) <= 1e-6", Call("f", (1,)), 1.5, None),
        ("assert math.fabs(f(1) - 1.5) < 1e-6", Call("f", (1,)), 1.5, float("nan")),
        ("assert math.isclose(f(1), 314.159, rel_tol=0.001)", Call("f", (1,)), 314.2, 315),
        ("assert math.isclose(2, f(1))", Call("f", (1,)), 2.0, [2]),
        ("assert f(1)", Call("lambda *a, **k: bool((f)(*a, **k))", (1,)), True, False),
        ("assert not f(1)", Call("lambda *a, **k: bool((f)(*a, **k))", (1,)), False, True),
        ("assert set(f(1)) == set([1, 2])", Call("lambda *a, **k: set((f)(*a, **k))", (1,)), {2, 1}, {1}),
        ("assert sorted(f(1)) == [1]", Call("lambda *a, **k: sorted((f)(*a, **k))", (1,)), [1], []),
        ("assert round(f(1), 2) == 1.5", Call("lambda *a, **k: round((f)(*a, **k), 2)", (1,)), 1.5, 1.49),
        ("assert len(list(f(1))) == 2", Call("lambda *a, **k: len(list((f)(*a, **k)))", (1,)), 2, 3),
        ("assert f(Node(1)) == 2", Call("lambda: (f)(Node(1))"), 2, 3),
        ("assert f([i for i in range(3)]) == 2", Call("lambda: (f)([i for i in range(3)])"), 2, 3),
        ("assert f(lambda x: x + 1) == 2", Call("lambda: (f)(lambda x: x + 1)"), 2, 3),
        ("assert f([0] * 3) == 2", Call("lambda: (f)([0] * 3)"), 2, 3),
        ("assert f(1).upper() == 'A'", Call("f(1).upper"), "A", "a"),
        ("assert f(1)[0] == 1", Call("lambda *a, **k: (f)(*a, **k)[0]", (1,)), 1, 2),
    ],
)
def test_assert_lines_are_taken_apart(line: str, call: Call, right: object, wrong: object) -> None:
    found = case(line)
    assert found.call == call
    assert found.passes(right)
    assert not found.passes(wrong)


@pytest.mark.parametrize(
    "line", ["assert f(1) == 2", "assert f(1) < 2", "assert f(1) in [1]", "assert f(1) is True"]
)
def test_what_is_no_plain_data_passes_none(line: str) -> None:
    assert not case(line).passes(Opaque("A"))


@pytest.mark.parametrize(
    "line",
    [
        "assert f(1) == f(1)",
        "assert f(1) == g(2)",
        "assert f(1) == expected",
        "assert g(1) == 2",
        "assert f(x) == 2",
        "assert any(f(i) for i in range(3))",
        "assert isinstance(f(1), list)",
        "assert 1 < f(1) < 3",
        "x = f(1)",
        "assert f(1) - 3 == 0",
        "assert max(f(1), 3) == 3",
        "assert f(1) == {**{1: 2}}",
        "assert f(1) == 10 ** 10 ** 10",
        "for i in range(3): assert f(i) == i",
        "assert f(1) == 1 or f(1) == 2",
        "assert sorted(f(1), key=len) == []",
        "assert f(**{'a': 1}, b=x) == 1",
    ],
)
def test_other_statements_are_left_as_code(line: str) -> None:
    assert cases(ast.parse(line).body, SUBJECT) == [None]


def test_no_expected_value_is_in_a_call() -> None:
    lines = [
        "abs(f(1) - 777) < 1",
        "777 == f(1)",
        "f(1) in [777]",
        "math.isclose(f(1), 777)",
        "f(1) > 777",
        "f(Node(1)) == 777",
    ]
    for line in lines:
        assert "777" not in repr(case(f"assert {line}").call)


def test_lines_that_test_nothing_are_none() -> None:
    assert cases(ast.parse("assert True, 'ok'\n'a docstring'\npass\nprint").body, SUBJECT) == []


def test_a_conjunction_is_two_cases() -> None:
    assert len(cases(ast.parse("assert f(1) == 2 and f(2) == 3").body, SUBJECT)) == 2


def test_a_candidate_is_the_entry_point_by_another_name() -> None:
    (found,) = cases(ast.parse("assert candidate([1]) == 2").body, Subject("Solution().f", "candidate"))
    assert found and found.call == Call("Solution().f", ([1],)) and found.shown == "Solution().f([1])"
