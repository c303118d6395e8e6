"""Graders of structured text: JSON, JSON Schema, fields, YAML, CSV, XML, SQL.

    json_valid, json_value           reading.py, valid.py    strictly, embedded in prose (said.py), or leniently
    json_schema                      schema.py, formats.py   by the library `jsonschema`; coerce.py for XML, CSV
    json_model                       model.py                by pydantic
    json_fields                      fields.py, compare.py   credit field by field; matching.py pairs list items
    yaml_valid, yaml_value           yaml_text.py            by PyYAML
    toml_valid, toml_value           toml_text.py
    csv_valid, csv_value, csv_equal  table.py
    xml_valid, xml_value, xml_equal  markup.py
    sql_valid, sql_equal             query.py                run on SQLite

The `…_value` functions return values, and `json_fields`, `json_schema` and `json_model` take them as well as text:
`json_fields(yaml_value(response), reference)`.

Each is imported when it is asked for, so that a reward carries only the libraries of the graders that it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rewardkit.graders.data.fields import json_fields
    from rewardkit.graders.data.markup import xml_equal, xml_valid, xml_value
    from rewardkit.graders.data.model import json_model
    from rewardkit.graders.data.query import sql_equal, sql_valid
    from rewardkit.graders.data.reading import json_value
    from rewardkit.graders.data.schema import json_schema
    from rewardkit.graders.data.table import csv_equal, csv_valid, csv_value
    from rewardkit.graders.data.toml_text import toml_valid, toml_value
    from rewardkit.graders.data.valid import json_valid
    from rewardkit.graders.data.yaml_text import yaml_valid, yaml_value

__all__ = [
    "csv_equal",
    "csv_valid",
    "csv_value",
    "json_fields",
    "json_model",
    "json_schema",
    "json_valid",
    "json_value",
    "sql_equal",
    "sql_valid",
    "toml_valid",
    "toml_value",
    "xml_equal",
    "xml_valid",
    "xml_value",
    "yaml_valid",
    "yaml_value",
]


def __getattr__(name: str) -> object:
    """A grader, from the module that it is in; the bundle reads here which name needs which."""
    if name == "json_valid":
        from rewardkit.graders.data import valid

        return getattr(valid, name)
    if name == "json_value":
        from rewardkit.graders.data import reading

        return getattr(reading, name)
    if name == "json_fields":
        from rewardkit.graders.data import fields

        return getattr(fields, name)
    if name == "json_schema":
        from rewardkit.graders.data import schema

        return getattr(schema, name)
    if name == "json_model":
        from rewardkit.graders.data import model

        return getattr(model, name)
    if name in ("yaml_valid", "yaml_value"):
        from rewardkit.graders.data import yaml_text

        return getattr(yaml_text, name)
    if name in ("csv_equal", "csv_valid", "csv_value"):
        from rewardkit.graders.data import table

        return getattr(table, name)
    if name in ("toml_valid", "toml_value"):
        from rewardkit.graders.data import toml_text

        return getattr(toml_text, name)
    if name in ("xml_equal", "xml_valid", "xml_value"):
        from rewardkit.graders.data import markup

        return getattr(markup, name)
    if name in ("sql_equal", "sql_valid"):
        from rewardkit.graders.data import query

        return getattr(query, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
