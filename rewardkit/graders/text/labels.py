"""Classification: one label of several, and sets of labels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.text.references import Reference, quoted, several
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 20_000  # characters of an answer that are read
_MOST = 1_000  # labels of an answer that are read
_SEPARATOR = re.compile(r"[,;\n|]")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")


@grader
def label(answer: str | None, reference: Reference, *, labels: Sequence[str] = ()) -> Score:
    """Does the answer give the right label?

    Args:
        answer: what the response says; None scores 0. Case, white space and punctuation around it do not matter.
        reference: the label, or several that are right alike.
        labels: all labels that there are. With them a label is found in a longer answer too, if it is the only one
            that occurs: an answer that lists several gives none.

    Returns:
        1 or 0.

    Raises:
        UsageError: the labels are one text, or two of them are the same.
        GradingError: the reference is not text, or not among the labels.
    """
    known = [_level(name) for name in labels]
    if isinstance(labels, str) or len(set(known)) < len(known):
        raise UsageError(f"label() got labels={labels!r:.100}: give a list of different texts")
    expected = [_level(text) for text in several(reference)]
    if not all(expected) or (known and not set(expected) <= set(known)):
        raise GradingError(f"the reference {reference!r:.100} is not among the labels {list(labels)!r:.200}")
    if answer is None:
        return Score(0.0, f"no answer found in the response, expected {quoted(expected[0])}")
    said = _level(answer[:_READ])
    given = [said] if said in known or not known else _occurring(said, known)
    if len(given) != 1:
        seen = f"{len(given)} labels ({', '.join(given[:5])})" if given else "no label"
        return Score(0.0, f"{seen} in {quoted(answer)}, expected {quoted(expected[0])}")
    return Score(given[0] in expected, f"read {quoted(given[0])}, expected {quoted(expected[0])}")


@grader
def label_set(
    answer: str | Iterable[str] | None,
    reference: str | Iterable[str],
    *,
    beta: float = 1.0,
    measure: Literal["f", "precision", "recall", "jaccard", "exact"] = "f",
) -> Score:
    """How well does a set of labels fit the reference set (F-beta)?

    The figure of one response. Its mean over responses is what scikit-learn calls the `samples` average; the micro
    and macro averages pool counts over responses, which a reward for one response cannot do.

    Args:
        answer: the labels: a list, or a text with commas, semicolons, lines, bullets, or a JSON list; None scores
            0. Case and white space do not matter, and a label given twice counts once.
        reference: the right labels in any of those forms; none at all is a set too.
        beta: how many times recall counts as much as precision: 2 where a missed label is worse, 0.5 where a wrong
            one is.
        measure: `f`, or one of its parts; `recall` alone is paid in full for naming every label there is.

    Returns:
        0 to 1; 1 where both sets are empty.

    Raises:
        UsageError: beta is not above 0, or another measure.
        GradingError: the reference is not labels.
    """
    if not beta > 0 or measure not in ("f", "precision", "recall", "jaccard", "exact"):
        raise UsageError(
            f"label_set() got beta={beta}, measure={measure!r}: give a beta above 0, and f, precision, recall, "
            f"jaccard or exact"
        )
    expected = _labels(reference)
    if expected is None:
        raise GradingError(f"the reference must be labels, and is {reference!r:.100}")
    given = _labels(answer) if answer is not None else None
    if given is None:
        return Score(0.0, f"no labels in the answer, expected {_listed(expected)}")
    value = _measured(len(given & expected), len(given), len(expected), beta, measure)
    return Score(value, f"read {_listed(given)}, expected {_listed(expected)}")


def _measured(right: int, given: int, expected: int, beta: float, measure: str) -> float:
    if not given and not expected:
        return 1.0
    if measure == "exact":
        return float(right == given == expected)
    if measure == "jaccard":
        return right / (given + expected - right)
    precision, recall = right / max(given, 1), right / max(expected, 1)
    if measure != "f":
        return precision if measure == "precision" else recall
    weight = beta * beta
    return (1 + weight) * right / (given + weight * expected)


def _labels(given: object) -> frozenset[str] | None:
    """The labels in any form, or None for what holds none by its type."""
    if isinstance(given, str):
        given = _listed_in(given[:_READ])
    if not isinstance(given, Iterable):
        return None
    names = list(given)[:_MOST]
    if not all(isinstance(name, (str, int)) for name in names):
        return None
    return frozenset(name for name in (_level(str(name)) for name in names) if name)


def _listed_in(text: str) -> list[object]:
    if text.strip().startswith("["):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list) and all(isinstance(name, (str, int)) for name in parsed):
            return parsed
    return [_BULLET.sub("", part) for part in _SEPARATOR.split(text.strip().strip("[]{}"))]


def _occurring(said: str, known: list[str]) -> list[str]:
    """The labels that occur as words, those left out that are only part of a longer one that occurs."""
    found = re.findall(
        "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(known, key=len, reverse=True) if name), said
    )
    return sorted(set(found))


def _level(text: str) -> str:
    return " ".join(str(text).casefold().split()).strip(" .,;:!?\"'`*_()[]")


def _listed(names: Iterable[str]) -> str:
    names = sorted(names)
    shown = ", ".join(f"{name!r:.40}" for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown or "none"
