"""Is the response JSON?"""

from __future__ import annotations

from typing import Literal

from rewardkit.errors import UsageError
from rewardkit.graders.data.compare import shown
from rewardkit.graders.data.reading import Reading, Unreadable, read_json
from rewardkit.reward import grader
from rewardkit.score import Score

_KINDS = {"object": dict, "list": list}


@grader
def json_valid(
    response: str | None,
    *,
    reading: Reading = "strict",
    kind: Literal["object", "list"] | None = None,
    duplicates: bool = False,
) -> Score:
    """Is the response JSON: as a whole, somewhere in it, or but for a few slips?

    Args:
        response: the whole response; None scores 0.
        reading: `strict` (RFC 8259, nothing around it), `embedded` (also in a code fence or between prose) or
            `lenient` (also with trailing commas, single quotes, comments, Python's constants, NaN and the like).
        kind: only an object or only a list will do.
        duplicates: accept a key that is given twice in one object.

    Returns:
        1 or 0. The reason says what was forgiven, or what a more lenient reading would have to forgive.

    Raises:
        UsageError: there is no such reading or kind.
    """
    if kind not in (None, *_KINDS):
        raise UsageError(f"kind is {kind!r}: choose 'object', 'list' or None")
    wanted = _KINDS.get(kind or "")
    try:
        read = read_json(response, reading, kind=wanted, duplicates=duplicates)
    except Unreadable as error:
        return Score(0.0, f"not JSON: {error}{_but(response, reading)}")
    if wanted and not isinstance(read.value, wanted):
        return Score(0.0, f"read {shown(read.value)}, expected {'an' if kind == 'object' else 'a'} {kind}")
    forgiven = f", forgiving {', '.join(read.forgiven)}" if read.forgiven else ""
    return Score(1.0, f"{shown(read.value)}{forgiven}")


def _but(response: str | None, reading: Reading) -> str:
    """What would have to be forgiven to read it."""
    if response is None or reading == "lenient":
        return ""
    try:
        forgiven = read_json(response, "lenient").forgiven
    except Unreadable:
        return ""
    return f" (readable forgiving {', '.join(forgiven)})" if forgiven else ""
