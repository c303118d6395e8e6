"""TOML, by Python's own reader, bounded, and read as the values that JSON has."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

from rewardkit.graders.data.compare import check_depth, shown
from rewardkit.graders.data.reading import DEEPEST, Unreadable
from rewardkit.graders.data.said import fenced
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 50_000  # characters
_DOTTED = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}")


@grader
def toml_valid(response: str | None) -> Score:
    """Is the response TOML, as a whole or in a code fence, with at least one key?

    Args:
        response: the whole response; None scores 0.

    Returns:
        1 or 0. The reason says what is wrong first, with its line.
    """
    try:
        return Score(1.0, shown(read_toml(response)))
    except Unreadable as error:
        return Score(0.0, f"not TOML: {error}")


def toml_value(response: str | None) -> dict[str, Any] | None:
    """The TOML in a response as JSON's values, for `json_fields`, `json_schema` or `json_model`.

    Args:
        response: the whole response, or a part of it.

    Returns:
        The object, dates and times in it as text; or None where there is none.
    """
    try:
        return read_toml(response)
    except Unreadable:
        return None


def read_toml(text: str | None) -> dict[str, Any]:
    """The object in a text.

    Raises:
        Unreadable: there is none; the message says why.
    """
    import tomllib

    if text is None:
        raise Unreadable("no text")
    if len(source := fenced(text, "toml")) > _LONGEST:
        raise Unreadable(f"longer than {_LONGEST:,} characters")
    if _DOTTED.search(source):  # tomllib takes cubic time over them
        raise Unreadable(f"nested more than {DEEPEST} deep")
    try:
        value = tomllib.loads(source)
        check_depth(value)
    except (ValueError, RecursionError) as error:
        raise Unreadable("nested too deep" if isinstance(error, RecursionError) else str(error)) from None
    if not value:
        raise Unreadable("there is no key")
    return {key: _plain(item) for key, item in value.items()}


def _plain(value: Any) -> Any:
    """The value with dates and times as text, and without numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise Unreadable(f"the number {value}")
    if isinstance(value, int) and value.bit_length() > 64:
        raise Unreadable("an integer of more than 64 bits")
    return value
