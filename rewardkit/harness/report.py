"""A Report says what many scores say about a reward: is it right, does it teach, does it break."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rewardkit.failure import Failure, Result
from rewardkit.graders.shaping.check import overtaken
from rewardkit.rollout import Rollout
from rewardkit.score import Score

_BINS = 10


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A rollout whose score is not what a person says it should be.

    Attributes:
        rollout: what was scored; its `label` is the person's word.
        score: what the reward says.
        distance: how far apart they are, as a share of the bounds.
    """

    rollout: Rollout
    score: Score
    distance: float


@dataclass(frozen=True, slots=True)
class Inversion:
    """A wrong answer that scores above a right one, of one prompt where there are such.

    Attributes:
        wrong: the rollout that people call wrong.
        right: the one that they call right.
        wrong_score: above the other.
        right_score: below it.
    """

    wrong: Rollout
    right: Rollout
    wrong_score: float
    right_score: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The spread of some numbers."""

    count: int
    mean: float
    low: float
    high: float
    deviation: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Summary:
        """The spread of at least one number."""
        return cls(len(numbers), statistics.fmean(numbers), min(numbers), max(numbers), statistics.pstdev(numbers))


@dataclass(frozen=True, slots=True)
class Report:
    """The statistics over rollouts and their results.

    A true label agrees with a score in the upper half of the bounds, a false one with a score below it; a number
    agrees with a score no further away than the tolerance.

    Attributes:
        reward: its name.
        total: how many rollouts there were.
        scores: the spread of the scores; None where there is not one.
        histogram: how many scores fall into each tenth of the bounds.
        terms: the spread of each term, by name.
        groups: how many groups have at least two scores.
        flat_groups: those whose scores are all equal; GRPO learns nothing from them.
        labelled: how many scored rollouts have a label.
        disagreements: the worst first.
        failures: the rollouts without a score.
        inversions: the groups in which a wrong answer scores above a right one, each with its worst pair; where no
            group has both kinds, the worst pair of all. From those, training learns to be wrong.
    """

    reward: str
    total: int
    scores: Summary | None
    histogram: tuple[int, ...]
    terms: dict[str, Summary]
    groups: int
    flat_groups: tuple[str, ...]
    labelled: int
    disagreements: tuple[Disagreement, ...]
    failures: tuple[tuple[Rollout, Failure], ...]
    inversions: tuple[Inversion, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was scored and nothing disagrees with its label."""
        return not self.disagreements and not self.failures

    @property
    def agreement(self) -> float | None:
        """The share of labels that the scores agree with, 0 to 1; None where there are no labels."""
        return 1 - len(self.disagreements) / self.labelled if self.labelled else None

    def failure_counts(self) -> list[tuple[Failure, int]]:
        """The distinct failures with how often each occurred, the most frequent first."""
        counts = Counter((f.kind, _general(f.message, rollout)) for rollout, f in self.failures)
        examples = {(f.kind, _general(f.message, rollout)): f for rollout, f in reversed(self.failures)}
        return [(examples[key], count) for key, count in counts.most_common()]

    def to_json(self) -> dict[str, Any]:
        """The report as plain data, for `--json`."""
        return {
            "reward": self.reward,
            "rollouts": self.total,
            "passed": self.passed,
            "scores": _plain(self.scores),
            "histogram": list(self.histogram),
            "terms": {name: _plain(summary) for name, summary in self.terms.items()},
            "groups": self.groups,
            "groups_without_signal": list(self.flat_groups),
            "labelled": self.labelled,
            "agreement": self.agreement,
            "disagreements": [
                {"id": d.rollout.id, "label": d.rollout.label, "score": float(d.score), "reasons": str(d.score)}
                for d in self.disagreements
            ],
            "inversions": [
                {"wrong": i.wrong.id, "right": i.right.id, "scores": [i.wrong_score, i.right_score]}
                for i in self.inversions
            ],
            "failures": [{"id": r.id, "kind": f.kind, "message": f.message} for r, f in self.failures],
        }


