"""How Scores are combined, beyond `+` and `*`: names, reasons and terms are kept, and the sum of terms stays true.

0.8 * correct + 0.2 * layout        weighted parts; `sum(scores)` works, too
correct - 0.3 * overlong            a penalty
correct + 0 * length                `length` is reported and not counted
correct * brief                     a soft gate; a hard one is `if not layout: return layout`
min(a, b), max(a, b)                the lower, the higher one itself; the other one is forgotten
all_of(a, b), any_of(a, b)          the same numbers, and both are shown
mean(a, b, c)                       equal weights
named(score, "style")               one part under its own name, whatever it was made of
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rewardkit.errors import UsageError
from rewardkit.score import Score


def all_of(*scores: float | Iterable[float]) -> Score:
    """The lowest of some scores: as good as the worst part, 1 only if all are 1.

    Args:
        scores: one after the other, or one iterable of them, as for `min`.

    Returns:
        The lowest, by the name `all_of`; the first of equal ones decides. Every score is a term: the decisive one
        at weight 1, the others at weight 0. The reason says which decided.

    Raises:
        UsageError: there are none, or one is not a number.
    """
    return _decided("all_of", "lowest", min, _given("all_of", scores))


def any_of(*scores: float | Iterable[float]) -> Score:
    """The highest of some scores: as good as the best part, 0 only if all are 0.

    Args:
        scores: one after the other, or one iterable of them, as for `max`.

    Returns:
        The highest, by the name `any_of`; else as `all_of`.

    Raises:
        UsageError: there are none, or one is not a number.
    """
    return _decided("any_of", "highest", max, _given("any_of", scores))


def mean(*scores: float | Iterable[float]) -> Score:
    """The arithmetic mean of some scores: a sum with equal weights.

    Args:
        scores: one after the other, or one iterable of them.

    Returns:
        A Score without a name, whose terms weigh 1/n each.

    Raises:
        UsageError: there are none, or one is not a number.
    """
    given = _given("mean", scores)
    return sum(given, start=Score(0.0)) / len(given)


def named(score: float, name: str) -> Score:
    """The same score under another name, such as `named(0.5 * a + 0.5 * b, "style")`.

    In a sum it is then one term of this name, with its own parts beneath; on the wire one `Reward` metric.

    Args:
        score: a Score, or a plain number.
        name: what explanations and metrics call it.

    Raises:
        UsageError: the name is empty, or the score is not a number.
    """
    if not name or not isinstance(name, str):
        raise UsageError(f'named() got the name {name!r}: write some text, such as named(score, "layout")')
    kept = _score("named", score)
    return Score(kept, kept.reason, name=name, terms=kept.terms)


def _decided(name: str, which: str, choose: Callable[..., int], scores: list[Score]) -> Score:
    place = choose(range(len(scores)), key=scores.__getitem__)
    decisive = scores[place]
    terms = [term for i, score in enumerate(scores) for term in (score * float(i == place)).terms]
    label = decisive.name or f"number {place + 1}"
    return Score(decisive, f"{label} is the {which} of {len(scores)}", name=name, terms=tuple(terms))


def _given(function: str, scores: tuple[float | Iterable[float], ...]) -> list[Score]:
    """The scores of a call as Scores; one argument that is no number holds them, as for `min` and `max`."""
    values = tuple(scores[0]) if len(scores) == 1 and isinstance(scores[0], Iterable) else scores
    if not values:
        raise UsageError(f"{function}() got no scores: give at least one")
    return [_score(function, value) for value in values]


def _score(function: str, value: object) -> Score:
    if isinstance(value, Score):
        return value
    if isinstance(value, (int, float)):
        return Score(value)
    raise UsageError(f"{function}() got {value!r:.80} ({type(value).__name__}): give Scores or numbers")
