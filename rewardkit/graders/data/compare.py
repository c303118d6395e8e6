"""How a value is compared with the value that is expected: field by field, item by item.

    object    its fields, each by itself, however deep; a field that is missing is wrong
    list      position by position, or each item with its best partner; the sum over the longer list's length
    number    within the tolerances; 1 is 1.0, and true is not 1
    text      without regard to case, white space and Unicode's forms, or exactly
    null      null

A field's path is `customer.name`; within lists it is `items[].price` for every item. A comparison given for a path
takes the place of these rules there.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data.matching import best_pairs
from rewardkit.graders.data.reading import DEEPEST
from rewardkit.score import Score, Term

Compare: TypeAlias = Callable[[Any, Any], float]

_COMPARISONS = 50_000  # of items with possible partners; past it only equal items count
_SHOWN = 60  # characters of a value in a reason


@dataclass(slots=True)
class Rules:
    """How to compare; see `json_fields`, whose options these are."""

    compare: Mapping[str, Compare] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    unordered: bool | Collection[str] = False
    abs_tol: float = 0.0
    rel_tol: float = 1e-9
    text: Literal["normalised", "exact"] | Compare = "normalised"
    number: Compare | None = None
    extra: Literal["wrong", "ignore"] = "wrong"
    missing_is_null: bool = False
    coerce: bool = False
    budget: int = _COMPARISONS

    def __post_init__(self) -> None:
        if isinstance(self.unordered, str):
            self.unordered = [self.unordered]
        for name in ("abs_tol", "rel_tol"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UsageError(f"{name} is {getattr(self, name)}: give a number from 0 up, such as 0.01")
        for name, choices in (("text", ("normalised", "exact")), ("extra", ("wrong", "ignore"))):
            if getattr(self, name) not in choices and not (name == "text" and callable(self.text)):
                raise UsageError(
                    f"{name} is {getattr(self, name)!r}: choose one of {', '.join(map(repr, choices))}"
                )
        for path, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise UsageError(f"the weight of {path!r} is {weight}: give a number from 0 up")
        for path, compare in self.compare.items():
            if not callable(compare):
                raise UsageError(
                    f"compare[{path!r}] is {compare!r:.60}: give a grader or a function of two values"
                )


class Field(NamedTuple):
    """One field of the reference, or the keys that it does not have."""

    path: str
    weight: float
    score: Score


class _Missing:
    """What stands for a field that the answer does not have."""


MISSING = _Missing()


def fields(answer: object, reference: object, rules: Rules, path: str = "") -> Iterator[Field]:
    """Every field of the reference with its score, and the keys of the answer that it does not have.

    Args:
        answer: the value that was read, or MISSING.
        reference: the value expected.
        rules: how to compare.
        path: where both stand.

    Raises:
        UsageError: a comparison returns no number from 0 to 1.
    """
    if not isinstance(reference, Mapping) or not reference or path in rules.compare:
        yield Field(path or "value", rules.weights.get(path, 1.0), _judged(answer, reference, rules, path))
        return
    present = answer if isinstance(answer, Mapping) else {}
    absent = None if rules.missing_is_null and (answer is None or isinstance(answer, Mapping)) else MISSING
    inside = f"{path}." if path else ""
    for key, wanted in reference.items():
        yield from fields(present.get(key, absent), wanted, rules, f"{inside}{key}")
    extra = [key for key, value in present.items() if key not in reference and value is not absent]
    if extra and rules.extra == "wrong":
        weight = sum(rules.weights.get(f"{inside}{key}", 1.0) for key in extra)
        names = ", ".join(shown(key) for key in extra[:5]) + (", …" if len(extra) > 5 else "")
        yield Field(f"{inside}(extra)", weight, Score(0.0, f"not expected: {names}"))


def graded(found: list[Field], note: str = "") -> Score:
    """The weighted mean of some fields, with a term for each.

    Raises:
        UsageError: all weights are 0.
    """
    total = math.fsum(weight for _, weight, _ in found)
    if not total:
        raise UsageError("every field has the weight 0: give at least one a weight above 0")
    terms = tuple(
        Term(weight / total, Score(score, score.reason, name=path, terms=score.terms))
        for path, weight, score in found
    )
    wrong = [(path, score) for path, weight, score in found if weight and score < 1]
    says = f"{len(found) - len(wrong)} of {len(found)} fields right"
    if wrong:
        says += f"; {wrong[0][0]}: {wrong[0][1].reason}"
    # Divided once, so that all fields right are 1 and not a hair less.
    value = min(1.0, math.fsum(weight * score for _, weight, score in found) / total)
    return Score(value, f"{says}{note}", terms=terms)


def check_depth(value: object) -> None:
    """Refuse what is nested so deep that comparing it could exhaust the stack.

    Raises:
        ValueError: it is; the message says how deep is allowed.
    """
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        inner: list[object] = []
        for each in level:
            if isinstance(each, Mapping):
                inner.extend(each.values())
            elif isinstance(each, (list, tuple)):
                inner.extend(each)
        if not inner:
            return
        level = inner
    raise ValueError(f"nested more than {DEEPEST} deep")


def shown(value: object) -> str:
    """A value on one line, as JSON, its middle left out where it is long."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, str):
        value = value if len(value) <= _SHOWN else f"{value[: _SHOWN // 2]}…{value[-_SHOWN // 3 :]}"
        return repr(value)
    if isinstance(value, Mapping):
        return f"an object with {', '.join(shown(str(key)) for key in list(value)[:5])}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else repr(value)[:_SHOWN]


