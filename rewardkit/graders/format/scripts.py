"""The script of a response's letters, Latin, Cyrillic, Han and so on, by their names in Unicode."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

from rewardkit.errors import UsageError
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 100_000  # characters that are looked at
_NAMES = {"CJK": "Han", "IDEOGRAPHIC": "Han", "KANGXI": "Han", "HALFWIDTH": "Katakana", "FULLWIDTH": "Latin"}
_UNICODE_NAMES = """
    Latin Cyrillic Greek Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Tamil Telugu Kannada Malayalam
    Oriya Sinhala Thai Lao Tibetan Myanmar Georgian Armenian Ethiopic Khmer Mongolian Hangul Hiragana Katakana
    Bopomofo Han
"""
_KNOWN = frozenset(_UNICODE_NAMES.split())


@grader
def script(response: str | None, *scripts: str) -> Score:
    """How much of the response is written in these scripts?

    For consistency of language, which reasoning models lose: a response in English with Chinese in its thought is
    not Latin throughout. Languages that share a script are told apart by `language`.

    Args:
        response: the whole response; None scores 0. Digits, punctuation and symbols do not count. Of a long one
            the first 100,000 characters are read.
        scripts: Unicode's names, such as `Latin`; for Japanese `Han, Hiragana, Katakana`, for Korean `Hangul`.

    Returns:
        The share of the letters, 0 where there are none.

    Raises:
        UsageError: no script, or an unknown one.
    """
    if not scripts or not _KNOWN.issuperset(scripts):
        raise UsageError(f"script() got {scripts!r:.80}: give some of {', '.join(sorted(_KNOWN))}")
    if response is None:
        return Score(0.0, "no response")
    letters = _scripts_in(response)
    total = letters.total()
    if not total:
        return Score(0.0, f"no letters, {' or '.join(scripts)} expected")
    share = sum(letters[name] for name in scripts) / total
    found = ", ".join(f"{name} {count / total:.0%}" for name, count in letters.most_common(3))
    return Score(share, f"{found}; {' or '.join(scripts)} expected")


@grader
def same_script(response: str | None, prompt: str) -> Score:
    """Is the response written in the scripts of its prompt?

    Args:
        response: the whole response; None scores 0.
        prompt: what was asked.

    Returns:
        The share of the response's letters in a script that makes up a tenth or more of the prompt's; 1 for a
        prompt without letters.
    """
    if response is None:
        return Score(0.0, "no response")
    asked = _scripts_in(prompt)
    if not asked:
        return Score(1.0, "the prompt has no letters")
    expected = sorted(name for name, count in asked.items() if count * 10 >= asked.total())
    said = _scripts_in(response)
    if not said:
        return Score(0.0, f"no letters, {' or '.join(expected)} expected")
    share = sum(said[name] for name in expected) / said.total()
    found = ", ".join(f"{name} {count / said.total():.0%}" for name, count in said.most_common(3))
    return Score(share, f"{found}; {' or '.join(expected)} expected")


def _scripts_in(text: str) -> Counter[str]:
    """How many letters there are of each script."""
    letters: Counter[str] = Counter()
    for char, count in Counter(text[:_LONGEST]).items():
        if char.isalpha():
            letters[_script_of(char)] += count
    return letters


@lru_cache(maxsize=4096)
def _script_of(char: str) -> str:
    first = unicodedata.name(char, "UNNAMED").partition(" ")[0].partition("-")[0]
    return _NAMES.get(first, first.capitalize())
