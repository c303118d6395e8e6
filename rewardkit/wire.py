"""The wire: AWS's events in, AWS's two response shapes out. Pure: no clock, no network, no logging.

    event    := [row, …] | {"trajectories": [row, …]} | {"batch": [row, …]} | {"body": event or its text} | row
    response := [entry, …]                                              Bedrock, SageMaker Nova, Nova Forge
              | {"statusCode": 200, "headers": …, "body": "[entry, …]"}  SageMaker serverless open-weight RLVR
    entry    := {"id": text, "aggregate_reward_score": number, "metrics_list": [metric, …]}
    metric   := {"name": text, "value": number, "type": "Reward" | "Metric"}

An event that came in a body is answered in a body; everything else with the bare list, unless a shape is forced.
Every event gets as many entries as it had rows, in their order, with their ids, all numbers finite.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from rewardkit.errors import RolloutError
from rewardkit.failure import Failure, Result
from rewardkit.rollout import CARRIES, Rollout, clean, read
from rewardkit.score import Score

Shape: TypeAlias = Literal["list", "envelope"]
Response: TypeAlias = list[dict[str, Any]] | dict[str, Any]

_HEADERS = {
    "content-type": "application/json",
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST,OPTIONS",
    "access-control-allow-headers": "content-type",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one event.

    Attributes:
        rollouts: one for each row, in order; a Failure where a row cannot be read.
        ids: the id of each row, as text.
        shape: how the sender wants the response.
    """

    rollouts: list[Rollout | Failure]
    ids: list[str]
    shape: Shape


def read_event(event: object) -> Batch:
    """Take an event of any of AWS's shapes apart.

    Raises:
        RolloutError: it is not an event at all, so that nobody knows how many entries it wants.
    """
    rows, shape = _rows(event)
    rollouts = [_read_row(row, index) for index, row in enumerate(rows)]
    return Batch(rollouts, [_id(row, index) for index, row in enumerate(rows)], shape)


def write_response(
    batch: Batch, results: Sequence[Result], *, bounds: tuple[float, float], shape: Shape | None = None
) -> Response:
    """The response to a batch.

    Args:
        batch: what `read_event` returned.
        results: one for each of its rollouts, in order.
        bounds: the reward's; a Failure goes out as the lower one, with a metric that says so.
        shape: forces the list or the envelope; by default the event decides.
    """
    entries = [_entry(id, result, bounds[0]) for id, result in zip(batch.ids, results, strict=True)]
    if (shape or batch.shape) == "list":
        return entries
    return {"statusCode": 200, "headers": _HEADERS, "body": json.dumps(entries, allow_nan=False)}


def _rows(event: object, *, depth: int = 0) -> tuple[Sequence[object], Shape]:
    if isinstance(event, list):
        return event, "list"
    if not isinstance(event, Mapping):
        raise RolloutError(
            f"not an event: expected a list of rollouts or an object, and got {type(event).__name__}"
        )
    if _is_preflight(event):
        return [], "envelope"
    if any(name in event for name in CARRIES):
        return [event], "list"
    if "body" in event and depth < 3:
        return _rows(_parsed(event), depth=depth + 1)[0], "envelope"
    for name in ("trajectories", "batch"):
        if isinstance(event.get(name), list):
            return event[name], "list"
    return [event], "list"


def _parsed(event: Mapping[str, Any]) -> object:
    """The event in a body, which API Gateway may have encoded."""
    body = event["body"]
    if not isinstance(body, str):
        return body
    try:
        return json.loads(base64.b64decode(body) if event.get("isBase64Encoded") is True else body)
    except (ValueError, RecursionError) as error:
        raise RolloutError(f"the event's body is not JSON: {error}") from error


def _is_preflight(event: Mapping[str, Any]) -> bool:
    """A browser's OPTIONS question to a function URL; it carries no rollout and wants the headers."""
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, Mapping) else None
    method = http.get("method") if isinstance(http, Mapping) else event.get("httpMethod")
    return method == "OPTIONS"


def _read_row(row: object, index: int) -> Rollout | Failure:
    try:
        return read(row, default_id=_id(row, index))  # type: ignore[arg-type]
    except (RolloutError, ValueError, RecursionError) as error:
        return Failure.of(error if isinstance(error, RolloutError) else RolloutError(str(error)))


def _id(row: object, index: int) -> str:
    """The row's own id as text; rows without one get their place in the batch, which is stable and unique."""
    if isinstance(row, Mapping):
        metadata = row.get("metadata")
        key = metadata.get("key") if isinstance(metadata, Mapping) else None
        for identity in (row.get("id"), key):
            if isinstance(identity, (str, int, float)):
                return str(clean(str(identity)))
    return f"rollout-{index}"


def _entry(id: str, result: Result, floor: float) -> dict[str, Any]:
    if isinstance(result, Failure):
        metrics = [_metric("failure", 1.0, "Metric"), _metric(f"failure_{result.kind}", 1.0, "Metric")]
        return {"id": id, "aggregate_reward_score": floor, "metrics_list": metrics}
    return {"id": id, "aggregate_reward_score": float(result), "metrics_list": _metrics(result)}


def _metrics(score: Score) -> list[dict[str, Any]]:
    """What counted goes out as Reward; what was only looked at, and the parts of parts, as Metric."""
    parts: list[tuple[Score, Literal["Reward", "Metric"]]] = []
    for weight, part in score.terms:
        parts.append((part, "Reward" if weight else "Metric"))
        parts += [(inner, "Metric") for _, inner in part.walk()]
    names = _unique(part.name or "score" for part, _ in parts)
    return [_metric(name, float(part), type) for name, (part, type) in zip(names, parts, strict=True)]


def _unique(names: Iterable[str]) -> list[str]:
    """The same names, the second `tags` as `tags_2`."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def _metric(name: str, value: float, type: Literal["Reward", "Metric"]) -> dict[str, Any]:
    return {"name": clean(name), "value": value, "type": type}
