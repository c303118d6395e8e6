from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rewardkit.errors import UsageError
from rewardkit.sandbox import Limits, Ran, Sandbox

SHORT = Limits(cpu=0.5, wall=2, memory=100 << 20, files=100)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="macOS has only some limits")


def test_a_program_reads_its_input_and_ends_with_its_code(sandbox: Sandbox) -> None:
    program = "import sys\nprint(input()[::-1])\nprint(sys.argv, file=sys.stderr)\nsys.exit(3)"
    ran = sandbox.run(program, stdin="abc\nd", argv=["x"])
    assert (ran.stdout, ran.stderr, ran.exit, ran.signal, ran.limit) == ("cba\n", "['main.py', 'x']\n", 3, 0, "")
    assert not ran.ok
    assert 0 < ran.cpu < 1 and ran.memory > 1 << 20


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("pass", 0, ""),
        ("exit()", 0, ""),
        ("raise SystemExit", 0, ""),
        ("import sys; sys.exit('no')", 1, "no"),
        ("import sys; sys.exit(257)", 1, ""),
        ("quit(True)", 1, ""),
        ("1/0", 1, "ZeroDivisionError: division by zero"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("def f(:", 1, "SyntaxError: invalid syntax"),
        ("x = '\\0'\n\0", 1, "null bytes"),
        ("import os; os._exit(7)", 7, ""),
    ],
)
def test_exit_codes_are_pythons_own(sandbox: Sandbox, program: str, code: int, said: str) -> None:
    ran = sandbox.run(program)
    assert ran.exit == code
    assert said in ran.last_line


def test_a_traceback_begins_in_the_program(sandbox: Sandbox) -> None:
    ran = sandbox.run("def f():\n    return {}['key']\nf()")
    assert ran.stderr.splitlines()[1].startswith('  File "main.py", line 3')
    assert "rewardkit" not in ran.stderr


@pytest.mark.parametrize(
    "program",
    [
        "import sys\ninput = sys.stdin.readline\nprint(input().strip())",
        "import sys\nfor line in sys.stdin: print(line.strip())",
        "import os\nprint(os.read(0, 100).decode().strip())",
        "print(open(0).read().strip())",
        "import sys, os\nprint(sys.stdin.buffer.read(os.fstat(0).st_size).decode().strip())",
        "import sys, io\nprint(io.BytesIO(sys.stdin.buffer.read()).readline().decode().strip())",
        "import os, mmap\nprint(mmap.mmap(0, 0, prot=mmap.PROT_READ)[:].decode().strip())",
        "print(open('/dev/stdin').read().strip())",
        "import fileinput\nprint(next(fileinput.input()).strip())",
    ],
)
def test_all_the_ways_to_read(sandbox: Sandbox, bare: Sandbox, program: str) -> None:
    for each in (sandbox, bare):
        assert each.run(program, stdin="hello\n").stdout == "hello\n"


@pytest.mark.parametrize(
    "program",
    [
        "print('hello')",
        "import sys; sys.stdout.write('hello\\n')",
        "import os; os.write(1, b'hello\\n')",
        "import sys; sys.stdout.buffer.write(b'hello\\n')",
        "import atexit; atexit.register(lambda: print('hello'))",
        "import threading; threading.Timer(0.05, lambda: print('hello')).start()",
        "import os; out = os.fdopen(1, 'w'); out.write('hello\\n')",
        "import os, io; print('hello', file=io.TextIOWrapper(io.FileIO(1, 'w')))",
        "class A:\n    def __del__(self): print('hello')\na = A()",
        "word = 'hello'\nclass A:\n    def __del__(self): print(word)\na = A()",
        "import io, sys; sys.stdout = io.TextIOWrapper(sys.stdout.detach(), 'ascii'); print('hello')",
        "import os\ntry: os.kill(os.getpid(), 2), [0 for _ in range(9)]\nexcept KeyboardInterrupt: print('hello')",
        "import sys; sys.stdout = open(1, 'w', closefd=False); print('hello')",
        "import sys; print('hello'); sys.stdout.close()",
        "import io, sys; sys.stdout = io.StringIO(); print('hello'); sys.__stdout__.write(sys.stdout.getvalue())",
        "print('hello', file=open('/dev/stdout', 'w'))",
    ],
)
def test_all_the_ways_to_write(sandbox: Sandbox, bare: Sandbox, program: str) -> None:
    for each in (sandbox, bare):
        ran = each.run(program)
        assert (ran.stdout, ran.exit) == ("hello\n", 0)


