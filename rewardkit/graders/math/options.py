r"""Options of multiple choice: `(B)`, `B.`, `\textbf{(B)} 12`, `A, C`; numbered statements: `②④`, `(2), (4)`."""

from __future__ import annotations

import re

from rewardkit.graders.math.dress import dressed_down
from rewardkit.graders.math.tokens import LONGEST

_LETTERED = r"\(?\s*([A-Za-z])\s*\)?"
_OPTION = (
    r"(?s)(?:(?i:(?:the )?(?:correct |right |final )?(?:option|choice|answer))\s*(?:is\b|:)?\s*)?"
    r"(?:\(\s*([A-Za-z])\s*\)|([A-Z])\s*[).:](?![\d])|([A-Z]))(?:\s+.*)?"
)
_LISTED = r"\{?\(\s*([A-E])\s*\)\}?\s+([^()=]*[a-z0-9][^()=]*)"
_SMALL = r"\(?\s*([a-j])\s*\)?"
_SEVERAL = r"[A-H](?:[\s,;]*[A-H]){1,7}"
_STATEMENTS = r"(?:\(\d{1,2}\)(?:[\s,;、，；和与及&]|and)*){1,12}"
_CIRCLED = {chr(0x2460 + number): f"({number + 1})" for number in range(20)}


def option(text: str) -> str:
    """The letter of the option that a text chooses, or an empty text: `(B)`, `B.`, `\\textbf{(B)} 12`."""
    text = dressed_down(text[:LONGEST]).replace("\x01", "")
    text = re.sub(r"[${}*_`]|\\[,;:! ]|\\(?:left|right|quad|bf|rm)(?![A-Za-z])", " ", text).strip(" .,:;")
    if small := re.fullmatch(_SMALL, text):
        return small[1].upper()
    match = re.fullmatch(_OPTION, text)
    if not match:
        return ""
    letter = match[1] or match[2] or match[3]
    rest = text[match.end(match.lastindex or 0) :].strip(" ).:")
    if match[3] and rest:
        return ""
    if re.search(r"\([A-Z]\)|\b(?:or|and|not)\b", rest):
        return ""
    return letter.upper()


def listed_option(reference: str) -> tuple[str, str] | None:
    """The letter and the text of a reference such as `(A) Cecile`."""
    match = re.fullmatch(_LISTED, dressed_down(reference[:LONGEST]).replace("\x01", "").strip())
    return (match[1], match[2]) if match else None


def options(text: str) -> list[str]:
    """The letters of several options: `A, C`, `AC`, `A and C`; none for anything else."""
    text = re.sub(r"[${}\\()]|text|\band\b", " ", text[:200]).strip(" .")
    return re.findall(r"[A-H]", text) if re.fullmatch(_SEVERAL, text) else []


def same_options(answer: str, reference: str) -> bool | None:
    """Whether two texts choose the same of several options, or None where one of them chooses none.

    A reference out of the alphabet's order is a ranking, and its order counts.
    """
    if theirs := options(reference):
        ours = options(answer)
        return (ours == theirs or (theirs == sorted(theirs) and sorted(set(ours)) == theirs)) if ours else None
    if "(" not in reference and reference.isascii():
        return None
    numbers = statements(reference)
    if len(numbers) > 1 or (numbers and any(sign in reference for sign in _CIRCLED)):
        chosen = statements(answer, bare=True)
        return chosen == numbers if chosen else None
    return None


def is_option(reference: str) -> bool:
    """Whether a reference is the letter of an option and nothing else."""
    text = dressed_down(reference[:200]).replace("\x01", "")
    text = re.sub(r"[${}*_`\\]", " ", text).strip(" .")
    match = re.fullmatch(_LETTERED, text)
    return bool(match) and (match[1].isupper() if match else False)


def statements(text: str, *, bare: bool = False) -> frozenset[int]:
    """The numbers of several statements, `②④` or `(2), (4)`, also `2, 4` where bare; none for anything else."""
    text = "".join(_CIRCLED.get(character, character) for character in text[:100])
    text = re.sub(r"[${}\\]|text", " ", text).strip(" .。")
    if bare and re.fullmatch(r"\d{1,2}(?:\s*(?:[,、，]|and)\s*\d{1,2}){0,11}", text):
        text = re.sub(r"\d+", r"(\g<0>)", text)
    return frozenset(map(int, re.findall(r"\d+", text))) if re.fullmatch(_STATEMENTS, text) else frozenset()
