r"""Multiple choice: which option an answer names, by its letter or by its text."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.text.references import quoted
from rewardkit.reward import grader
from rewardkit.score import Score

_READ = 4_000  # characters of a response that are looked at, the last ones
_COMMAND = re.compile(
    r"\\(?:text\w*|mathrm|mathbf|mathit|bf|rm|boxed|fbox|left|right|quad)(?![A-Za-z])|\\[,;:! ()\[\]]"
)
_MARKUP = re.compile(r"[${}*_`\"]|</?[A-Za-z]{1,12}>")
_OPTION = re.compile(
    r"(?:(?:option|choice|answer)\s*:?\s*)?"
    r"(?:\(\s*(?P<bracketed>[A-Za-z])\s*\)|\[\s*(?P<squared>[A-Za-z])\s*\]|(?P<marked>[A-Za-z])\s?[).:](?!\d|\w)|"
    r"(?P<bare>[A-Za-z]))(?P<rest>(?:\W.*)?)",
    re.IGNORECASE | re.DOTALL,
)
_STATED = re.compile(
    r"(?i:\b(?:answer|option|choice)\s*(?:is|are|would\s+be|must\s+be|should\s+be|:|=|-)\s*:?\s*"
    r"(?:the\s+)?(?:option|choice|letter)?\s*:?\s*)(?:[(\[]\s*([A-Za-z])\s*[)\]]|([A-Z])(?![\w'’]|\.\w))"
)
_OTHER = re.compile(r"[(\[]\s*([A-Za-z])\s*[)\]]|\b(?:or|and|not)\s+[(\[]?([A-Z])\b|[,/&]\s*([A-Z])\s*$")


@grader
def choice(answer: str | None, reference: str, *, options: Sequence[str] = ()) -> Score:
    r"""Is the answer the right option, named by its letter or by its text?

    Read are `B`, `(b)`, `B.`, `B: Paris`, `\textbf{(B)}`, `Option B`, "The answer is B" and, with `options`, the
    option's text. An answer that names several options names none; of several statements "the answer is …" the
    last counts.

    Args:
        answer: what the response says, or the whole response; None scores 0. Of a long one the end is read.
        reference: the letter, in any of those forms, or with `options` the text of the right option.
        options: the texts of the options in the order of their letters, without the letters.

    Returns:
        1 or 0.

    Raises:
        UsageError: more than 26 options, or two with the same text.
        GradingError: the reference is no option.
    """
    texts = [_level(text) for text in options]
    if len(texts) > 26 or len(set(texts)) < len(texts):
        raise UsageError(
            f"choice() got options {list(options)!r:.200}: give at most 26, each with a text of its own"
        )
    expected = _chosen(reference, texts) if isinstance(reference, str) else ""
    if not expected or (texts and expected > string.ascii_uppercase[len(texts) - 1]):
        raise GradingError(f"the reference must be an option's letter or text, and is {reference!r:.100}")
    if answer is None:
        return Score(0.0, f"no answer found in the response, expected ({expected})")
    chosen = _chosen(answer[-_READ:], texts)
    read = f"read ({chosen})" if chosen else f"no option in {quoted(answer)}"
    return Score(chosen == expected, f"{read}, expected ({expected})")


def _chosen(answer: str, texts: list[str]) -> str:
    """The letter of the option that an answer names, or an empty text."""
    plain = " ".join(_MARKUP.sub(" ", _COMMAND.sub(" ", answer)).split()).strip(" .,;:")
    if texts and _level(plain) in texts:
        return string.ascii_uppercase[texts.index(_level(plain))]
    if (named := _named(plain, texts)) is not None:
        return named
    if stated := _STATED.findall(plain):
        first, second = stated[-1]
        after = plain[plain.rindex(first or second) + 1 :][:40] if len(stated) == 1 else ""
        return "" if re.match(r"\W*(?:or|and)\W+[(\[]?[A-Z]\b", after) else (first or second).upper()
    told = [
        n for n, text in enumerate(texts) if text and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", _level(plain))
    ]
    return string.ascii_uppercase[told[0]] if len(told) == 1 and len(plain) < 300 else ""


def _named(plain: str, texts: list[str]) -> str | None:
    """The letter that an answer begins with as the name of an option; empty where its text is another option's."""
    match = _OPTION.fullmatch(plain)
    if not match:
        return None
    letter = (match["bracketed"] or match["squared"] or match["marked"] or match["bare"]).upper()
    rest = match["rest"].strip(" ).:]-–")
    if not rest:
        return letter
    if match["bare"] or _OTHER.search(match["rest"]) or _STATED.search(match["rest"]):
        # "A dog" is a dog, "A or B" is two options, and a later statement is looked at as one.
        return None
    if texts and _level(rest) in texts and string.ascii_uppercase[texts.index(_level(rest))] != letter:
        return ""
    return letter


def _level(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")
