"""Text as the numbers and booleans that a schema asks for: XML and CSV have nothing but text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"\s*-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][-+]?[0-9]{1,2})?\s*")
_WORDS = {"true": True, "false": False}
_HOPS = 20  # references to references


def coerced(value: Any, schema: Any, root: Any = None) -> Any:
    """The value, its texts read as what the schema has in their places; what does not fit stays as it is.

    A value where the schema has a list becomes a list of one: in XML one element looks like several.

    Args:
        value: JSON's values, not nested deeper than is read.
        schema: a JSON Schema; of it `type`, `properties`, `items` and a `$ref` within it are followed.
        root: the whole schema, where this is a part.
    """
    root = schema if root is None else root
    schema = _followed(schema, root)
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if "array" in types and value is not None and not isinstance(value, list) and "object" not in types:
        value = [value]
    if isinstance(value, list):
        items = schema.get("items", {})
        return [coerced(item, items, root) for item in value]
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {key: coerced(item, properties.get(key, {}), root) for key, item in value.items()}
    return _scalar(value, types)


def _scalar(value: Any, types: list[Any]) -> Any:
    if value is None and "null" not in types and "string" in types:
        return ""  # an empty element
    if not isinstance(value, str) or "string" in types:
        return value
    if _NUMBER.fullmatch(value) and {"integer", "number"} & set(types):
        return int(value) if value.strip().lstrip("-").isdigit() else float(value)
    if "boolean" in types:
        return _WORDS.get(value.strip().lower(), value)
    return None if "null" in types and not value.strip() else value


def _followed(schema: Any, root: Any) -> Mapping[str, Any]:
    """The part of the schema that a `$ref` stands for."""
    for _ in range(_HOPS):
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        schema = root
        for step in reference[2:].split("/"):
            schema = schema.get(step, {}) if isinstance(schema, Mapping) else {}
    return schema if isinstance(schema, Mapping) else {}
