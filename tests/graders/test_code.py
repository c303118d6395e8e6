from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit import Score
from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.code import python_calls, python_stdio, runs
from rewardkit.sandbox import Limits, Sandbox, Session

DOUBLE = "def double(x):\n    return 2 * x"
SHORT = Limits(cpu=0.3, wall=2)


def fenced(text: str) -> str:
    return f"Here you are:\n\n```python\n{text}\n```\n\nIt is fast."


def double(response: str | None, tests: Any = None, **options: Any) -> Score:
    tests = [{"args": [2], "expected": 4}, {"args": [0], "expected": 0}] if tests is None else tests
    return python_calls(response, tests, entry_point="double", **options)


# --- calls ---


@pytest.mark.parametrize(
    "tests",
    [
        [{"args": [2], "expected": 4}, {"kwargs": {"x": 3}, "expected": 6}],
        [{"args": "(2,)", "kwargs": "{}", "expected": "4"}],
        [{"args": "('ab',)", "expected": "'abab'"}],
        ["assert double(2) == 4", "assert double('a') == 'aa'"],
        "assert double(2) == 4\nassert double(3) == 6",
        json.dumps(["assert double(2) == 4"]),
        json.dumps([{"args": [2], "expected": 4}]),
        "def check(candidate):\n    assert candidate(2) == 4\n    assert abs(candidate(0.1) - 0.2) < 1e-9\n",
        "def check(candidate):\n    for x in range(5):\n        assert candidate(x) == x + x\n",
        "for x in range(5):\n    assert double(x) == x + x",
        "def test_double():\n    assert double(2) == double(1) + 2",
        "assert double(double(1)) == 4",
        "import math\nassert math.sqrt(double(8)) == 4",
        "assert Counter([double(1)]) == Counter([2])",
        "results = [2, 4]\nfor i, expected in enumerate(results, 1):\n    assert double(i) == expected",
    ],
)
def test_every_form_of_tests_tells_right_from_wrong(tests: Any) -> None:
    assert double(fenced(DOUBLE), tests) == 1
    assert double(fenced("def double(x):\n    return 3 * x"), tests) == 0
    assert double(fenced("def double(x):\n    raise SystemExit(0)"), tests) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def double(x):\n    return 3 * x", "test 1 of 2: double(2) gave 6, expected 4"),
        ("def double(x):\n    return x + 2", "test 2 of 2: double(0) gave 2, expected 0"),
        (
            "def double(x):\n    return y",
            "test 1 of 2: double(2) raised NameError: name 'y' is not defined (solution.py:2 in double)",
        ),
        (
            "def double(x):\n    return {}[x]",
            "test 1 of 2: double(2) raised KeyError: 2 (solution.py:2 in double)",
        ),
        (
            "import nothing_at_all",
            "test 1 of 2: double(2) raised ModuleNotFoundError: No module named 'nothing_at_all' "
            "(solution.py:1 in <module>)",
        ),
        (
            "def twice(x):\n    return 2 * x",
            "test 1 of 2: double(2) raised NameError: name 'double' is not defined",
        ),
        ("def double(x):\n    while True: pass", "test 1 of 2: double(2) hit the limit of 0.3 s of the processor"),
        ("import os\ndef double(x):\n    os._exit(0)", "test 1 of 2: double(2) ended the process"),
        (
            "def double(x):\n    yield x",
            "test 1 of 2: double(2) gave a generator, which is no plain data, expected 4",
        ),
        ("double = 3", "test 1 of 2: double(2) raised TypeError: 'int' object is not callable"),
    ],
)
def test_the_reason_says_what_went_wrong(text: str, reason: str) -> None:
    score = double(fenced(text), limits=SHORT)
    assert score == 0
    assert score.reason == reason


def test_a_syntax_error_is_named() -> None:
    score = double("```python\ndef double(x):\n    return (\n```")
    assert score == 0 and "SyntaxError" in score.reason


