"""Graders of the form of a response: layout, markup, length, wording, language, and IFEval's instructions.

`ifeval` and `language` load when they are asked for, because they bring langdetect-rs along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardkit.graders.format.counting import characters, lines, occurrences, paragraphs, sentences, words
from rewardkit.graders.format.layout import tags, think_then_answer
from rewardkit.graders.format.markdown import code_fence, emphasized, headings, list_items, sections, table
from rewardkit.graders.format.quoting import citations, quotes
from rewardkit.graders.format.scripts import same_script, script
from rewardkit.graders.format.wording import forbidden_words, letter_case, refusal, required_words, unrepeated

if TYPE_CHECKING:
    from rewardkit.graders.format.instructions import ifeval
    from rewardkit.graders.format.languages import language

__all__ = [
    "characters",
    "citations",
    "code_fence",
    "emphasized",
    "forbidden_words",
    "headings",
    "ifeval",
    "language",
    "letter_case",
    "lines",
    "list_items",
    "occurrences",
    "paragraphs",
    "quotes",
    "refusal",
    "required_words",
    "same_script",
    "script",
    "sections",
    "sentences",
    "table",
    "tags",
    "think_then_answer",
    "unrepeated",
    "words",
]


def __getattr__(name: str) -> object:
    """`ifeval` and `language` where they are asked for."""
    if name == "ifeval":
        from rewardkit.graders.format.instructions import ifeval

        return ifeval
    if name == "language":
        from rewardkit.graders.format.languages import language

        return language
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
