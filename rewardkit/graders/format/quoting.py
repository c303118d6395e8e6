"""Quotes and citations that must be real: what a response claims to take from its context has to be there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rewardkit.errors import UsageError
from rewardkit.graders.format.reasons import quoted
from rewardkit.reward import grader
from rewardkit.score import Score

_QUOTES = re.compile(r"\"([^\"\n]{1,2000})\"|“([^“”]{1,2000})”|«([^«»]{1,2000})»|„([^„“”]{1,2000})[“”]")
_LEFT_OUT = re.compile(r"\[?(?:\.{3}|…)\]?|\[[^\[\]]{0,200}\]")
_RANGE = re.compile(r"(\d{1,4})\s*[-–]\s*(\d{1,4})")
_STRAIGHT = str.maketrans("“”„«»‘’‚", '"""""\'\'\'')
_BRACKETS = str.maketrans("【】", "[]")
_MOST = 1000  # quotes and citations of a response that are looked at


@grader
def quotes(response: str | None, context: str | Sequence[str], *, at_least: int = 1, words: int = 3) -> Score:
    """Does everything that the response puts in quotation marks occur in the context?

    Args:
        response: the whole response; None scores 0.
        context: the text, or the texts, that were given. Case, white space, the kind of quotation mark and
            punctuation at the ends do not matter; at `…` and `[…]` a quote may leave words out.
        at_least: how many quotes there must be.
        words: shorter quotes are taken for titles and irony, and not looked at.

    Returns:
        The share of the quotes that occur; 0 for fewer than `at_least` quotes, 1 where none are and none need be.
        Only the first 1,000 are looked at.

    Raises:
        UsageError: a negative number.
    """
    if at_least < 0 or words < 0:
        raise UsageError(f"quotes() got at_least={at_least}, words={words}: give numbers that are not negative")
    if response is None:
        return Score(0.0, "no response")
    given = [_levelled(text) for text in ([context] if isinstance(context, str) else context)]
    said = [next(filter(None, groups)) for groups in _QUOTES.findall(response)][:_MOST]
    said = [quote for quote in said if len(quote.split()) >= words]
    made_up = [quote for quote in said if not any(_occurs(quote, text) for text in given)]
    if len(said) < at_least:
        return Score(0.0, f"{len(said)} quotes, at least {at_least} expected")
    if made_up:
        reason = f"{len(made_up)} of {len(said)} quotes not in the context: {quoted(made_up[0])}"
        return Score(1 - len(made_up) / len(said), reason)
    return Score(1.0, f"all {len(said)} quotes in the context")


@grader
def citations(
    response: str | None, sources: int | Sequence[str], *, mark: str = "[{}]", at_least: int = 1
) -> Score:
    """Does every citation, `[2]` or `[doc-2]`, point to a source that was given?

    Args:
        response: the whole response; None scores 0. `[1, 3]`, `[1-3]`, `[^1]` and `【1】` are read; links are not.
        sources: how many numbered sources there are, or their names. Brackets that hold something else than a name
            or its like with another number are not citations.
        mark: how a source is cited, with `{}` for its name: `[ref:{}]`, `(Part {})`, `<<{}>>`.
        at_least: how many different sources must be cited.

    Returns:
        The share of the citations that point to a source; 0 where fewer sources than `at_least` are cited. Only
        the first 1,000 are looked at.

    Raises:
        UsageError: a negative number, or a mark without `{}` between two other texts.
    """
    before, _, after = mark.partition("{}")
    if not before.strip() or not after.strip():
        raise UsageError(
            f"citations() got mark={mark!r:.80}: give {{}} between what opens and closes it, as in [{{}}]"
        )
    if at_least < 0 or (isinstance(sources, int) and sources < 0):
        raise UsageError(f"citations() got sources={sources!r:.80}, at_least={at_least}: neither can be negative")
    if response is None:
        return Score(0.0, "no response")
    known = {str(n) for n in range(1, sources + 1)} if isinstance(sources, int) else set(sources)
    shapes = {_shape(name) for name in known} or {"#"}
    cited = [name for name in _marks(response, before, after) if name in known or _shape(name) in shapes]
    unknown = [name for name in cited if name not in known]
    right = len(set(cited) & known)
    if right < at_least:
        return Score(0.0, f"{right} of the {len(known)} sources cited, at least {at_least} expected")
    if unknown:
        return Score(1 - len(unknown) / len(cited), f"no source {quoted(unknown[0])}; there are {len(known)}")
    return Score(1.0, f"{len(cited)} citations of {right} sources")


def _occurs(quote: str, text: str) -> bool:
    """Whether the pieces of a quote occur in their order."""
    place = 0
    for piece in _LEFT_OUT.split(quote):
        piece = _levelled(piece).strip(" .,;:!?'\"")
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True


def _levelled(text: str) -> str:
    return " ".join(text.translate(_STRAIGHT).casefold().split())


def _marks(text: str, before: str, after: str) -> list[str]:
    """What stands between two texts, apart at commas and semicolons."""
    name = rf"\^?([^\n{re.escape(before[-1] + after[0])}]{{1,100}})"
    no_link = r"(?!\()" if after == "]" else ""
    marks = re.compile(rf"{re.escape(before)}{name}{re.escape(after)}{no_link}")
    found: list[str] = []
    for inner in marks.findall(text.translate(_BRACKETS))[:_MOST]:
        for part in re.split(r"[,;]\s*", inner.strip()):
            span = _RANGE.fullmatch(part)
            first, last = (int(span[1]), int(span[2])) if span else (0, 0)
            if span and first <= last <= first + 100:
                found.extend(str(n) for n in range(first, last + 1))
            else:
                found.append(part.removeprefix("^"))
    return found


def _shape(name: str) -> str:
    return re.sub(r"\d+", "#", name)