def kind(value: object) -> str:
    """The JSON kind of a value."""
    if isinstance(value, bool) or value is None:
        return "boolean" if isinstance(value, bool) else "null"
    kinds = ((str, "text"), ((int, float), "number"), (Mapping, "object"), ((list, tuple), "list"))
    return next((name for of, name in kinds if isinstance(value, of)), type(value).__name__)


def _judged(answer: object, reference: object, rules: Rules, path: str) -> Score:
    """One field as a whole."""
    if answer is MISSING:
        return Score(0.0, f"missing, expected {shown(reference)}")
    if rules.coerce:
        answer = _coerced(answer, reference)
    if kind(answer) != kind(reference):
        return Score(0.0, f"read {shown(answer)}, expected {shown(reference)}")
    if compare := rules.compare.get(path) or _of_kind(reference, rules):
        return _compared(compare, answer, reference, path)
    if isinstance(reference, (list, tuple)):
        return _listed(answer, reference, rules, path)  # type: ignore[arg-type]
    if _same(answer, reference, rules):
        return Score(1.0, f"{shown(answer)} as expected")
    return Score(0.0, f"read {shown(answer)}, expected {shown(reference)}")


def _of_kind(reference: object, rules: Rules) -> Compare | None:
    """The comparison that the author gave for all texts, or all numbers."""
    if isinstance(reference, str):
        return rules.text if callable(rules.text) else None
    return rules.number if kind(reference) == "number" else None


def _compared(compare: Compare, answer: object, reference: object, path: str) -> Score:
    score = compare(answer, reference)
    if not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise UsageError(
            f"the comparison for {path!r} returned {score!r:.60}: return a Score or a number from 0 to 1"
        )
    if isinstance(score, Score):
        return score
    return Score(score, f"read {shown(answer)}, expected {shown(reference)}")


def _coerced(answer: object, reference: object) -> object:
    """A number or a boolean that was written as text, or text written as a number, as what is expected."""
    if isinstance(reference, str) and isinstance(answer, (bool, int, float)):
        return json.dumps(answer)
    if isinstance(answer, str) and isinstance(reference, (bool, int, float)):
        words: dict[str, object] = {"true": True, "false": False}
        try:
            return words.get(answer.strip().lower(), float(answer) if len(answer) <= 100 else answer)
        except ValueError:
            return words.get(answer.strip().lower(), answer)
    return answer


