"""The service model's limits, enforced: what botocore knows and does not check before it sends a request.

botocore checks types, required members and lower bounds. Upper bounds, enums, patterns and the longest lengths it
leaves to the service, which here reads them from botocore's own model: they are those of the installed one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rewardkit.local.refused import Refused

# One more than a service would list, so that a message stays readable.
_MOST_ERRORS = 10


def check(operation: str, body: Mapping[str, Any], query: Mapping[str, str], *, service: str = "bedrock") -> None:
    """Hold a request against the service model.

    Args:
        operation: such as `CreateModelCustomizationJob`.
        body: the members in the JSON body.
        query: the members in the query string, as text.
        service: `bedrock` or `bedrock-runtime`.

    Raises:
        Refused: ValidationException, worded as the service words it.
    """
    shape = _model(service).operation_model(operation).input_shape
    if shape is None:
        return
    errors: list[str] = []
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if place == "uri":
            continue
        if place == "querystring":
            value = _converted(query.get(member.serialization.get("name", name)), member)
        else:
            value = body.get(name)
        if value is None:
            if name in shape.required_members:
                errors.append(_error(name, "Member must not be null"))
            continue
        errors.extend(_errors(value, member, name))
    if errors:
        count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected"
        raise Refused(400, "ValidationException", f"{count}: {'; '.join(errors[:_MOST_ERRORS])}")


@functools.cache
def _model(service: str) -> Any:
    import botocore.session
    from botocore.model import ServiceModel

    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def _errors(value: Any, shape: Any, where: str) -> Iterator[str]:
    """What is wrong with a value, and with everything in it."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_errors(value, shape, where)
    elif kind == "list":
        yield from _wrong_type(value, list, where) or _list_errors(value, shape, where)
    elif kind == "map":
        yield from _wrong_type(value, dict, where) or _map_errors(value, shape, where)
    elif kind == "string":
        yield from _wrong_type(value, str, where) or _string_errors(value, shape, where)
    elif kind in ("integer", "long", "float", "double"):
        yield from _number_errors(value, shape, where)


def _structure_errors(value: Any, shape: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _error(where, "Member must be an object")
        return
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _errors(value[name], member, f"{where}.{name}")
        elif name in shape.required_members:
            yield _error(f"{where}.{name}", "Member must not be null")
    if shape.is_tagged_union and sum(item is not None for item in value.values()) != 1:
        yield _error(where, f"Member must have exactly one of: [{', '.join(shape.members)}]")


def _list_errors(value: list[Any], shape: Any, where: str) -> Iterator[str]:
    yield from _length_errors(len(value), shape, where)
    for index, item in enumerate(value, start=1):
        yield from _errors(item, shape.member, f"{where}.{index}.member")


def _map_errors(value: dict[str, Any], shape: Any, where: str) -> Iterator[str]:
    yield from _length_errors(len(value), shape, where)
    for key, item in value.items():
        yield from _errors(item, shape.value, f"{where}.{key}")


def _string_errors(value: str, shape: Any, where: str) -> Iterator[str]:
    yield from _length_errors(len(value), shape, where)
    if shape.enum and value not in shape.enum:
        yield _error(where, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _error(where, f"Member must satisfy regular expression pattern: {pattern}")


def _number_errors(value: Any, shape: Any, where: str) -> Iterator[str]:
    whole = shape.type_name in ("integer", "long")
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        yield _error(where, f"Member must be {'a whole number' if whole else 'a number'}")
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and not value >= low:
        yield _error(where, f"Member must have value greater than or equal to {low}")
    if high is not None and not value <= high:
        yield _error(where, f"Member must have value less than or equal to {high}")


def _length_errors(length: int, shape: Any, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield _error(where, f"Member must have length greater than or equal to {low}")
    if high is not None and length > high:
        yield _error(where, f"Member must have length less than or equal to {high}")


def _wrong_type(value: Any, kind: type, where: str) -> list[str]:
    words: dict[Any, str] = {str: "text", list: "a list", dict: "an object"}
    return [] if isinstance(value, kind) else [_error(where, f"Member must be {words[kind]}")]


def _converted(text: str | None, shape: Any) -> Any:
    if text is not None and shape.type_name == "integer":
        return int(text) if re.fullmatch(r"-?\d{1,9}", text) else text
    return text


def _matches(pattern: str, value: str) -> bool:
    # Some of the service's patterns backtrack badly; what is this long is refused by its length already.
    return re.fullmatch(pattern, value[:2100]) is not None


def _error(where: str, constraint: str) -> str:
    return f"Value at '{where}' failed to satisfy constraint: {constraint}"
