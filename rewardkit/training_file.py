"""The training file: JSON Lines of prompts, as Bedrock takes them. Checked before anything is sent.

One object a line with `messages` that end in a user's turn, a `reference_answer`, and any other fields, which
reach the reward. 100 to 20,000 lines; AWS's best practices stop at 10,000. The local cloud checks with the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from rewardkit.errors import RolloutError
from rewardkit.rollout import clean, refuse_constant, text_of

Prompt: TypeAlias = dict[str, Any]

FEWEST, MOST, ADVISED = 100, 20_000, 10_000

_ROLES = ("system", "developer", "user", "assistant", "tool")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A training file that passed.

    Attributes:
        path: where it is.
        prompts: its objects, one a line.
        warnings: what the service would take, and a person should look at.
    """

    path: Path
    prompts: list[Prompt]
    warnings: tuple[str, ...]


def check(path: Path) -> TrainingFile:
    """Read a training file as the service will.

    Raises:
        RolloutError: it cannot be read, would be refused, or would train something else than meant.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RolloutError(f"{path}: cannot read the training file: {error.strerror}") from error
    prompts = read(content, str(path))
    return TrainingFile(path, prompts, _warnings(prompts))


def read(content: bytes, name: str) -> list[Prompt]:
    """The prompts of a training file.

    Args:
        content: of the file.
        name: of the file, for messages.

    Raises:
        RolloutError: names every bad line up to ten, `name:line: what is wrong and what to write`.
    """
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise RolloutError(f"{name}: not UTF-8 text ({error.reason}): save the file as UTF-8") from error
    prompts, problems = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            prompt, wrong = _prompt(line)
            prompts.append(prompt)
            problems += [f"{name}:{number}: {wrong}"] if wrong else []
    if problems:
        more = f"\n… and {len(problems) - _SHOWN} more bad lines" if len(problems) > _SHOWN else ""
        raise RolloutError("\n".join(problems[:_SHOWN]) + more)
    if not FEWEST <= len(prompts) <= MOST:
        raise RolloutError(f"{name}: {len(prompts)} prompts, and Bedrock takes {FEWEST} to {MOST:,}")
    return prompts


def _prompt(line: str) -> tuple[Prompt, str]:
    """The object of a line, and what is wrong with it."""
    try:
        row = clean(json.loads(line, parse_constant=refuse_constant))
    except (ValueError, RecursionError) as error:
        return {}, f"not JSON ({error}): write one object a line"
    if not isinstance(row, dict):
        return {}, "not a JSON object: write one object a line"
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        return row, "no messages: write a list of objects with 'role' and 'content'"
    return row, _wrong_messages(messages) or _wrong_reference(row)


def _wrong_messages(messages: list[Prompt]) -> str:
    for message in messages:
        if message.get("role") not in _ROLES:
            return f"role {message.get('role')!r}: the roles are {', '.join(_ROLES)}"
        if not _is_text(message.get("content")):
            return "a message holds something else than text: reinforcement fine-tuning takes text only"
    if messages[-1]["role"] == "assistant":
        return "'messages' end with the assistant's turn: that is a rollout; a prompt ends with the user's"
    if messages[-1]["role"] not in ("user", "tool"):
        return f"'messages' end with role {messages[-1]['role']!r}: the user's turn is what is answered"
    return "" if text_of(messages[-1].get("content")).strip() else "the last message has no text"


def _is_text(content: object) -> bool:
    if isinstance(content, list):
        return all(isinstance(block, str) or (isinstance(block, dict) and "text" in block) for block in content)
    return content is None or isinstance(content, str)


def _wrong_reference(row: Mapping[str, Any]) -> str:
    reference = row.get("reference_answer")
    if reference is None or reference == {} or (isinstance(reference, str) and not reference.strip()):
        return "no reference_answer: the reward gets it to compare with; write text or an object"
    if not isinstance(reference, (str, dict)):
        return f"reference_answer is {json.dumps(reference)[:40]}: write text or an object"
    return ""


def _warnings(prompts: Sequence[Prompt]) -> tuple[str, ...]:
    first: dict[str, int] = {}
    repeated = []
    for number, prompt in enumerate(prompts, start=1):
        asked = json.dumps(prompt["messages"])
        if asked in first:
            repeated.append(f"prompt {number} repeats prompt {first[asked]}")
        first.setdefault(asked, number)
    warnings = [f"{len(repeated)} prompts occur twice ({repeated[0]})"] if repeated else []
    if len(prompts) > ADVISED:
        warnings.append(f"{len(prompts):,} prompts: AWS's best practices stop at {ADVISED:,}")
    return tuple(warnings)