@pytest.mark.parametrize(
    ("response", "reason"), [(None, "no response"), ("No.", "no Python code in the response")]
)
def test_nothing_to_run_is_worth_nothing(response: str | None, reason: str) -> None:
    for score in (double(response), python_stdio(response, [{"input": "", "output": "1"}]), runs(response)):
        assert score == 0 and score.reason == reason


def test_very_long_tests_are_read_whole() -> None:
    tests = "\n".join(f"assert add({number}, 1) == {number + 1}" for number in range(5000))
    assert len(tests) > 100_000
    right, wrong = "def add(x, y):\n    return x + y", "def add(x, y):\n    return x + y if x < 4999 else 0"
    assert python_calls(right, tests, entry_point="add") == 1
    assert "add(4999, 1) gave 0" in python_calls(wrong, tests, entry_point="add").reason


def test_a_share_of_the_tests_can_count_without_those_that_the_model_has_seen() -> None:
    tests = [{"args": [x], "expected": 2 * x} for x in range(5)]
    table = fenced("def double(x):\n    return {0: 0, 1: 2}.get(x)")
    assert double(table, tests) == 0
    assert double(table, tests, share=True) == 0.4
    assert double(table, tests, share=True, public=2) == 0
    assert double(fenced(DOUBLE), tests, share=True, public=2) == 1
    assert (
        double(table, tests, share=True).reason
        == "2 of 5 tests passed; test 3 of 5: double(2) gave None, expected 4"
    )
    with pytest.raises(GradingError, match="public"):
        double(table, tests, share=True, public=5)


def test_a_share_outlives_a_crash_but_not_the_processors_limit() -> None:
    tests = [{"args": [x], "expected": 2 * x} for x in range(4)]
    crash = "import os\ndef double(x):\n    if x == 1: os._exit(0)\n    return 2 * x"
    assert double(fenced(crash), tests, share=True) == 0.75
    loop = "def double(x):\n    while x == 1: pass\n    return 2 * x"
    assert double(fenced(loop), tests, share=True, limits=SHORT) == 0.25


def test_a_share_is_not_worth_a_crash_for_each_test_for_ever() -> None:
    tests = [{"args": [x], "expected": 2 * x} for x in range(50)]
    late = "import os, time\ndef double(x):\n    time.sleep(0.4)\n    os._exit(0)"
    begin = time.monotonic()
    assert double(fenced(late), tests, share=True, limits=Limits(cpu=1, wall=0.5)) == 0
    assert time.monotonic() - begin < 15


@pytest.mark.parametrize(
    ("response", "together"),
    [
        ("class C: pass\nC.__name__ = 'double'\ndef double(x): return C()", False),
        (
            "import os, struct\nu = lambda n: struct.pack('<I', n)\n"
            "words = (b'E', b'm', 'tests.py:\u00b2 x'.encode(), b'E')\n"
            "said = b'!l' + u(4) + b''.join(b's' + u(len(t)) + t for t in words)\n"
            "os.write(3, u(2) + b'=N' + u(len(said)) + said)\ndef double(x): return x",
            True,
        ),
    ],
)
def test_no_response_can_turn_its_0_into_an_error(response: str, together: bool) -> None:
    check = "def check(candidate):\n    for x in range(3):\n        assert candidate(x) == 2 * x"
    assert double(response, check, together=together) == 0


