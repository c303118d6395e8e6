"""Ways to ask: Bedrock's Converse API, through botocore itself, and a recording."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from rewardkit import Score
from rewardkit.errors import GradingError, UnavailableError, UsageError
from rewardkit.graders.judge import Recorded, bedrock, judge
from rewardkit.rollout import load
from rewardkit.target import Target

MODEL = "amazon.nova-lite-v1:0"


def answer(text: str, stop: str = "end_turn", tokens: int = 15) -> dict[str, Any]:
    blocks = [
        {"reasoningContent": {"reasoningText": {"text": "5, surely"}}},
        {"text": text[:2]},
        {"text": text[2:]},
    ]
    return {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": stop,
        "usage": {"inputTokens": tokens - 5, "outputTokens": 5, "totalTokens": tokens},
        "metrics": {"latencyMs": 1},
    }


def client() -> Any:
    return boto3.client("bedrock-runtime", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(client()) as made:
        yield made


def test_a_call_sends_the_prompt_and_returns_the_text_without_the_reasoning(stub: Stubber) -> None:
    sent = {
        "modelId": MODEL,
        "messages": [{"role": "user", "content": [{"text": "How good?"}]}],
        "inferenceConfig": {"maxTokens": 300, "temperature": 0.0},
    }
    stub.add_response("converse", answer("fine"), sent)
    ask = bedrock(MODEL, max_tokens=300, client=stub.client)
    assert ask("How good?") == "fine"
    assert ask.tokens == 15


def test_models_that_take_no_temperature_get_none(stub: Stubber) -> None:
    messages = [{"role": "user", "content": [{"text": "?"}]}]
    sent = {"modelId": MODEL, "messages": messages, "inferenceConfig": {"maxTokens": 1024}}
    stub.add_response("converse", answer("fine"), sent)
    assert bedrock(MODEL, temperature=None, client=stub.client)("?") == "fine"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 429), ("ServiceUnavailableException", 503), ("InternalServerException", 500),
        ("ModelTimeoutException", 408), ("ModelNotReadyException", 429), ("ServiceQuotaExceededException", 400),
        ("ModelErrorException", 424), ("SomethingNew", 502), ("SomethingNew", 429),
    ],
)  # fmt: skip
def test_a_service_in_trouble_is_unavailable(stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("converse", code, "try later", status)
    with pytest.raises(UnavailableError, match=f"{MODEL} did not answer: {code}: try later"):
        bedrock(MODEL, client=stub.client)("?")


@pytest.mark.parametrize(
    ("code", "status", "step"),
    [
        ("AccessDeniedException", 403, "under judges in rewardkit.toml"),
        ("ValidationException", 400, "inference profile"),
        ("ResourceNotFoundException", 404, "the region"),
        ("ExpiredTokenException", 403, "sign in again"),
    ],
)
def test_a_call_that_is_wrong_is_the_authors_to_mend(stub: Stubber, code: str, status: int, step: str) -> None:
    stub.add_client_error("converse", code, "no", status)
    with pytest.raises(UsageError, match=step):
        bedrock(MODEL, client=stub.client)("?")


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("max_tokens", "raise max_tokens"),
        ("model_context_window_exceeded", "lower the judge's limit"),
        ("guardrail_intervened", "a guardrail"),
        ("content_filtered", "a filter"),
    ],
)
def test_a_reply_that_is_cut_or_withheld_is_no_verdict(stub: Stubber, stop: str, said: str) -> None:
    stub.add_response("converse", answer('{"reason": "a", "score": 5}', stop))
    with pytest.raises(GradingError, match=said):
        judge(bedrock(MODEL, client=stub.client), "Good?")("an answer")


def test_a_budget_that_is_used_up_makes_the_judge_unavailable(stub: Stubber) -> None:
    for _ in range(2):
        stub.add_response("converse", answer("fine", tokens=60))
    ask = bedrock(MODEL, budget=100, client=stub.client)
    ask("one"), ask("two")
    with pytest.raises(UnavailableError, match="120 of 100 tokens"):
        ask("three")


@pytest.mark.parametrize(
    "wrong", [{"max_tokens": 0}, {"attempts": 0}, {"concurrency": 1.5}, {"timeout": 0}, {"budget": 0}]
)
def test_numbers_that_mean_nothing_are_refused_when_it_is_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        bedrock(MODEL, **wrong)


class Service(ThreadingHTTPServer):
    """What answers for Bedrock on this machine: with some statuses first, then with a reply; and what it saw."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.reply: Callable[[str], str] = lambda prompt: "fine"
        self.pause = 0.0
        self.calls = self.running = self.most = 0
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        service = self.server
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with service.lock:
            service.calls += 1
            service.running += 1
            service.most = max(service.most, service.running)
            status = service.statuses.pop(0) if service.statuses else 200
        time.sleep(service.pause)
        with service.lock:
            service.running -= 1
        reply = service.reply(asked["messages"][0]["content"][0]["text"])
        body = json.dumps(answer(reply) if status == 200 else {"message": "later"}).encode()
        self.send_response(status)
        if status != 200:
            self.send_header(
                "x-amzn-errortype", "ThrottlingException" if status == 429 else "InternalServerException"
            )
        self.send_header("content-length", str(len(body)))
        with suppress(BrokenPipeError):  # who asked may have gone
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    server = Service()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.shutdown()
    server.server_close()