def test_a_stdout_of_the_programs_own_is_flushed_while_its_globals_live(sandbox: Sandbox) -> None:
    program = """
import sys
lines = []
class Out:
    def write(self, text): lines.append(text)
    def flush(self):
        sys.__stdout__.write(''.join(lines))
        lines.clear()
sys.stdout = Out()
print(6)
"""
    ran = sandbox.run(program)
    assert (ran.stdout, ran.exit) == ("6\n", 0)


@linux
def test_more_stack_is_had_for_the_asking(sandbox: Sandbox) -> None:
    program = """
import resource, sys, threading
resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
resource.setrlimit(resource.RLIMIT_STACK, (1 << 29, 1 << 30))
threading.stack_size(1 << 27)
sys.setrecursionlimit(10**6)
depth = lambda n: n and 1 + depth(n - 1)
thread = threading.Thread(target=lambda: print(depth(100_000)))
thread.start()
thread.join()
try:
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
except ValueError:
    print("not that")
"""
    assert sandbox.run(program).stdout == "100000\nnot that\n"


@pytest.mark.parametrize("without", [(), ("landlock",)], ids=["", "no-landlock"])
def test_what_honest_programs_use(without: tuple[str, ...]) -> None:
    program = """
import asyncio, dataclasses, inspect, json, os, pathlib, pickle, queue, sqlite3
import sys, tempfile, threading, typing, unittest
from concurrent.futures import ThreadPoolExecutor

@dataclasses.dataclass
class Point:
    x: int

assert __name__ == '__main__' and sys.modules['__main__'].Point is Point
assert pickle.loads(pickle.dumps(Point(1))) == Point(1)
assert 'class Point' in inspect.getsource(Point)

async def two():
    await asyncio.sleep(0.001)
    return 2

assert asyncio.run(two()) == 2
with ThreadPoolExecutor(4) as pool:
    assert sum(pool.map(lambda x: x * x, range(10))) == 285
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, 'a.txt'), 'w') as file:
        file.write('a')
    assert os.listdir(folder) == ['a.txt'] and [path.name for path in pathlib.Path(folder).iterdir()] == ['a.txt']
    os.makedirs(os.path.join(folder, 'deep', 'er'))
assert not os.path.exists(folder)
with tempfile.NamedTemporaryFile('w+') as file:
    file.write('b'); file.seek(0)
    assert file.read() == 'b'
with open('out.txt', 'w') as file:
    file.write('c')
assert open('out.txt').read() == 'c' and os.path.exists('out.txt')
with open('out.txt', 'a') as file:
    file.write('d')
os.rename('out.txt', 'new.txt')
assert open('new.txt', 'rb').read() == b'cd' and os.path.getsize('new.txt') == 2 and os.listdir() == ['new.txt']
os.remove('new.txt')
try:
    open('new.txt')
except FileNotFoundError:
    pass
json.dump([1], open('x.json', 'w')); assert json.load(open('x.json')) == [1]
pathlib.Path('p.txt').write_text('p'); assert pathlib.Path('p.txt').read_text() == 'p'
base = sqlite3.connect(':memory:'); base.execute('create table t (x)')
with open(os.devnull, 'w') as null:
    print('x', file=null)
sys.setrecursionlimit(100_000)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
assert depth(50_000) == 50_000
assert os.getpid() > 0 and os.cpu_count()
print('done')
"""
    with Sandbox(size=1, without=without) as sandbox:
        ran = sandbox.run(program)
    assert (ran.stdout, ran.stderr) == ("done\n", "")


def test_recursion_reaches_as_deep_as_in_a_script(sandbox: Sandbox) -> None:
    program = """
def f(n):
    global deepest
    deepest = n
    f(n + 1)
try:
    f(1)
except RecursionError:
    print(deepest)
"""
    script = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert sandbox.run(program).stdout == script.stdout


def test_two_runs_are_equal_to_the_byte(sandbox: Sandbox) -> None:
    program = """
import locale, random, sys, time
print(hash('x'), random.random(), {'a', 'b', 'c'}, time.tzname, sys.getrecursionlimit(), sys.stdout.encoding)
print(random.sample(range(100), 5), sys.flags.hash_randomization, sys.getfilesystemencoding())
"""
    with Sandbox(size=1) as other:
        first, second, elsewhere = sandbox.run(program), sandbox.run(program), other.run(program)
    assert first.ok
    assert first.stdout == second.stdout == elsewhere.stdout


