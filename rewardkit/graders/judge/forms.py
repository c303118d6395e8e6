"""The forms of a verdict: a number on a scale, a label, a checklist, the better one of two."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rewardkit.errors import UsageError
from rewardkit.graders.judge.reply import Unreadable, has_keys, number, one_of, read_object, sentence, truth
from rewardkit.score import Score, Term


class Criterion(NamedTuple):
    """One thing that an answer has or has not.

    Attributes:
        text: what must be true of the answer, such as `It names the capital.`.
        weight: what it counts; a negative weight makes it a fault, which takes away.
        name: of its term; by default the text.
    """

    text: str
    weight: float = 1.0
    name: str = ""


class Verdict(NamedTuple):
    """What a judge said once: a value for each thing that it was asked, in its words, with its reason."""

    values: tuple[float, ...]
    words: tuple[str, ...]
    reasons: tuple[str, ...]


class Form(NamedTuple):
    """A form of verdict.

    Attributes:
        rubric: what the judge is told to judge by.
        task: what it is told to reply.
        read: its reply as a Verdict; raises Unreadable.
        score: what some verdicts, an odd number or those that settled it, come to.
        floor: the score where there is nothing to judge.
    """

    rubric: str
    task: str
    read: Callable[[str], Verdict]
    score: Callable[[Sequence[Verdict]], Score]
    floor: float = 0.0


_TASK = "Judge by the rubric{how}. Reply with one JSON object and nothing else: {object}"


def on_a_scale(rubric: str, scale: tuple[float, float]) -> Form:
    """A number on a scale, brought to 0 to 1."""
    low, high = _checked_scale(scale)

    def read(reply: str) -> Verdict:
        found = read_object(reply, ("reason", "score"))
        value = number(found["score"], low, high, "score")
        return Verdict((value,), (f"{value:g}",), (sentence(found["reason"], "reason"),))

    def score(verdicts: Sequence[Verdict]) -> Score:
        value, reason = _settled(verdicts, 0)
        return Score((value - low) / (high - low), f"{value:g} on {low:g} to {high:g}{reason}")

    how = f" with a number from {low:g} (the worst) to {high:g} (the best)"
    task = _TASK.format(how=how, object='{"reason": "<one sentence>", "score": <the number>}')
    return Form(rubric, task, read, score)


def by_label(rubric: str, labels: Mapping[str, float]) -> Form:
    """One of some labels, each worth a score."""
    _checked_labels(labels)

    def read(reply: str) -> Verdict:
        found = read_object(reply, ("reason", "label"))
        label = one_of(found["label"], labels, "label")
        return Verdict((float(labels[label]),), (label,), (sentence(found["reason"], "reason"),))

    def score(verdicts: Sequence[Verdict]) -> Score:
        value, reason = _settled(verdicts, 0)
        word = next(verdict.words[0] for verdict in verdicts if verdict.values[0] == value)
        return Score(value, f"{word}{reason}")

    how = " with one of these labels: " + ", ".join(f'"{label}"' for label in labels)
    task = _TASK.format(how=how, object='{"reason": "<one sentence>", "label": "<the label>"}')
    return Form(rubric, task, read, score, float(min(labels.values())))


def by_checklist(criteria: Sequence[str | Criterion] | Mapping[str, float]) -> Form:
    """Each criterion met or not, weighted; a term each."""
    items = _checked_criteria(criteria)
    total = math.fsum(item.weight for item in items if item.weight > 0)

    def read(reply: str) -> Verdict:
        found = read_object(reply, ("criteria",))["criteria"]
        rows = found if isinstance(found, list) else []
        numbers, reasons, met = [], [], []
        for row in rows:
            row = has_keys(row, ("number", "reason", "met"))
            numbers.append(number(row["number"], 1, len(items), "number"))
            reasons.append(sentence(row["reason"], "reason"))
            met.append(truth(row["met"], "met"))
        if numbers != list(range(1, len(items) + 1)):
            raise Unreadable(f"criteria must be a list of {len(items)}, numbered from 1 in their order")
        return Verdict(tuple(map(float, met)), tuple("met" if yes else "not met" for yes in met), tuple(reasons))

    def score(verdicts: Sequence[Verdict]) -> Score:
        terms = [_term(item, verdicts, place, total) for place, item in enumerate(items)]
        earned = math.fsum(weight * part for weight, part in terms)
        return Score(min(1.0, max(0.0, earned)), _tally(terms), terms=tuple(terms))

    rubric = "\n".join(f"{place}. {item.text.strip()}" for place, item in enumerate(items, start=1))
    row = '{"number": <its number>, "reason": "<one sentence>", "met": <true or false>}'
    how = f": say of each of its {len(items)} criteria, in their order, whether the answer meets it"
    return Form(rubric, _TASK.format(how=how, object=f'{{"criteria": [{row}, …]}}'), read, score)


def by_preference(rubric: str) -> Form:
    """Which of two answers is better: 1 for the first one, 0 for the second, 0.5 for neither."""
    values = {"first": 1.0, "second": 0.0, "neither": 0.5}

    def read(reply: str) -> Verdict:
        found = read_object(reply, ("reason", "better"))
        word = one_of(found["better"], values, "better")
        return Verdict((values[word],), (word,), (sentence(found["reason"], "reason"),))

    def score(verdicts: Sequence[Verdict]) -> Score:
        value, reason = _settled(verdicts, 0)
        word = next(word for word, worth in values.items() if worth == value)
        return Score(value, f"{word}{reason}")

    how = ' and say which answer is better; their order means nothing. If they are equally good, say "neither"'
    task = _TASK.format(how=how, object='{"reason": "<one sentence>", "better": "first" or "second" or "neither"}')
    return Form(rubric, task, read, score)


def _settled(verdicts: Sequence[Verdict], place: int) -> tuple[float, str]:
    """The median at one place; and the votes, where there are several, with the reason of one that said so."""
    value = sorted(verdict.values[place] for verdict in verdicts)[(len(verdicts) - 1) // 2]
    reason = next(verdict.reasons[place] for verdict in verdicts if verdict.values[place] == value)
    agreed = sum(verdict.values[place] == value for verdict in verdicts)
    words = ", ".join(verdict.words[place] for verdict in verdicts)
    votes = f" ({agreed} of {len(verdicts)} say so: {words})" if len(verdicts) > 1 else ""
    return value, f"{votes}: {reason}" if reason else votes


def _term(item: Criterion, verdicts: Sequence[Verdict], place: int, total: float) -> Term:
    value, reason = _settled(verdicts, place)
    word = "met" if value else "not met"
    return Term(item.weight / total, Score(value, f"{word}{reason}", name=item.name or _short(item.text)))


def _tally(terms: Sequence[Term]) -> str:
    wanted, faults = ([bool(part) for weight, part in terms if (weight > 0) == good] for good in (True, False))
    said = f"{sum(wanted)} of {len(wanted)} met"
    return f"{said}, {sum(faults)} of {len(faults)} faults" if faults else said


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= 60 else f"{line[:59]}…"


def _checked_scale(scale: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in scale)
        if -math.inf < low < high < math.inf:
            return low, high
    except (TypeError, ValueError):
        pass
    raise UsageError(f"judge() got scale={scale!r}: give the worst and the best number, such as scale=(1, 5)")


def _checked_labels(labels: Mapping[str, float]) -> None:
    if not isinstance(labels, Mapping):
        raise UsageError(f'judge() got labels={labels!r:.80}; write labels={{"good": 1, "bad": 0}}')
    for label, value in labels.items():
        if not isinstance(label, str) or not label.strip() or not isinstance(value, (int, float)):
            raise UsageError(f'judge() got the label {label!r}: {value!r}; write labels={{"good": 1, "bad": 0}}')
        if not math.isfinite(value):
            raise UsageError(f"judge() got the label {label!r} with {value}: its score must be a finite number")
    if len(set(labels.values())) < 2:
        raise UsageError(
            f"judge() got labels={dict(labels)!r}: two or more labels with different scores are needed"
        )


def _checked_criteria(criteria: Sequence[str | Criterion] | Mapping[str, float]) -> list[Criterion]:
    if isinstance(criteria, Mapping):
        items = [Criterion(text, weight) for text, weight in criteria.items()]
    else:
        items = [item if isinstance(item, Criterion) else Criterion(item) for item in criteria]
    for item in items:
        if not isinstance(item.text, str) or not item.text.strip():
            raise UsageError(f"judge() got the criterion {item!r}: its text must say what is true of the answer")
        if not isinstance(item.weight, (int, float)) or not math.isfinite(item.weight) or not item.weight:
            raise UsageError(f"judge() got the criterion {item!r}: its weight must be a number other than 0")
    if not any(item.weight > 0 for item in items):
        raise UsageError("judge() got no criterion with a positive weight: name at least one thing to be met")
    return items
