"""YAML, by PyYAML's parser, bounded, and read as the values that JSON has.

Of YAML's types only text, numbers, booleans, null, lists and objects are read, by the rules of YAML 1.2's core
schema: `no` and `2024-01-01` are text, and Norway's code is not false. Tags that make objects of a program are
refused. An alias stands for a copy of what it names, so the copies are counted: nine lines can say a billion.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from rewardkit.graders.data.compare import check_depth, shown
from rewardkit.graders.data.reading import DEEPEST, Unreadable
from rewardkit.graders.data.said import fenced
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 50_000  # characters; PyYAML reads about 100,000 a second
_NODES = 50_000  # values, each alias counted as what it stands for


@grader
def yaml_valid(response: str | None, *, duplicates: bool = False) -> Score:
    """Is the response YAML: a list or an object, as a whole or in a code fence?

    Args:
        response: the whole response; None scores 0. Plain prose is YAML's text, and does not do.
        duplicates: accept a key that is given twice in one object.

    Returns:
        1 or 0. The reason says what is wrong first, with its line.
    """
    try:
        value = read_yaml(response, duplicates=duplicates)
    except Unreadable as error:
        return Score(0.0, f"not YAML: {error}")
    return Score(1.0, shown(value))


def yaml_value(response: str | None, *, duplicates: bool = False) -> Any:
    """The YAML list or object in a response as JSON's values, for `json_fields`, `json_schema` or `json_model`.

    Args:
        response: the whole response, or a part of it.
        duplicates: accept a key that is given twice in one object, with the last value; else nothing is read.

    Returns:
        The value, or None where there is none.
    """
    try:
        return read_yaml(response, duplicates=duplicates)
    except Unreadable:
        return None


def read_yaml(text: str | None, *, duplicates: bool = False) -> Any:
    """The list or object in a text.

    Raises:
        Unreadable: there is none; the message says why.
    """
    if text is None:
        raise Unreadable("no text")
    if len(source := fenced(text, "yaml", "yml")) > _LONGEST:
        raise Unreadable(f"longer than {_LONGEST:,} characters")
    value = _loaded(source, duplicates)
    if not isinstance(value, (list, dict)):
        raise Unreadable(f"read {shown(value)}, expected a list or an object")
    return value


class _Merge:
    """What stands for the key `<<`."""


_MERGE = _Merge()


@dataclass(slots=True)
class _Open:
    """A list or an object that is not closed yet; an object's keys and values take turns."""

    is_object: bool
    anchor: str | None
    line: int
    values: list[Any] = field(default_factory=list)
    size: int = 1


def _loaded(source: str, duplicates: bool) -> Any:
    """The value of the one document: PyYAML's events, and a stack of what is open instead of recursion."""
    import yaml

    stack = [_Open(False, None, 1)]
    anchored: dict[str, tuple[Any, int]] = {}
    events: Iterator[Any] = yaml.parse(source, yaml.SafeLoader)
    try:
        for event in events:
            line, top = event.start_mark.line + 1, stack[-1]
            if isinstance(event, yaml.CollectionStartEvent):
                _check_tag(event, ("seq", "map"))
                stack.append(_Open(isinstance(event, yaml.MappingStartEvent), event.anchor, line))
                if len(stack) > DEEPEST:
                    raise Unreadable(f"nested more than {DEEPEST} deep, in line {line}")
                continue
            if isinstance(event, yaml.ScalarEvent):
                is_key = top.is_object and len(top.values) % 2 == 0
                value, size, anchor = _key(event) if is_key else _scalar(event), 1, event.anchor
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in anchored:
                    raise Unreadable(f"*{str(event.anchor)[:60]} names nothing that is complete, in line {line}")
                (value, size), anchor = anchored[event.anchor], None
            elif isinstance(event, yaml.CollectionEndEvent):
                ended = stack.pop()
                value, size, anchor, top = _closed(ended, duplicates), ended.size, ended.anchor, stack[-1]
            else:
                continue
            top.values.append(value)
            top.size += size
            if top.size > _NODES:
                raise Unreadable(f"more than {_NODES:,} values, counting what aliases stand for")
            if anchor:
                anchored[anchor] = value, size
    except yaml.YAMLError as error:
        raise Unreadable(_said(error)) from None
    if len(stack[0].values) != 1:
        raise Unreadable(f"{len(stack[0].values)} documents, expected one")
    check_depth(stack[0].values[0])
    return stack[0].values[0]


def _closed(ended: _Open, duplicates: bool) -> Any:
    """The list or object that ends."""
    if not ended.is_object:
        return ended.values
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in zip(ended.values[::2], ended.values[1::2], strict=True):
        if key is _MERGE:
            parts = value if isinstance(value, list) else [value]
            if not all(isinstance(part, dict) for part in parts):
                raise Unreadable(f"<< merges what is no object, in the object of line {ended.line}")
            for part in reversed(parts):
                merged |= part
                ended.size += len(part)
        elif not isinstance(key, str):
            raise Unreadable(f"a key that is no text, in the object of line {ended.line}")
        elif key in own and not duplicates:
            raise Unreadable(f"the key {key[:60]!r} is given twice, in the object of line {ended.line}")
        else:
            own[key] = value
    return merged | own


def _check_tag(event: Any, known: Collection[str]) -> None:
    if event.tag and event.tag != "!" and event.tag.removeprefix("tag:yaml.org,2002:") not in known:
        raise Unreadable(f"the tag {event.tag[:60]!r}, in line {event.start_mark.line + 1}")


def _said(error: Any) -> str:
    """What PyYAML says, and where."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)[:200]
    mark = getattr(error, "problem_mark", None)
    return f"{problem}, in line {mark.line + 1}" if mark else problem


_SCALARS = ("str", "int", "float", "bool", "null")
_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,600}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,600}|[0-9]{1,600}(?:\.[0-9]{0,600})?)(?:[eE][-+]?[0-9]{1,4})?")


def _key(event: Any) -> Any:
    _check_tag(event, _SCALARS)
    return _MERGE if event.value == "<<" and event.style is None else event.value


def _scalar(event: Any) -> Any:
    """The value of a scalar by YAML 1.2's core schema; what is quoted or in a block is text."""
    _check_tag(event, _SCALARS)
    text = str(event.value)
    if event.style or (event.tag and event.tag.endswith((":str", "!"))):
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if _FLOAT.fullmatch(text) else text
    if number == float("inf") or number == float("-inf"):
        raise Unreadable(f"the number {text[:40]} is too large, in line {event.start_mark.line + 1}")
    return number
