"""What runs in Lambda, called as Lambda calls it."""

import json
import time
from typing import Any

import pytest

from rewardkit import reward
from rewardkit.errors import UnavailableError, UsageError
from rewardkit.graders.code import runs
from rewardkit.handler import make_handler


class Context:
    """A Lambda context with some time left."""

    function_name = "rewardkit-test"
    aws_request_id = "request-1"
    invoked_function_arn = "arn:aws:lambda:us-west-2:123456789012:function:rewardkit-test:7"

    def __init__(self, milliseconds: int = 60_000) -> None:
        self._end = time.monotonic() + milliseconds / 1000

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


def entries(event: Any, context: Any) -> list[dict[str, Any]]:
    response = make_handler(moody)(event, context)
    assert isinstance(response, list)
    return response


def row(id: str, response: Any, group: str = "2+2?") -> dict[str, Any]:
    chat = [{"role": "user", "content": group}, {"role": "assistant", "content": response}]
    return {"id": id, "messages": chat, "reference_answer": "4"}


@reward
def moody(response: str, reference_answer: str) -> float:
    """Right or wrong, and with a few bad days."""
    if response == "crash":
        raise ValueError("boom")
    if response == "down":
        raise UnavailableError("the judge is down")
    if response == "hang":
        time.sleep(30)
    return response == reference_answer


def test_one_bad_sample_never_costs_the_others() -> None:
    event = [row("a", "4"), row("b", "crash"), {"id": "c"}, 17, row("e", None), row("f", "4")]
    found = entries(event, Context())
    assert [entry["id"] for entry in found] == ["a", "b", "c", "rollout-3", "e", "f"]
    assert [entry["aggregate_reward_score"] for entry in found] == [1, 0, 0, 0, 0, 1]
    failed = [any(m["name"] == "failure" for m in entry["metrics_list"]) for entry in found]
    assert failed == [False, True, True, True, False, False]


def test_a_rollout_that_hangs_costs_only_itself() -> None:
    found = entries([row("a", "4"), row("b", "hang"), row("c", "4")], Context(1200))
    assert [entry["aggregate_reward_score"] for entry in found] == [1, 0, 1]
    assert found[1]["metrics_list"][1]["name"] == "failure_timeout"


def test_a_judge_that_is_down_fails_the_call() -> None:
    with pytest.raises(UnavailableError):
        make_handler(moody)([row("a", "4"), row("b", "down")], Context())


def test_metrics_are_written_in_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    @reward
    def watched(response: str, reference_answer: str) -> float:
        return moody(response, reference_answer)

    event = [row("a", "4"), row("b", "4"), row("c", "5", "3+3?"), row("d", "crash", "3+3?")]
    make_handler(watched)(event, Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [metrics] = [line for line in lines if "_aws" in line]
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "rewardkit"
    assert (metrics["function"], metrics["alias"]) == ("rewardkit-test", "7")
    assert metrics["ScoreMean"] == [pytest.approx(2 / 3)]
    assert (metrics["ScoreMin"], metrics["ScoreMax"]) == ([0.0], [1.0])
    assert (metrics["Rollouts"], metrics["Failures"], metrics["GroupsWithoutSignal"]) == ([4.0], [1.0], [1.0])
    [failure] = [line for line in lines if line.get("message") == "failure"]
    assert (failure["rollout"], failure["reason"]) == ("d", "ValueError: boom")


def test_the_shape_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_handler(moody, shape="envelope")([row("a", "4")], None), dict)
    monkeypatch.setenv("REWARDKIT_RESPONSE", "envelope")
    assert isinstance(make_handler(moody)([row("a", "4")], None), dict)
    monkeypatch.setenv("REWARDKIT_RESPONSE", "xml")
    with pytest.raises(UsageError, match="REWARDKIT_RESPONSE"):
        make_handler(moody)


def test_the_log_says_once_how_the_models_code_is_confined(capsys: pytest.CaptureFixture[str]) -> None:
    @reward
    def program(response: str) -> float:
        return runs(response)

    handler = make_handler(program)
    for _ in range(2):
        assert handler([row("a", "print(1)")], Context())[0]["aggregate_reward_score"] == 1  # type: ignore[index]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [said] = [line for line in lines if line.get("message") == "sandbox"]
    assert "limits" in {*said["holds"], *said["missing"]}