@pytest.mark.parametrize(
    ("response", "tests"),
    [
        (
            "class Any:\n    def __getattr__(self, name): return lambda *args: True\ndef double(x): return Any()",
            [
                "assert double('x').startswith('ab')",
                "assert double(3).__eq__(17)",
                "assert double(1).issubset({2})",
            ],
        ),
        (
            "def double(x): raise StopIteration",
            [
                "def check(candidate):\n    assert all(map(lambda x: candidate(x) == 2 * x, range(1, 9)))",
                "for got, want in zip(map(double, [1, 2]), [2, 4]):\n    assert got == want",
            ],
        ),
        (
            "def isclose(*x): return True\ndef double(x): return 0",
            ["for x, y in [(1, 2.0), (2, 4.0)]:\n    assert isclose(double(x), y)"],
        ),
        (
            "def double(xs): xs.sort(); return xs",
            ["a = [3, 1]\nassert double(xs=a) == [1, 3]\nassert a == [3, 1]"],
        ),
        (
            "def double(t): t[0].sort(); return t[0]",
            ["a = [3, 1]\nassert double((a,)) == [1, 3]\nassert a == [3, 1]"],
        ),
        (
            "asked = []\ndef double(x):\n    asked.append(x)\n    return 0 if len(asked) > 1 else exit(0)",
            [
                "def test_it():\n    try:\n        assert double(1) == 2\n    finally:\n        double(0)",
                "from concurrent.futures import ThreadPoolExecutor as Pool\nwith Pool(1) as pool:\n"
                "    assert list(pool.map(double, range(3))) == [0, 2, 4]",
            ],
        ),
    ],
)
def test_what_tests_ask_is_not_answered_by_other_means(response: str, tests: list[str]) -> None:
    for test in tests:
        assert double(fenced(response), [test]) == 0, test


@pytest.mark.parametrize(
    ("response", "test"),
    [
        ("class X: pass\ndef double(x): return [X()]", "for i in range(2):\n    assert double(double(i)[0]) == i"),
        ("def double(x): return []", "for i in double(1): last = i\nassert last == 1"),
        ("def double(x): return 'nope'", "assert eval(double(1)) == 2"),
        ("def double(x): return 'import nope'", "exec(double(1))"),
    ],
)
def test_values_do_not_turn_a_0_into_an_error(response: str, test: str) -> None:
    assert double(fenced(response), test) == 0


def test_a_restart_that_has_too_little_left_for_the_setup_is_the_responses_end() -> None:
    burns = "import os, time\ndef double(x):\n    while time.process_time() < 0.97: pass\n    os._exit(0)"
    setup = "table = [i * i for i in range(2_000_000)]"
    assert double(fenced(burns), setup=setup, share=True, limits=Limits(cpu=1)) == 0


def test_answers_that_take_long_to_read_count_over_all_starts() -> None:
    opened = 0

    class Counted(Sandbox):
        @contextmanager
        def open(self, *args: Any, **kwargs: Any) -> Iterator[Session]:
            nonlocal opened
            opened += 1
            with super().open(*args, **kwargs) as session:
                yield session

    response = """
import os, struct
said = b"=l" + struct.pack("<I", 900_000) + b"N" * 900_000
def double(x):
    if x % 2: os._exit(0)
    body = struct.pack("<I", len(said)) + said
    while body: body = body[os.write(3, body):]
"""
    tests = [{"args": [x], "expected": 2 * x} for x in range(80)]
    with Counted(size=1) as room:
        assert double(fenced(response), tests, share=True, limits=Limits(cpu=1), sandbox=room) == 0
    assert 1 < opened < 40


def test_a_method_that_returns_its_object_is_wrong_and_no_error() -> None:
    response = fenced("class Solution:\n    def solve(self, x): return self")
    test = "for i in range(3):\n    assert Solution().solve([i]) == [i]"
    assert python_calls(response, test, entry_point="Solution().solve") == 0


_CASE = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(double(1), 2)\n"


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    "test",
    [
        f"{_CASE}if __name__ == '__main__':\n    unittest.main()",
        f"{_CASE}unittest.main(exit=False)",
        f"{_CASE}unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))",
        "class TestDouble:\n    def test_a(self): assert double(1) == 2",
        "class TestDouble(object):\n    def setup_method(self, m): self.x = 1\n"
        "    def test_a(self): assert double(self.x) == 2\ndouble(3)",
        f"{_CASE}class Other(T):\n    def test_b(self): self.assertEqual(double(0), 0)\nassert double(0) == 0",
        "import unittest\nfrom unittest import TestCase as Case\nclass T(Case):\n    @unittest.skip('later')\n"
        "    def test_a(self): pass\n    def test_b(self): self.assertEqual(double(1), 2)\nunittest.main()",
        "import sys\nassert double(1) == 2\nif __name__ == '__main__':\n    sys.exit(0)",
        "def run():\n    assert double(1) == 2\nassert double(0) == 0\nif __name__ == '__main__':\n    run()",
        "async def test_a():\n    assert double(1) == 2",
        "def test_a(f=double):\n    assert f(1) == 2\ndouble(3)",
        "def test_a(candidate):\n    assert candidate(1) == 2",
        "def check(candidate, tol=1e-6):\n    assert abs(candidate(1) - 2) < tol",
    ],
)
def test_tests_run_as_a_test_runner_would_run_them(test: str, together: bool) -> None:
    assert double(fenced(DOUBLE), test, together=together) == 1
    assert double(fenced("def double(x):\n    return 3 * x"), test, together=together) == 0


