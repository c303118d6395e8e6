"""Does a wrong answer ever score above a right one?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rewardkit.errors import UsageError
from rewardkit.reward import Reward
from rewardkit.score import Score

if TYPE_CHECKING:
    from rewardkit.rollout import Rollout


class Overtake(NamedTuple):
    """A wrong answer that scores above a right one, by their places in what was checked.

    Attributes:
        wrong: the place of the wrong one.
        right: the place of the right one.
        wrong_score: above the other.
        right_score: below it.
    """

    wrong: int
    right: int
    wrong_score: float
    right_score: float


def overtaken(
    scores: Sequence[float | None], labels: Sequence[float | None], groups: Sequence[Hashable] | None = None
) -> list[Overtake]:
    """The groups in which a wrong answer scores above a right one, each with its worst pair.

    Args:
        scores: of the rollouts; None where one has no score.
        labels: right from a half up; None where nobody knows.
        groups: what the rollouts of one prompt share. Without groups, or where no group has right and wrong
            answers, all are one.

    Returns:
        The worst first; empty where the order is kept.
    """
    known = [n for n, label in enumerate(labels) if label is not None and scores[n] is not None]
    members: dict[Hashable, list[int]] = defaultdict(list)
    for n in known:
        members[groups[n] if groups is not None else None].append(n)
    pairs = [pair for group in members.values() if (pair := _worst(group, scores, labels))]
    if not pairs and (all_of_them := _worst(known, scores, labels)):
        pairs = [all_of_them]
    found = [pair for pair in pairs if pair.wrong_score > pair.right_score + 1e-9]
    return sorted(found, key=lambda pair: pair.right_score - pair.wrong_score)


def _worst(
    group: Sequence[int], scores: Sequence[float | None], labels: Sequence[float | None]
) -> Overtake | None:
    """The best wrong answer and the worst right one of a group; None where one of the kinds is missing."""
    valued = [(float(scores[n] or 0.0), n) for n in group]
    wrong = [pair for pair in valued if (labels[pair[1]] or 0) < 0.5]
    right = [pair for pair in valued if (labels[pair[1]] or 0) >= 0.5]
    if not wrong or not right:
        return None
    (high, above), (low, below) = max(wrong), min(right)
    return Overtake(above, below, high, low)


def check(reward: Reward[Any], rollouts: Iterable[Rollout]) -> None:
    """Refuse a reward under which a wrong answer scores above a right one; for a test of your own.

    Args:
        reward: what scores.
        rollouts: with labels, right and wrong, best of all several to a prompt: also short wrong ones and long
            right ones.

    Raises:
        UsageError: there is such a pair, and the message shows both; or there is nothing to compare.
    """
    labelled = [(rollout, float(rollout.label)) for rollout in rollouts if rollout.label is not None]
    kept, labels = [rollout for rollout, _ in labelled], [label for _, label in labelled]
    if max(labels, default=0.0) < 0.5 or min(labels) >= 0.5:
        raise UsageError("nothing to compare: give rollouts with labels, right ones and wrong ones")
    results = [reward.score(rollout) for rollout in kept]
    scores = [float(result) if isinstance(result, Score) else None for result in results]
    found = overtaken(scores, labels, [rollout.group for rollout in kept])
    if found:
        wrong, right, high, low = found[0]
        raise UsageError(
            f"{reward.name} scores the wrong answer {kept[wrong].id} above the right answer {kept[right].id}: "
            f"{high:g} and {low:g}. Give correctness more weight than all the rest, or multiply by it.\n"
            f"{results[wrong]}\n{results[right]}"
        )
