"""Events of every shape in, two shapes out."""

import base64
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rollout import json_values

from rewardkit import Failure, Rollout, Score
from rewardkit.errors import RolloutError
from rewardkit.wire import read_event, write_response

EVENTS = Path(__file__).parents[2] / "shared" / "contract" / "events"
ROW: dict[str, Any] = {
    "id": "s1",
    "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "4"}],
    "reference_answer": "4",
}


@pytest.mark.parametrize(
    ("event", "shape"),
    [
        ([ROW], "list"),
        (ROW, "list"),
        ({"trajectories": [ROW]}, "list"),
        ({"batch": [ROW]}, "list"),
        ({"body": [ROW]}, "envelope"),
        ({"body": json.dumps([ROW])}, "envelope"),
        ({"body": {"batch": [ROW]}}, "envelope"),
        ({"body": json.dumps({"batch": [ROW]})}, "envelope"),
        ({"body": ROW}, "envelope"),
    ],
)
def test_every_envelope_is_opened_and_answered_in_kind(event: Any, shape: str) -> None:
    batch = read_event(event)
    assert (batch.ids, batch.shape) == (["s1"], shape)
    response = write_response(batch, [Score(1)], bounds=(0, 1))
    entries = response if isinstance(response, list) else json.loads(response["body"])
    assert entries == [{"id": "s1", "aggregate_reward_score": 1.0, "metrics_list": []}]
    forced = write_response(batch, [Score(1)], bounds=(0, 1), shape="list")
    assert isinstance(forced, list)


def test_a_preflight_question_has_no_entries_and_the_headers() -> None:
    batch = read_event({"requestContext": {"http": {"method": "OPTIONS"}}, "body": None})
    response = write_response(batch, [], bounds=(0, 1))
    assert isinstance(response, dict)
    assert (response["statusCode"], response["body"]) == (200, "[]")


@pytest.mark.parametrize("name", ["batch", "trajectories", "body"])
def test_a_row_with_a_field_that_is_called_like_an_envelope_stays_whole(name: str) -> None:
    batch = read_event(ROW | {name: [1, 2]})
    assert (batch.ids, batch.shape) == (["s1"], "list")


def test_a_body_may_be_base64() -> None:
    body = base64.b64encode(json.dumps([ROW]).encode()).decode()
    assert read_event({"body": body, "isBase64Encoded": True}).ids == ["s1"]


def test_terms_are_metrics_and_only_what_counts_is_reward() -> None:
    inner = Score(0.5, name="tone", terms=(0.5 * Score(1, name="polite")).terms)
    score = 0.8 * Score(1, name="correct") + 0.2 * inner + 0 * Score(3, name="correct")
    [entry] = write_response(read_event([ROW]), [score], bounds=(0, 1))
    assert isinstance(entry, dict)
    assert entry["metrics_list"] == [
        {"name": "correct", "value": 1.0, "type": "Reward"},
        {"name": "tone", "value": 0.5, "type": "Reward"},
        {"name": "polite", "value": 1.0, "type": "Metric"},
        {"name": "correct_2", "value": 3.0, "type": "Metric"},
    ]


def test_a_failure_is_the_floor_and_says_so() -> None:
    [entry] = write_response(read_event([ROW]), [Failure("crash", "boom")], bounds=(-1, 1))
    assert isinstance(entry, dict)
    assert entry["aggregate_reward_score"] == -1
    assert [m["name"] for m in entry["metrics_list"]] == ["failure", "failure_crash"]


def test_ids_are_echoed_as_text_and_made_where_there_are_none() -> None:
    rows = [ROW | {"id": 7}, ROW | {"id": "x\ud800"}, {k: v for k, v in ROW.items() if k != "id"}, None, ROW]
    batch = read_event(rows)
    assert batch.ids == ["7", "x�", "rollout-2", "rollout-3", "s1"]
    assert isinstance(batch.rollouts[3], Failure)


@pytest.mark.parametrize("event", [None, 3, "text", {"body": "{"}, {"body": None}])
def test_what_is_no_event_is_said(event: Any) -> None:
    with pytest.raises(RolloutError):
        read_event(event)


@given(st.lists(json_values, max_size=5))
def test_every_row_gets_an_entry_in_order_with_finite_numbers(rows: list[Any]) -> None:
    batch = read_event(rows)
    results = [item if isinstance(item, Failure) else Score(0.5) for item in batch.rollouts]
    entries = json.loads(json.dumps(write_response(batch, results, bounds=(0, 1)), ensure_ascii=False).encode())
    assert [entry["id"] for entry in entries] == batch.ids
    assert all(math.isfinite(entry["aggregate_reward_score"]) for entry in entries)


@pytest.mark.skipif(not EVENTS.is_dir(), reason="the contract's events are not here")
@pytest.mark.parametrize("path", sorted(EVENTS.glob("*_in*.json")), ids=lambda path: path.stem)
def test_every_event_of_the_contract_is_read(path: Path) -> None:
    event = json.loads(path.read_text())
    batch = read_event(event)
    assert len(batch.rollouts) == len(batch.ids) == (0 if "options" in path.stem else 1)
    broken = {"mtrl_agent_rollout_in", "unverified_third_party_in"}
    if path.stem not in broken and batch.rollouts:
        [rollout] = batch.rollouts
        assert isinstance(rollout, Rollout)
        assert rollout.reference_answer is not None
        assert isinstance(rollout.response, str)