@pytest.mark.parametrize("together", [False, True])
def test_tests_that_nobody_would_run_are_a_failure(together: bool) -> None:
    with pytest.raises(GradingError, match="runs nothing"):
        double(fenced(DOUBLE), "def run_tests():\n    assert double(1) == 2", together=together)


def test_exceptions_are_caught_as_what_they_are() -> None:
    raising = "import json\ndef double(x):\n    if x == 0: raise KeyError('a')\n    return json.loads('{')"
    test = (
        "import json\ntry:\n    double(0)\nexcept KeyError as error:\n    assert error.args == ('a',)\n"
        "try:\n    double(1)\nexcept json.JSONDecodeError:\n    done = True\nassert done"
    )
    assert double(fenced(raising), test) == 1
    skipping = "import unittest\ndef double(x): raise unittest.SkipTest('later')"
    assert double(fenced(skipping), f"{_CASE}from unittest import SkipTest") == 0
    lesser = "class Odd(ValueError): pass\ndef double(x):\n    raise Odd('odd')"
    test = "try:\n    double(1)\nexcept ValueError:\n    done = True\nassert done"
    assert double(fenced(lesser), test) == 1
    own = "class Mine(Exception): pass\ndef double(x): raise Mine('a')"
    test = "try:\n    double(1)\n    assert False\nexcept Mine: pass"
    assert double(fenced(own), test, together=True) == 1
    with pytest.raises(GradingError, match="together=True"):
        double(fenced(own), test)


def test_floats_of_data_may_differ_by_the_tolerance() -> None:
    tests = [{"args": [0.1], "expected": 0.3}]
    response = fenced("def double(x):\n    return x + 0.2")
    assert double(response, tests) == 0
    assert double(response, tests, abs_tol=1e-9) == 1


def test_json_has_no_tuples_and_python_has() -> None:
    response = fenced("def double(x):\n    return (x, x)")
    assert double(response, [{"args": [1], "expected": [1, 1]}]) == 1
    assert double(response, [{"args": "(1,)", "expected": "[1, 1]"}]) == 0
    assert double(response, ["assert double(1) == [1, 1]"]) == 0


def test_a_list_is_changed_in_place_in_the_tests_too() -> None:
    response = fenced("def double(xs):\n    xs.extend(xs)")
    assert double(response, "xs = [1, 2]\nassert double(xs) is None\nassert xs == [1, 2, 1, 2]") == 1
    assert double(response, "xs = [1, 2]\ndouble(xs)\nassert xs == [1, 2]") == 0


def test_a_method_is_an_entry_point() -> None:
    response = fenced("class Solution:\n    def twice(self, x: List[int]) -> int:\n        return 2 * sum(x)")
    for tests in (
        ["assert Solution().twice([1]) == 2", "assert Solution().twice(x=[2]) == 4"],
        "def check(candidate):\n    for i in range(3):\n        assert candidate([i]) == 2 * i",
        "for i in range(3):\n    assert Solution().twice([i]) == 2 * i",
    ):
        assert python_calls(response, tests, entry_point="Solution().twice") == 1
    assert python_calls(response, ["assert Solution().twice([1]) == 3"], entry_point="Solution().twice") == 0


STACK = """class Stack:
    def __init__(self):
        self.items = []
    def push(self, x):
        self.items.append(x)
"""


