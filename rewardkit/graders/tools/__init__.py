"""Graders of tool calls, whether they come as messages or as text.

    calls_of      calls.py, text.py, python.py   the calls in messages of any provider's shape, or in text
    calls_match   match.py                       are these the calls that should be made?
    calls_ast     alternatives.py                the same, with several values for an argument (BFCL)
    calls_valid   valid.py                       are the calls such as the tools can take? by JSON Schema

No call is right: `calls_match(messages, [])`. Each is imported when it is asked for, so that a reward carries only
the libraries of the graders that it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rewardkit.graders.tools.alternatives import calls_ast
    from rewardkit.graders.tools.calls import Call, calls_of
    from rewardkit.graders.tools.match import calls_match
    from rewardkit.graders.tools.valid import calls_valid

__all__ = ["Call", "calls_ast", "calls_match", "calls_of", "calls_valid"]


def __getattr__(name: str) -> object:
    """A grader, from the module that it is in; the bundle reads here which name needs which."""
    if name == "calls_match":
        from rewardkit.graders.tools import match

        return getattr(match, name)
    if name == "calls_ast":
        from rewardkit.graders.tools import alternatives

        return getattr(alternatives, name)
    if name == "calls_valid":
        from rewardkit.graders.tools import valid

        return getattr(valid, name)
    if name in ("Call", "calls_of"):
        from rewardkit.graders.tools import calls

        return getattr(calls, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
