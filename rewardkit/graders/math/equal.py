"""`math_equal`: the road of one pair, from two texts to a Score."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.math import options, text
from rewardkit.graders.math.amounts import scalar
from rewardkit.graders.math.compare import Comparison
from rewardkit.graders.math.cursor import Habits
from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.names import arbitrary, primed, renamed
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.parse import parse
from rewardkit.graders.math.powers import Field
from rewardkit.graders.math.rough import is_open
from rewardkit.graders.math.span import alike, without_lead, without_words
from rewardkit.graders.math.tokens import LONGEST, Unreadable
from rewardkit.reward import grader
from rewardkit.score import Score

_SPACE = re.compile(r"(?<!\d)\s+|\s+(?!\d)|\\[,;:! ]|\\(?:left|right|displaystyle)(?![A-Za-z])|(?<!\\)\$")
_COMMA = r"[^\d,(]*(?:0,\d+|\d+,\d\d|\d+,\d{4,}|\d+,\d(?=[\s~]*(?:\\?[%€£]|\\text|\\math|[A-Za-z]{2})))[^\d,]*"
_MARKUP = r"<\|[a-z_]{1,30}\|>"
_SET = r"[,;|]|\\(?:mid|choose|over)(?![A-Za-z])|[A-Za-z]\s*:"  # what makes braces more than dress
_LOGIC = r"\\(?:forall|exists|nexists|lnot|neg|vdash|models)(?![A-Za-z])"  # which is compared as it is written
_CAPITAL = re.compile(r"[A-Z]")
_COMPLEX = r"\d\s*[-+]\s*(?:[\d.]*\s*j|\\sqrt\s*\{?\d+\}?\s*j)(?![\w^_])"  # `3 + 4j`
_OTHER_I = r"(?<![A-Za-z\\])i(?![A-Za-z])|(?<![A-Za-z\\])k(?![A-Za-z])|\\(?:hat|vec|mathbf|boldsymbol)|\bi\b"
_LEIBNIZ = r"(?<![A-Za-z])d(?:\s*\^\s*\{?\d\}?)?\s*[A-Za-z]\s*(?:/|\}\s*\{)\s*\(?d"
_LONGEST = 200_000  # characters of an answer that is looked at
_WHOLE = re.compile(r"-?[0-9]{1,18}")


@grader
def math_equal(
    answer: str | int | float | None,
    reference: str | int | float,
    *,
    tolerance: float | None = None,
    units: bool = False,
    choices: Sequence[str] = (),
) -> Score:
    """Is the answer the mathematical object of the reference?

    Args:
        answer: an answer span, such as `final_answer` returns, or a number; None scores 0.
        reference: the expected answer: LaTeX, plain text or a number.
        tolerance: the largest absolute difference of numbers that still counts as equal. None goes by what is
            written: an integer or expression is exact, a decimal is as precise as its digits.
        units: whether an answer must name the unit that the reference has; a wrong unit is always wrong.
        choices: the texts of the options A, B, C, … where the question has some. Then both sides may give the
            letter or the text.

    Returns:
        1 or 0. The reason says what was read from both sides and which rule decided.

    Raises:
        GradingError: the reference cannot be read, or is none of the choices.
        UsageError: the tolerance is negative or not finite.
    """
    if tolerance is not None and not (math.isfinite(tolerance) and tolerance >= 0):
        raise UsageError(f"tolerance is {tolerance}: give a difference from 0 up, such as tolerance=0.01")
    expected = _written(reference)
    if answer is None:
        return Score(0.0, f"no final answer found in the response, expected {_clip(expected)}")
    answer = str(answer)
    if choices:
        verdict = _chosen(answer, expected, choices, tolerance)
    else:
        verdict = decide(answer, expected, tolerance, units)
    if verdict.rule:
        return Score(1.0, f"{_clip(answer)} = {_clip(expected)} ({verdict.rule})")
    return Score(0.0, f"read {_clip(answer)}{verdict.read}, expected {_clip(expected)}{verdict.expected}")


class Verdict(NamedTuple):
    """What came of a pair.

    Attributes:
        rule: the rule by which they are equal, or an empty text.
        read: what the answer was read as, or what is wrong with it, to go behind it in a sentence.
        expected: what the reference was read as.
    """

    rule: str = ""
    read: str = ""
    expected: str = ""


def _chosen(answer: str, reference: str, choices: Sequence[str], tolerance: float | None) -> Verdict:
    """The rule where both sides choose among options."""
    expected = _choice(reference, choices, tolerance)
    if expected is None:
        raise GradingError(
            f"the reference {_clip(reference)} is none of the {len(choices)} choices: give one of them"
        )
    chosen = _choice(answer, choices, tolerance)
    if chosen == expected:
        return Verdict("the same option")
    return Verdict("", ", none of the choices" if chosen is None else f", option {chr(ord('A') + chosen)}")


def _choice(said: str, choices: Sequence[str], tolerance: float | None) -> int | None:
    """Which of the options a text chooses, by its letter or its content."""
    if (letter := options.option(said)) and ord(letter) - ord("A") < len(choices):
        return ord(letter) - ord("A")
    found = [at for at, choice in enumerate(choices) if decide(said, choice, tolerance).rule]
    return found[0] if len(found) == 1 else None


def decide(answer: str, reference: str, tolerance: float | None, units: bool = False) -> Verdict:
    """The road of a pair from its two texts."""
    if _WHOLE.fullmatch(answer) and _WHOLE.fullmatch(reference) and tolerance is None:
        return Verdict("same number" if int(answer) == int(reference) else "")
    if len(answer) > _LONGEST:
        return Verdict("", f", {len(answer)} characters long")
    if "<|" in answer:
        answer = re.sub(_MARKUP, "", answer)
    answer, reference = _unboxed(answer), _unboxed(reference)
    capital = _CAPITAL.search(reference + answer) is not None
    if (answer == reference or _key(answer) == _key(reference)) and not (capital and options.is_option(reference)):
        return Verdict("the same text")
    if len(reference) > LONGEST or len(answer) > LONGEST:
        return Verdict("", ", too long to be read as mathematics")
    if capital or "(" in reference or not reference.isascii():
        if listed := options.listed_option(reference):
            return Verdict(_as_option(answer, *listed))
        letters = options.option(answer), options.option(reference)
        if all(letters) and (options.is_option(reference) or options.is_option(answer)):
            same = letters[0] == letters[1]
            return Verdict("the same option") if same else Verdict("", f", option {letters[0]}")
        if (alike_options := options.same_options(answer, reference)) is not None:
            return Verdict("the same options") if alike_options else Verdict("", ", other options")
    if ":" in reference or "m" in reference.lower():
        times = text.clock(answer), text.clock(reference)
        if times[0] and times[1] and (times[0][1] or times[1][1] or times[0] == times[1]):
            same = text.same_time(times[0], times[1])
            return Verdict("the same time") if same else Verdict("", ", another time")
    if (text.is_wordy(reference) or text.is_wordy(answer)) and (rule := _as_text(answer, reference)):
        return Verdict(rule)
    if text.is_sentence(reference) and not text.number_set(reference):
        return Verdict("", ", other words")
    answer, reference = alike(answer, reference)
    return _as_mathematics(without_words(answer), without_words(reference), tolerance, units)


def _unboxed(span: str) -> str:
    r"""A span without a box, or braces that make no set, around all of it."""
    if span[-1:] != "}" or not (span[0] == "{" or span.startswith(("\\boxed{", "\\fbox{"))):
        return span
    opening, inner = span.split("{", 1)
    inner, depth = inner[:-1], 0
    for mark in re.findall(r"\\.|[{}]", inner):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if depth < 0:
            return span
    return inner if depth == 0 and (opening or not re.search(_SET, inner)) else span


def _as_option(answer: str, letter: str, said: str) -> str:
    """Against a reference that is an option with its text: either of them will do."""
    if options.option(answer) == letter:
        return "the same option"
    return _as_text(answer, said) or _as_mathematics(without_words(answer), without_words(said), None, False).rule


def _as_text(answer: str, reference: str) -> str:
    if text.same_text(answer, reference) or (
        text.is_wordy(reference) and text.same_text(without_lead(answer), without_lead(reference))
    ):
        return "the same words"
    verdict = text.yes_or_no(reference)
    if verdict and verdict == text.yes_or_no(answer) and _brief(answer, reference):
        return "the same verdict"
    for roman, other in ((answer, reference), (reference, answer)):
        if (number := text.roman(roman.strip())) is not None and other.strip("$ ") == str(number):
            return "a Roman numeral"
    if text.is_wordy(reference) and len(reference.split()) > 6 and text.same_sentence(answer, reference):
        return "the same numbers in their order"
    return ""


def _brief(answer: str, reference: str) -> bool:
    """Whether one of the sides is the verdict alone."""
    return any(len(text.plain_text(side)) <= 3 for side in (answer, reference))


def _as_mathematics(answer: str, reference: str, tolerance: float | None, units: bool) -> Verdict:
    """The verdict on two spans, one reading after the other."""
    verdict: Verdict | None = None
    for reading in _readings(answer, reference):
        try:
            expected = parse(reference, reading.reference)
        except Unreadable as error:
            if verdict:  # it has another reading
                continue
            formal = re.search(_LOGIC, reference) and _key(answer) == _key(reference)
            same = formal or (
                not text.is_wordy(reference) and text.same_text(answer, reference)
            )  # words were before
            return Verdict("the same words") if same else Verdict("", f", {_unread(reference, error)}")
        try:
            read = parse(answer, reading.answer)
            if reading.primes:
                read, expected = primed(read), primed(expected)
            if reading.engineers:
                read, expected = renamed(read, "j", "i"), renamed(expected, "j", "i")
            if reading.letters:
                read, expected = (renamed(renamed(side, "I", "i"), "E", "e") for side in (read, expected))
            if rule := _compared(read, expected, reading.log, tolerance):
                bare = units and scalar(expected).unit and not scalar(read).unit
                return Verdict("", " without a unit") if bare else Verdict(rule)
            verdict = verdict or _no(read, expected)
        except Unreadable as error:
            verdict = verdict or Verdict("", f", {error}")
        except (ArithmeticError, LookupError, ValueError, RecursionError) as error:
            verdict = verdict or Verdict("", f", no value ({error})")
    return verdict or Verdict()


def _no(read: Node, expected: Node) -> Verdict:
    """What both sides were read as."""
    from rewardkit.graders.math.reasons import read_as

    ours, theirs = read_as(read), read_as(expected)
    return Verdict("", f" as {ours}", f", {theirs.replace(' and as ', ' or ')}" if theirs != ours else "")


def _unread(reference: str, error: Unreadable) -> str:
    """Why a reference that is words says no to an answer that is not these words."""
    if (
        reference.isascii()
        and not text.is_wordy(reference)
        and not re.search(r"\d\D*[apAP]\.?\s?[mM]\b", reference)
        and not re.search(_LOGIC, reference)
    ):
        raise GradingError(
            f"the reference {_clip(reference)} cannot be read as mathematics ({error}): mend it, or grade this "
            f"rollout with `exact`"
        )
    return "which are not the words"


def _compared(read: Node, expected: Node, log: str, tolerance: float | None) -> str:
    heard = is_open(expected)
    if rule := Comparison(Meaning(Field(), log, heard), tolerance).same(read, expected):
        return rule
    other = arbitrary(read, expected)
    if other is None:
        return ""
    return (
        Comparison(Meaning(Field(), log, heard), tolerance).same(other, expected)
        and "up to the name of a constant"
    )


class Reading(NamedTuple):
    """One way to read both sides.

    Attributes:
        answer: the habits for the answer.
        reference: those for the reference.
        log: the base of `\\log` without one.
        letters: whether I is i and E is e, as programs write them.
        engineers: whether j is i.
        primes: whether `dy/dx` is `y'`.
    """

    answer: Habits = Habits()
    reference: Habits = Habits()
    log: str = "e"
    letters: bool = False
    engineers: bool = False
    primes: bool = False


def _readings(answer: str, reference: str) -> list[Reading]:
    """How to read both sides: as people write, and then otherwise where a text can be read in two ways."""
    usual = Habits()
    found = [Reading()]
    both = f"{reference} {answer}"
    commas = "," in both
    if commas and re.search(r"\d\s*,\s*\d{3}(?!\d)", both):
        split = Habits(grouped=False)
        found += [Reading(usual, split), Reading(split, usual), Reading(split, split)]
    comma = [commas and bool(re.fullmatch(_COMMA, side)) for side in (answer, reference)]
    if any(comma):
        ours, theirs = (Habits(grouped=False, comma=True) if one else usual for one in comma)
        found.append(Reading(ours, theirs))
    if "frac" in answer and re.search(r"\d\s+\\[dtc]?frac", answer):
        found.append(Reading(Habits(mixed=False)))
    if "log" in both and re.search(r"log(?!\s*_)", both):
        found.append(Reading(log="10"))
    if ("I" in both or "E" in both) and re.search(r"(?<![A-Za-z\\])[IE](?![A-Za-z])", both):
        found.append(Reading(letters=True))
    if "j" in both and any(
        re.search(_COMPLEX, side) and not re.search(_OTHER_I, side) for side in (answer, reference)
    ):
        found.append(Reading(engineers=True))
    if "'" in both and re.search(_LEIBNIZ, both):
        found.append(Reading(primes=True))
    return found


def _is_engineers(span: str) -> bool:
    """Whether a span is a complex number with j for i, and no vector."""
    return bool(re.search(_COMPLEX, span)) and not re.search(_OTHER_I, span)


def _key(span: str) -> str:
    if len(span) >= 20_000:
        return span
    span = _SPACE.sub("", span)
    return span if span.endswith("..") else span.removesuffix(".")


def _written(reference: str | int | float) -> str:
    advice = "give text or a number as the reference"
    if isinstance(reference, bool) or not isinstance(reference, (str, int, float)):
        raise GradingError(f"the reference is {_clip(str(reference))} ({type(reference).__name__}): {advice}")
    try:
        written = reference if isinstance(reference, str) else repr(reference)
    except ValueError as error:
        raise GradingError(f"the reference is a number too long to print: {advice}") from error
    if not written.strip():
        raise GradingError(f"the reference is empty: {advice}")
    return written


def _clip(span: str) -> str:
    return repr(span if len(span) <= 100 else f"{span[:60]}…{span[-30:]}")


__all__ = ["Node", "decide", "math_equal"]
