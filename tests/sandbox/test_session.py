from __future__ import annotations

import array
import sys
import time
from typing import Any

import pytest

from rewardkit.errors import UsageError
from rewardkit.sandbox import Ended, Limits, Opaque, Raised, Returned, Sandbox
from rewardkit.sandbox.session import call, load

SHORT = Limits(cpu=0.5, wall=2, memory=200 << 20)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="macOS has only some limits")


def test_a_function_is_called_with_data_and_answers_with_data(sandbox: Sandbox) -> None:
    program = "calls = []\ndef f(x, *, y=1):\n    calls.append(x)\n    return {x: [y, len(calls)]}"
    with sandbox.open(program) as session:
        assert session.raised is None
        assert session.call("f", [(1, "a")], {"y": 2.5}) == Returned({(1, "a"): [2.5, 1]})
        assert session.call("f", ["again"]) == Returned({"again": [1, 2]})


def test_what_to_call_is_an_expression(sandbox: Sandbox) -> None:
    with sandbox.open(
        "class Solution:\n    def f(self, x): return x + 1\ndef make(): return lambda: 7"
    ) as session:
        assert session.call("Solution().f", [1]) == Returned(2)
        assert session.call("make()") == Returned(7)
        assert session.call("(lambda: 1 + 1)") == Returned(2)
        assert str(session.call("nothing")) == "NameError: name 'nothing' is not defined"
        assert isinstance(session.call("f("), Raised)


def test_the_program_is_a_module_and_not_main(sandbox: Sandbox) -> None:
    program = (
        "import sys\nif __name__ == '__main__': sys.exit(1)\nassert sys.modules[__name__].__dict__ is globals()\n"
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\ndef f(): return A(1).x"
    )
    with sandbox.open(program) as session:
        assert (session.raised, session.call("f")) == (None, Returned(1))


def test_a_session_is_of_use_within_its_block_alone(sandbox: Sandbox) -> None:
    with sandbox.open("def f(): return 1") as session:
        assert session.call("f") == Returned(1)
    with pytest.raises(UsageError, match="closed"):
        session.call("f")


def test_more_code_goes_into_the_same_module(sandbox: Sandbox) -> None:
    with sandbox.open() as session:
        assert session.load("import math", "setup.py") is None
        assert session.load("def f(x): return math.sqrt(x)") is None
        assert session.call("f", [9]) == Returned(3.0)
        assert session.load("1/0", "broken.py") == Raised(
            "ZeroDivisionError", "division by zero", "broken.py:1 in <module>"
        )
        assert session.load("def (", "broken.py") is not None
        assert session.call("f", [4]) == Returned(2.0)


def test_an_exception_says_what_and_where(sandbox: Sandbox) -> None:
    program = (
        "import json\ndef f():\n    return g()\ndef g():\n    return json.loads('{')\n"
        "def h(): raise ValueError('x' * 10**6)"
    )
    with sandbox.open(program) as session:
        raised = session.call("f")
        assert isinstance(raised, Raised)
        assert (raised.type, raised.where) == ("JSONDecodeError", "solution.py:5 in g")
        long = session.call("h")
        assert isinstance(long, Raised) and len(long.message) == 1000
    with sandbox.open("raise SystemExit(0)") as session:
        assert session.raised == Raised("SystemExit", "0", "solution.py:1 in <module>")