def test_tests_of_objects_run_together_with_the_response_if_that_is_wanted() -> None:
    tests = "stack = Stack()\nstack.push(1)\nassert stack.items == [1]"
    with pytest.raises(GradingError, match="together=True"):
        python_calls(fenced(STACK), tests, entry_point="Stack")
    assert python_calls(fenced(STACK), tests, entry_point="Stack", together=True) == 1
    wrong = python_calls(fenced(STACK.replace("(x)", "(0)")), tests, entry_point="Stack", together=True)
    assert wrong == 0 and wrong.reason == "test 1 of 1: assert stack.items == [1] raised AssertionError"
    for early in ("raise SystemExit(0)", "import os; os._exit(0)"):
        assert python_calls(fenced(f"{STACK}\n{early}"), tests, entry_point="Stack", together=True) == 0


def test_an_entry_point_may_be_called_like_a_builtin() -> None:
    response = fenced("def sum(a, b):\n    return a * b")
    for tests in (["assert sum(2, 3) == 6"], "for x in range(3):\n    assert sum(x, x) == x * x"):
        assert python_calls(response, tests, entry_point="sum") == 1


def test_setup_runs_before_the_response_and_before_the_tests() -> None:
    setup = "class Node:\n    def __init__(self, value):\n        self.value = value\n\nLIMIT = 4"
    response = fenced("def double(node):\n    return 2 * node.value")
    assert double(response, ["assert double(Node(2)) == 4"], setup=setup) == 1
    assert double(fenced(DOUBLE), ["assert double(2) == LIMIT"], setup=setup) == 1
    assert (
        double(fenced("LIMIT = 6\ndef double(x):\n    return 3 * x"), ["assert double(2) == LIMIT"], setup=setup)
        == 0
    )


def test_a_prompt_is_continued_and_its_helpers_are_its_own() -> None:
    prompt = 'def is_even(x):\n    return x % 2 == 0\n\ndef double(x):\n    """Twice x."""\n'
    tests = "def check(candidate):\n    for x in range(4):\n        assert is_even(candidate(x))\n"
    assert double("    return 2 * x", tests, prompt=prompt) == 1
    assert double("    return 3 * x", tests, prompt=prompt) == 0
    cheat = f"```python\n{prompt}    return 3 * x\n\ndef is_even(x):\n    return True\n```"
    assert double(cheat, tests, prompt=prompt) == 0


def test_forgotten_imports_are_forgiven_unless_that_is_not_wanted() -> None:
    response = fenced("def double(x: List[int]) -> int:\n    return 2 * reduce(lambda a, b: a + b, x, 0)")
    tests = [{"args": [[1, 2]], "expected": 6}]
    assert double(response, tests) == 1
    assert double(response, tests, forgive_imports=False) == 0
    assert double(fenced("def f():\n    return wrong\ndouble = f()"), tests) == 0


@pytest.mark.parametrize(
    ("response", "test", "setup"),
    [
        (
            "def double(s): return datetime.strptime(s, '%Y').year",
            "assert double('2020') == 2020",
            "from datetime import datetime",
        ),
        ("def double(x): return dist(x, x)", "assert double(1) == 2", "def dist(a, b): return a + b"),
    ],
)
def test_what_is_defined_is_not_imported(response: str, test: str, setup: str) -> None:
    assert double(fenced(response), [test], setup=setup) == 1


@pytest.mark.parametrize("before", ["", "from typing import *\n\n"])
def test_the_beginning_of_a_class_is_a_prompt(before: str) -> None:
    prompt = f"{before}class Solution:\n    def twice(self, xs: List[int]) -> int:\n        "
    whole = fenced("class Solution:\n    def twice(self, xs: List[int]) -> int:\n        return 2 * sum(xs)")
    for response in (whole, "        return 2 * sum(xs)", "return 2 * sum(xs)", "        return 2 * sum(xs)\n```"):
        test = ["assert Solution().twice([1, 2]) == 6"]
        assert python_calls(response, test, entry_point="Solution().twice", prompt=prompt) == 1, response