def test_throttling_and_server_errors_are_tried_again(service: Service) -> None:
    service.statuses = [429, 503]
    assert bedrock(MODEL)("?") == "fine"
    assert service.calls == 3


def test_after_the_last_attempt_the_judge_is_unavailable(service: Service) -> None:
    service.statuses = [429] * 9
    with pytest.raises(UnavailableError, match="ThrottlingException"):
        bedrock(MODEL, attempts=2)("?")
    assert service.calls == 2


def test_a_model_that_is_too_slow_is_unavailable(service: Service) -> None:
    service.pause = 3
    begin = time.monotonic()
    with pytest.raises(UnavailableError, match="did not answer"):
        bedrock(MODEL, timeout=0.2, attempts=1)("?")
    assert time.monotonic() - begin < 3


def test_no_more_calls_run_side_by_side_than_allowed(service: Service) -> None:
    service.pause = 0.05
    ask = bedrock(MODEL, concurrency=2)
    threads = [threading.Thread(target=ask, args=("?",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (service.calls, service.most, ask.tokens) == (8, 2, 120)


def test_a_service_that_is_not_there_is_unavailable(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="did not answer"):
        bedrock(MODEL, attempts=1)("?")


@pytest.mark.parametrize(
    ("environment", "step"),
    [
        ({}, "AWS_REGION"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "AWS_PROFILE"),
        ({"AWS_PROFILE": "nobody"}, "nobody"),
    ],
)
def test_without_region_or_credentials_it_is_said_what_to_set(
    environment: dict[str, str], step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    isolated = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    for name, value in (isolated | environment).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=step):
        bedrock(MODEL)("?")


def test_a_recording_answers_what_it_holds_and_asks_for_the_rest_once(tmp_path: Path) -> None:
    path, prompts = tmp_path / "judge.jsonl", []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return f"to {prompt}"

    first = Recorded(ask, path)
    assert [first("one"), first("two"), first("one"), first("\ud800")] == [
        "to one",
        "to two",
        "to one",
        "to \ud800",
    ]
    assert prompts == ["one", "two", "\ud800"]
    again = Recorded(None, path)
    assert [again("one"), again("\ud800")] == ["to one", "to \ud800"]
    assert [set(json.loads(line)) for line in path.read_text().splitlines()] == [{"prompt", "answer"}] * 3


def test_what_is_not_recorded_is_said_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"judge.jsonl has no answer to this prompt .* run once with a way to ask"
    ):
        Recorded(None, tmp_path / "judge.jsonl")("?")

    def ask(prompt: str) -> str:
        raise UsageError("no credentials")

    with pytest.raises(UsageError, match=r"judge.jsonl has no answer .* cannot be asked: no credentials"):
        Recorded(ask, tmp_path / "judge.jsonl")("?")


@pytest.mark.parametrize("line", ["{", "[]", '{"prompt": "x"}', "3", "[" * 9000])
def test_a_file_that_is_no_recording_is_said_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "judge.jsonl"
    path.write_text('{"prompt": "x", "answer": "y"}\n\n' + line)
    with pytest.raises(UsageError, match=r"judge.jsonl:3: not a recorded answer"):
        Recorded(None, path)("?")


def test_where_nothing_can_be_written_answers_are_passed_on(tmp_path: Path) -> None:
    assert Recorded(lambda prompt: "fine", tmp_path / "no" / "folder" / "judge.jsonl")("?") == "fine"


def test_many_record_at_once_and_every_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "judge.jsonl"
    recorded = Recorded(lambda prompt: prompt * 50, path)
    threads = [threading.Thread(target=recorded, args=(f"prompt {n % 20}",)) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    replayed = Recorded(None, path)
    assert len(path.read_text().splitlines()) == 20
    assert [replayed(f"prompt {n}") for n in range(20)] == [f"prompt {n}" * 50 for n in range(20)]


def test_importing_the_judge_loads_neither_boto3_nor_pydantic() -> None:
    code = "import rewardkit.graders.judge, sys; print({'boto3', 'botocore', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"


# The template's recording.

TEMPLATE = Path(__file__).parents[2] / "templates" / "judge"
VERDICTS = Path(__file__).parents[1] / "data" / "judge_verdicts.jsonl"
REASONS = (
    ("It answers the question.", "The question stays open."),
    ("It says what to do.", "It does not say what to do."),
    ("It is friendly.", "It is not friendly."),
    ("It asks for a secret.", "It asks for no secret."),
)


def by_hand(prompt: str, verdict: dict[str, Any]) -> str:
    """What a judge would reply that says what a person wrote."""
    if '"label"' in prompt.rpartition("The quotations have ended.")[2]:
        return json.dumps({"reason": verdict["reason"], "label": verdict["label"]})
    rows = [
        {"number": number, "reason": reasons[not met], "met": met}
        for number, (met, reasons) in enumerate(zip(verdict["met"], REASONS, strict=True), start=1)
    ]
    return json.dumps({"criteria": rows})


def test_the_templates_recording_is_what_its_judge_says_under_todays_prompts(
    service: Service, tmp_path: Path
) -> None:
    """Where the judge's prompt was changed, this fails, and the new recording is in the copy."""
    shutil.copy(TEMPLATE / "reward.py", tmp_path)
    support = Target(tmp_path / "reward.py").load()
    verdicts = {row["rollout"]: row for row in map(json.loads, VERDICTS.read_text().splitlines())}
    for rollout in load(TEMPLATE / "rollouts.jsonl"):
        verdict = verdicts.pop(rollout.id)
        service.reply = lambda prompt, verdict=verdict: by_hand(prompt, verdict)  # type: ignore[misc]
        assert isinstance(support.score(rollout), Score)
    assert not verdicts
    # `rewardkit train` tries this on the first prompts.
    service.reply = lambda prompt: json.dumps({"reason": "It states nothing.", "label": "not faithful"})
    for line in (TEMPLATE / "train.jsonl").read_text().splitlines()[:5]:
        row = json.loads(line)
        assert support("I do not know.", row["messages"][-1]["content"], row["policy"]) == 0
    new, standing = tmp_path / "judge.jsonl", TEMPLATE / "judge.jsonl"
    assert new.read_text() == standing.read_text(), f"copy {new} to {standing}"
