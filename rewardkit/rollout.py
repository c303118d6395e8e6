"""A rollout is one thing to score: messages that end in the model's response, the reference answer, other fields.

AWS's documents, samples and services disagree about where things are, so a row is read leniently:

    messages    messages | prompt (a list) | system, prompt | query (text)
    response    the last assistant or nova_assistant message | model_response | response | completion
    reference   metadata.reference_answer | reference_answer | extra_info.reference_answer
                | reward_model.ground_truth | metadata.ground_truth | ground_truth | answer | target
                | response, where model_response is the model's
    id          id | metadata.key
    fields      everything else at the root, in metadata and in extra_info

A file of rollouts is JSON Lines of the same rows, so a captured event is a test case.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from rewardkit.errors import RolloutError

Message: TypeAlias = dict[str, Any]
Row: TypeAlias = Mapping[str, Any]

RESPONSE_ROLES = ("assistant", "nova_assistant")
# A row with one of these is a rollout, whatever else it holds.
CARRIES = ("messages", "prompt", "query", "response", "completion", "model_response")

_REFERENCES = (
    ("metadata", "reference_answer"),
    ("reference_answer",),
    ("extra_info", "reference_answer"),
    ("reward_model", "ground_truth"),
    ("metadata", "ground_truth"),
    ("ground_truth",),
    ("answer",),
    ("target",),
)
# Read into messages, id and reference_answer, and so no fields of their own.
_OWN = frozenset({*CARRIES, "id", "reference_answer"})
_SURROGATE = re.compile("[\ud800-\udfff]")


class Rollout(BaseModel):
    """One thing to score.

    Attributes:
        id: what the service calls it; echoed in the answer.
        messages: the conversation as plain dicts with `role` and `content`; the last one is the response.
        reference_answer: the expected answer: text, a number, an object, or None where there is none.
        fields: everything else of the row, by name; also what was under `metadata` and `extra_info`.
        label: what a person says the score should be; never sent to the service.
        group: what the rollouts of one prompt share; never sent to the service.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    messages: list[Message] = Field(min_length=1)
    reference_answer: Any = None
    fields: dict[str, Any] = Field(default_factory=dict)
    label: bool | float | None = None
    group: str = ""

    def model_post_init(self, context: object, /) -> None:
        """Rollouts of one prompt are one group, unless the row says otherwise."""
        if not self.group:
            asked = "\n\n".join(text_of(m.get("content")) for m in self._asked())
            object.__setattr__(self, "group", asked or self.id)

    @property
    def response(self) -> str:
        """The text of the model's last turn; empty where it only called tools.

        Raises:
            RolloutError: no message is the model's.
        """
        place = _answered(self.messages)
        if place is None:
            raise RolloutError(f"rollout {self.id} has no response: none of its messages has the role 'assistant'")
        return text_of(self.messages[place].get("content"))

    @property
    def prompt(self) -> str:
        """The text of the last user message; empty where there is none."""
        asked = [text_of(m.get("content")) for m in self._asked() if m.get("role") == "user"]
        return asked[-1] if asked else ""

    def names(self) -> list[str]:
        """The names that a reward's parameters may have for this rollout."""
        own = ["response", "prompt", "messages", "id", "rollout"]
        own += ["reference_answer"] if self.reference_answer is not None else []
        return own + sorted(self.fields.keys() - own)

    def get(self, name: str) -> Any:
        """The value for a reward's parameter; KeyError if the rollout has no such name."""
        if name == "rollout":
            return self
        if name in {"response", "prompt", "messages", "id"} or (name == "reference_answer"):
            return getattr(self, name)
        return self.fields[name]

    def _asked(self) -> list[Message]:
        return self.messages[: _answered(self.messages)]

    def event(self) -> dict[str, Any]:
        """The row as the service would send it to the Lambda: without `label` and `group`."""
        row: dict[str, Any] = {"id": self.id, "messages": self.messages}
        if self.reference_answer is not None:
            row["reference_answer"] = self.reference_answer
        return self.fields | row


def load(path: str | Path) -> Iterator[Rollout]:
    """The rollouts of a JSON Lines file, one a line; blank lines are skipped.

    Raises:
        RolloutError: the file is missing, or a line is bad: `file:line: what is wrong and what to write`.
    """
    path = Path(path)
    try:
        file = path.open(encoding="utf-8-sig", errors="strict")
    except OSError as error:
        raise RolloutError(
            f"{path}: cannot read the rollouts: {error.strerror}; name another file, or write some there: "
            f"JSON Lines, one object with prompt, response, reference_answer and label a line"
        ) from error
    with file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _read_line(line, number, path)
        except UnicodeDecodeError as error:
            raise RolloutError(f"{path}: not UTF-8 text ({error.reason}): save the file as UTF-8") from error


def read(row: Row, default_id: str = "rollout-0") -> Rollout:
    """The rollout in a row of the service, leniently; see the grammar in the module's docstring.

    Args:
        row: one sample of an event.
        default_id: for a row that carries none.

    Raises:
        RolloutError: there is nothing to score in it.
    """
    if not isinstance(row, Mapping):
        raise RolloutError(f"a rollout must be a JSON object, and this is {_kind(row)}")
    row = clean(row)
    metadata, extra = _object(row, "metadata"), _object(row, "extra_info")
    fields = extra | metadata | {key: value for key, value in row.items() if key not in _OWN}
    identity = row.get("id", metadata.get("key"))
    return Rollout(
        id=default_id if identity is None or isinstance(identity, (dict, list)) else str(identity),
        messages=_messages(row),
        reference_answer=_reference(row),
        fields={key: value for key, value in fields.items() if key not in _OWN},
    )