def report(
    reward_name: str,
    rollouts: Sequence[Rollout],
    results: Sequence[Result],
    *,
    bounds: tuple[float, float],
    tolerance: float = 0.01,
) -> Report:
    """The report over rollouts and their results, one each, in order.

    Args:
        reward_name: for the heading.
        rollouts: what was scored.
        results: what came out.
        bounds: the reward's.
        tolerance: how far a score may be from a label that is a number.
    """
    pairs = list(zip(rollouts, results, strict=True))
    scored = [(rollout, result) for rollout, result in pairs if isinstance(result, Score)]
    groups = _groups(scored)
    labelled = [(rollout, score) for rollout, score in scored if rollout.label is not None]
    wrong = [d for rollout, score in labelled if (d := _disagreement(rollout, score, bounds, tolerance))]
    return Report(
        reward=reward_name,
        total=len(rollouts),
        scores=Summary.of([float(score) for _, score in scored]) if scored else None,
        histogram=_histogram([float(score) for _, score in scored], bounds),
        terms=_terms([score for _, score in scored]),
        groups=len(groups),
        flat_groups=tuple(group for group, scores in groups.items() if min(scores) == max(scores)),
        labelled=len(labelled),
        disagreements=tuple(sorted(wrong, key=lambda d: -d.distance)),
        failures=tuple((rollout, result) for rollout, result in pairs if isinstance(result, Failure)),
        inversions=_inversions(labelled, bounds),
    )


def _groups(scored: Sequence[tuple[Rollout, Score]]) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = defaultdict(list)
    for rollout, score in scored:
        groups[rollout.group].append(float(score))
    return {group: scores for group, scores in groups.items() if len(scores) > 1}


def _inversions(labelled: Sequence[tuple[Rollout, Score]], bounds: tuple[float, float]) -> tuple[Inversion, ...]:
    low, high = bounds
    rollouts = [rollout for rollout, _ in labelled]
    labels = [rollout.label or 0.0 for rollout in rollouts]
    shares = [label if isinstance(label, bool) else (label - low) / (high - low) for label in labels]
    scores, groups = [float(score) for _, score in labelled], [rollout.group for rollout in rollouts]
    found = overtaken(scores, shares, groups)
    return tuple(Inversion(rollouts[wrong], rollouts[right], high, low) for wrong, right, high, low in found)


def _disagreement(
    rollout: Rollout, score: Score, bounds: tuple[float, float], tolerance: float
) -> Disagreement | None:
    low, high = bounds
    if isinstance(rollout.label, bool):
        wanted = high if rollout.label else low
        agrees = (score >= (low + high) / 2) == rollout.label
    else:
        wanted = float(rollout.label or 0.0)
        agrees = abs(float(score) - wanted) <= tolerance
    return None if agrees else Disagreement(rollout, score, abs(float(score) - wanted) / (high - low))


def _histogram(scores: Sequence[float], bounds: tuple[float, float]) -> tuple[int, ...]:
    low, high = bounds
    bins = [0] * _BINS
    for score in scores:
        bins[min(_BINS - 1, int((score - low) / (high - low) * _BINS))] += 1
    return tuple(bins)


def _terms(scores: Sequence[Score]) -> dict[str, Summary]:
    values: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        for term in score.terms:
            values[term.score.name or "score"].append(float(term.score))
    return {name: Summary.of(numbers) for name, numbers in values.items()}


def _general(message: str, rollout: Rollout) -> str:
    """The message without what is this rollout's own, so that equal failures count as one."""
    return message.replace(rollout.id, "…") if rollout.id else message


def _plain(summary: Summary | None) -> dict[str, float] | None:
    if summary is None:
        return None
    low, high = summary.low, summary.high
    return {"count": summary.count, "mean": summary.mean, "min": low, "max": high, "deviation": summary.deviation}