def test_main_guards_do_not_run_and_future_imports_do() -> None:
    text = f"from __future__ import annotations\n{DOUBLE}\nif __name__ == '__main__':\n    raise SystemExit(1)"
    assert double(fenced(text)) == 1


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ([], "the tests are"),
        ("", "nothing"),
        (None, "the tests are"),
        ("x =", "no Python"),
        (["assert triple(2) == 6"], "never calls double"),
        ("def check(candidate):\n    pass", "nothing"),
        ([{"args": [1]}], "expected"),
        ([{"args": [1], "expected": 2, "note": "x"}], "note"),
        ([{"args": "(1", "expected": "2"}], "no Python literal"),
        ([{"args": 3, "expected": 2}], "args"),
        ("raise ValueError('broken')\ndouble(2)", "never called"),
        ("assert double(2) == 4\nassert 3 == undefined()", "undefined"),
        ("import nothing_at_all\nassert double(2) == 4", "preload"),
        ("class A:\n    pass\nassert double(A()) == 4", "together"),
    ],
)
def test_tests_that_cannot_be_used_are_a_failure_and_no_score(tests: Any, said: str) -> None:
    with pytest.raises(GradingError, match=said):
        double(fenced(DOUBLE), tests if tests is not None else {"a": 1})


def test_a_broken_setup_is_a_failure() -> None:
    for setup in ("x =", "1 / 0", "import nothing_at_all", "import os; os._exit(0)", "while True: pass"):
        with pytest.raises(GradingError, match="setup"):
            double(fenced(DOUBLE), setup=setup, limits=Limits(cpu=0.5))


@pytest.mark.parametrize("options", [{"public": -1}, {"abs_tol": -1.0}, {"rel_tol": -1.0}])
def test_options_that_make_no_sense_are_the_authors(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        double(fenced(DOUBLE), **options)
    with pytest.raises(UsageError):
        python_stdio(fenced("print(1)"), [{"input": "", "output": "1"}], **options)
    with pytest.raises(UsageError):
        python_calls(fenced(DOUBLE), ["assert double(2) == 4"], entry_point=" ")


def test_expected_values_are_nowhere_in_the_process_with_the_response() -> None:
    text = """
import gc, sys
def double(x):
    found = []
    frame = sys._getframe()
    while frame:
        found += [repr(frame.f_locals), repr(frame.f_globals)]
        frame = frame.f_back
    found += [repr(thing) for thing in gc.get_objects() if isinstance(thing, (dict, list, tuple))]
    wanted = "98" + str(764 + x)
    return int(wanted) if any(wanted in text for text in found) else 0
"""
    body = "def check(candidate):\n    for x, y in {1: 98765}.items():\n        assert candidate(x) == y"
    for tests in ([{"args": [1], "expected": 98765}], ["assert double(1) == 98765"], body):
        assert double(fenced(text), tests) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="finds the interpreter in /proc")
def test_an_interpreter_that_dies_under_a_run_costs_a_second_try_and_no_score() -> None:
    def children() -> set[int]:
        found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
        return {int(number) for path in found for number in path.read_text().split()}

    slow = fenced("import time\ndef double(x):\n    time.sleep(0.4)\n    return 2 * x")
    before = children()
    with Sandbox(size=1) as room:
        room.run("pass")
        (zygote,) = children() - before
        threading.Timer(0.2, os.kill, (zygote, signal.SIGKILL)).start()
        assert double(slow, sandbox=room) == 1
        assert zygote not in children()


# --- stdio ---

SUM = "print(sum(map(int, input().split())))"
CASES = [{"input": "1 2\n", "output": "3\n"}, {"input": "4 5\n", "output": "9\n"}]


