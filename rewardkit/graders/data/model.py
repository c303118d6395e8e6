"""JSON against a pydantic model."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from rewardkit.errors import UsageError
from rewardkit.graders.data.compare import check_depth, shown
from rewardkit.graders.data.reading import Reading, read_json
from rewardkit.reward import grader
from rewardkit.score import Score

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@grader
def json_model(response: object, model: Any, *, strict: bool = False, reading: Reading = "lenient") -> Score:
    """Does the response fit a pydantic model?

    Args:
        response: text that holds JSON; or a value already, such as `yaml_value` gives. None scores 0.
        model: a pydantic model, a dataclass, a TypedDict, or any type such as `list[int]`.
        strict: pydantic's strict mode: the text "5" is no number.
        reading: how much is forgiven in text: `strict`, `embedded` or `lenient`; see `json_valid`.

    Returns:
        1 or 0. The reason names the first field that does not fit, and how many more there are.

    Raises:
        UsageError: pydantic can make nothing of the model.
    """
    from pydantic import ValidationError

    try:
        adapter = _adapter(model)
    except Exception as error:  # pydantic's own, and what Python says of a type that is none
        raise UsageError(
            f"{model!r:.80} is no model for pydantic: {error!s:.200}; give a BaseModel, a type such as list[int]"
        ) from error
    try:
        if response is None or isinstance(response, str):
            response = read_json(response, reading).value
        check_depth(response)
    except ValueError as error:
        return Score(0.0, f"not JSON: {error}")
    try:
        adapter.validate_python(response, strict=strict)
    except ValidationError as error:
        return Score(0.0, _first(error))
    return Score(1.0, f"{shown(response)} fits {getattr(model, '__name__', model)}")


@functools.lru_cache(maxsize=64)
def _adapter(model: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(model)


def _first(error: Any) -> str:
    errors = error.errors(include_url=False, include_context=False)
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in errors[0]["loc"])
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"at ${place[:200]}: {errors[0]['msg'][:200]}, read {shown(errors[0]['input'])}{more}"
