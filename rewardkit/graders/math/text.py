r"""Answers that are words: names, yes and no, times of day, and sentences around numbers."""

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
    "varnothing": "emptyset",
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
    "- infty": "-inf",
    "-infinity": "-inf",
    "negative infinity": "-inf",
    "minus infinity": "-inf",
    "not defined": "undefined",
    "convergent": "converges",
    "divergent": "diverges",
}
"""Phrases that say the same."""

_REALS = (
    r"(?:the set of )?(?:all|any|every) (?P<sign>(?:strictly )?positive |negative |non-?negative |non-?positive )?"
    r"reals?(?: numbers?| values?)?(?: (?:of )?[a-z])?(?: except(?: for)? (?P<but>.+))?"
)
_SIGNED = {
    "": r"\mathbb{R}",
    "positive": r"(0,\infty)",
    "negative": r"(-\infty,0)",
    "nonnegative": r"[0,\infty)",
    "nonpositive": r"(-\infty,0]",
}

_WHOLE = r"(?:(?:the |all |the set of |the set of all )?(?P<parity>(?:even|odd) )?integers|any integer)"
_PARITIES = {
    "": r"\mathbb{Z}",
    "even ": r"\{2k \mid k \in \mathbb{Z}\}",
    "odd ": r"\{2k+1 \mid k \in \mathbb{Z}\}",
}

_TIME = r"(?i)\s*(\d{1,2}):(\d\d)(?::(\d\d))?\s*(?:([ap])\.?\s?m\b\.?)?\s*"
_HOUR = r"(?i)\s*(\d{1,2})()()\s*([ap])\.?\s?m\b\.?\s*"
_ROMAN = r"(?=[IVXLC]{2})(?:C{0,3}|CD)(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_VERDICT = r"(yes|no)(?=[,.;:]|$)"
_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}")
_NUMBERS = r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:/\d+)?"
_PARTS = r"[^\W_]+(?:'[^\W_]+)*|[^\w\s,.;:'\"()!?-]|(?<![a-z])-|-(?![a-z])"
_CALCULATED = r"\w\(|[!+*/=<>|]|\d[.,:]\d|\d\s*:"
_FORMULA = r"[\^_]|\\[dtc]?frac|\\sqrt|\\(?:left)?\\\{\s*\\"
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
_SENTENCE = r"(?i)\b(?:is|are|all|every|no|not|such|any|exists?|only|always|never)\b"
_PAIR = r"[\w'-]+ and [\w'-]+"
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
    if re.search(_FORMULA, answer + reference) or _structure(answer) != _structure(reference):
        return False
    if ours == theirs:
        return True
    if not is_wordy(reference) or re.search(_CALCULATED, ours + theirs):
        return False
    first, second = _words(ours), _words(theirs)
    if _UNORDERED.intersection(second) or (_is_set(answer) and _is_set(reference)) or re.fullmatch(_PAIR, theirs):
        first, second = sorted(first), sorted(second)
    return bool(second) and first == second


def _structure(text: str) -> tuple[int, int, bool]:
    """What of a text its plain form loses, and mathematics counts: sets in each other, braces left open, a `…`."""
    sets = text.count("\\{") or int(text.lstrip("$ ").startswith("{"))
    return sets, text.count("{") - text.count("}"), text.rstrip(" $}").endswith(("..", "dots"))


def _is_set(text: str) -> bool:
    return text.strip("$ ").startswith(("{", "\\{"))


def _words(text: str) -> list[str]:
    found = re.findall(_PARTS, text)
    return [word for word in found if word not in _SAYS_NOTHING] or found


def is_sentence(text: str) -> bool:
    """Whether a text says something in words alone, so that no mathematics can make it the same as other words."""
    return bool(re.search(_SENTENCE, text)) and not re.search(r"[\d\\=<>^]", text)


def number_set(text: str) -> str:
    """The set that `all real numbers` or `all real numbers except 3` names, in LaTeX, or an empty text."""
    plain = plain_text(text) if re.search("real|all|integer|even|odd", text.lower()) else ""
    if match := re.fullmatch(_WHOLE, plain):
        return _PARITIES[match["parity"] or ""]
    match = re.fullmatch(_REALS, plain)
    if not match:
        return ""
    numbers = _SIGNED[(match["sign"] or "").replace("-", "").replace("strictly ", "").strip()]
    return f"{numbers}\\setminus\\{{{match['but'].replace(' and ', ', ')}\\}}" if match["but"] else numbers


@lru_cache(maxsize=64)
def is_wordy(text: str) -> bool:
    """Whether a text is words rather than mathematics."""
    return any(word.lower() not in words.SMALL for word in _WORD.findall(text))


def numbers_of(text: str) -> list[str]:
    """The numbers of a sentence in their order."""
    plain = re.sub(r"(?<=\d),\\!\s*(?=\d{3})|(?<=\d),(?=\d{3}(?!\d))", "", text)
    return [number.replace(",", "") for number in re.findall(_NUMBERS, plain)]


def roman(text: str) -> int | None:
    """The number of a Roman numeral of two letters or more."""
    if not re.fullmatch(_ROMAN, text):
        return None
    worth = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in text]
    return sum(-one if one < other else one for one, other in zip(worth, [*worth[1:], 0], strict=True))


def same_sentence(answer: str, reference: str) -> bool:
    """Whether the numbers of a sentence and of an answer to it are the same, several of them, in their order."""
    if len(re.findall(r"(?<![\\A-Za-z])[A-Za-z]{3,}", reference)) < 4 or re.search(r"[\^=]", reference):
        return False
    ours, theirs = numbers_of(answer), numbers_of(reference)
    return len(theirs) >= 2 and ours == theirs


def yes_or_no(text: str) -> str:
    """The `yes` or `no` that a text begins with, before what it says about it; else an empty text."""
    match = re.match(_VERDICT, plain_text(text))
    return match[1] if match else ""


def clock(text: str) -> tuple[int, bool] | None:
    """The seconds since midnight of a time of day, and whether it says which half of the day."""
    text = (
        re.sub(r"[${}\\]|text", " ", text.replace("\\!", "")).strip(" .")
        if "\\" in text or "$" in text
        else text.strip()
    )
    match = re.fullmatch(_TIME, text) or re.fullmatch(_HOUR, text)
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
