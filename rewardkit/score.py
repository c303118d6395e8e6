"""A Score is a float that remembers its name, its reason and its terms.

Arithmetic keeps the memory. A sum of weighted Scores is a Score whose terms are the parts, and this always holds:

    score == constant + sum(term.weight * term.score for term in score.terms)

where the constant is what plain numbers added (and what `round` took away). A product of two Scores is the left
one weighted by the right one's value, and the right one at weight 0: still true, and still shown. Quotients and
powers are products. `sum` adds; `min` and `max` return one of the Scores themselves. compose.py has the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from rewardkit.errors import UsageError


class Score(float):
    """What a grader or a reward returns: a finite, immutable float with an explanation.

    Args:
        value: the number; any finite float, int or bool. By convention graders stay within 0 and 1.
        reason: one line for a person: what was read, what was expected, which rule decided.
        name: what it is called in explanations and on the wire; `@grader` and `@reward` fill it in.
        terms: the weighted parts it was made of; arithmetic fills them in.

    Raises:
        UsageError: the value is NaN or infinite.
    """

    __slots__ = ("name", "reason", "terms")

    name: str
    reason: str
    terms: tuple[Term, ...]

    def __new__(cls, value: float, reason: str = "", *, name: str = "", terms: tuple[Term, ...] = ()) -> Score:
        """Make a Score; see the class."""
        if not math.isfinite(value):
            raise UsageError(f"a score must be a finite number, and {name or 'this one'} is {float(value)}")
        self = super().__new__(cls, value)
        _set_name(self, name)
        _set_reason(self, reason)
        _set_terms(self, terms)
        return self

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(f"a Score is immutable; make a new one instead of setting {attribute!r}")

    def __delattr__(self, attribute: str) -> NoReturn:
        raise AttributeError(f"a Score is immutable; {attribute!r} cannot be deleted")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (float(self), self.reason, self.name, self.terms)

    # Said again, although it is float's, because strict type checkers refuse `score == 1` without it.
    def __eq__(self, other: object) -> bool:
        return float.__eq__(self, other)

    __hash__ = float.__hash__

    def __add__(self, other: float) -> Score:
        if isinstance(other, Score):
            return Score(float(self) + float(other), terms=self._parts() + other._parts())
        return Score(float(self) + other, terms=self._parts()) if _is_number(other) else NotImplemented

    __radd__ = __add__

    def __mul__(self, other: float) -> Score:
        if isinstance(other, Score):
            return Score(float(self) * float(other), terms=self._scaled(float(other)) + other._scaled(0.0))
        return Score(float(self) * other, terms=self._scaled(other)) if _is_number(other) else NotImplemented

    __rmul__ = __mul__

    def __neg__(self) -> Score:
        return self * -1.0

    def __sub__(self, other: float) -> Score:
        return self + (-other) if _is_number(other) else NotImplemented

    def __rsub__(self, other: float) -> Score:
        return (-self) + other if _is_number(other) else NotImplemented

    def __truediv__(self, other: float) -> Score:
        if not _is_number(other):
            return NotImplemented
        shown = other._scaled(0.0) if isinstance(other, Score) else ()
        # Divided, not multiplied by 1/other: the mean of 49 ones is 1.
        return Score(float(self) / float(other), terms=self._scaled(1.0 / float(other)) + shown)

    def __pow__(self, exponent: float, modulo: None = None) -> Score:
        if not _is_number(exponent) or modulo is not None:
            return NotImplemented
        value = float(self) ** float(exponent)
        if isinstance(value, complex):
            raise UsageError(
                f"({float(self):g}) ** {float(exponent):g} is not a real number: scale the score first"
            )
        return Score(value, terms=self._scaled(value / float(self) if self else 0.0))

    def __abs__(self) -> Score:
        return self if self >= 0 else -self

    def __round__(self, digits: int | None = None) -> Score:  # type: ignore[override]
        """A Score again, so that `return round(total, 3)` keeps what the total was made of."""
        return Score(round(float(self), digits or 0), terms=self._parts())

    def _parts(self) -> tuple[Term, ...]:
        """The terms this Score brings into a sum: its own, while it has no name of its own yet."""
        if self.terms and not self.name:
            return self.terms
        return (Term(1.0, self),) if self.name or self.reason else ()

    def _scaled(self, factor: float) -> tuple[Term, ...]:
        return tuple(Term(weight * factor, score) for weight, score in self._parts())

    def __repr__(self) -> str:
        """One line: the value, and the sum or the reason it comes from."""
        if not self.terms:
            return f"{_short(self)} ({self.reason})" if self.reason else _short(self)
        parts = [f"{_short(weight)}*{score.name or 'score'}({_short(score)})" for weight, score in self.terms]
        constant = float(self) - sum(weight * score for weight, score in self.terms)
        if abs(constant) > 1e-9:
            parts.insert(0, _short(constant))
        return f"{_short(self)} = {' + '.join(parts)}".replace("+ -", "- ")

    def __str__(self) -> str:
        """The sum, and under it the reason of every part, or the sum that it is itself."""
        lines = [
            f"{'  ' * depth}{score.name or 'score'}: {score.reason or repr(score)}"
            for depth, score in self.walk()
            if score.reason or score.terms
        ]
        return "\n".join([repr(self), *lines]) if self.terms else repr(self)

    def walk(self, depth: int = 1) -> Iterator[tuple[int, Score]]:
        """Every part below this Score with its depth, from the first term down."""
        for _, score in self.terms:
            yield depth, score
            yield from score.walk(depth + 1)


# What sets the slots of an object that lets nobody else set them.
_set_name, _set_reason, _set_terms = (vars(Score)[slot].__set__ for slot in Score.__slots__)


class Term(NamedTuple):
    """One weighted part of a Score. Weight 0 means reported and not counted."""

    weight: float
    score: Score


def _rebuild(value: float, reason: str, name: str, terms: tuple[Term, ...]) -> Score:
    return Score(value, reason, name=name, terms=terms)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _short(value: float) -> str:
    return f"{float(value):.4g}"
