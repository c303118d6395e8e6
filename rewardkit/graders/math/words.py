"""Numbers written in English words: `ninety-six`, `one hundred and five`, `three quarters`, `two and a half`."""

from __future__ import annotations

import re

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

_VALUES = {word: value for value, word in enumerate(SMALL)}
_VALUES |= {word: 10 * value for value, word in enumerate(TENS, start=2)}

_WORD = rf"(?:{'|'.join([*reversed(SMALL), *TENS, *SCALES])})"
SPELLED = rf"(?i:\b{_WORD}(?:(?:\s+and\s+|\s+|-){_WORD}){{0,15}}\b)"
"""A pattern of a run of number words."""


def is_number(word: str) -> bool:
    """Whether a word can follow another in a number."""
    return word in _VALUES or word in SCALES


def spelled(text: str) -> int | None:
    """The value of a text that is a number in words and nothing else."""
    return value_of(text) if re.fullmatch(SPELLED, text) else None


_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_PARTS |= {
    "halve": 2,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "hundredth": 100,
    "thousandth": 1000,
}
_FRACTION = (
    rf"(?i)(?:(?P<whole>{_WORD}(?:[\s-]{_WORD}){{0,5}}) and )?"
    rf"(?P<above>an?|{_WORD}(?:[\s-]{_WORD}){{0,3}})?[\s-]?\b(?P<below>{'|'.join(_PARTS)})s?"
)
_ROUND = r"(?i)a (hundred|thousand|million|billion|trillion)"


def in_digits(spelled: str) -> str:
    """A fraction or a round number in words as digits: `3/4`, `2 1/2`, `1000000`; or an empty text."""
    if found := re.fullmatch(_ROUND, spelled):
        return str(SCALES[found[1].lower()])
    match = re.fullmatch(_FRACTION, spelled)
    if not match:
        return ""
    above = 1 if (match["above"] or "a").lower() in ("a", "an") else value_of(match["above"])
    whole = value_of(match["whole"]) if match["whole"] else 0
    if above is None or whole is None:
        return ""
    return f"{f'{whole} ' if whole else ''}{above}/{_PARTS[match['below'].lower()]}"


def value_of(spelled: str) -> int | None:
    """The value of a match of `SPELLED`, or None for words that are not one number, such as `two three`."""
    total = group = 0
    for word in re.findall(r"[a-z]+", spelled.lower()):
        if word == "hundred":
            group = max(group, 1) * 100
        elif word in SCALES:
            total, group = total + max(group, 1) * SCALES[word], 0
        elif word != "and":
            room = 100 if _VALUES[word] >= 10 or group % 100 < 20 else 10
            if group % room:
                return None
            group += _VALUES[word]
    return total + group