def test_arguments_can_be_had_as_they_are_afterwards(sandbox: Sandbox) -> None:
    program = "def f(x, y=None):\n    x.append(1)\n    y['new'] = x"
    with sandbox.open(program) as session:
        assert session.call("f", [[]], {"y": {}}, after=True) == Returned(None, ([1],), {"y": {"new": [1]}})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("namedtuple('P', 'x y')(1, 2)", (1, 2)),
        ("OrderedDict(a=1)", {"a": 1}),
        ("defaultdict(list, a=[1])", {"a": [1]}),
        ("Counter('aab')", {"a": 2, "b": 1}),
        ("IntEnum('E', 'A').A", 1),
        ("{1: 2}.keys()", {1}),
        ("type('A', (list,), {})([1, 2])", [1, 2]),
        ("type('A', (str,), {})('x')", "x"),
        ("type('A', (float,), {})(0.5)", 0.5),
        ("type('A', (int,), {'__add__': None})(5)", 5),
        ("Fraction(6, 3)", 2),
        ("[Fraction(1, 3), Decimal('0.5'), Decimal(10) ** 30]", [1 / 3, 0.5, 10**30]),
        ("type('L', (list,), {'__iter__': lambda s: iter(int, 1), '__len__': lambda s: 9})([1])", [1]),
    ],
)
def test_what_equals_plain_data_comes_as_plain_data(sandbox: Sandbox, expression: str, value: Any) -> None:
    imports = "from collections import *\nfrom enum import IntEnum\nfrom fractions import *\nfrom decimal import *"
    with sandbox.open(imports) as session:
        answer = session.call(f"lambda: {expression}")
    assert answer == Returned(value)
    assert isinstance(answer, Returned) and type(answer.value) is type(value)


@pytest.mark.parametrize(
    "expression",
    [
        "object()",
        "deque([1])",
        "range(3)",
        "(x for x in [1])",
        "count()",
        "{1: 2}.values()",
        "type('A', (int,), {'__eq__': lambda s, o: True, '__hash__': lambda s: 1})(1)",
        "type('A', (), {'__eq__': lambda s, o: True, '__class__': int})()",
        "type('A', (), {'__repr__': lambda s: 1 / 0})()",
        "type('A', (), {'__reduce__': lambda s: (print, ('x',))})()",
        "print",
        "NotImplemented",
        "Decimal('NaN')",
        "Fraction(10**400, 3)",
        "[0] * 30_000_000",
        "'x' * 100_000_000",
    ],
)
def test_what_is_no_plain_data_is_a_mark_that_equals_nothing(sandbox: Sandbox, expression: str) -> None:
    imports = "from collections import *\nfrom itertools import *\nfrom fractions import *\nfrom decimal import *"
    with sandbox.open(imports) as session:
        answer = session.call(f"lambda: {expression}")
        assert isinstance(answer, Returned) and isinstance(answer.value, Opaque)
        assert answer.value != answer.value
        assert session.call("lambda: 1") == Returned(1)


