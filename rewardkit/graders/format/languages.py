"""The language of a response, identified offline.

The library is langdetect-rs: the algorithm, profiles and verdicts of langdetect, which IFEval's checks are defined
by, as a wheel for Lambda too. It is loaded when a language is asked for, and seeded, so that a text has one
language everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 20_000  # characters that are looked at; langdetect itself reads 10,000


@grader
def language(response: str | None, code: str) -> Score:
    """Is the response in this language?

    Args:
        response: the whole response; None scores 0.
        code: ISO 639-1, such as `de`; Chinese is `zh-cn` or `zh-tw`, and `zh` is both.

    Returns:
        1 or 0; 0 for a text without any letters.

    Raises:
        UsageError: a code that langdetect does not know, or langdetect-rs is not installed.
    """
    known = codes()
    if code not in known and code != "zh":
        raise UsageError(f"language() got {code!r}: give one of {', '.join(sorted(known))}")
    if response is None:
        return Score(0.0, "no response")
    found = detected(response)
    if found is None:
        return Score(0.0, f"no language to detect, {code} expected")
    return Score(found == code or found.startswith(f"{code}-"), f"detected {found}, {code} expected")


def detected(text: str) -> str | None:
    """The language that langdetect finds in a text, or None where there is nothing to tell it by.

    Raises:
        UsageError: langdetect-rs is not installed.
    """
    factory = _factory()
    detector = factory.create()
    detector.append(text[:_LONGEST])
    from langdetect_rs import LangDetectException

    try:
        return str(detector.detect())
    except LangDetectException:
        return None


def codes() -> frozenset[str]:
    """The codes of the languages that can be detected.

    Raises:
        UsageError: langdetect-rs is not installed.
    """
    return frozenset(_factory().langlist)


@lru_cache(maxsize=1)
def _factory() -> Any:
    try:
        from langdetect_rs import PROFILES_DIRECTORY, DetectorFactory
    except ImportError as error:
        raise UsageError(
            "detecting a language needs langdetect-rs: pip install 'rewardkit-bedrock[language]'"
        ) from error
    factory = DetectorFactory()
    factory.seed = 0
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
