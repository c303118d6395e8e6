"""The machinery: started late, started again, shared by threads, not inherited, and never a verdict."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rewardkit.errors import UnavailableError, UsageError
from rewardkit.sandbox import Limits, Returned, Sandbox, folder, shared, started
from rewardkit.sandbox.warm import Home

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def pid(sandbox: Sandbox) -> int:
    return sandbox._zygotes[0]._process.pid


def test_nothing_starts_before_the_first_run() -> None:
    with Sandbox() as sandbox:
        assert not sandbox._zygotes


def test_a_zygote_that_died_is_replaced() -> None:
    with Sandbox(size=1) as sandbox:
        for _ in range(3):
            assert sandbox.run("print(1)").stdout == "1\n"
            before = pid(sandbox)
            os.kill(before, signal.SIGKILL)
        assert sandbox.run("print(1)").stdout == "1\n"
        assert pid(sandbox) != before


@linux
def test_a_zygote_that_dies_in_the_middle_of_a_run_costs_a_second_try() -> None:
    with Sandbox(size=1) as sandbox:
        sandbox.run("pass")
        first = pid(sandbox)
        threading.Timer(0.3, os.kill, (first, signal.SIGKILL)).start()
        assert sandbox.run("import time; time.sleep(1); print('done')").stdout == "done\n"
        assert pid(sandbox) != first


@linux
def test_a_sandbox_that_dies_twice_is_unavailable_and_no_verdict() -> None:
    with Sandbox(size=1) as sandbox:
        stop = threading.Event()

        def kill_all() -> None:
            while not stop.is_set():
                for zygote in list(sandbox._zygotes):
                    zygote._process.kill()
                time.sleep(0.02)

        killer = threading.Thread(target=kill_all)
        killer.start()
        try:
            with pytest.raises(UnavailableError, match="the sandbox failed"):
                sandbox.run("import time; time.sleep(5)")
        finally:
            stop.set()
            killer.join()


@linux
def test_a_session_whose_zygote_dies_can_be_done_again_from_the_start() -> None:
    with Sandbox(size=1) as sandbox:
        tries = 0

        def work() -> object:
            nonlocal tries
            tries += 1
            # It takes its time, or it could answer before its death reaches it.
            with sandbox.open("import time\ndef f(): time.sleep(0.5); return 7") as session:
                if tries == 1:
                    os.kill(pid(sandbox), signal.SIGKILL)
                return session.call("f")

        assert sandbox.retry(work) == Returned(7)
        assert tries == 2


@linux
def test_a_zygote_that_cannot_fork_is_not_the_programs_fault() -> None:
    import resource

    with Sandbox(size=1) as sandbox:
        sandbox.run("pass")
        os.kill(pid(sandbox), signal.SIGSTOP)
        stopped = pid(sandbox)
        threading.Timer(0.3, os.kill, (stopped, signal.SIGCONT)).start()
        assert sandbox.run("print(1)").ok
        # Not a descriptor more: orders arrive without theirs.
        resource.prlimit(stopped, resource.RLIMIT_NOFILE, (8, 8))
        assert sandbox.run("print(2)").stdout == "2\n"
        assert pid(sandbox) != stopped


@linux
def test_a_machine_without_room_for_a_zygote_is_unavailable(tmp_path: Path) -> None:
    code = (
        "import os\nfrom rewardkit.sandbox import Sandbox\nfrom rewardkit.errors import UnavailableError\n"
        "try: Sandbox().run('1')\nexcept UnavailableError as error: print(type(error).__name__, error)"
    )
    missing = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    code = f"import sys, tempfile; tempfile.tempdir = {str(tmp_path / 'gone')!r}\n" + code
    done = subprocess.run([sys.executable, "-c", code], env=missing, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("_Failed the sandbox failed: no warm interpreter started")


def test_a_module_that_cannot_be_preloaded_is_the_authors_mistake() -> None:
    with pytest.raises(UsageError, match="no_such_module"):
        Sandbox(preload=("no_such_module",)).run("1")


def test_threads_share_a_sandbox() -> None:
    with Sandbox(size=2) as sandbox:
        found: dict[int, str] = {}

        def run(number: int) -> None:
            for round in range(5):
                program = f"import time; time.sleep(0.01); print({number}, {round}, input())"
                found[number * 10 + round] = sandbox.run(program, stdin=str(number)).stdout

        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sandbox._zygotes) <= 2
    assert found == {n * 10 + r: f"{n} {r} {n}\n" for n in range(8) for r in range(5)}


def test_one_zygote_serves_sessions_within_sessions() -> None:
    with (
        Sandbox(size=1) as sandbox,
        sandbox.open("def f(): return 1") as one,
        sandbox.open("def f(): return 2") as two,
    ):
        assert (one.call("f"), two.call("f"), one.call("f")) == (Returned(1), Returned(2), Returned(1))
        assert sandbox.run("print(3)").stdout == "3\n"


@linux
def test_a_run_cannot_reach_its_siblings() -> None:
    program = """
import os, time
open('secret', 'w').write('x')
def f(folder, pid):
    found = []
    for path in (folder, os.path.dirname(folder), f'{folder}/secret', f'/proc/{pid}/mem', f'/proc/{pid}/environ'):
        try:
            os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(1)
            found.append(path)
        except OSError: pass
    try:
        os.kill(pid, 9); found.append('kill')
    except OSError: pass
    return found
