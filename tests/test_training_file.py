"""The training file is refused here, and not by the service an hour later."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewardkit.errors import RolloutError
from rewardkit.training_file import check

GOOD: dict[str, Any] = {"messages": [{"role": "user", "content": "2+2?"}], "reference_answer": "4"}


def write(folder: Path, rows: list[Any]) -> Path:
    path = folder / "train.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def prompts(count: int) -> list[Any]:
    return [
        {"messages": [{"role": "user", "content": f"{n}+1?"}], "reference_answer": str(n + 1)}
        for n in range(count)
    ]


def test_a_hundred_prompts_pass(tmp_path: Path) -> None:
    assert len(check(write(tmp_path, prompts(100))).prompts) == 100


@pytest.mark.parametrize("count", [0, 99, 20_001])
def test_too_few_and_too_many_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(RolloutError, match=r"takes 100 to 20,000"):
        check(write(tmp_path, prompts(count)))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not JSON"),
        ([1], "not a JSON object"),
        ({"prompt": "2+2?"}, "no messages"),
        (GOOD | {"messages": [{"role": "robot", "content": "x"}]}, "role 'robot'"),
        (GOOD | {"messages": [*GOOD["messages"], {"role": "assistant", "content": "4"}]}, "that is a rollout"),
        (GOOD | {"messages": [{"role": "user", "content": " "}]}, "no text"),
        ({"messages": GOOD["messages"]}, "no reference_answer"),
        (GOOD | {"reference_answer": 4}, "write text or an object"),
        (GOOD | {"reference_answer": " "}, "no reference_answer"),
        (GOOD | {"messages": [*GOOD["messages"], {"role": "system", "content": "x"}]}, "end with role 'system'"),
        (GOOD | {"messages": [{"role": "user", "content": [{"image": "x"}]}]}, "takes text only"),
        (GOOD | {"score": float("nan")}, "JSON has no such number"),
    ],
)
def test_a_bad_line_says_file_line_and_what_to_write(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(RolloutError) as caught:
        check(write(tmp_path, [*prompts(100), row]))
    assert "train.jsonl:101: " in str(caught.value)
    assert said in str(caught.value)


def test_a_separator_inside_a_prompt_is_no_end_of_a_line(tmp_path: Path) -> None:
    rows = [json.dumps(row | {"x": "a\u2028b\x85c"}, ensure_ascii=False) for row in prompts(100)]
    assert len(check(write(tmp_path, rows)).prompts) == 100


def test_a_byte_order_mark_is_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, prompts(100))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(check(path).prompts) == 100


def test_repeated_prompts_are_a_warning(tmp_path: Path) -> None:
    assert "prompt 101 repeats prompt 1" in check(write(tmp_path, [*prompts(100), *prompts(1)])).warnings[0]