def _same(answer: object, reference: object, rules: Rules) -> bool:
    if isinstance(reference, bool) or reference is None:
        return answer is reference
    if isinstance(reference, (int, float)):
        return close(answer, reference, rules.abs_tol, rules.rel_tol)  # type: ignore[arg-type]
    if isinstance(reference, str) and isinstance(answer, str):
        return same_text(answer, reference) if rules.text == "normalised" else answer == reference
    if isinstance(reference, Mapping) and isinstance(answer, Mapping):  # an empty one: all keys are extra
        return rules.extra == "ignore" or all(rules.missing_is_null and each is None for each in answer.values())
    return answer == reference


def close(answer: float, reference: float, abs_tol: float, rel_tol: float) -> bool:
    """Whether two numbers differ by no more than a tolerance, or a share of the reference; exactly computed."""
    if answer == reference:
        return True
    if not (_is_finite(answer) and _is_finite(reference)):
        return False
    allowed = max(Fraction(abs_tol), Fraction(rel_tol) * abs(Fraction(reference)))
    return abs(Fraction(answer) - Fraction(reference)) <= allowed


def _is_finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)


def same_text(answer: str, reference: str) -> bool:
    """Whether two texts are the same but for case, white space and Unicode's ways to write a character."""
    answer, reference = " ".join(answer.split()), " ".join(reference.split())
    # Normalising long runs of combining marks takes quadratic time, and what is so much longer is not the same.
    if len(answer) > 20 * len(reference) + 100:
        return False
    return _normal(answer) == _normal(reference)


def _normal(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _listed(answer: list[Any], reference: list[Any], rules: Rules, path: str) -> Score:
    longer = max(len(answer), len(reference))
    if not longer:
        return Score(1.0, "an empty list, as expected")
    free = rules.unordered if isinstance(rules.unordered, bool) else path in rules.unordered
    if free:
        total = _paired(list(answer), list(reference), rules, path)
    else:
        total = sum(_item(one, other, rules, path) for one, other in zip(answer, reference, strict=False))
    many = f"{total:.4g} of {longer} items right"
    if len(answer) != len(reference):
        many += f", read {len(answer)}, expected {len(reference)}"
    return Score(min(1.0, total / longer), many)


def _item(answer: object, reference: object, rules: Rules, path: str) -> float:
    inside = list(fields(answer, reference, rules, f"{path}[]"))
    total = math.fsum(weight for _, weight, _ in inside)
    return math.fsum(weight * score for _, weight, score in inside) / total if total else 1.0


def _paired(answer: list[Any], reference: list[Any], rules: Rules, path: str) -> float:
    """The most that the items of both lists come to, each with at most one partner: the same ones first."""
    ours, theirs = (Counter(_key(item) for item in items) for items in (answer, reference))
    equal = ours & theirs
    answer, reference = _without(answer, equal), _without(reference, equal)
    rules.budget -= len(answer) * len(reference)
    if rules.budget < 0 or not answer or not reference:
        return float(equal.total())
    table = [[_item(one, other, rules, path) for one in answer] for other in reference]
    return equal.total() + math.fsum(table[row][column] for row, column in best_pairs(table))


def _without(items: list[Any], taken: Counter[str]) -> list[Any]:
    left, rest = Counter(taken), []
    for item in items:
        key = _key(item)
        if left[key]:
            left[key] -= 1
        else:
            rest.append(item)
    return rest


def _key(item: object) -> str:
    return json.dumps(item, sort_keys=True, default=repr)


def checked_reference(reference: object) -> object:
    """The reference, if it is a value to compare with.

    Raises:
        GradingError: it is nested too deep.
    """
    try:
        check_depth(reference)
    except ValueError as error:
        raise GradingError(f"the reference is {error}: grade a part of it") from None
    return reference