def text_of(content: object) -> str:
    """The text in a message's content: a string, null, `{"text": …}`, or a list of those and other blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(block) for block in content if not isinstance(block, list))
    if isinstance(content, Mapping) and isinstance(content.get("text"), str):
        return str(content["text"])
    return ""


def clean(value: Any) -> Any:
    """The same JSON value with lone surrogates replaced by U+FFFD: they cannot leave Lambda's runtime as UTF-8."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("�", value)
    if isinstance(value, Mapping):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def _messages(row: Row) -> list[Message]:
    messages = _turns(row)
    if not messages or messages[-1].get("role") not in RESPONSE_ROLES:
        # Where there is a model_response, even an empty one, the response is the ground truth.
        other = _first(row, "response", "completion")
        response = (row["model_response"] or "") if "model_response" in row else other
        if response is not None:
            messages = [*messages, {"role": "assistant", "content": response}]
    if not messages:
        raise RolloutError(
            f"nothing to score: expected 'messages', or 'prompt' and 'response', and found {_names(row)}"
        )
    return messages


def _turns(row: Row) -> list[Message]:
    turns = _first(row, "messages", "prompt", "query")
    if isinstance(turns, list):
        for turn in turns:
            if not isinstance(turn, Mapping):
                raise RolloutError(
                    f"a message must be an object with 'role' and 'content', and one is {_kind(turn)}"
                )
        return [dict(turn) for turn in turns]
    if turns is None:
        return []
    system = [{"role": "system", "content": row["system"]}] if row.get("system") else []
    return [*system, {"role": "user", "content": turns}]


def _reference(row: Row) -> Any:
    values = [_unwrap(_at(row, path)) for path in _REFERENCES]
    found = [value for value in values if not _is_empty(value)]
    if not found and "model_response" in row:
        return _unwrap(row.get("response"))
    if not (_is_empty(values[0]) or _is_empty(values[1])) and values[0] != values[1]:
        warnings.warn("reference_answer and metadata.reference_answer differ; metadata's counts", stacklevel=2)
    return found[0] if found else None


def _is_empty(reference: Any) -> bool:
    return reference is None or (isinstance(reference, (str, dict)) and not reference)


def _unwrap(reference: Any) -> Any:
    """Text that the service wrapped as `{"text": …}`, and objects it sent as JSON text; the rest as it is."""
    if isinstance(reference, str) and reference.lstrip().startswith("{"):
        try:
            parsed = json.loads(reference)
        except (ValueError, RecursionError):
            return reference
        reference = parsed if isinstance(parsed, dict) else reference
    if isinstance(reference, Mapping) and set(reference) == {"text"}:
        return reference["text"]
    return reference


def _read_line(line: str, number: int, path: Path) -> Rollout:
    where = f"{path}:{number}"
    try:
        row = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RolloutError(f"{where}: not JSON ({error}): write one object a line") from error
    try:
        rollout = read(row, default_id=f"{path.stem}-{number}")
        if not _is_answered(rollout.messages):
            raise RolloutError("no response to score: end 'messages' with the assistant's turn, or add 'response'")
        label, group = _label(row.get("label")), row.get("group")
    except RolloutError as error:
        raise RolloutError(f"{where}: {error}") from None
    fields = {key: value for key, value in rollout.fields.items() if key not in {"label", "group"}}
    update = {"label": label, "fields": fields} | ({"group": str(group)} if group is not None else {})
    return rollout.model_copy(update=update)


def _label(label: object) -> bool | float | None:
    if label is None or isinstance(label, bool):
        return label
    if isinstance(label, (int, float)) and float("-inf") < label < float("inf"):
        return float(label)
    raise RolloutError(
        f"label is {json.dumps(label)[:40]}: write true, false or a number, what the score should be; "
        f"if the field is the task's own, give it another name"
    )


def _is_answered(messages: list[Message]) -> bool:
    """Whether nobody asks anything after the model's last turn."""
    place = _answered(messages)
    return place is not None and all(message.get("role") == "tool" for message in messages[place + 1 :])


def _answered(messages: list[Message]) -> int | None:
    """The place of the model's last turn."""
    places = [place for place, message in enumerate(messages) if message.get("role") in RESPONSE_ROLES]
    return places[-1] if places else None


def refuse_constant(constant: str) -> None:
    """What `json` calls for NaN and Infinity: Python reads them, the service and Lambda do not."""
    raise ValueError(f"{constant} is Python's, JSON has no such number")


def _first(row: Row, *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _at(row: Row, path: tuple[str, ...]) -> Any:
    value: Any = row
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _object(row: Row, name: str) -> dict[str, Any]:
    value = row.get(name)
    return dict(value) if isinstance(value, Mapping) else {}


def _names(row: Row) -> str:
    return ", ".join(repr(str(name)[:40]) for name in list(row)[:12]) or "an empty object"


def _kind(value: object) -> str:
    kinds = {
        list: "a list",
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return kinds.get(type(value), type(value).__name__)
