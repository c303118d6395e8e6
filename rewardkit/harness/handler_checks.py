"""What a Lambda reward handler is sent to find out what it does wrong: every shape of event, and bad rollouts.

The shapes are those that AWS's documents, samples and services use; a handler that knows one of them often meets
another one. Each check says which rows it sends, which scores it expects back, and which kind of mistake it finds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from rewardkit.adapters.lambda_handler import ENVELOPES

Row: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal[
    "envelope", "reference", "response", "content", "isolation", "ids", "order", "events", "answer"
]
Fate: TypeAlias = Literal["mended", "contained", "yours"]


class KindOf(NamedTuple):
    """A kind of mistake.

    Attributes:
        title: what the handler does not get along with.
        step: how its author mends it.
        fate: what becomes of it in the adopted reward; see FATES.
    """

    title: str
    step: str
    fate: Fate


FATES: dict[Fate, str] = {
    "mended": "rewardkit reads the event, asks for one rollout at a time, and writes the answer itself",
    "contained": "such a rollout is a Failure if the handler raises or gives no number within the bounds",
    "yours": "the adopted reward does the same",
}
KINDS: dict[Kind, KindOf] = {
    "envelope": KindOf(
        "events in another envelope", "open a list, {trajectories}, {body} and a single row", "mended"
    ),
    "reference": KindOf(
        "the reference answer in another place",
        "look in metadata.reference_answer, then in reference_answer, and unwrap {text: …}",
        "mended",
    ),
    "response": KindOf(
        "the response in another form",
        "take the last assistant or nova_assistant turn, or response, and join the text of content blocks",
        "mended",
    ),
    "isolation": KindOf(
        "one bad rollout costs the others", "catch what one row raises inside of the loop", "mended"
    ),
    "ids": KindOf("ids", "echo each row's id as text; give rows without one their place in the batch", "mended"),
    "events": KindOf("events without rollouts", "answer no rows with no entries", "mended"),
    "answer": KindOf(
        "the form of the answer", "id, aggregate_reward_score and metrics_list, as documented", "mended"
    ),
    "content": KindOf(
        "responses that are not what was asked for",
        "score what cannot be read as the lowest, and let nothing that a model writes raise or become a number",
        "contained",
    ),
    "order": KindOf(
        "a score that depends on the batch, or on chance",
        "score each row from the row alone, the same each time",
        "yours",
    ),
}


class Check(NamedTuple):
    """One call.

    Attributes:
        kind: of mistake that it finds.
        name: what is sent, in a few words.
        event: the event.
        ids: those that must come back, in order; None where only their number counts.
        entries: how many must come back.
        scores: what each must be; None for one that may be anything within the bounds.
        body: whether the answer must come in a body, as the event did.
    """

    kind: Kind
    name: str
    event: Any
    ids: list[str] | None
    entries: int
    scores: list[float | None]
    body: bool = False


def checks(rows: Sequence[Row], scores: Sequence[float]) -> Iterator[Check]:
    """Every check, made of some rows that the handler can score and what it scores them alone.

    Args:
        rows: one or more, as `row_of` makes them.
        scores: of each.
    """
    yield from _envelopes(rows, scores)
    yield from _changed("reference", _REFERENCES, rows, scores)
    yield from _changed("response", _RESPONSES, rows, scores)
    yield from _hard(rows, scores)
    yield from _identities(rows, scores)
    yield _check("order", "the rows the other way round", list(reversed(rows)), list(reversed(scores)))
    yield _check("order", "the same row three times", _copies(rows[0]), [scores[0]] * 3)
    yield Check("events", "an empty list", [], [], 0, [])
    yield Check("events", "a body with an empty list", {"body": "[]"}, [], 0, [], body=True)


def _check(kind: Kind, name: str, rows: Sequence[Row], scores: Sequence[float | None]) -> Check:
    return Check(kind, name, list(rows), [str(row["id"]) for row in rows], len(rows), list(scores))


def _envelopes(rows: Sequence[Row], scores: Sequence[float]) -> Iterator[Check]:
    names = {"list": "a list", "trajectories": "{trajectories: […]}", "body": "{body: JSON text}"}
    names |= {"batch": "{body: {batch: […]}}", "single": "one row alone"}
    for envelope, wrap in ENVELOPES.items():
        check = _check(
            "envelope", names[envelope], *((rows[:1], scores[:1]) if envelope == "single" else (rows, scores))
        )
        yield check._replace(event=wrap(check.event), body=envelope in ("body", "batch"))


def _changed(
    kind: Kind, changes: dict[str, Callable[[Row], Row | None]], rows: Sequence[Row], scores: Sequence[float]
) -> Iterator[Check]:
    """The same rollouts told in another way; the scores stay."""
    for name, change in changes.items():
        changed = [(new, score) for row, score in zip(rows, scores, strict=True) if (new := change(_copy(row)))]
        if changed:
            yield _check(kind, name, [row for row, _ in changed], [score for _, score in changed])


def _bare(row: Row) -> Any:
    """Take the reference answer out of a row, unwrapped."""
    reference = row.pop("reference_answer", None)
    row.get("metadata", {}).pop("reference_answer", None)
    return reference["text"] if isinstance(reference, dict) and set(reference) == {"text"} else reference


def _in_metadata(row: Row) -> Row | None:
    reference = _bare(row)
    return None if reference is None else row | {"metadata": {**row["metadata"], "reference_answer": reference}}


def _at_the_root(row: Row) -> Row | None:
    reference = _bare(row)
    return None if reference is None else row | {"reference_answer": reference}


def _as_text(row: Row) -> Row | None:
    reference = _bare(row)
    return row | {"reference_answer": {"text": reference}} if isinstance(reference, str) else None


def _as_json(row: Row) -> Row | None:
    reference = _bare(row)
    return row | {"reference_answer": json.dumps(reference)} if isinstance(reference, dict) else None


def _as_verl(row: Row) -> Row | None:
    reference = _bare(row)
    return None if reference is None else row | {"reward_model": {"ground_truth": reference, "style": "rule"}}


_REFERENCES: dict[str, Callable[[Row], Row | None]] = {
    "metadata.reference_answer": _in_metadata,
    "reference_answer at the root": _at_the_root,
    "reference_answer.text": _as_text,
    "reference_answer as JSON text": _as_json,
    "reward_model.ground_truth": _as_verl,
}


def _said(row: Row, **message: Any) -> Row:
    """The row with its last turn changed."""
    return row | {"messages": [*row["messages"][:-1], row["messages"][-1] | message]}


def _in_blocks(row: Row) -> Row:
    blocks = [message | {"content": [{"type": "text", "text": message["content"]}]} for message in row["messages"]]
    return row | {"messages": blocks}


def _beside(name: str) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        *asked, response = row.pop("messages")
        return row | {"prompt": asked, name: response["content"]}

    return change


_RESPONSES: dict[str, Callable[[Row], Row | None]] = {
    "the role nova_assistant": lambda row: _said(row, role="nova_assistant"),
    "content in blocks": _in_blocks,
    "content as {text: …}": lambda row: _said(row, content={"text": row["messages"][-1]["content"]}),
    "a reasoning_content beside it": lambda row: _said(row, reasoning_content="Let me see."),
    "response, not messages": _beside("response"),
    "completion, not messages": _beside("completion"),
}

_CONTENTS: dict[str, Any] = {
    "null": None,
    "an empty text": "",
    "an image and no text": [{"image": {"format": "png"}}],
    "a lone surrogate": "x\ud800y",
    "NaN": "NaN",
    "a deep nesting": "[" * 100_000,
    "half a JSON object": '{"answer": ',
    "a NUL": "\x00",
    "a megabyte": "72 " * 333_333,
}
# What a response may say where it should say a number.
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBERS = ("NaN", "Infinity", "1e999", "-1", "0", "9" * 400)


def _hard(rows: Sequence[Row], scores: Sequence[float]) -> Iterator[Check]:
    first, last = rows[0] | {"id": "first"}, rows[-1] | {"id": "last"}
    hard = {f"content {name}": _said(_copy(rows[0]), content=content) for name, content in _CONTENTS.items()}
    said = rows[0]["messages"][-1]["content"]
    for number in _NUMBERS if _NUMBER.search(said) else ():
        told = _NUMBER.sub(number, said)
        hard[f"{number if len(number) < 9 else '400 digits'} for its numbers"] = _said(
            _copy(rows[0]), content=told
        )
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
    hard["a tool call and null"] = _said(_copy(rows[0]), content=None, tool_calls=[call])
    hard["no assistant's turn"] = rows[0] | {"messages": rows[0]["messages"][:-1]}
    hard["no messages"] = {key: value for key, value in rows[0].items() if key != "messages"}
    for name, row in hard.items():
        row = row | {"id": "hard"}
        yield _check("content", name, [row], [None])
        yield _check("isolation", name, [first, row, last], [scores[0], None, scores[-1]])


def _identities(rows: Sequence[Row], scores: Sequence[float]) -> Iterator[Check]:
    yield _check("ids", "a number", [_copy(rows[0]) | {"id": 7}], scores[:1])
    yield _check("ids", "not ASCII", [_copy(rows[0]) | {"id": "ä/…"}], scores[:1])
    twice = [_copy(rows[0]) | {"id": "same"}, _copy(rows[-1]) | {"id": "same"}]
    yield _check("ids", "the same one twice", twice, [scores[0], scores[-1]])
    without = [{key: value for key, value in row.items() if key != "id"} for row in _copies(rows[0])]
    yield Check("ids", "none", without, None, 3, [scores[0]] * 3)


def _copies(row: Row) -> list[Row]:
    return [_copy(row) | {"id": f"copy-{number}"} for number in range(3)]


def _copy(row: Row) -> Row:
    copied: Row = json.loads(json.dumps(row))
    return copied
