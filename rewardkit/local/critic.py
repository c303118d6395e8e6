"""The service's side of a reward function: the event that goes to it, and what its answer must be.

The event is the list of AWS's samples: `id`, `messages` that end in the model's turn, `reference_answer` (text is
wrapped as `{"text": …}` for the OpenAI-compatible API), and the record's other fields under `metadata`. The answer
must be the bare list of as many finite scores with the same ids; what else the service would do is not documented,
so anything else is an error that names what is wrong.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from rewardkit.errors import CloudError, GradingError
from rewardkit.local.functions import Function, Functions
from rewardkit.local.policy import Prompt
from rewardkit.local.refused import Refused
from rewardkit.local.runtime import Invocation

_RETRY_SECONDS = (0.2, 0.4, 0.8)
_MOST_EVENT_BYTES = 5_000_000


class Critic:
    """A published reward function as a training job sees it.

    Args:
        functions: where it runs.
        arn: by which the job was told to call it.
        region: of the job.
        stop: set when the local cloud ends.
    """

    def __init__(self, functions: Functions, arn: str, region: str, stop: threading.Event) -> None:
        self._functions = functions
        self._arn = arn
        self._region = region
        self._stop = stop
        self.calls: list[tuple[Function, Invocation, str]] = []

    def score(self, samples: Sequence[dict[str, Any]]) -> list[float]:
        """The scores of samples, in order: one call, or a few where one would be too large.

        `calls` then holds the invocations, failed ones too.

        Raises:
            GradingError: the function failed four times, or does not answer as it must.
        """
        self.calls = []
        scores: list[float] = []
        for event, ids in _events(samples):
            scores += self._score(event, ids)
        return scores

    def _score(self, event: bytes, ids: Sequence[str]) -> list[float]:
        for pause in (*_RETRY_SECONDS, None):
            try:
                return self._try(event, ids)
            except GradingError as error:
                if pause is None or self._stop.wait(pause):
                    raise GradingError(f"{error} (tried {1 + len(_RETRY_SECONDS)} times)") from error
        raise AssertionError

    def _try(self, event: bytes, ids: Sequence[str]) -> list[float]:
        try:
            function = self._functions.find(self._arn, self._region)
            invocation, stream = self._functions.call(function, event)
        except (Refused, CloudError) as error:
            raise GradingError(f"the reward function {self._arn} could not be called: {error}") from error
        self.calls.append((function, invocation, stream))
        if invocation.error is not None:
            raise GradingError(f"the reward function {self._arn} failed: {_wording(invocation.payload)}")
        return read_scores(invocation.payload, ids, self._arn)


def make_sample(prompt: Prompt, id: str, response: str, *, wrap: bool) -> dict[str, Any]:
    """One sample of an event.

    Args:
        prompt: the training prompt.
        id: of the sample.
        response: the model's turn.
        wrap: whether a reference that is text becomes `{"text": …}`.
    """
    reference = prompt.reference
    if wrap and isinstance(reference, str):
        reference = {"text": reference}
    return {
        "id": id,
        "messages": [*prompt.messages, {"role": "assistant", "content": response}],
        "reference_answer": reference,
        "metadata": prompt.fields,
    }


def read_scores(payload: bytes, ids: Sequence[str], arn: str) -> list[float]:
    """The scores in a reward function's answer, in the order of the ids.

    Raises:
        GradingError: it is not a list of as many finite scores with the same ids.
    """
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise GradingError(f"{arn} answered something that is not JSON ({error})") from error
    if isinstance(answer, dict) and "statusCode" in answer:
        raise GradingError(
            f"{arn} answered an API Gateway envelope (statusCode, body): Bedrock takes the bare list"
        )
    if not isinstance(answer, list):
        raise GradingError(f"{arn} answered {_short(answer)} where a list of {len(ids)} scores belongs")
    if len(answer) != len(ids):
        raise GradingError(f"{arn} answered {len(answer)} scores for {len(ids)} samples")
    scores = dict(_entry(item, place, arn) for place, item in enumerate(answer))
    missing = [id for id in ids if id not in scores]
    if missing:
        raise GradingError(
            f"{arn} answered no score for the sample {missing[0]!r} ({len(missing)} missing): "
            f"echo each id as it is"
        )
    return [scores[id] for id in ids]


def _entry(item: object, place: int, arn: str) -> tuple[str, float]:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        raise GradingError(f"{arn}: entry {place} has no text 'id': {_short(item)}")
    score = item.get("aggregate_reward_score")
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not math.isfinite(score):
        raise GradingError(
            f"{arn}: the aggregate_reward_score of sample {item['id']!r} is {_short(score)}, not a finite number"
        )
    return item["id"], float(score)


def _events(samples: Sequence[dict[str, Any]]) -> Iterator[tuple[bytes, list[str]]]:
    """The samples as events that Lambda takes: all in one, where they fit."""
    parts: list[bytes] = []
    ids: list[str] = []
    size = 0
    for sample in samples:
        part = json.dumps(sample).encode()
        if parts and size + len(part) > _MOST_EVENT_BYTES:
            yield b"[" + b",".join(parts) + b"]", ids
            parts, ids, size = [], [], 0
        parts.append(part)
        ids.append(sample["id"])
        size += len(part) + 1
    yield b"[" + b",".join(parts) + b"]", ids


def _wording(payload: bytes) -> str:
    try:
        error = json.loads(payload)
        return f"{error.get('errorType', 'error')}: {error.get('errorMessage', '')}"[:1000]
    except (ValueError, AttributeError):
        return payload[:1000].decode("utf-8", "replace")


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "…"
