"""The words of a response: required, forbidden, repeated, in capitals or not, and those that refuse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from rewardkit.errors import UsageError
from rewardkit.graders.format.counting import finder
from rewardkit.graders.format.reasons import listed, quoted
from rewardkit.graders.format.sentences import sentences_in
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 200_000  # characters in which a refusal or a repetition is looked for


@grader
def required_words(
    response: str | None, words: Sequence[str], *, whole_words: bool = True, ignore_case: bool = True
) -> Score:
    """Does the response hold all of these words or phrases?

    Args:
        response: the whole response; None scores 0.
        words: what has to occur, literally; inflected forms are other words.
        whole_words: do not find a word inside a longer one.
        ignore_case: treat upper and lower case alike.

    Returns:
        The share of them that occurs.

    Raises:
        UsageError: no words, an empty one, or one text where a list belongs.
    """
    patterns = _finders(words, whole_words, ignore_case, "required_words")
    if response is None:
        return Score(0.0, "no response")
    missing = [word for word, pattern in patterns.items() if not pattern.search(response)]
    reason = f"missing: {listed(missing)}" if missing else f"all {len(patterns)} there"
    return Score(1 - len(missing) / len(patterns), reason)


@grader
def forbidden_words(
    response: str | None, words: Sequence[str], *, whole_words: bool = True, ignore_case: bool = True
) -> Score:
    """Is the response free of these words or phrases?

    Args:
        response: the whole response; None scores 0.
        words: what must not occur, literally; inflected forms are other words.
        whole_words: do not find a word inside a longer one.
        ignore_case: treat upper and lower case alike.

    Returns:
        1 if none occurs, else 0.

    Raises:
        UsageError: no words, an empty one, or one text where a list belongs.
    """
    patterns = _finders(words, whole_words, ignore_case, "forbidden_words")
    if response is None:
        return Score(0.0, "no response")
    found = [word for word, pattern in patterns.items() if pattern.search(response)]
    return Score(float(not found), f"found: {listed(found)}" if found else f"none of {len(patterns)} found")


@grader
def letter_case(response: str | None, case: Literal["upper", "lower"]) -> Score:
    """Are all letters of the response capitals, or none of them?

    Args:
        response: the whole response; None scores 0. Scripts without case do not matter.
        case: `upper` or `lower`.

    Returns:
        1 or 0; 0 for a response without any letter that has a case.

    Raises:
        UsageError: another case.
    """
    if case not in ("upper", "lower"):
        raise UsageError(f"letter_case() got {case!r}: give 'upper' or 'lower'")
    if response is None:
        return Score(0.0, "no response")
    if response.isupper() if case == "upper" else response.islower():
        return Score(1.0, f"{case} case throughout")
    wrong = next((char for char in response if (char.islower() if case == "upper" else char.isupper())), "")
    return Score(0.0, f"{wrong!r} is not {case} case" if wrong else "no letters")


_ADVERB = r"(?:(?:really|simply|just|truly|very|so|respectfully|unfortunately)\s+)?"
_CANNOT = r"(?:can\s?not|can't|could\s?not|couldn't|will\s+not|won't)"
_NOT_ABLE = r"(?:not\s+able|unable|not\s+comfortable|not\s+allowed|not\s+permitted|not\s+going|not\s+willing)\b"
_I_DO_NOT = rf"i(?:\s+{_ADVERB}(?:{_CANNOT}|(?:must|have\s+to)\s+(?:decline|refuse)|(?:decline|refuse)\s+to)\b|"
_I_DO_NOT += rf"(?:'m|\s+am)\s+{_ADVERB}{_NOT_ABLE}|\s+(?:do\s+not|don't)\s+feel\s+comfortable)"
_REFUSALS = re.compile(
    rf"\b(?:{_I_DO_NOT}"
    rf"|(?:sorry|afraid|apologi[sz]e|apologies)[,.]?\s+(?:but\s+|that\s+)?(?:{_I_DO_NOT}|no\b"
    r"|(?:that|this|it)(?:'s|\s+is)\s+(?:not|against|outside|beyond)|i\s+(?:do\s+not|don't|am\s+not)\b)"
    r"|as\s+an?\s+(?:ai|artificial\s+intelligence|large\s+language|language)\b[^.!?\n]{0,80}?\bi\s+"
    r"(?:can\s?not|can't|am\s+(?:not|unable)|do\s+not|don't|must)"
    r"|(?:it|this|that)\s+(?:is|would\s+be)\s+(?:not\s+appropriate|inappropriate|unethical|against\s+my)"
    r"|(?:that|this)(?:'s|\s+is)\s+(?:not\s+something\s+i\s+can|something\s+i\s+(?:can't|can\s?not|won't)))",
    re.IGNORECASE,
)
"""How refusals in English begin."""

_ABILITY = re.compile(
    rf"{_CANNOT}\s+(?:wait|help\s+but|stress|emphasi[sz]e|believe|thank|say\s+enough|recommend\s+\w+\s+enough|imagine|"
    r"stop|overstate|agree\s+more|tell\s+a\s+lie|remember|complain|resist)\b",
    re.IGNORECASE,
)
"""What begins like a refusal and is none."""


@grader
def refusal(response: str | None, *, sentences: int = 2) -> Score:
    """Does the response refuse to answer?

    A heuristic for English over its opening sentences: "I can't help with that", "I'm sorry, but …", "As an AI, I
    cannot …". What a response says later, such as a caveat, is not a refusal. For a penalty use
    `1 - refusal(response)`.

    Args:
        response: the whole response; None or an empty one is no refusal and scores 0.
        sentences: how many of its first sentences are read.

    Returns:
        1 or 0.

    Raises:
        UsageError: fewer than one sentence.
    """
    if sentences < 1:
        raise UsageError(f"refusal() got sentences={sentences}: read at least 1")
    opening = " ".join(sentences_in((response or "").lstrip()[:1000])[:sentences]).replace("’", "'")
    for match in _REFUSALS.finditer(opening):
        if not _ABILITY.search(opening[match.start() : match.end() + 40]):
            return Score(1.0, f"it refuses: {quoted(opening[match.start() : match.end() + 40])}")
    return Score(0.0, "no refusal in the opening" if response else "no response")


@grader
def unrepeated(response: str | None, *, words: int = 4) -> Score:
    """Does the response say each of its sentences and lines once?

    Args:
        response: the whole response; None scores 0.
        words: sentences and lines of fewer words may recur, as headings and refrains do.

    Returns:
        The share of the sentences that are not the repetition of an earlier one, case and white space apart. Only
        the first 200,000 characters are read.

    Raises:
        UsageError: fewer than one word.
    """
    if words < 1:
        raise UsageError(f"unrepeated() got words={words}: count sentences of at least 1")
    if response is None:
        return Score(0.0, "no response")
    said = [" ".join(unit.casefold().split()) for unit in _units(response[:_LONGEST])]
    said = [unit for unit in said if unit.count(" ") >= words - 1]
    seen: set[str] = set()
    again = [unit for unit in said if unit in seen or seen.add(unit)]  # type: ignore[func-returns-value]
    if not again:
        return Score(1.0, f"{len(said)} sentences, none of them twice")
    return Score(1 - len(again) / len(said), f"{len(again)} of {len(said)} said before: {quoted(again[0])}")


def _units(text: str) -> list[str]:
    return [sentence for line in text.splitlines() for sentence in sentences_in(line)]


def _finders(words: Sequence[str], whole_words: bool, ignore_case: bool, name: str) -> dict[str, re.Pattern[str]]:
    if isinstance(words, str) or not words:
        raise UsageError(f"{name}() got {words!r:.80}: give a list of words, such as ['profit', 'loss']")
    return {word: finder(word, whole_words=whole_words, ignore_case=ignore_case) for word in words}
