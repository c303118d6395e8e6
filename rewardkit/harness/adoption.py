"""Adopting a Lambda reward handler: which shape it knows, and what it does wrong on the others."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import math
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewardkit.adapters.lambda_handler import (
    ENVELOPES,
    REFERENCES,
    Context,
    Envelope,
    Handler,
    Reference,
    entries_in,
    row_of,
)
from rewardkit.errors import RewardkitError, UsageError
from rewardkit.harness.handler_checks import KINDS, Check, Kind, checks
from rewardkit.rollout import Rollout, read

_SECONDS = 20.0
_TRIED = 3
# Asked where there are no rollouts: whoever rewards anything about a number finds something here.
_MADE_UP = [
    {"id": "right", "prompt": "What is 8 times 9?", "response": "8 × 9 = 72\n#### 72", "reference_answer": "72"},
    {"id": "wrong", "prompt": "What is 8 times 9?", "response": "8 × 9 = 71\n#### 71", "reference_answer": "72"},
]


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake of a handler.

    Attributes:
        kind: what it does not get along with; `KINDS` says more.
        problem: what happens.
        events: the names of the checks that found it.
    """

    kind: Kind
    problem: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is known of a handler.

    Attributes:
        envelope: in which it takes rows.
        reference: how it takes the reference answer.
        scores: of the rollouts that were tried, one at a time.
        checks: how many calls were made to find mistakes.
        findings: what they found, by kind.
        made_up: whether the rollouts were made up here, because there were none.
    """

    envelope: Envelope
    reference: Reference
    scores: tuple[float, ...]
    checks: int
    findings: tuple[Finding, ...]
    made_up: bool


def examine(
    handler: Handler, file: str, rollouts: Sequence[Rollout] = (), *, bounds: tuple[float, float] = (0.0, 1.0)
) -> Adoption:
    """Call a handler with every shape of event, and say what it does wrong.

    Args:
        handler: the function that Lambda would call.
        file: where it is defined; a traceback is told by its line in there.
        rollouts: some that it can score; by default two arithmetic ones.
        bounds: the lowest and the highest score that it means to give.

    Raises:
        UsageError: it answers in no shape at all.
    """
    trial = _Trial(handler, file, bounds)
    sample = _sample(rollouts) or [read(row) for row in _MADE_UP]
    shape = max((_shape(trial, sample, *pair) for pair in itertools.product(ENVELOPES, REFERENCES)), key=_merit)
    problems: dict[tuple[Kind, str], list[str]] = {}
    for rollout, error in shape.failures:
        problems.setdefault(("content", error), []).append(f"your rollout {rollout.id}")
    if not shape.scored:
        raise UsageError(
            f"the handler scores none of {len(sample)} ordinary rollouts, whatever the event's shape: "
            f"{shape.failures[0][1]}. Give it rollouts that it can score, with --rollouts"
        )
    rows = [row_of(rollout, shape.reference) for rollout, _ in shape.scored]
    scores = tuple(score for _, score in shape.scored)
    sent = list(checks(rows, scores))
    for check in sent:
        if found := trial.problem(check):
            problems.setdefault(found, []).append(check.name)
    order = list(KINDS)
    findings = [Finding(kind, problem, tuple(dict.fromkeys(names))) for (kind, problem), names in problems.items()]
    findings.sort(key=lambda finding: order.index(finding.kind))
    return Adoption(shape.envelope, shape.reference, scores, len(sent), tuple(findings), made_up=not rollouts)


class _Shape(NamedTuple):
    """A shape of event, and what the handler makes of some rollouts in it."""

    envelope: Envelope
    reference: Reference
    scored: list[tuple[Rollout, float]]
    failures: list[tuple[Rollout, str]]


def _shape(trial: _Trial, sample: Sequence[Rollout], envelope: Envelope, reference: Reference) -> _Shape:
    shape = _Shape(envelope, reference, [], [])
    for rollout in sample:
        score = trial.score(ENVELOPES[envelope]([row_of(rollout, reference)]))
        if score is None:
            shape.failures.append((rollout, trial.error))
        else:
            shape.scored.append((rollout, score))
    return shape


def _merit(shape: _Shape) -> tuple[int, float]:
    """How much sense it makes: what is scored; then agreement with the labels, or what is paid without any."""
    labelled = [-abs(float(rollout.label) - score) for rollout, score in shape.scored if rollout.label is not None]
    return len(shape.scored), sum(labelled) if labelled else sum(score for _, score in shape.scored)


def _sample(rollouts: Sequence[Rollout]) -> list[Rollout]:
    """A few rollouts, the first good one and the first bad one by their labels among them."""
    good = [rollout for rollout in rollouts if rollout.label is not None and rollout.label >= 0.5][:1]
    bad = [rollout for rollout in rollouts if rollout.label is not None and rollout.label < 0.5][:1]
    rest = [rollout for rollout in rollouts if rollout not in good + bad]
    return (good + bad + rest)[:_TRIED]


class _Trial:
    """A handler that is called, and what it said last.

    Attributes:
        error: why the last call gave no answer; empty if it did.
    """

    def __init__(self, handler: Handler, file: str, bounds: tuple[float, float]) -> None:
        self._handler = handler
        self._file = file
        self._bounds = bounds
        self.error = ""

    def score(self, event: Any) -> float | None:
        """The score of one rollout; None if there is none."""
        answer = self._call(event)
        if self.error:
            return None
        try:
            [entry] = entries_in(answer)
            if problem := _wrong_entry(entry, (-math.inf, math.inf)):
                raise UsageError(problem)
            return float(entry["aggregate_reward_score"])
        except (RewardkitError, ValueError) as error:
            self.error = str(error)
            return None

    def problem(self, check: Check) -> tuple[Kind, str] | None:
        """What is wrong with the answer to a check, and what kind of mistake that is."""
        answer = self._call(check.event)
        if self.error:
            return check.kind, self.error
        try:
            json.dumps(answer)
            entries = entries_in(answer)
        except UsageError as error:
            return check.kind, str(error)
        except (TypeError, ValueError, RecursionError) as error:
            return "answer", f"the answer is not JSON: {error}"
        if problem := _wrong(check, entries, self._bounds):
            return check.kind, problem
        if problem := next((wrong for entry in entries if (wrong := _wrong_metrics(entry))), ""):
            return "answer", problem
        if check.body != (isinstance(answer, Mapping) and "body" in answer):
            said = "an event in a body gets a bare list" if check.body else "an event without a body gets one back"
            return "envelope", said
        return None

    def _call(self, event: Any) -> Any:
        """The handler's answer, in a thread that may be left behind; what it prints goes to stderr."""
        said: list[Any] = []
        thread = threading.Thread(target=self._run, args=(copy.deepcopy(event), said), daemon=True)
        with contextlib.redirect_stdout(sys.stderr):
            thread.start()
            thread.join(_SECONDS)
        if not said:
            self.error = f"it did not answer within {_SECONDS:.0f} s"
            return None
        answer, self.error = said
        return answer

    def _run(self, event: Any, said: list[Any]) -> None:
        try:
            answer, error = self._handler(event, Context()), ""
        except BaseException as raised:
            answer, error = None, f"it raises {type(raised).__name__}: {str(raised)[:120]}{self._line(raised)}"
        said += [answer, error]

    def _line(self, error: BaseException) -> str:
        """The last line of the handler's own file on the way to an exception."""
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == self._file]
        return f" (line {lines[-1]})" if lines else ""


