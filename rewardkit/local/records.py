"""The prompts of a job with what might be answered to them, frozen as they were at its start."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewardkit.errors import RolloutError
from rewardkit.local.candidates import (
    ENOUGH_RECORDED,
    Candidate,
    expected_text,
    normalised,
    recorded,
    variations,
)
from rewardkit.local.policy import Prompt
from rewardkit.local.store import Record
from rewardkit.rollout import Rollout, load, text_of

_OWN = frozenset({"messages", "reference_answer"})
_OTHERS = 40


def freeze(records: Sequence[Record], rollouts: Sequence[Rollout]) -> bytes:
    """The prompts of a job with their candidates, as bytes to keep for the whole job and its models."""
    by_prompt: dict[str, list[tuple[str, bool | float | None]]] = defaultdict(list)
    for rollout in rollouts:
        by_prompt[normalised(rollout.messages)].append((rollout.response, rollout.label))
    values = [expected_text(record["reference_answer"]) for record in records[:_OTHERS]]
    frozen = [_frozen(record, by_prompt[normalised(record["messages"])], values) for record in records]
    return json.dumps(frozen).encode()


def thaw(content: bytes) -> list[Prompt]:
    """The prompts that `freeze` wrote."""
    return [
        Prompt(
            key=item["key"],
            messages=item["messages"],
            reference=item["reference"],
            fields=item["fields"],
            candidates=[Candidate(text, right, cut) for text, right, cut in item["candidates"]],
            measured=item["measured"],
        )
        for item in json.loads(content)
    ]


def project_rollouts(project: Path) -> tuple[list[Rollout], str]:
    """The recorded rollouts of a project, and a warning where they could not be read."""
    path = project / "rollouts.jsonl"
    try:
        settings = tomllib.loads((project / "rewardkit.toml").read_text("utf-8"))
        path = project / str(settings.get("reward", {}).get("rollouts", path.name))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, AttributeError) as error:
        return [], f"rewardkit.toml could not be read ({error}): going on without recorded rollouts"
    if not path.is_file():
        return [], ""
    try:
        return list(load(path)), ""
    except RolloutError as error:
        return [], f"{error} (going on without recorded rollouts)"


def _frozen(
    record: Record, answers: Sequence[tuple[str, bool | float | None]], values: Sequence[str]
) -> dict[str, Any]:
    reference, messages = record["reference_answer"], record["messages"]
    key, measured = normalised(messages), len(answers) >= ENOUGH_RECORDED
    candidates = recorded(answers, expected_text(reference))
    if not measured:
        asked = text_of(messages[-1].get("content"))
        candidates += variations(asked, reference, values, seed=key)
    return {
        "key": key,
        "messages": messages,
        "reference": reference,
        "fields": {name: value for name, value in record.items() if name not in _OWN},
        "candidates": [(candidate.text, candidate.right, candidate.cut) for candidate in candidates],
        "measured": measured,
    }
