r"""Answers that are words: names, yes and no, options, times of day, and sentences around numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from rewardkit.graders.math import words
from rewardkit.graders.math.dress import dressed_down
from rewardkit.graders.math.tokens import LONGEST

_SAME = {
    "true": "yes",
    "correct": "yes",
    "false": "no",
    "incorrect": "no",
    "dne": "does not exist",
    "doesn't exist": "does not exist",
    "nosolution": "emptyset",
    "no solution": "emptyset",
    "no solutions": "emptyset",
    "no real solution": "emptyset",
    "no real solutions": "emptyset",
    "none": "emptyset",
    "empty set": "emptyset",
    "the empty set": "emptyset",
    "nonexistent": "emptyset",
    "infinitely many": "inf",
    "infinitely many solutions": "inf",
    "infinite": "inf",
    "infty": "inf",
    "+infty": "inf",
    "infinity": "inf",
    "positive infinity": "inf",
    "+infinity": "inf",
    "not defined": "undefined",
    "convergent": "converges",
    "divergent": "diverges",
}
"""Phrases that say the same."""

_REALS = re.compile(
    r"(?:the set of )?(?:all|any|every) reals?(?: numbers?| values?)?(?: (?:of )?[a-z])?(?: except(?: for)? (?P<but>.+))?"
)

_TIME = re.compile(r"(?i)\s*(\d{1,2}):(\d\d)(?::(\d\d))?\s*(?:([ap])\.?\s?m\b\.?)?\s*")
_HOUR = re.compile(r"(?i)\s*(\d{1,2})()()\s*([ap])\.?\s?m\b\.?\s*")
_LETTERED = re.compile(r"\(?\s*([A-Za-z])\s*\)?")
_OPTION = re.compile(
    r"(?:(?i:option|choice|answer)\s*:?\s*)?(?:\(\s*([A-Za-z])\s*\)|([A-Z])\s*[).:](?![\d])|([A-Z]))(?:\s+.*)?",
    re.DOTALL,
)
_LISTED = re.compile(r"\{?\(\s*([A-E])\s*\)\}?\s+([^()=]*[a-z0-9][^()=]*)")
_SMALL = re.compile(r"\(?\s*([a-j])\s*\)?")
_ROMAN = re.compile(r"(?=[IVXLC]{2})(?:C{0,3}|CD)(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_SEVERAL = re.compile(r"[A-H](?:[\s,;]*[A-H]){1,7}")
_VERDICT = re.compile(r"(yes|no)(?=[,.;:]|$)")
_NUMBERS = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_PARTS = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[^\w\s,.;:'\"()!?]")
_FORMULA = re.compile(r"[\^_]|\\[dtc]?frac|\\sqrt|\\(?:left)?\\\{\s*\\")
_UNORDERED = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
)
_PAIR = re.compile(r"[\w'-]+ and [\w'-]+")
_SAYS_NOTHING = frozenset("a an the and is are it of on in function triangle series sequence limit".split())


@lru_cache(maxsize=64)
def plain_text(text: str) -> str:
    r"""The words of a text in lower case, without `\text{…}`, markup and closing marks."""
    text = dressed_down(text[:LONGEST]).replace("\x01", "")
    text = re.sub(r"\\(?:left|right|quad|displaystyle)(?![A-Za-z])|\\[,;:! ]|[${}*_`\\]", " ", text)
    text = " ".join(text.split()).strip(" .,;:\"'。")
    text = re.sub(
        r"(?<=\d)(?:st|nd|rd|th)\b|(?i:^there (?:is|are) )", "", text.lower() if is_wordy(text) else text
    )
    return _SAME.get(text, text)


def same_text(answer: str, reference: str) -> bool:
    """Whether two texts say the same words; articles and `and` say nothing, the rest counts in its order."""
    ours, theirs = plain_text(answer), plain_text(reference)
    if _FORMULA.search(answer + reference) or _structure(answer) != _structure(reference):
        return False
    if ours == theirs:
        return True
    if not is_wordy(reference):
        return False
    first, second = _words(ours), _words(theirs)
    if _UNORDERED.intersection(second) or (_is_set(answer) and _is_set(reference)) or _PAIR.fullmatch(theirs):
        first, second = sorted(first), sorted(second)
    return bool(second) and first == second


def _structure(text: str) -> tuple[int, int, bool]:
    """What of a text its plain form loses, and mathematics counts: sets in each other, braces left open, a `…`."""
    sets = text.count("\\{")
    return sets, text.count("{") - text.count("}"), text.rstrip(" $}").endswith(("..", "dots"))


def _is_set(text: str) -> bool:
    return text.strip("$ ").startswith(("{", "\\{"))


def _words(text: str) -> list[str]:
    found = _PARTS.findall(text)
    return [word for word in found if word not in _SAYS_NOTHING] or found


def number_set(text: str) -> str:
    """The set that `all real numbers` or `all real numbers except 3` names, in LaTeX, or an empty text."""
    plain = plain_text(text) if "real" in text or "all" in text.lower() or "integers" in text else ""
    if plain in ("all integers", "the set of all integers", "the set of integers", "any integer"):
        return "\\mathbb{Z}"
    match = _REALS.fullmatch(plain)
    if not match:
        return ""
    return f"\\mathbb{{R}}\\setminus\\{{{match['but']}\\}}" if match["but"] else "\\mathbb{R}"


def is_wordy(text: str) -> bool:
    """Whether a text is words rather than mathematics."""
    found = [
        word
        for word in re.findall(r"[A-Za-z]{2,}", re.sub(r"\\[A-Za-z]+", " ", text))
        if word.lower() not in words.SMALL
    ]
    return len(found) >= 1


def numbers_of(text: str) -> list[str]:
    """The numbers of a sentence in their order."""
    plain = re.sub(r"(?<=\d),\\!\s*(?=\d{3})|(?<=\d),(?=\d{3}(?!\d))", "", text)
    return [number.replace(",", "") for number in _NUMBERS.findall(plain)]


def roman(text: str) -> int | None:
    """The number of a Roman numeral of two letters or more."""
    if not _ROMAN.fullmatch(text):
        return None
    worth = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in text]
    return sum(-one if one < other else one for one, other in zip(worth, [*worth[1:], 0], strict=True))


def same_sentence(answer: str, reference: str) -> bool:
    """Whether the numbers of a sentence and of an answer to it are the same, several of them, in their order."""
    if len(re.findall(r"(?<![\\A-Za-z])[A-Za-z]{3,}", reference)) < 4 or re.search(r"[\^=]", reference):
        return False
    ours, theirs = numbers_of(answer), numbers_of(reference)
    return len(theirs) >= 2 and ours == theirs


def option(text: str) -> str:
    """The letter of the option that a text chooses, or an empty text: `(B)`, `B.`, `\\textbf{(B)} 12`."""
    text = dressed_down(text[:LONGEST]).replace("\x01", "")
    text = re.sub(r"[${}*_`]|\\[,;:! ]|\\(?:left|right|quad|bf|rm)(?![A-Za-z])", " ", text).strip(" .,:;")
    if small := _SMALL.fullmatch(text):
        return small[1].upper()
    match = _OPTION.fullmatch(text)
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
    match = _LISTED.fullmatch(dressed_down(reference[:LONGEST]).replace("\x01", "").strip())
    return (match[1], match[2]) if match else None


def options(text: str) -> frozenset[str]:
    """The letters of several options: `A, C`, `AC`, `A and C`; none for anything else."""
    text = re.sub(r"[${}\\()]|text|\band\b", " ", text[:200]).strip(" .")
    return frozenset(re.findall(r"[A-H]", text)) if _SEVERAL.fullmatch(text) else frozenset()


def yes_or_no(text: str) -> str:
    """The `yes` or `no` that a text begins with, before what it says about it; else an empty text."""
    match = _VERDICT.match(plain_text(text))
    return match[1] if match else ""


def is_option(reference: str) -> bool:
    """Whether a reference is the letter of an option and nothing else."""
    text = dressed_down(reference[:200]).replace("\x01", "")
    text = re.sub(r"[${}*_`\\]", " ", text).strip(" .")
    match = _LETTERED.fullmatch(text)
    return bool(match) and (match[1].isupper() if match else False)


def clock(text: str) -> tuple[int, bool] | None:
    """The seconds since midnight of a time of day, and whether it says which half of the day."""
    text = (
        re.sub(r"[${}\\]|text", " ", text.replace("\\!", "")).strip(" .")
        if "\\" in text or "$" in text
        else text.strip()
    )
    match = _TIME.fullmatch(text) or _HOUR.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
    if minute > 59 or second > 59 or hour > 24:
        return None
    half = match[4].lower() if match[4] else ""
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 3600 + minute * 60 + second, bool(half)


def same_time(answer: tuple[int, bool], reference: tuple[int, bool]) -> bool:
    """Whether two times of day are the same; one that does not say which half of the day may be in either."""
    known = all(said or seconds >= 13 * 3600 for seconds, said in (answer, reference))
    return answer[0] == reference[0] if known else (answer[0] - reference[0]) % (12 * 3600) == 0