def _wrong(check: Check, entries: Sequence[Any], bounds: tuple[float, float]) -> str:
    if len(entries) != check.entries:
        return f"{len(entries)} entries for {check.entries} rows"
    for entry in entries:
        if problem := _wrong_entry(entry, bounds):
            return problem
    ids = [str(entry.get("id")) for entry in entries]
    if check.ids is None and len({*ids, "None"}) <= len(ids):
        return f"rows without ids get the ids {', '.join(ids)}"
    if check.ids is not None and ids != check.ids:
        return f"the ids {', '.join(check.ids)} come back as {', '.join(ids)}"
    for entry, expected in zip(entries, check.scores, strict=True):
        score = float(entry["aggregate_reward_score"])
        if expected is not None and abs(score - expected) > 1e-9:
            return f"a rollout that scores {expected:g} alone scores {score:g}"
    return ""


def _wrong_entry(entry: Any, bounds: tuple[float, float]) -> str:
    if not isinstance(entry, Mapping):
        return f"an entry is {type(entry).__name__}, not an object"
    if "aggregate_reward_score" not in entry:
        return "an entry has no aggregate_reward_score"
    score = entry["aggregate_reward_score"]
    if not _is_number(score):
        return f"a score is {json.dumps(score, default=repr)[:40]}, not a number"
    if not _is_finite(score):
        return f"a score is {score if isinstance(score, float) else 'huge'}: the service cannot read it"
    if not bounds[0] <= score <= bounds[1]:
        return f"a score is {score:g}, outside of {bounds[0]:g} to {bounds[1]:g}: if it is meant so, say --bounds"
    return ""


def _wrong_metrics(entry: Mapping[str, Any]) -> str:
    metrics = entry.get("metrics_list", [])
    for metric in metrics if isinstance(metrics, list) else [None]:
        if not isinstance(metric, Mapping) or not isinstance(metric.get("name"), str):
            return "metrics_list must be a list of objects with name, value and type"
        if not _is_number(metric.get("value")) or not _is_finite(metric["value"]):
            return f"the metric {metric['name']!r} has no number for a value"
        if metric.get("type") not in ("Reward", "Metric"):
            return f"the metric {metric['name']!r} has the type {metric.get('type')!r}, not 'Reward' or 'Metric'"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    """Also for whole numbers that no float holds."""
    return -1e308 < value < 1e308
