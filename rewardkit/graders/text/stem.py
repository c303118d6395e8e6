"""The stems of English words, by Porter's algorithm as NLTK extends it and as ROUGE is computed with.

Porter, "An algorithm for suffix stripping" (1980).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

_IRREGULAR = {
    **dict.fromkeys(("sky", "skies"), "sky"),
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "news": "news",
    **dict.fromkeys(("innings", "inning"), "inning"),
    **dict.fromkeys(("outings", "outing"), "outing"),
    **dict.fromkeys(("cannings", "canning"), "canning"),
    "howe": "howe",
    "proceed": "proceed",
    "exceed": "exceed",
    "succeed": "succeed",
}

_STEP2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
)  # fmt: skip
_STEP3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
    "iti", "ous", "ive", "ize",
)  # fmt: skip


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a word in lower case; words of one or two letters are their own."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    for step in (_plural, _past, _y, _double_suffix, _suffix, _last_suffix, _final_e, _double_l):
        word = step(word)
    return word


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word[:-1]
    for ending, replacement in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word[: -len(ending)] + replacement
    return word


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    root = next(
        (word[: -len(end)] for end in ("ed", "ing") if word.endswith(end) and _has_vowel(word[: -len(end)])), ""
    )
    if not root:
        return word
    if root.endswith(("at", "bl", "iz")):
        return root + "e"
    if len(root) > 1 and root[-1] == root[-2] and _is_consonant(root, len(root) - 1):
        return root if root[-1] in "lsz" else root[:-1]
    return root + "e" if _measure(root) == 1 and _ends_cvc(root) else root


def _y(word: str) -> str:
    root = word[:-1]
    return root + "i" if word.endswith("y") and len(root) > 1 and _is_consonant(root, len(root) - 1) else word


def _double_suffix(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        return _double_suffix(word[:-4] + "al")
    if changed := _replaced(word, _STEP2, lambda root: _measure(root) > 0):
        return changed
    if any(word.endswith(ending) for ending, _ in _STEP2):
        return word
    # NLTK's: -logi loses its i after a measure that counts the l.
    return word[:-1] if word.endswith("logi") and _measure(word[:-3]) > 0 else word


def _suffix(word: str) -> str:
    return _replaced(word, _STEP3, lambda root: _measure(root) > 0) or word


def _last_suffix(word: str) -> str:
    for ending in _STEP4:
        if word.endswith(ending):
            root = word[: -len(ending)]
            fits = _measure(root) > 1 and (ending != "ion" or root.endswith(("s", "t")))
            return root if fits else word
    return word


def _final_e(word: str) -> str:
    root = word[:-1]
    if word.endswith("e") and (_measure(root) > 1 or (_measure(root) == 1 and not _ends_cvc(root))):
        return root
    return word


def _double_l(word: str) -> str:
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word


def _replaced(word: str, table: tuple[tuple[str, str], ...], fits: Callable[[str], bool]) -> str:
    """The word with its ending replaced; empty where it has none, or the first that it has does not fit."""
    for ending, replacement in table:
        if word.endswith(ending):
            root = word[: -len(ending)]
            return root + replacement if fits(root) else ""
    return ""


def _is_consonant(word: str, place: int) -> bool:
    """Whether a letter is a consonant; y is one at the beginning and after a vowel."""
    turned = False
    while word[place] == "y":
        if place == 0:
            return not turned
        place, turned = place - 1, not turned
    return (word[place] not in "aeiou") != turned


def _measure(root: str) -> int:
    """How often a consonant follows a vowel."""
    kinds = [_is_consonant(root, place) for place in range(len(root))]
    return sum(1 for one, other in pairwise(kinds) if not one and other)


def _has_vowel(root: str) -> bool:
    return any(not _is_consonant(root, place) for place in range(len(root)))


def _ends_cvc(root: str) -> bool:
    """Whether a root ends in consonant, vowel, consonant other than w, x, y; NLTK's: or is vowel, consonant."""
    last = len(root) - 1
    if last >= 2:
        shape = [_is_consonant(root, place) for place in (last - 2, last - 1, last)]
        return shape == [True, False, True] and root[-1] not in "wxy"
    return last == 1 and not _is_consonant(root, 0) and _is_consonant(root, 1)
