"""Tool calls as text, in the forms that models are trained to write.

    Hermes, Qwen     <tool_call>{"name": …, "arguments": {…}}</tool_call>
    Qwen Coder       <tool_call><function=f><parameter=x>1</parameter></function></tool_call>
    Anthropic        <invoke name="f"><parameter name="x">1</parameter></invoke>
    gpt-oss          <|channel|>commentary to=functions.f <|constrain|>json<|message|>{…}<|call|>
    Mistral          [TOOL_CALLS] [{"name": …, "arguments": {…}}]   or   [TOOL_CALLS]f[ARGS]{…}
    Llama            <|python_tag|>{"name": …, "parameters": {…}}; {…}   or   <function=f>{…}</function>
    JSON             one or several objects of that kind, in a code fence or not
    Python           [f(x=1), g(y="a")], alone or in a code fence

What a model only thinks makes no call. Within a form's marks everything must be a call; without marks, JSON that
is none is just JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rewardkit.graders.data.reading import LONGEST, Unreadable, json_values, read_json
from rewardkit.graders.data.said import after_thinking, fences
from rewardkit.graders.tools.calls import Call, call_in, read_arguments
from rewardkit.graders.tools.python import python_calls

_MOST = 1000  # calls of one text


def calls_in_text(text: str) -> list[Call]:
    """The calls in a text; of several forms the first in the table above that occurs."""
    if len(text) > LONGEST:
        return [Call("", {}, f"longer than {LONGEST:,} characters")]
    said = after_thinking(text)
    # What is JSON or Python as a whole may hold a mark as text.
    if whole := _python(said) or _whole_json(said):
        return whole
    for mark, form in _FORMS.items():
        if mark in said:
            return [call for call, _ in zip(form(said), range(_MOST), strict=False)]
    return _unmarked(said)


def _hermes(text: str) -> Iterator[Call]:
    for body in _between(text, "<tool_call>", "</tool_call>"):
        yield from _tagged(body) if "<function=" in body else _of_json(body)


def _tagged(text: str) -> Iterator[Call]:
    """`<function=f>…` or `<invoke name="f">…`, with parameters in tags or JSON within."""
    found = list(_pieces(_FUNCTION, text))
    if not found:
        yield Call("", {}, "a call without a name")
    for name, body in found:
        inside = body.partition("</function>")[0].partition("</invoke>")[0]
        parameters = list(_pieces(_PARAMETER, inside))
        if parameters or not inside.strip():
            yield Call(name, {key: _value(value.partition("</parameter>")[0]) for key, value in parameters})
        else:
            yield _named(name, inside.strip())


def _pieces(mark: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """The name in each mark, and the text up to the next one."""
    found = list(mark.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    for each, end in zip(found, ends, strict=False):
        yield each[1], text[each.end() : end]


_FUNCTION = re.compile(r"<(?:function=|invoke name=\")([\w.:-]{1,200})\"?>")
_PARAMETER = re.compile(r"<parameter(?:=| name=\")([\w.:-]{1,200})\"?>")


def _value(text: str) -> Any:
    """A parameter between tags: JSON where it is, else text."""
    text = text.strip("\r\n")
    try:
        return read_json(text, "strict").value
    except Unreadable:
        return text


def _harmony(text: str) -> Iterator[Call]:
    for part in text.split("to=functions.")[1:]:
        head = _HEAD.match(part)
        if head is None:
            yield Call("", {}, "a call without a message")
        else:
            yield _named(head[1], part[head.end() :].partition("<|")[0])


_HEAD = re.compile(r"([\w.:-]{1,200})[^<]{0,200}(?:<\|(?:constrain|channel)\|>[^<]{0,200}){0,3}<\|message\|>")


def _mistral(text: str) -> Iterator[Call]:
    for part in text.split("[TOOL_CALLS]")[1:]:
        newer = _ARGS.match(part)
        if newer:
            yield _named(newer[1], part[newer.end() :].partition("</s>")[0])
        else:
            yield from _of_json(part)


_ARGS = re.compile(r"\s*([\w.:-]{1,200})\s*(?:\[CALL_ID\]\w{0,50})?(?:\[ARGS\]|(?=\{))")


def _llama(text: str) -> Iterator[Call]:
    for part in text.split("<|python_tag|>")[1:]:
        body = re.split(r"<\|e[oq][mt]\w*\|>", part, maxsplit=1)[0].strip()
        yield from _of_json(body) if body.startswith(("{", "[")) else _of_python(body)


_FORMS: dict[str, Callable[[str], Iterator[Call]]] = {
    "<tool_call>": _hermes,
    "<function=": _tagged,
    "<invoke name=": _tagged,
    "to=functions.": _harmony,
    "[TOOL_CALLS]": _mistral,
    "<|python_tag|>": _llama,
}


def _unmarked(text: str) -> list[Call]:
    """Calls in fences, in JSON anywhere, or in Python that is the whole text."""
    for name, block in fences(text):
        if name in ("python", "py", "tool_code", "") and (found := _python(block)):
            return found
    return [call for call, _ in zip(_json_calls(text), range(_MOST), strict=False) if call.name]


def _whole_json(text: str) -> list[Call]:
    try:
        return list(_in_value(read_json(text, "strict").value))[:_MOST]
    except Unreadable:
        return []


def _python(text: str) -> list[Call]:
    try:
        return python_calls(text)
    except Unreadable:
        return []


def _json_calls(text: str) -> Iterator[Call]:
    for value in json_values(text):
        yield from _in_value(value)


def _in_value(value: object) -> Iterator[Call]:
    """The calls that a JSON value is: one, a list of them, or a message with them."""
    for item in value if isinstance(value, list) else [value]:
        listed = item.get("tool_calls") if isinstance(item, Mapping) else None
        for each in listed if isinstance(listed, list) else [item]:
            if isinstance(each, Mapping) and (call := call_in(each)):
                yield call


def _of_json(text: str) -> Iterator[Call]:
    """The calls in JSON that should hold nothing else."""
    found = list(_json_calls(text))
    yield from found or [Call("", {}, f"no call in {json.dumps(text.strip()[:60])}")]


def _of_python(text: str) -> Iterator[Call]:
    try:
        yield from python_calls(text)
    except Unreadable as error:
        yield Call("", {}, str(error))


def _named(name: str, written: str) -> Call:
    """A call whose name stands before its arguments."""
    arguments = read_arguments(written)
    return Call(name, {}, arguments) if isinstance(arguments, str) else Call(name, arguments)


def _between(text: str, opening: str, closing: str) -> Iterator[str]:
    """What stands between two marks; what is never closed ends where the next one opens, or with the text."""
    for part in text.split(opening)[1:]:
        yield part.partition(closing)[0]