def where(): return (os.getcwd(), os.getpid())
"""
    with Sandbox(size=1) as sandbox, sandbox.open(program) as one, sandbox.open(program) as two:
        other = two.call("where")
        assert isinstance(other, Returned)
        assert one.call("f", other.value) == Returned([])


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_a_run_that_ends_all_of_its_group_ends_itself_alone(number: int) -> None:
    for without in ((), ("landlock",)):
        with Sandbox(size=1, without=without) as sandbox, sandbox.open("def f(): return 1") as other:
            zygote = pid(sandbox)
            ran = sandbox.run(f"import os\nos.kill(0, {number})", limits=Limits(wall=1))
            assert ran.limit == "wall" if number == signal.SIGSTOP else ran.signal == number
            assert other.call("f") == Returned(1) and pid(sandbox) == zygote


@linux
def test_a_fork_of_this_process_has_its_own() -> None:
    with Sandbox(size=1) as sandbox:
        sandbox.run("pass")
        mine = pid(sandbox)
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            code = 1
            try:
                ran = sandbox.run("print('in the fork')")
                code = 0 if ran.ok and pid(sandbox) != mine else 2
                sandbox.close()
            finally:
                os._exit(code)
        os.close(write)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        os.close(read)
        assert sandbox.run("print(1)").ok
        assert pid(sandbox) == mine


@linux
@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit(0)"])
def test_zygotes_and_runs_end_with_the_process_that_started_them(tmp_path: Path, end: str) -> None:
    code = f"""
import os, sys, threading, time
from rewardkit.sandbox import Sandbox
sandbox = Sandbox(size=1)
with sandbox.open("import os\\ndef f(): return os.getpid()") as session:
    print(session.call("f").value, sandbox._zygotes[0]._process.pid, flush=True)
    {end}
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    pids = [int(number) for number in done.stdout.split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (
        any(Path(f"/proc/{each}").exists() for each in pids) or any(tmp_path.iterdir())
    ):
        time.sleep(0.05)
    assert not any(Path(f"/proc/{each}").exists() for each in pids)
    assert not any(tmp_path.iterdir())


def test_the_thread_that_started_a_zygote_may_end() -> None:
    with Sandbox(size=1) as sandbox:
        thread = threading.Thread(target=lambda: sandbox.run("pass"))
        thread.start()
        thread.join()
        first = pid(sandbox)
        time.sleep(0.1)
        assert sandbox.run("print(1)").ok
        assert pid(sandbox) == first


@linux
def test_a_zygote_has_one_thread_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "FAKESECRETabc")
    with Sandbox(size=1) as sandbox:
        sandbox.run("pass")
        folder = Path(f"/proc/{pid(sandbox)}")
        assert len(list((folder / "task").iterdir())) == 1
        assert "FAKESECRET" not in (folder / "cmdline").read_text()
        if os.getuid() == 0:
            assert b"FAKESECRET" not in (folder / "environ").read_bytes()


def test_a_process_has_one_shared_sandbox_for_each_set_of_modules() -> None:
    assert shared() is shared()
    assert shared() is not shared(preload=("json",))
    assert shared().run("print(1)").ok
    assert {"seccomp", "files"} <= {layer.name for layer in started()}


def test_a_zygote_that_dies_when_all_is_done_costs_nothing() -> None:
    with Sandbox(size=1) as sandbox:
        with sandbox.open("def f():\n    return 1\n") as session:
            assert session.call("f") == Returned(1)
            os.kill(pid(sandbox), signal.SIGKILL)
            sandbox._zygotes[0]._process.wait()
        assert sandbox.run("print(1)").stdout == "1\n"


def test_a_look_at_a_folder_survives_files_that_come_and_go(tmp_path: Path) -> None:
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            for number in range(20):
                (tmp_path / f"{number}").touch()
                (tmp_path / f"{number}").unlink()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        assert {folder.exceeded(str(tmp_path), 1 << 20, 100) for _ in range(500)} == {""}
    finally:
        done.set()
        thread.join()


@linux
def test_a_process_with_fewer_maps_still_works() -> None:
    program = """
from rewardkit.sandbox import maps
import ctypes, decimal, sqlite3, zlib
before = len(maps._maps())
maps.arrange()
assert len(maps._maps()) < before, (len(maps._maps()), before)
import bz2, lzma
assert zlib.decompress(zlib.compress(b"x")) == bz2.decompress(bz2.compress(b"x")) == b"x"
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
assert decimal.Decimal(1) / 8 == decimal.Decimal("0.125")
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr == ""


def test_a_folder_that_was_left_as_it_was_is_used_again_and_no_other(tmp_path: Path) -> None:
    unused: list[Home] = []
    long_ago = time.time() - 60
    for name, write in (("clean", False), ("used", True)):
        path = tmp_path / name
        path.mkdir()
        changed = path.stat().st_ctime_ns
        home = Home(1, str(path), changed, unused, settled=True)
        time.sleep(0.02)
        if write:
            (path / "left").touch()
            os.utime(path, (long_ago, long_ago))
        home.leave(ended=True)
    assert [each.path for each in unused] == [str(tmp_path / "clean")]
    assert not (tmp_path / "used").exists()
