"""The training file: JSON Lines of prompts, as Bedrock takes them. Checked before anything is sent.

One object a line with `messages` that end in a user's turn, a `reference_answer`, and any other fields, which
reach the reward. 100 to 20,000 lines; AWS's best practices stop at 10,000.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardkit.errors import RolloutError
from rewardkit.rollout import text_of

FEWEST, MOST, ADVISED = 100, 20_000, 10_000

_ROLES = ("system", "developer", "user", "assistant", "tool")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A training file that passed.

    Attributes:
        path: where it is.
        prompts: how many there are.
        warnings: what the service would take, and a person should look at.
    """

    path: Path
    prompts: int
    warnings: tuple[str, ...]


def check(path: Path) -> TrainingFile:
    """Read a training file as the service will.

    Raises:
        RolloutError: it would be refused, or train something else than meant; names every bad line up to ten.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RolloutError(f"{path}: cannot read the training file: {error}") from error
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    problems = [f"{path}:{number}: {wrong}" for number, line in numbered if (wrong := _wrong(line))]
    if problems:
        more = f"\n… and {len(problems) - _SHOWN} more bad lines" if len(problems) > _SHOWN else ""
        raise RolloutError("\n".join(problems[:_SHOWN]) + more)
    if not FEWEST <= len(numbered) <= MOST:
        raise RolloutError(f"{path}: {len(numbered)} prompts, and Bedrock takes {FEWEST} to {MOST:,}")
    return TrainingFile(path, len(numbered), _warnings(numbered))


def _wrong(line: str) -> str:
    """What is wrong with a line, or nothing."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON ({error}): write one object a line"
    if not isinstance(row, dict):
        return "not a JSON object: write one object a line"
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        return "no 'messages': write a list of objects with 'role' and 'content'"
    return _wrong_messages(messages) or _wrong_reference(row)


def _wrong_messages(messages: list[dict[str, Any]]) -> str:
    for message in messages:
        if message.get("role") not in _ROLES:
            return f"role {message.get('role')!r}: the roles are {', '.join(_ROLES)}"
    last = messages[-1]
    if last["role"] == "assistant":
        return "'messages' end with the assistant's turn: that is a rollout; a prompt ends with the user's"
    return "" if text_of(last.get("content")).strip() else "the last message has no text"


def _wrong_reference(row: Mapping[str, Any]) -> str:
    reference = row.get("reference_answer")
    if reference is None or reference == "" or reference == {}:
        return "no 'reference_answer': the reward gets it to compare with; write text or an object"
    if not isinstance(reference, (str, dict)):
        return f"'reference_answer' is {json.dumps(reference)[:40]}: write text or an object"
    return ""


def _warnings(numbered: list[tuple[int, str]]) -> tuple[str, ...]:
    prompts: dict[str, int] = {}
    repeated = []
    for number, line in numbered:
        prompt = json.dumps(json.loads(line)["messages"])
        if prompt in prompts:
            repeated.append(f"line {number} repeats line {prompts[prompt]}")
        prompts.setdefault(prompt, number)
    warnings = [f"{len(repeated)} prompts occur twice ({repeated[0]})"] if repeated else []
    if len(numbered) > ADVISED:
        warnings.append(f"{len(numbered):,} prompts: AWS's best practices stop at {ADVISED:,}")
    return tuple(warnings)
