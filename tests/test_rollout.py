"""Rows as AWS sends them and as people write them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import RolloutError
from rewardkit.rollout import clean, load, read, text_of

CHAT = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"reference_answer": "72"}, "72"),
        ({"reference_answer": {"text": "72"}}, "72"),
        ({"reference_answer": '{"answer": "72"}'}, {"answer": "72"}),
        ({"reference_answer": "{1, 2}"}, "{1, 2}"),
        ({"reference_answer": {"text": "a", "more": 1}}, {"text": "a", "more": 1}),
        ({"metadata": {"reference_answer": 72}}, 72),
        ({"metadata": {"ground_truth": "72"}}, "72"),
        ({"extra_info": {"reference_answer": {"text": "72"}}}, "72"),
        ({"reward_model": {"ground_truth": "72"}}, "72"),
        ({"ground_truth": "72"}, "72"),
        ({"answer": "72"}, "72"),
        ({"target": "72"}, "72"),
        ({"metadata": {"reference_answer": ""}, "reference_answer": "72"}, "72"),
        ({"reference_answer": {"text": None}, "ground_truth": "72"}, "72"),
        ({"reference_answer": 0}, 0),
        ({}, None),
    ],
)
def test_the_reference_is_found_wherever_it_is(row: dict[str, Any], reference: Any) -> None:
    assert read({"messages": CHAT, **row}).reference_answer == reference


def test_metadata_wins_and_the_difference_is_said() -> None:
    with pytest.warns(UserWarning, match="differ"):
        rollout = read({"messages": CHAT, "reference_answer": "1", "metadata": {"reference_answer": "2"}})
    assert rollout.reference_answer == "2"


@pytest.mark.parametrize(
    "row",
    [
        {"messages": CHAT},
        {"prompt": "2+2?", "response": "4"},
        {"prompt": "2+2?", "completion": "4"},
        {"prompt": CHAT[:1], "response": "4"},
        {"prompt": CHAT, "response": "4"},
        {"messages": CHAT[:1], "model_response": "4"},
        {"messages": [CHAT[0], {"role": "nova_assistant", "content": [{"type": "text", "text": "4"}]}]},
        {"messages": [CHAT[0], {"role": "assistant", "content": {"text": "4"}}]},
        {"messages": [CHAT[0], {"role": "assistant", "content": "5"}, {"role": "assistant", "content": ["4"]}]},
    ],
)
def test_the_response_is_found_wherever_it_is(row: dict[str, Any]) -> None:
    rollout = read(row)
    assert (rollout.prompt, rollout.response) == ("2+2?", "4")


def test_response_is_the_ground_truth_where_model_response_is_the_models() -> None:
    rollout = read({"query": "2+2?", "system": "short", "response": "4", "model_response": "four"})
    assert (rollout.response, rollout.reference_answer) == ("four", "4")
    assert [m["role"] for m in rollout.messages] == ["system", "user", "assistant"]


def test_an_empty_model_response_is_the_response_still() -> None:
    rollout = read({"query": "2+2?", "response": "4", "model_response": None})
    assert (rollout.response, rollout.reference_answer) == ("", "4")


def test_the_last_turn_of_the_model_counts_when_a_tool_speaks_after_it() -> None:
    rollout = read({"messages": [*CHAT, {"role": "tool", "content": "ok"}]})
    assert (rollout.prompt, rollout.response) == ("2+2?", "4")


def test_rows_without_a_prompt_are_groups_of_their_own() -> None:
    groups = [read({"id": str(n), "messages": CHAT[1:]}).group for n in range(2)]
    assert groups == ["0", "1"]


def test_fields_come_from_the_root_metadata_and_extra_info() -> None:
    rollout = read({"messages": CHAT, "a": 1, "metadata": {"b": 2, "key": "k7"}, "extra_info": {"c": 3}})
    assert rollout.id == "k7"
    assert {name: rollout.get(name) for name in "abc"} == {"a": 1, "b": 2, "c": 3}


def test_null_content_is_an_empty_response() -> None:
    calls = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    assert read({"messages": [CHAT[0], calls]}).response == ""


def test_an_event_is_the_row_without_what_is_ours() -> None:
    row = {"id": "r", "messages": CHAT, "reference_answer": "4", "level": 2}
    assert read(row).event() == row


def test_a_file_is_read_with_labels_and_groups(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.jsonl"
    rows = [
        {"prompt": "2+2?", "response": "4", "answer": "4", "label": True},
        {"prompt": "2+2?", "response": "5", "answer": "4", "label": 0.25, "group": 7},
    ]
    path.write_text("\n\n".join(json.dumps(row) for row in rows) + "\n")
    first, second = load(path)
    assert (first.id, first.label, first.group) == ("rollouts-1", True, "2+2?")
    assert (second.id, second.label, second.group) == ("rollouts-3", 0.25, "7")
    assert "label" not in second.event()
    assert "group" not in second.event()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "must be a JSON object, and this is a list"),
        ("{}", "expected 'messages', or 'prompt' and 'response'"),
        ('{"prompt": "2+2?"}', "no response to score: end 'messages' with the assistant's turn"),
        ('{"messages": [3]}', "a message must be an object"),
        ('{"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}', "no response"),
        ('{"prompt": "a", "response": "b", "label": "yes"}', "label is"),
        ('{"prompt": "a", "response": "b", "label": NaN}', "JSON has no such number"),
    ],
)
def test_a_bad_line_says_file_line_and_what_to_fix(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"prompt": "a", "response": "b"}\n' + line + "\n")
    with pytest.raises(RolloutError) as caught:
        list(load(path))
    assert str(caught.value).startswith(f"{path}:2: ")
    assert said in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text_are_said(tmp_path: Path) -> None:
    with pytest.raises(RolloutError, match=r"cannot read .* name another file, or write some"):
        list(load(tmp_path / "none.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "\xe9"}')
    with pytest.raises(RolloutError, match="UTF-8"):
        list(load(tmp_path / "latin.jsonl"))


@given(json_values)
def test_any_row_is_a_rollout_or_a_rollout_error(row: Any) -> None:
    try:
        rollout = read(row)
    except RolloutError:
        return
    assert isinstance(rollout.prompt, str)


@given(json_values, json_values, json_values)
def test_any_content_is_text(content: Any, reference: Any, metadata: Any) -> None:
    row = {"messages": [{"role": "assistant", "content": content}], "reference_answer": reference}
    rollout = read(row | {"metadata": metadata})
    assert rollout.response == text_of(content)


@given(st.text(st.characters(codec=None)))
def test_no_lone_surrogate_survives(text: str) -> None:
    clean({text: [text]})
    rollout = read({"id": text, "prompt": text, "response": "x" + text})
    rollout.model_dump_json().encode()