def test_nothing_of_ours_can_be_imported_or_found(sandbox: Sandbox) -> None:
    program = """
import os, sys
print([name for name in sys.modules if 'rewardkit' in name], sorted(os.environ), os.listdir())
try:
    import rewardkit
except ImportError:
    print('no')
"""
    out = sandbox.run(program).stdout
    assert out.startswith("[] [") and out.endswith("[]\nno\n")
    assert "AWS" not in out


def test_a_module_of_a_distribution_is_there_if_it_is_preloaded() -> None:
    program = "import hypothesis, sys\nprint(hypothesis.__name__)"
    with Sandbox(size=1) as bare:
        assert "ModuleNotFoundError" in bare.run(program).last_line
    with Sandbox(size=1, preload=("hypothesis",)) as warm:
        assert warm.run(program).stdout == "hypothesis\n"


@linux
@pytest.mark.parametrize(
    ("program", "limit"),
    [
        ("while True: pass", "cpu"),
        ("from threading import *\nfor _ in '123': Thread(target=lambda: all(iter(lambda: 1, 0))).start()", "cpu"),
        ("import time\ntime.time = time.monotonic = time.process_time = lambda: 0\nwhile True: pass", "cpu"),
        ("from signal import *\nfor n in (1, 2, 14, 15, 24, 26): signal(n, SIG_IGN)\nwhile True: pass", "cpu"),
        ("import atexit\n@atexit.register\ndef f():\n  while True: pass", "cpu"),
        ("import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')", "cpu"),
        ("import time\ntime.sleep(60)", "wall"),
        ("import os, signal\nos.kill(0, signal.SIGSTOP)", "wall"),
        ("import threading\nthreading.Thread(target=threading.Event().wait).start()", "wall"),
        ("x = [0] * 10**9", "memory"),
        ("x = []\nwhile True: x.append(bytearray(1 << 24))", "memory"),
        ("while True: print('x' * 100000)", "output"),
        ("import os\ni = 0\nwhile True:\n  open(str(i), 'w').close(); i += 1", "files"),
        ("import os\nd = '.'\nwhile True:\n  os.mkdir('d'); os.chdir('d')", "files"),
        ("from threading import *\nstack_size(1 << 16)\nwhile 1: Thread(target=Event().wait).start()", "threads"),
    ],
)  # fmt: skip
def test_each_limit_ends_a_program(sandbox: Sandbox, program: str, limit: str) -> None:
    begin = time.monotonic()
    ran = sandbox.run(program, limits=SHORT)
    assert (ran.limit, ran.ok) == (limit, False)
    assert time.monotonic() - begin < 30
    assert ran.cpu < 5


@linux
def test_files_are_bounded_in_bytes(sandbox: Sandbox) -> None:
    program = (
        "for i in range(100):\n  with open(str(i), 'wb') as f: f.write(bytes(1 << 20))\nimport time; time.sleep(9)"
    )
    ran = sandbox.run(program, limits=Limits(cpu=5, disk=20 << 20))
    assert ran.limit == "disk"
    ran = sandbox.run("open('x', 'wb').write(bytes(1 << 22))", limits=Limits(output=1 << 20))
    assert "File too large" in ran.last_line


def test_a_descriptor_too_many_is_an_error_that_the_program_sees(sandbox: Sandbox) -> None:
    ran = sandbox.run("import os\nx = []\nwhile True: x.append(os.open('/dev/null', os.O_RDONLY))")
    assert "Too many open files" in ran.last_line


def test_a_limit_of_nothing_is_the_authors_mistake() -> None:
    with pytest.raises(UsageError, match="'cpu' has to be a number above 0"):
        Limits(cpu=0)
    with pytest.raises(UsageError, match="'memory'"):
        Limits(memory=-1)
    with pytest.raises(UsageError, match="'wall'"):
        Limits(wall=math.inf)


def test_arguments_are_text(sandbox: Sandbox) -> None:
    assert sandbox.run("import sys; print(sys.argv)", argv=["a", "ü"]).stdout == "['main.py', 'a', 'ü']\n"
    with pytest.raises(TypeError, match="not int"):
        sandbox.run("pass", argv=[1])  # type: ignore[list-item]


