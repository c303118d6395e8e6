"""Are the calls such as the tools can take?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.graders.data.schema import validator
from rewardkit.graders.tools.calls import calls_of
from rewardkit.reward import grader
from rewardkit.score import Score

_MOST = 100  # calls that are looked at


@grader
def calls_valid(answer: object, tools: Sequence[Mapping[str, Any]] | None = None) -> Score:
    """Does the model call tools, all of them ones that there are, with arguments that satisfy their schemas?

    Args:
        answer: `messages`, a message, calls or text; see `calls_of`. None makes no call.
        tools: the tools' declarations, in OpenAI's shapes (`function.parameters`, or `parameters` as in
            Responses), Anthropic's (`input_schema`) or Bedrock's (`toolSpec.inputSchema.json`). Without, a call
            only has to be readable.

    Returns:
        1 or 0; 0 also where no call is made. The reason names the first call that is wrong, and how.

    Raises:
        UsageError: a declaration cannot be read, or its schema is wrong; see `json_schema`.
    """
    schemas = dict(_declared(tool) for tool in tools) if tools is not None else None
    calls = calls_of(answer)
    if not calls or len(calls) > _MOST:
        return Score(0.0, f"{len(calls)} calls, expected 1 to {_MOST}" if calls else "no call")
    for call in calls:
        if call.wrong:
            return Score(0.0, f"{call.name or 'a call'}: {call.wrong}")
        if schemas is None:
            continue
        if call.name not in schemas:
            return Score(0.0, f"there is no tool {call.name[:60]!r}, only {', '.join(schemas)[:200]}")
        if wrong := validator(schemas[call.name])(call.arguments):
            return Score(0.0, f"{call.name}: {wrong}")
    return Score(1.0, ", ".join(call.name for call in calls[:10]))


def _declared(tool: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name and the schema of a tool."""
    body = next((tool[key] for key in ("function", "toolSpec") if isinstance(tool.get(key), Mapping)), tool)
    schema: Any = next((body[key] for key in ("parameters", "input_schema", "inputSchema") if body.get(key)), {})
    if isinstance(schema, Mapping) and set(schema) == {"json"}:
        schema = schema["json"]
    if not isinstance(body.get("name"), str) or not isinstance(schema, Mapping):
        raise UsageError(
            f"the tool {tool!r:.200} cannot be read: give {{'name': …, 'parameters': a JSON Schema}}, or one of "
            f"the shapes of OpenAI, Anthropic or Bedrock"
        )
    return body["name"], schema