@linux
@pytest.mark.parametrize(
    ("program", "limit"),
    [
        ("def f():\n    import os; os._exit(0)", ""),
        ("def f():\n    import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ""),
        ("def f():\n    import os; os.closerange(0, 100)", ""),
        ("def f():\n    while True: pass", "cpu"),
        ("class E(Exception):\n    def __str__(self):\n        while True: pass\ndef f(): raise E", "cpu"),
        ("class E:\n    def __repr__(self):\n        while True: pass\ndef f(): return E()", "cpu"),
        ("def f():\n    import time; time.sleep(60)", "wall"),
        ("def f():\n    import os; os.write(3, bytes([9, 0, 0, 0]) + b'd' * 9)", "channel"),
        ("def f():\n    import os; os.write(3, bytes([255] * 8))", "channel"),
        ("def f():\n    import os; os.write(3, bytes([1, 0, 0, 0]) + b'N')", "channel"),
        ("def f():\n    import os\n    while True: os.write(3, bytes([1, 0, 0, 0]) + b'N')", "channel"),
    ],
)
def test_a_call_that_does_not_come_back_ends_the_session(sandbox: Sandbox, program: str, limit: str) -> None:
    begin = time.monotonic()
    with sandbox.open(program, limits=SHORT) as session, pytest.raises(Ended) as ended:
        session.call("f")
    assert (ended.value.ran.limit, ended.value.ran.ok) == (limit, ended.value.ran.exit == 0 and not limit)
    assert time.monotonic() - begin < 30
    with pytest.raises(Ended):
        session.call("f")


@linux
def test_a_forged_answer_is_only_what_the_function_might_have_answered(sandbox: Sandbox) -> None:
    program = """
import os, struct
def f():
    body = b'=T'
    os.write(3, struct.pack('<I', len(body)) + body)
    return 1
"""
    with sandbox.open(program) as session:
        assert session.call("f") == Returned(True)
        assert session.call("f") == Returned(1)


def test_a_program_that_ends_while_it_is_loaded(sandbox: Sandbox) -> None:
    with pytest.raises(Ended) as ended, sandbox.open("print('x', flush=True)\nimport os; os._exit(3)"):
        pass
    assert (ended.value.ran.exit, ended.value.ran.stdout) == (3, "x\n")


def test_closing_tells_what_was_used_and_written(sandbox: Sandbox) -> None:
    with sandbox.open("def f(): print('hello', flush=True)") as session:
        session.call("f")
        ran = session.close()
    assert ran.stdout == "hello\n" and ran.cpu > 0


def test_test_code_reaches_the_model_only_through_a_hook(sandbox: Sandbox) -> None:
    model = """
import sys
seen = []
def solve(nums):
    seen.append([f.f_code.co_name for f in iter_frames()])
    nums.sort()
    if not nums: raise KeyError('empty')
    return sum(nums)
def iter_frames():
    f = sys._getframe(1)
    while f:
        yield f
        f = f.f_back
"""
    check = """
def check(candidate):
    assert candidate([1, 2]) == 3
    nums = [3, 1]
    candidate(nums)
    assert nums == [1, 3], nums
    try:
        candidate([])
    except KeyError as error:
        assert 'empty' in str(error)
    else:
        assert False
    assert candidate([5]) == 6, 'wrong'
"""
    with sandbox.open(model) as solution:
        hooks = {"candidate": lambda *args, **kwargs: solution.call("solve", args, kwargs, after=True)}
        with sandbox.open(check, hooks=hooks) as tests:
            assert tests.call("(lambda: check(candidate))") == Raised(
                "AssertionError", "wrong", "solution.py:13 in check"
            )
        frames = solution.call("(lambda: seen)")
    assert isinstance(frames, Returned)
    assert "check" not in {name for stack in frames.value for name in stack}


@linux
def test_a_model_that_dies_ends_the_test_code_too(sandbox: Sandbox) -> None:
    with sandbox.open("import os\ndef solve(): os._exit(0)") as solution:
        hooks = {"candidate": lambda: solution.call("solve")}
        with (
            sandbox.open(
                "def check():\n    try: candidate()\n    except BaseException: pass", hooks=hooks
            ) as tests,
            pytest.raises(Ended) as ended,
        ):
            tests.call("check")
    assert ended.value.ran.exit == 0


def test_requests_are_answered_in_their_order(sandbox: Sandbox) -> None:
    large = "x" * 50_000
    requests = [load("def f(x): return x"), load("1 / 0"), call("f", [1]), call("g"), *[call("f", [large])] * 20]
    with sandbox.open() as session:
        answers = list(session.answers([*requests, call("f", ["y" * 5_000_000]), call("f", [2])]))
        assert session.call("f", [3]) == Returned(3)
    assert [type(answer) for answer in answers[:4]] == [Returned, Raised, Returned, Raised]
    assert answers[4:-2] == [Returned(large)] * 20
    assert answers[-2:] == [Returned("y" * 5_000_000), Returned(2)]


@linux
@pytest.mark.parametrize("pause", [0, 0.05])
def test_after_the_last_requests_the_process_ends_by_itself(sandbox: Sandbox, pause: float) -> None:
    program = f"import time\ndef f(x):\n    time.sleep({pause})\n    return x"
    values = [1, "a", "long" * 500_000, [2.5], "long" * 500_000]
    with sandbox.open(program) as session:
        assert [*session.answers([call("f", [1])])] == [Returned(1)]
        answers = session.answers([call("f", [value]) for value in values], last=True)
        assert [*answers] == [*map(Returned, values)]
        with pytest.raises(Ended) as ended:
            session.call("f", [3])
    assert (ended.value.ran.exit, ended.value.ran.limit) == (0, "")


@linux
def test_the_last_requests_may_end_it_too(sandbox: Sandbox) -> None:
    program = "import os\ndef f(x):\n    while x == 3: pass\n    return x if x < 2 else os._exit(x)"
    for end, became in ((2, (2, "")), (3, (None, "cpu"))):
        got = []
        with pytest.raises(Ended) as ended, sandbox.open(program, limits=SHORT) as session:
            for answer in session.answers([call("f", [x]) for x in (0, 1, end, 0)], last=True):
                got.append(answer)
        assert got == [Returned(0), Returned(1)]
        assert (ended.value.ran.exit, ended.value.ran.limit) == became


def test_what_was_answered_before_an_end_is_not_lost(sandbox: Sandbox) -> None:
    got = []
    program = "import os\ndef f(x): return x if x < 3 else os._exit(0)"
    with sandbox.open(program) as session, pytest.raises(Ended) as ended:
        for answer in session.answers([call("f", [x]) for x in range(9)]):
            got.append(answer)
    assert got == [Returned(0), Returned(1), Returned(2)]
    assert ended.value.ran.exit == 0


@linux
@pytest.mark.parametrize("name", ["_exit", "read"])
def test_a_session_that_does_not_go_when_it_is_let_go_is_killed(name: str) -> None:
    with Sandbox(size=1) as sandbox:
        begin = time.monotonic()
        with sandbox.open(f"import os, time\ndef f(): os.{name} = lambda *of: time.sleep(60)") as session:
            session.call("f")
        assert time.monotonic() - begin < 10
        assert sandbox.run("print('as before')").stdout == "as before\n"


@linux
def test_a_channel_that_outlives_its_process_keeps_nobody_waiting() -> None:
    program = """
import array, os, socket, struct
def f(x):
    channel = socket.socket(fileno=3)
    own = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [3]))]
    channel.sendmsg([struct.pack("<I", 2) + b"=N"], own)
    channel.sendmsg([b"x"], own)
    os._exit(0)
"""
    begin = time.monotonic()
    with Sandbox(size=1) as sandbox, sandbox.open(program, limits=Limits(cpu=1, wall=60)) as session:
        got = []
        with pytest.raises(Ended):
            for answer in session.answers([call("f", [1]), call("f", ["y" * 3_000_000])]):
                got.append(answer)
    assert got == [Returned(None)]
    assert time.monotonic() - begin < 20


@linux
def test_the_words_of_an_exception_can_be_written_anywhere(sandbox: Sandbox) -> None:
    program = """
import os, struct
def text(said): return b"s" + struct.pack("<I", len(said)) + said
def f():
    words = [b"E", b"\\xed\\xa0\\x80", b"x" * 3_000_000, b"Exception"]
    body = b"!l" + struct.pack("<I", 4) + b"".join(map(text, words))
    os.write(3, struct.pack("<I", len(body)))
    while body: body = body[os.write(3, body):]
"""
    with sandbox.open(program) as session:
        raised = session.call("f")
    assert isinstance(raised, Raised) and len(raised.where) == 1000
    assert f"{raised!r}{raised}".encode()


@linux
def test_a_hook_whose_answer_cannot_be_passed_on_raises(sandbox: Sandbox) -> None:
    with sandbox.open("", hooks={"ask": lambda: [[0]] * 600_000}) as session:
        raised = session.call("ask")
    assert isinstance(raised, Raised) and (raised.type, "too large" in raised.message) == ("ValueError", True)


def test_a_hook_that_is_called_wrongly_raises_as_a_function_would(sandbox: Sandbox) -> None:
    program = """
def f():
    try: return half(1, 2)
    except TypeError as error: return str(error)
"""

    def half(value: int) -> float:
        return value / 2

    with sandbox.open(program, hooks={"half": half}) as session:
        assert session.call("f") == Returned("too many positional arguments")
        assert session.call("half", [3]) == Returned(1.5)
        with pytest.raises(TypeError, match="unsupported operand"):  # that is the hook's own
            session.call("half", ["x"])


@linux
def test_how_a_process_ended_does_not_depend_on_who_was_first(sandbox: Sandbox) -> None:
    closes = "import os\ndef f(): os.close(3)"
    ended = set()
    for _ in range(30):
        with pytest.raises(Ended) as error, sandbox.open(closes) as session:
            session.call("f")
        ended.add((error.value.ran.exit, error.value.ran.signal, error.value.ran.limit))
    assert ended == {(70, 0, "")}


@linux
def test_a_frame_that_is_too_long_breaks_the_protocol(sandbox: Sandbox) -> None:
    program = "import os, time\ndef f():\n    os.write(3, bytes([255] * 4))\n    time.sleep(9)"
    with pytest.raises(Ended) as ended, sandbox.open(program) as session:
        session.call("f")
    assert ended.value.ran.limit == "channel"


@linux
def test_to_read_what_it_says_counts_like_its_own_time(sandbox: Sandbox) -> None:
    program = "class C: pass\nvalue = [{i: str(i)} for i in range(250_000)]\ndef f(): return value"
    with pytest.raises(Ended) as ended, sandbox.open(program, limits=Limits(cpu=2, wall=60)) as session:
        for _ in range(100):
            session.call("f")
    assert ended.value.ran.limit == "cpu"
    assert ended.value.ran.cpu >= 2


@linux
def test_to_write_a_hooks_long_answers_counts_like_its_own_time(sandbox: Sandbox) -> None:
    program = """
import os, struct
asks = b"?l" + struct.pack("<I", 3) + b"s" + struct.pack("<I", 3) + b"ask" + b"t" + bytes(4) + b"d" + bytes(4)
def f():
    while True:
        os.write(3, struct.pack("<I", len(asks)) + asks)
        size, = struct.unpack("<I", os.read(3, 4))
        while size: size -= len(os.read(3, min(size, 1 << 20)))
"""
    asked = 0

    def ask() -> object:
        nonlocal asked
        asked += 1
        assert asked < 60  # a reader that does nothing with them could take hundreds
        return [[0]] * 300_000

    limits = Limits(cpu=2, wall=60)
    with pytest.raises(Ended) as ended, sandbox.open(program, limits=limits, hooks={"ask": ask}) as session:
        session.call("f")
    assert ended.value.ran.limit == "cpu" and ended.value.ran.cpu >= 2


def test_answers_that_nobody_waited_for_are_not_taken_for_others(sandbox: Sandbox) -> None:
    with sandbox.open("def f(x): return x") as session:
        assert next(session.answers([call("f", [1]), call("f", [2]), call("f", [3])])) == Returned(1)
        assert session.call("f", [99]) == Returned(99)
    with sandbox.open("def f(x): return ask(x)", hooks={"ask": lambda x: 10 * x}) as session:
        assert list(session.answers([call("f", [x]) for x in range(3)])) == [
            Returned(0),
            Returned(10),
            Returned(20),
        ]


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_arguments_have_to_be_plain_data(sandbox: Sandbox) -> None:
    with sandbox.open("def f(x): return x") as session:
        with pytest.raises(TypeError, match="object is not plain data"):
            session.call("f", [object()])
        with pytest.raises(TypeError, match="array is not plain data"):
            session.call("f", [[array.array("d", [1.5])]])
        with pytest.raises(TypeError, match="nested too deep"):
            session.call("f", [_nested(10_000)])
        assert session.call("f", [1]) == Returned(1)


@linux
def test_the_limits_are_those_of_all_calls_together(sandbox: Sandbox) -> None:
    program = (
        "import time\ndef f():\n    end = time.process_time() + 0.2\n    while time.process_time() < end: pass"
    )
    with sandbox.open(program, limits=Limits(cpu=0.5)) as session, pytest.raises(Ended) as ended:
        for _ in range(10):
            session.call("f")
    assert ended.value.ran.limit == "cpu"
    assert ended.value.ran.cpu >= 0.5


def test_the_callers_own_time_does_not_count(sandbox: Sandbox) -> None:
    with sandbox.open("def f(): return 1", limits=Limits(cpu=5, wall=0.3)) as session:
        for _ in range(3):
            time.sleep(0.2)
            assert session.call("f") == Returned(1)
