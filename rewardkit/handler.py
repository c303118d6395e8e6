"""What runs in Lambda: event, rollouts, scores, response; and the log and the metrics on the way.

A rollout that cannot be scored goes out as the floor of the reward's bounds, with a metric that says so. When what
judges is down, the handler raises: the service retries a failed call, and no score is made up.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from rewardkit.errors import UsageError
from rewardkit.failure import Failure, Result
from rewardkit.reward import Reward
from rewardkit.rollout import Rollout
from rewardkit.run import score_batch
from rewardkit.score import Score
from rewardkit.wire import Batch, Response, Shape, read_event, write_response

Handler = Callable[[Any, Any], Response]

# What is left of the function's time for the response to be written and sent.
_MARGIN_SECONDS = 1.0


def make_handler(reward: Reward[Any], *, shape: Shape | None = None) -> Handler:
    """The Lambda handler of a reward.

    Args:
        reward: what scores.
        shape: forces the response to be a `list` or an `envelope`; by default the event decides. The environment
            variable `REWARDKIT_RESPONSE` does the same for a published function.

    Returns:
        A function of an event and a Lambda context; the context may be None outside Lambda.

    Raises:
        UsageError: the shape is neither of the two.
        RolloutError: (the handler) the event is none at all.
        UnavailableError: (the handler) what judges is down.
    """
    logger = Logger(service=reward.name)
    forced = _shape(shape or os.environ.get("REWARDKIT_RESPONSE") or None)
    sandbox_logged = False

    def handler(event: Any, context: Any) -> Response:
        nonlocal sandbox_logged
        begin = time.monotonic()
        batch = read_event(event)
        results = score_batch(reward, batch.rollouts, seconds=_seconds_left(context))
        _log(logger, batch, results, context)
        sandbox_logged = sandbox_logged or _log_sandbox(logger)
        if results:
            _emit(batch, results, context, milliseconds=(time.monotonic() - begin) * 1000)
        return write_response(batch, results, bounds=reward.bounds, shape=forced)

    return handler


def _shape(shape: str | None) -> Shape | None:
    if shape is None or shape == "list" or shape == "envelope":
        return shape  # type: ignore[return-value]
    raise UsageError(f"the response's shape is 'list' or 'envelope', not {shape!r}: see REWARDKIT_RESPONSE")


def _seconds_left(context: Any) -> float:
    """The time for scoring: what Lambda leaves, less a margin that shrinks with very short timeouts."""
    if not hasattr(context, "get_remaining_time_in_millis"):
        return 900.0
    left: float = context.get_remaining_time_in_millis() / 1000
    return left - min(_MARGIN_SECONDS, left / 4)


def _log(logger: Logger, batch: Batch, results: Sequence[Result], context: Any) -> None:
    """A line for the batch, and one for each failure. Prompts and responses stay out of the log."""
    logger.set_correlation_id(getattr(context, "aws_request_id", None))
    failed = [(id, result) for id, result in zip(batch.ids, results, strict=True) if isinstance(result, Failure)]
    logger.info("scored", rollouts=len(results), failures=len(failed))
    for id, failure in failed:
        reason, trace = failure.message[:2000], failure.trace[:4000]
        logger.warning("failure", rollout=id[:200], kind=failure.kind, reason=reason, trace=trace)


def _log_sandbox(logger: Logger) -> bool:
    """Say once which layers confine the model's code. Asked for by no import: only code graders bring it along."""
    sandbox = sys.modules.get(f"{__package__}.sandbox")
    layers = sandbox.started() if sandbox else ()
    if layers:
        missing = {layer.name: layer.missing for layer in layers if layer.missing}
        logger.info("sandbox", holds=[layer.name for layer in layers if not layer.missing], missing=missing)
    return bool(layers)


def _emit(batch: Batch, results: Sequence[Result], context: Any, *, milliseconds: float) -> None:
    """CloudWatch metrics in the embedded metric format: a line of the log that CloudWatch reads as numbers."""
    metrics = EphemeralMetrics(namespace="rewardkit")
    metrics.add_dimension(name="function", value=getattr(context, "function_name", None) or "local")
    metrics.add_dimension(name="alias", value=_qualifier(context))
    scores = [float(result) for result in results if isinstance(result, Score)]
    if scores:
        metrics.add_metric(name="ScoreMean", unit=MetricUnit.NoUnit, value=sum(scores) / len(scores))
        metrics.add_metric(name="ScoreMin", unit=MetricUnit.NoUnit, value=min(scores))
        metrics.add_metric(name="ScoreMax", unit=MetricUnit.NoUnit, value=max(scores))
    metrics.add_metric(name="Rollouts", unit=MetricUnit.Count, value=len(results))
    metrics.add_metric(name="Failures", unit=MetricUnit.Count, value=len(results) - len(scores))
    metrics.add_metric(name="GroupsWithoutSignal", unit=MetricUnit.Count, value=_flat_groups(batch, results))
    metrics.add_metric(name="Milliseconds", unit=MetricUnit.Milliseconds, value=milliseconds)
    metrics.flush_metrics()


def _flat_groups(batch: Batch, results: Sequence[Result]) -> int:
    """How many groups of this batch teach nothing, because all their scores are equal."""
    groups: dict[str, list[float]] = defaultdict(list)
    for rollout, result in zip(batch.rollouts, results, strict=True):
        if isinstance(rollout, Rollout) and isinstance(result, Score):
            groups[rollout.group].append(float(result))
    return sum(len(scores) > 1 and min(scores) == max(scores) for scores in groups.values())


def _qualifier(context: Any) -> str:
    """The alias or the version by which the function was called."""
    parts = str(getattr(context, "invoked_function_arn", "")).split(":")
    return parts[7] if len(parts) > 7 and parts[7] else "$LATEST"
