"""A Lambda reward handler as a grader: `adopt(lambda_handler)` scores a rollout by what the handler answers.

    event      the rollout as one row, in the shape that the handler knows
    answer     a list with one entry, the entry alone, or either in the body of an HTTP response
    score      the entry's aggregate_reward_score; its metrics are shown and not counted, because only the handler
               knows what they weigh

rewardkit's own handler reads the service's event in every shape, so the adopted one gets along with all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rewardkit.errors import Unscorable, UsageError
from rewardkit.reward import Grader, grader
from rewardkit.score import Score, Term

if TYPE_CHECKING:
    from rewardkit.rollout import Rollout

Handler: TypeAlias = Callable[[Any, Any], Any]
Envelope: TypeAlias = Literal["list", "trajectories", "body", "batch", "single"]
Reference: TypeAlias = Literal["value", "text"]

ENVELOPES: dict[Envelope, Callable[[list[Any]], Any]] = {
    "list": lambda rows: rows,
    "trajectories": lambda rows: {"trajectories": rows},
    "body": lambda rows: {"body": json.dumps(rows)},
    "batch": lambda rows: {"body": {"batch": rows}},
    "single": lambda rows: rows[0],
}
REFERENCES: dict[Reference, Callable[[Any], Any]] = {
    "value": lambda reference: reference,
    "text": lambda reference: {"text": reference} if isinstance(reference, str) else reference,
}


class Context:
    """What a handler may ask of Lambda's context object."""

    function_name = "adopted"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:adopted"
    memory_limit_in_mb = "1769"
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    log_group_name = "/aws/lambda/adopted"
    log_stream_name = "adopted"
    identity = None
    client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Five minutes, always: the handler is called by something that looks at the clock itself."""
        return 300_000


def adopt(handler: Handler, *, envelope: Envelope = "list", reference: Reference = "value") -> Grader:
    """Make a Lambda reward handler a grader of rollouts, as it is.

    `rewardkit adopt handler.py` finds out which shape the handler knows, and writes the reward.

    Args:
        handler: the function that Lambda would call with an event and a context.
        envelope: what rows come in: `list`, `trajectories`, `body` (JSON text), `batch` (in a body) or `single`.
        reference: `value` gives reference_answer as it is, `text` as `{"text": …}`; at the root and in `metadata`.

    Returns:
        A grader that takes a Rollout.

    Raises:
        UsageError: an envelope or a reference that there is not; (when called) the handler's answer is none.
        Unscorable: (when called) the handler gave null for a score.
    """
    if envelope not in ENVELOPES or reference not in REFERENCES:
        raise UsageError(
            f"adopt() got envelope={envelope!r}, reference={reference!r}: the envelopes are "
            f"{', '.join(ENVELOPES)}, the references {', '.join(REFERENCES)}"
        )

    def adopted(rollout: Rollout) -> Score:
        event = ENVELOPES[envelope]([row_of(rollout, reference)])
        found = entries_in(handler(event, Context()))
        if len(found) != 1:
            raise UsageError(f"{_name(handler)} answered one rollout with {len(found)} entries")
        return _score(found[0], _name(handler))

    adopted.__name__ = _name(handler)
    return grader(adopted)


def row_of(rollout: Rollout, reference: Reference = "value") -> dict[str, Any]:
    """A rollout as a row with everything in the places where AWS's documents and samples look for it."""
    from rewardkit.rollout import RESPONSE_ROLES, text_of

    messages = [
        message
        | {"role": "assistant" if role in RESPONSE_ROLES else role, "content": text_of(message.get("content"))}
        for message in rollout.messages
        for role in [message.get("role")]
    ]
    row = rollout.event() | {"messages": messages}
    inner = {name: value for name, value in rollout.fields.items() if name not in ("metadata", "extra_info")}
    metadata = row.get("metadata")
    row["metadata"] = inner | (metadata if isinstance(metadata, dict) else {})
    if rollout.reference_answer is not None:
        wrapped = REFERENCES[reference](rollout.reference_answer)
        row["reference_answer"] = row["metadata"]["reference_answer"] = wrapped
    return row


def entries_in(answer: object) -> list[Any]:
    """The entries of a handler's answer, in whichever shape it is.

    Raises:
        UsageError: it is no answer, or one that says that something went wrong.
    """
    if isinstance(answer, Mapping) and ("body" in answer or "statusCode" in answer):
        status, body = answer.get("statusCode", 200), answer.get("body")
        if status != 200:
            raise UsageError(f"the handler answered with status {status}: {str(body)[:200]}")
        try:
            answer = json.loads(body) if isinstance(body, str) else body
        except (ValueError, RecursionError) as error:
            raise UsageError(f"the body of the handler's answer is not JSON: {error}") from error
    if isinstance(answer, Mapping):
        answer = [answer]
    if not isinstance(answer, list):
        raise UsageError(f"the handler answered with {type(answer).__name__}: expected a list of entries")
    return answer


def _score(entry: object, name: str) -> Score:
    if not isinstance(entry, Mapping) or "aggregate_reward_score" not in entry:
        raise UsageError(f"the entry of {name} has no aggregate_reward_score: {str(entry)[:200]}")
    value = entry["aggregate_reward_score"]
    if value is None:
        raise Unscorable(f"{name} gave null for a score")
    metrics = entry.get("metrics_list")
    terms = (
        [Term(0.0, metric) for item in metrics if (metric := _metric(item))] if isinstance(metrics, list) else []
    )
    return Score(_number(value, name), f"{name} says {value}", name=name, terms=tuple(terms))


def _metric(item: object) -> Score | None:
    """A metric as a Score; None for what is no number, which only the handler's log has a use for."""
    value = item.get("value") if isinstance(item, Mapping) else None
    if isinstance(item, Mapping) and isinstance(value, (int, float)) and -1e308 < value < 1e308:
        return Score(value, name=str(item.get("name", "metric")))
    return None


def _number(value: Any, name: str) -> float:
    """The score as a number; also numpy's and decimal's, which are not int or float."""
    if not isinstance(value, str):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise UsageError(f"the score of {name} is {value!r:.80} ({type(value).__name__}), not a number")


def _name(handler: Handler) -> str:
    return getattr(handler, "__name__", type(handler).__name__)