@pytest.mark.parametrize(
    "text",
    [
        SUM,
        f"if __name__ == '__main__':\n    {SUM}\n    exit()",
        f"import sys\n{SUM}\nsys.exit(0)",
        "import sys\nprint('debug', file=sys.stderr)\nprint(eval('+'.join(sys.stdin.read().split())))",
        "import os\na, b = os.read(0, 100).split()\nprint(int(a) + int(b), end=' \\r\\n')",
    ],
)
def test_programs_that_print_the_answer(text: str) -> None:
    assert python_stdio(fenced(text), CASES) == 1
    assert python_stdio(fenced(text), {"inputs": ["1 2\n"], "outputs": ["3\n"]}) == 1
    assert python_stdio(fenced(text), json.dumps(CASES)) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("print(3)", "test 2 of 2: for the input '4 5\\n' printed '3', expected '9'"),
        (f"{SUM}\nraise SystemExit(1)", "test 1 of 2: exit code 1"),
        (f"{SUM}\n1 / 0", "test 1 of 2: exit code 1: ZeroDivisionError: division by zero"),
        ("input(); print(input())", "test 1 of 2: exit code 1: EOFError: EOF when reading a line"),
        (f"{SUM}\nwhile True: pass", "test 1 of 2: hit the limit of 0.3 s of the processor"),
        ("import os; os.kill(os.getpid(), 11)", "test 1 of 2: died of signal 11"),
        ("print(3, 3)", "test 1 of 2: for the input '1 2\\n' printed '3 3', expected '3'"),
    ],
)
def test_the_reason_says_what_was_printed_and_expected(text: str, reason: str) -> None:
    score = python_stdio(fenced(text), CASES, limits=SHORT)
    assert score == 0
    assert score.reason == reason


def test_a_checker_decides_where_several_answers_will_do() -> None:
    def any_divisor(read: str, printed: str, expected: str) -> bool:
        return printed.strip().isdigit() and int(read) % int(printed) == 0

    cases = [{"input": "12\n", "output": "2\n"}]
    assert python_stdio(fenced("print(int(input()) // 2)"), cases, checker=any_divisor) == 1
    assert python_stdio(fenced("print(7)"), cases, checker=any_divisor) == 0
    assert python_stdio(fenced("print('x')"), cases, checker=any_divisor) == 0


def test_a_checker_that_raises_is_the_authors_mistake() -> None:
    with pytest.raises(GradingError, match=r"ValueError.*return"):
        python_stdio(fenced("print('x')"), CASES, checker=lambda read, printed, expected: int(printed) == 3)


def test_a_share_of_the_cases_can_count() -> None:
    assert python_stdio(fenced("print(3)"), CASES, share=True) == 0.5
    assert python_stdio(fenced("print(3)"), CASES, share=True, public=1) == 0


@pytest.mark.parametrize(
    "cases", [[], "{", None, 3, [{"input": "1"}], [{"input": 1, "output": "1"}], {"inputs": ["1"], "outputs": []}]
)
def test_cases_that_cannot_be_used_are_a_failure(cases: Any) -> None:
    with pytest.raises(GradingError):
        python_stdio(fenced(SUM), cases)


# --- runs ---


def test_blank_lines_by_the_million_are_no_answer_and_no_burden() -> None:
    cases = [{"input": "", "output": "1"}]
    assert python_stdio("print('\\n' * 3_000_000)", cases) == 0
    assert python_stdio("print('1' + '\\n' * 3_000_000)", cases) == 1


def test_whether_it_runs_at_all() -> None:
    assert runs(fenced("print('x')")) == 1
    assert runs(fenced(SUM), stdin="1 2") == 1
    assert runs(fenced("x: List[int] = []")) == 1
    assert runs(fenced("1 / 0")).reason == "exit code 1: ZeroDivisionError: division by zero"
    assert runs(fenced("while True: pass"), limits=SHORT).reason == "hit the limit of 0.3 s of the processor"


GRADERS: list[Callable[[str], Score]] = [
    lambda text: double(text, limits=SHORT),
    lambda text: double(text, "for x in [2]:\n    assert double(x) == 4", limits=SHORT),
    lambda text: python_stdio(text, CASES[:1], limits=SHORT),
    lambda text: runs(text, limits=SHORT),
]


@settings(max_examples=15)
@given(st.text() | st.text().map(fenced) | st.binary().map(lambda data: fenced(data.decode("latin-1"))))
def test_no_response_raises(text: str) -> None:
    for grade in GRADERS:
        assert 0 <= grade(text) <= 1
