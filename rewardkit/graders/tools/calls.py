"""Tool calls out of a conversation, in the shapes in which they are sent, or out of text.

    OpenAI, chat         {"tool_calls": [{"type": "function", "function": {"name": …, "arguments": "{…}"}}]}
    OpenAI, Responses    {"type": "function_call", "name": …, "arguments": "{…}"}
    Anthropic            {"content": [{"type": "tool_use", "name": …, "input": {…}}]}
    Bedrock Converse     {"content": [{"toolUse": {"name": …, "input": {…}}}]}
    plain                {"name": …, "arguments": {…}}, also with "parameters", "input" or "args"
    text                 see text.py

AWS documents none of them for reward functions, so all are read alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rewardkit.graders.data.compare import check_depth
from rewardkit.graders.data.reading import Unreadable, read_json

_ARGUMENTS = ("arguments", "parameters", "input", "args")


class Call(NamedTuple):
    """One call of a tool.

    Attributes:
        name: of the tool; empty where it cannot be read.
        arguments: by name.
        wrong: why the call cannot be read; else empty.
    """

    name: str
    arguments: dict[str, Any]
    wrong: str = ""


def calls_of(source: object, *, last: bool = True) -> list[Call]:
    """The calls that a model makes.

    Args:
        source: a rollout's `messages`, one message, one call or a list of calls in any of the shapes above, or a
            response as text. What holds none, and None, makes no call.
        last: of several messages only the model's last one counts; False takes all of the model's.

    Returns:
        The calls in their order. One that cannot be read is among them, and says why.
    """
    from rewardkit.graders.tools.text import calls_in_text

    if isinstance(source, str):
        return calls_in_text(source)
    if isinstance(source, Mapping):
        return _in_message(source)
    if isinstance(source, Call):
        return [source]
    if not isinstance(source, Sequence):
        return []
    return [call for item in _said(source, last) for call in calls_of(item)]


def _said(items: Sequence[object], last: bool) -> Sequence[object]:
    """What the model said: a list of calls as it is; of messages the last, with the items that belong to it."""
    if not any(isinstance(item, Mapping) and "role" in item for item in items):
        return [item for item in items if not (isinstance(item, Mapping) and item.get("type") in _RESULTS)]
    said: list[object] = []
    for item in reversed(items):
        is_message = isinstance(item, Mapping) and "role" in item
        if is_message and item["role"] not in _MODEL:  # type: ignore[index]
            if said and last:
                break
        elif not (isinstance(item, Mapping) and item.get("type") in _RESULTS):
            said.append(item)
            if is_message and last:
                break
    return said[::-1]


_MODEL = ("assistant", "nova_assistant")
# Items of OpenAI's Responses API that are beside the messages, and not the model's.
_RESULTS = ("function_call_output", "custom_tool_call_output")


def _in_message(message: Mapping[Any, Any]) -> list[Call]:
    """The calls in one message, or the call that this object is."""
    found = list(_in_blocks([message, *_list(message, "tool_calls"), *_list(message, "content")]))
    legacy = message.get("function_call")
    if isinstance(legacy, Mapping):
        found.append(_call(legacy))
    if found or "role" not in message:
        return found
    from rewardkit.graders.tools.text import calls_in_text
    from rewardkit.rollout import text_of

    return calls_in_text(text_of(message.get("content")))


def _in_blocks(blocks: Sequence[object]) -> Iterator[Call]:
    for block in blocks:
        if isinstance(block, Mapping) and (call := call_in(block)):
            yield call


def call_in(block: Mapping[Any, Any]) -> Call | None:
    """The call that an object is, in any of the shapes; None if it is none."""
    for wrapper in ("function", "toolUse"):
        if isinstance(block.get(wrapper), Mapping):
            return _call(block[wrapper])
    is_one = block.get("type") in ("function_call", "tool_use")
    if is_one or ("role" not in block and "name" in block and any(key in block for key in _ARGUMENTS)):
        return _call(block)
    return None


def _call(body: Mapping[Any, Any]) -> Call:
    name = body.get("name")
    given = next((body[key] for key in _ARGUMENTS if key in body), None)
    if not isinstance(name, str) or not name:
        return Call("", {}, "a call without a name")
    arguments = read_arguments(given)
    return Call(name, {}, arguments) if isinstance(arguments, str) else Call(name, arguments)


def read_arguments(given: object) -> dict[str, Any] | str:
    """The arguments, or what is wrong with them."""
    if isinstance(given, str) and given.strip():
        try:
            given = read_json(given, "strict").value
        except Unreadable as error:
            return f"its arguments are not JSON: {error}"
    if given is None or (isinstance(given, str) and not given.strip()):
        return {}
    if not isinstance(given, Mapping):
        return "its arguments are no object"
    try:
        check_depth(given)
    except ValueError as error:
        return f"its arguments are {error}"
    return dict(given)


def _list(message: Mapping[Any, Any], key: str) -> list[object]:
    value = message.get(key)
    return value if isinstance(value, list) else []
