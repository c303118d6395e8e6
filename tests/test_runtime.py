from __future__ import annotations

import json
import math
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rewardkit.bundle import Bundle, build
from rewardkit.errors import BundleError, RolloutError
from rewardkit.local.runtime import RequestTooLarge, Runtime
from rewardkit.local.unpack import Task, unpack
from rewardkit.target import Target
from rewardkit.wire import read_event

pytest.importorskip("awslambdaric")

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PROCESSOR = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
CONTRACT = Path(__file__).parents[1].parent / "shared" / "contract"
EVENTS = sorted((CONTRACT / "events").glob("*_in.json"))
REWARD = """from rewardkit import reward


@reward
def r(response: str, reference_answer: object) -> float:
    return float(str(reference_answer) in response)
"""
EVENT = [
    {
        "id": "one",
        "messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "It is 4."}],
        "reference_answer": "4",
    }
]


@pytest.fixture(scope="module", params=[("3.13", "arm64"), (HERE, PROCESSOR)], ids=["lambda", "here"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("project")
    (folder / "my_reward.py").write_text(REWARD)
    python, architecture = request.param
    target = Target(folder / "my_reward.py")
    return build(target, python=python, architecture=architecture, out=folder / "reward.zip")


@pytest.fixture(scope="module")
def reward(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with Runtime(unpack(bundle.path, tmp_path_factory.mktemp("task")), name="my-reward") as runtime:
        yield runtime


def function(folder: Path, code: str, handler: str = "lambda_function.lambda_handler") -> Task:
    """A function of a few lines, as a task."""
    (folder / "lambda_function.py").write_text(code)
    return Task(folder, handler, "", "AWS_Lambda_python3.13")


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def contract(name: str) -> Any:
    file = CONTRACT / "errors" / name
    if not file.is_file():
        pytest.skip("the contract is not here")
    return json.loads(file.read_text())


def without_ids(error: Any) -> Any:
    """The error with its request id and its time replaced."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", json.dumps(error))
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text))


def with_response(value: Any, response: Any) -> Any:
    """The same event with what the model said replaced, wherever it is."""
    if isinstance(value, list):
        return [with_response(item, response) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: with_response(item, response) for key, item in value.items()}
    said = "content" if value.get("role") in ("assistant", "nova_assistant") else "model_response"
    if isinstance(value.get("body"), str):
        value["body"] = json.dumps(with_response(json.loads(value["body"]), response))
    return value | {said: response} if said in value else value


def rows_of(event: Any) -> list[str] | None:
    """The ids that the answer to an event must have; None where the event is none."""
    try:
        return read_event(event).ids
    except RolloutError:
        return None


def check(runtime: Runtime, event: Any) -> None:
    ids = rows_of(event)
    answer = runtime.invoke(json.dumps(event).encode())
    if ids is None:
        assert answer.error == "Unhandled" and json.loads(answer.payload)["errorType"] == "RolloutError"
        return
    assert answer.error is None, answer.payload
    response = json.loads(answer.payload, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    if isinstance(event, dict) and "body" in event:
        assert response["statusCode"] == 200
        response = json.loads(response["body"])
    elif isinstance(response, dict):
        response = json.loads(response["body"])
    assert [entry["id"] for entry in response] == ids
    assert all(math.isfinite(entry["aggregate_reward_score"]) for entry in response)
    numbers = [metric["value"] for entry in response for metric in entry["metrics_list"]]
    assert all(math.isfinite(number) for number in numbers)


@pytest.mark.skipif(not EVENTS, reason="the contract is not here")
@pytest.mark.parametrize(
    "response",
    [..., None, [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}], "\ud800 lone", "x" * 1_000_000],
    ids=["as it is", "null", "blocks", "lone surrogate", "a million characters"],
)
def test_every_event_of_the_contract_is_answered_in_full(reward: Runtime, response: Any) -> None:
    for path in EVENTS:
        event = json.loads(path.read_text())
        check(reward, event if response is ... else with_response(event, response))


def test_a_bundle_scores_as_the_reward_does(reward: Runtime) -> None:
    answer = reward.invoke(json.dumps(EVENT).encode())
    assert json.loads(answer.payload) == [{"id": "one", "aggregate_reward_score": 1.0, "metrics_list": []}]


def test_a_bundle_for_another_platform_runs_with_this_machines_builds_and_says_so(
    reward: Runtime, bundle: Bundle
) -> None:
    same = (bundle.python, bundle.architecture) == (HERE, PROCESSOR) and sys.platform == "linux"
    assert bool(reward.task.note) is not same
    assert reward.task.execution_env == f"AWS_Lambda_python{bundle.python}"


def test_only_the_first_call_waits_for_the_start(bundle: Bundle, tmp_path: Path) -> None:
    with Runtime(unpack(bundle.path, tmp_path)) as runtime:
        first, second = (runtime.invoke(json.dumps(EVENT).encode()) for _ in range(2))
    assert first.init_milliseconds > 0 and second.init_milliseconds == 0
    assert "INIT_START" in first.log and "INIT_START" not in second.log


def test_what_is_missing_in_a_bundle_is_missing_here(bundle: Bundle, tmp_path: Path) -> None:
    poorer = tmp_path / "poorer.zip"
    with zipfile.ZipFile(bundle.path) as old, zipfile.ZipFile(poorer, "w") as new:
        manifest = json.loads(old.read("rewardkit_manifest.json"))
        manifest["requirements"] = [line for line in manifest["requirements"] if "powertools" not in line]
        for name in old.namelist():
            if not name.startswith(("aws_lambda_powertools", "rewardkit_manifest")):
                new.writestr(name, old.read(name))
        new.writestr("rewardkit_manifest.json", json.dumps(manifest))
    with Runtime(unpack(poorer, tmp_path / "task")) as runtime:
        answer = runtime.invoke(b"[]")
    assert json.loads(answer.payload)["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'aws_lambda_powertools'" in json.loads(answer.payload)["errorMessage"]


FAILING = """import json
import os
import sys
import time

if os.environ.get("EXIT_EARLY"):
    sys.exit(int(os.environ["EXIT_EARLY"]))

calls = 0


def lambda_handler(event, context):
    global calls
    calls += 1
    mode = event["mode"]
    if "mark" in event: open(event["mark"], "w").close()
    time.sleep(event.get("seconds", 0))
    if mode=='count': return calls
    if mode=='print': print("one\\ntwo"); return None
    if mode=='raise': raise ValueError('bad grader')
    if mode=='exit': sys.exit(3)
    if mode=='quiet exit': os._exit(0)
    if mode=='signal': os.kill(os.getpid(), event["signal"])
    if mode=='set': return {1}
    if mode=='large': return "x" * 7_000_000
    if mode=='memory': kept = bytearray(400_000_000); time.sleep(30)
    if mode=='environment': return [dict(os.environ), sys.path, os.getcwd()]
    if mode=='context': return [context.aws_request_id, context.invoked_function_arn,
                                context.get_remaining_time_in_millis(), context.function_version]
    if mode=='start':
        import subprocess
        return [os.getpid(), subprocess.Popen(["sleep", "600"]).pid]
"""


def failing(folder: Path) -> Task:
    return function(folder, FAILING)


def call(runtime: Runtime, mode: str, **more: Any) -> tuple[str | None, Any]:
    answer = runtime.invoke(json.dumps({"mode": mode, **more}).encode())
    return answer.error, json.loads(answer.payload)


@pytest.mark.parametrize(
    ("mode", "file"),
    [
        ("raise", "handler_exception.json"),
        ("exit", "exit.json"),
        ("set", "marshal.json"),
        ("large", "response_too_large.json"),
    ],
)
def test_what_fails_looks_as_in_lambda_and_the_next_call_works(tmp_path: Path, mode: str, file: str) -> None:
    with Runtime(failing(tmp_path)) as runtime:
        error, payload = call(runtime, mode)
        assert error == "Unhandled" and without_ids(payload) == without_ids(contract(file))
        assert call(runtime, "count")[0] is None


def test_a_call_that_takes_too_long_is_ended_as_in_lambda(tmp_path: Path) -> None:
    with Runtime(failing(tmp_path), timeout=2) as runtime:
        error, payload = call(runtime, "count", seconds=60)
        assert error == "Unhandled" and without_ids(payload) == without_ids(contract("timeout.json"))
        assert call(runtime, "count") == (None, 1)


def test_a_module_that_cannot_be_imported_looks_as_in_lambda(tmp_path: Path) -> None:
    (tmp_path / "bad_import.py").write_text("import not_a_module\n")
    with Runtime(Task(tmp_path, "bad_import.handler", "", "AWS_Lambda_python3.13")) as runtime:
        assert call(runtime, "count") == ("Unhandled", contract("import.json"))
        assert call(runtime, "count") == ("Unhandled", contract("import.json"))


def test_a_handler_that_is_not_there_looks_as_in_lambda(tmp_path: Path) -> None:
    with Runtime(function(tmp_path, FAILING, "lambda_function.nope")) as runtime:
        assert call(runtime, "count") == ("Unhandled", contract("handler_not_found.json"))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ({"mode": "quiet exit"}, "Runtime exited without providing a reason"),
        ({"mode": "signal", "signal": signal.SIGSEGV}, "Runtime exited with error: signal: segmentation fault"),
        ({"mode": "signal", "signal": signal.SIGKILL}, "Runtime exited with error: signal: killed"),
        ({"mode": "memory"}, "Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_says_why_and_starts_again(tmp_path: Path, mode: dict[str, Any], reason: str) -> None:
    if mode["mode"] == "memory" and sys.platform != "linux":
        pytest.skip("the memory limit needs /proc")
    with Runtime(failing(tmp_path), memory=256) as runtime:
        assert call(runtime, "count") == (None, 1)
        error, payload = call(runtime, **mode)
        assert error == "Unhandled" and payload["errorType"] == "Runtime.ExitError"
        assert payload["errorMessage"].endswith(f"Error: {reason}")
        assert call(runtime, "count") == (None, 1)


def test_an_exit_during_the_import_is_an_error_of_the_call(tmp_path: Path) -> None:
    with Runtime(failing(tmp_path), environment={"EXIT_EARLY": "7"}) as runtime:
        error, payload = call(runtime, "count")
    assert error == "Unhandled" and payload["errorMessage"].endswith("exit status 7")


def test_a_request_over_the_limit_is_refused(tmp_path: Path) -> None:
    with Runtime(failing(tmp_path)) as runtime, pytest.raises(RequestTooLarge) as error:
        runtime.invoke(b" " * 6_291_457)
    assert (error.value.code, error.value.status) == ("RequestTooLargeException", 413)


def test_the_child_sees_lambdas_variables_and_nothing_of_this_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_SHELL", "x")
    with Runtime(failing(tmp_path), name="f", memory=512, environment={"MINE": "1"}) as runtime:
        _, (variables, path, cwd) = call(runtime, "environment")
    assert "SECRET_OF_THIS_SHELL" not in variables
    assert variables["MINE"] == "1" and variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "f" and variables["AWS_REGION"] == "us-west-2"
    assert cwd == path[0] == variables["LAMBDA_TASK_ROOT"] == str(tmp_path)
    assert not any("site-packages" in place for place in path)


@pytest.mark.parametrize(("module", "there"), [("boto3", True), ("moto", False), ("pydantic", False)])
def test_the_runtime_has_what_lambdas_has(tmp_path: Path, module: str, there: bool) -> None:
    code = f"import {module}\ndef lambda_handler(event, context): return 1\n"
    with Runtime(function(tmp_path, code)) as runtime:
        assert (runtime.invoke(b"{}").error is None) is there


def test_the_context_says_who_was_called_and_how_long_is_left(tmp_path: Path) -> None:
    with Runtime(failing(tmp_path), version="3", timeout=60) as runtime:
        arn = "arn:aws:lambda:us-west-2:123456789012:function:f:live"
        answer = runtime.invoke(b'{"mode": "context"}', arn=arn)
    id, called, left, version = json.loads(answer.payload)
    assert (called, version) == (arn, "3") and 0 < left <= 60_000
    assert f"START RequestId: {id} Version: 3\n" in answer.log


def test_the_log_has_what_was_printed_between_lambdas_lines(tmp_path: Path) -> None:
    with Runtime(failing(tmp_path)) as runtime:
        logs = [runtime.invoke(b'{"mode": "print"}').log for _ in range(2)]
    for log in logs:
        start = log.splitlines().index("one") - 1
        lines = log.splitlines()[start:]
        assert [line.split(" ")[0] for line in lines] == ["START", "one", "two", "END", "REPORT"]
        assert "Memory Size: 1024 MB" in lines[-1]


def test_threads_share_a_runtime_and_each_gets_its_own_answer(tmp_path: Path) -> None:
    got: list[Any] = []
    with Runtime(failing(tmp_path)) as runtime:
        threads = [threading.Thread(target=lambda: got.append(call(runtime, "count"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(got) == [(None, number) for number in range(1, 9)]


def test_closing_ends_a_call_that_runs(tmp_path: Path) -> None:
    got: list[Any] = []
    runtime = Runtime(failing(tmp_path))
    call(runtime, "count")
    mark = tmp_path / "it-runs"
    thread = threading.Thread(target=lambda: got.append(call(runtime, "sleep", seconds=200, mark=str(mark))))
    thread.start()
    while not mark.exists():
        time.sleep(0.01)
    runtime.close()
    thread.join()
    assert got[0][0] == "Unhandled" and got[0][1]["errorMessage"].endswith("signal: killed")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="interrupts itself with a timer")
def test_a_call_after_an_interrupted_one_gets_its_own_answer(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Runtime(failing(tmp_path)) as runtime:
            call(runtime, "count")
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            with pytest.raises(KeyboardInterrupt):
                call(runtime, "sleep", seconds=30)
            assert call(runtime, "count") == (None, 1)
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_runs_after_the_runtime_is_closed(tmp_path: Path) -> None:
    with Runtime(failing(tmp_path)) as runtime:
        _, pids = call(runtime, "start")
        assert all(alive(pid) for pid in pids)
    assert all(gone(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_runs_after_this_process_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    failing(tmp_path)
    program = f"""
import time
from pathlib import Path
from rewardkit.local.runtime import Runtime
from rewardkit.local.unpack import Task
runtime = Runtime(Task(Path({str(tmp_path)!r}), "lambda_function.lambda_handler", "", "AWS_Lambda_python3.13"))
print(runtime.invoke(b'{{"mode": "start"}}').payload.decode(), flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        pids = json.loads(process.stdout.readline())
        assert all(alive(pid) for pid in pids)
        process.send_signal(number)
    assert all(gone(pid) for pid in pids)


def test_unpacked_code_is_read_only(bundle: Bundle, tmp_path: Path) -> None:
    task = unpack(bundle.path, tmp_path / "task")
    files = [path for path in task.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files and all(path.stat().st_mode & 0o222 == 0 for path in files)


def test_a_zip_that_rewardkit_did_not_make_runs_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as zip:
        zip.writestr("app/main.py", "def handler(event, context): return event\n")
    task = unpack(tmp_path / "any.zip", tmp_path / "task", handler="app.main.handler", runtime="python3.12")
    assert (task.note, task.execution_env) == ("", "AWS_Lambda_python3.12")
    with Runtime(task) as runtime:
        assert runtime.invoke(b'{"a": 1}').payload == b'{"a": 1}'


@pytest.mark.parametrize("name", ["../out.py", "a/../../out.py", "/tmp/out.py", "..\\out.py", "C:\\out.py"])
def test_a_zip_with_a_path_outside_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as zip:
        zip.writestr(name, "x")
    with pytest.raises(BundleError, match="outside"):
        unpack(tmp_path / "bad.zip", tmp_path / "deep" / "task")
    assert not list(tmp_path.rglob("out.py"))


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(os.urandom(100))
    with pytest.raises(BundleError, match="cannot be unpacked"):
        unpack(tmp_path / "no.zip", tmp_path / "task")
