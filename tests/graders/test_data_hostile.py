"""What a model could write to make a grader hang, crash or eat the memory; and that importing them is cheap."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from rewardkit import Score
from rewardkit.graders.data import (
    csv_equal,
    json_fields,
    json_schema,
    json_valid,
    sql_equal,
    toml_valid,
    xml_equal,
    xml_value,
    yaml_valid,
)
from rewardkit.graders.shaping import repetition
from rewardkit.graders.tools import calls_ast, calls_match, calls_valid

SIZE = 50_000
GRADERS: dict[str, Callable[[str], Score]] = {
    "json_valid": lambda text: json_valid(text, reading="lenient"),
    "json_schema": lambda text: json_schema(text, {"items": {"type": "integer"}, "uniqueItems": True}),
    "json_fields": lambda text: json_fields(text, {"a": [1, 2, {"b": 1}]}, unordered=True),
    "yaml_valid": yaml_valid,
    "toml_valid": toml_valid,
    "csv_equal": lambda text: csv_equal(text, "a,b\n1,2", unordered=True),
    "xml_equal": lambda text: xml_equal(text, "<a/>"),
    "xml_value": lambda text: json_schema(xml_value(text), {"type": "object"}, coerce=True),
    "sql_equal": lambda text: sql_equal(text, "SELECT 1", fixture=""),
    "calls_match": lambda text: calls_match(text, ["f"]),
    "calls_valid": lambda text: calls_valid(text, [{"name": "f"}]),
    "calls_ast": lambda text: calls_ast(text, [{"f": {"a": [1]}}]),
    "repetition": lambda text: Score(1 + repetition(text), repetition(text).reason),
}
REPEATED = [
    *("[", "{", '{"a":', '["', "[“", "[/*", "{'", "[1,", "[[],", '{"a":1}', "```", "```json\n{", "<think>", "\\"),
    *("<a>", "<tool_call>", "<tool_call>{", "<function=f>", "<parameter=a>", "to=functions.f", "[TOOL_CALLS]"),
    *('[{"name":"f","arguments":{}}]', "f(a=", "f(a=1);", "f()", "((", "not ", "- ", "&a ", "a,", '"', "'", "\n"),
    *("é", "\u0301", "\ud800", "\x00"),
]


@pytest.mark.parametrize("piece", REPEATED)
def test_a_long_repetition_of_anything_ends_soon(piece: str) -> None:
    text = piece * (SIZE // len(piece))
    for name, grade in GRADERS.items():
        begin = time.process_time()
        score = grade(text)
        assert 0 <= score <= 1 and score.reason, name
        assert len(score.reason) < 2000, name
        assert time.process_time() - begin < 20, name


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(list(range(140_000))),
        json.dumps({"a": [[n] for n in range(90_000)]}),
        json.dumps({f"k{n}": n for n in range(50_000)}),
        "[" + "9" * 900_000 + "]",
        "[1e" + "9" * 900_000 + "]",
        json.dumps("\\" * 400_000),
        "x" * 5_000_000,
    ],
)
def test_a_megabyte_of_valid_json_ends_soon(text: str) -> None:
    for name in ("json_valid", "json_fields", "csv_equal", "calls_match"):
        begin = time.process_time()
        score = GRADERS[name](text)
        assert 0 <= score <= 1 and len(score.reason) < 2000
        assert time.process_time() - begin < 20


def run(code: str) -> Any:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_importing_the_families_loads_nothing_from_outside_and_little_from_inside() -> None:
    loaded = set(
        run(
            "import sys, json; before = set(sys.modules); from rewardkit.graders import data, tools, shaping; "
            "print(json.dumps(sorted(set(sys.modules) - before)))"
        )
    )
    outside = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"rewardkit"}
    assert not outside
    assert not loaded & {"sqlite3", "csv", "xml.etree.ElementTree", "ast.parse", "decimal", "json"}


def test_every_name_that_a_family_promises_is_there() -> None:
    from rewardkit.graders import data, shaping, tools

    for family in (data, tools, shaping):
        assert all(callable(getattr(family, name)) for name in family.__all__)
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            family.nothing  # noqa: B018