def test_output_over_the_limit_is_cut_and_said_to_be(sandbox: Sandbox) -> None:
    ran = sandbox.run("print('x' * 5000)", limits=Limits(output=1000))
    assert (ran.stdout, ran.stdout_truncated, ran.stderr_truncated) == ("x" * 1000, True, False)
    full = sandbox.run("import sys; sys.stdout.write('x' * 1000)", limits=Limits(output=1000))
    assert (full.stdout_truncated, full.ok) == (False, True)


def test_bytes_that_are_no_text_are_replaced(sandbox: Sandbox) -> None:
    assert sandbox.run("import os; os.write(1, b'a\\xff')").stdout == "a\ufffd"


@linux
def test_a_crash_of_the_interpreter_is_a_signal(sandbox: Sandbox) -> None:
    ran = sandbox.run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (ran.exit, ran.signal, ran.limit) == (None, 11, "")
    assert sandbox.run("import ctypes; ctypes.string_at(0)").signal == 11
    assert sandbox.run("print(1)").ok


@linux
def test_the_processor_is_the_judge_on_a_busy_machine() -> None:
    stop = threading.Event()
    busy = [threading.Thread(target=_burn, args=(stop,)) for _ in range(2)]
    program = "import time\nwhile time.process_time() < 0.3: pass\nprint('done')"
    for thread in busy:
        thread.start()
    try:
        # Less than it takes on the clock when others want the processors, too.
        with Sandbox(size=4) as sandbox:
            results: list[Ran] = []
            many = [
                threading.Thread(
                    target=lambda: results.append(sandbox.run(program, limits=Limits(cpu=1, wall=0.35)))
                )
                for _ in range(8)
            ]
            for thread in many:
                thread.start()
            for thread in many:
                thread.join()
    finally:
        stop.set()
    assert [ran.stdout for ran in results] == ["done\n"] * 8


@linux
def test_threads_that_queue_for_a_processor_buy_no_time_on_the_clock(sandbox: Sandbox) -> None:
    program = """
import hashlib, threading, time
large = bytes(1 << 20)
def burn():
    until = time.monotonic() + 1
    while time.monotonic() < until: hashlib.sha256(large)  # beside the other threads
threads = [threading.Thread(target=burn) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
time.sleep(60)
"""
    begin = time.monotonic()
    assert sandbox.run(program, limits=Limits(cpu=10, wall=1)).limit == "wall"
    assert time.monotonic() - begin < 10


def _burn(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


@linux
def test_what_a_run_does_to_its_stdin_does_not_outlive_it() -> None:
    with Sandbox(size=1) as sandbox:
        flags = "import fcntl; print(fcntl.fcntl(0, fcntl.F_GETFL))"
        before = sandbox.run(flags).stdout
        change = "fcntl.fcntl(0, fcntl.F_SETFL, 0o6000); fcntl.flock(0, fcntl.LOCK_EX)"
        assert sandbox.run(f"import fcntl; {change}").ok
        assert sandbox.run(flags).stdout == before
        assert sandbox.run("import fcntl; fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)").ok


def test_many_runs_of_many_limits_leave_no_more_open_than_a_few() -> None:
    with Sandbox(size=1) as sandbox:
        for number in range(200):
            ran = sandbox.run(f"open('x', 'w').close(); print({number})", limits=Limits(cpu=1 + number / 1000))
            assert (ran.stdout, ran.ok) == (f"{number}\n", True)
        if sys.platform == "linux":
            assert len(os.listdir(f"/proc/{sandbox._zygotes[0]._process.pid}/fd")) < 100


LEFT = ("", "print(end='')", "open('x', 'w').close()", "open('x', 'w').close(); os.remove('x')", "")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd")) if sys.platform == "linux" else set()
    with Sandbox(size=1) as sandbox:
        sandbox.run(
            "open('file', 'w'); import os; os.makedirs('a/b/c'); os.symlink('/', 'a/link'); os.mkdir('x', 0)"
        )
        base = Path(sandbox._zygotes[0]._base)
        assert sorted(path.name for path in base.iterdir()) == ["0", "marker"]
        # A folder that was left as it was is the next run's, and any other is not.
        numbers = [sandbox.run(f"import os; print(os.path.basename(os.getcwd())); {left}").stdout for left in LEFT]
        assert numbers == ["2\n", "2\n", "2\n", "3\n", "4\n"]
        assert sorted(path.name for path in base.iterdir()) == ["0", "4", "marker"]
    assert not base.exists()
    if sys.platform == "linux":
        assert set(os.listdir("/proc/self/fd")) <= before
