"""JSON Schema and pydantic models."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from test_data_json import pieces, values

from rewardkit.errors import UsageError
from rewardkit.graders.data import json_fields, json_model, json_schema, yaml_value

ORDER = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
        "total": {"type": "number", "minimum": 0},
        "due": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
    "additionalProperties": False,
}


class Order(BaseModel):
    id: str
    total: float
    parts: list[Order] = []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"id": "AB-1", "total": 5, "due": "2026-02-28", "tags": ["a", "b"]}', ""),
        ('Here: {"total": 5, "id": "AB-1"}', ""),
        ('{"id": "AB-1", "total": "5"}', "at $.total: '5' is not of type 'number'"),
        ('{"id": "AB-1"}', "at $: 'total' is a required property"),
        ('{"id": "ab-1", "total": 5}', "at $.id: 'ab-1' does not match '^[A-Z]{2}-[0-9]+$'"),
        ('{"id": "AB-1", "total": -1}', "at $.total: -1 is less than the minimum of 0"),
        ('{"id": "AB-1", "total": 5, "due": "2026-02-30"}', "at $.due: '2026-02-30' is not a 'date'"),
        ('{"id": "AB-1", "total": 5, "tags": ["a", "a"]}', "at $.tags: 'a' stands in the list twice"),
        ('{"id": "AB-1", "total": 5, "x": 1}', "at $: 'x' is an additional property, and none is allowed"),
        (None, "not JSON: no text"),
        ("no", "not JSON: expected a value, and there stands 'no'"),
    ],
)
def test_the_reason_names_the_place_and_the_rule(answer: str | None, reason: str) -> None:
    score = json_schema(answer, ORDER)
    assert (float(score), score.reason) == ((0.0, reason) if reason else (1.0, score.reason))


@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [
        ("date-time", "2026-11-25T10:00:00Z", "2026-11-25"),
        ("time", "10:00:00+01:00", "25:00:00Z"),
        ("duration", "P1DT2H", "P"),
        ("email", "ann.lee@example.com", "ann@@example.com"),
        ("hostname", "example.com", "-example.com"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("ipv6", "2001:db8::1", "2001:db8:::1"),
        ("uri", "https://example.com/a?b=c", "example.com/a b"),
        ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810"),
        ("json-pointer", "/a/~0b", "a"),
    ],
)
def test_formats_are_checked_unless_the_author_says_no(format: str, good: str, bad: str) -> None:
    schema = {"format": format}
    assert json_schema(json.dumps(good), schema) == 1 and json_schema(json.dumps(bad), schema) == 0
    assert json_schema(json.dumps(bad), schema, formats=False) == 1 == json_schema("5", schema)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "intger"}, "wrong at \\$.type"),
        ({"$ref": "#"}, "leads only to itself"),
        ({"allOf": [{"$ref": "#"}]}, "leads only to itself"),
        ({"$ref": "https://example.com/schema.json"}, "nothing is fetched"),
        ({"$ref": "#/$defs/none"}, "not in it"),
        ({"pattern": "(?=a)a"}, "linear time"),
        ({"pattern": "("}, "linear time|wrong at"),
        ([1], "give an object"),
        ({"enum": [{1}]}, "no JSON"),
        ({"patternProperties": {"a": True}, "unevaluatedProperties": False}, "use one of them"),
    ],
)
def test_a_schema_that_is_none_or_leaves_itself_is_the_authors_mistake(schema: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        json_schema('"a"', schema)


def test_patterns_that_a_backtracking_engine_would_never_finish_take_no_time() -> None:
    begin = time.process_time()
    for pattern in ("^(a+)+$", "^(a|a)*$", "^(.*a){20}$"):
        schema = {"pattern": pattern, "propertyNames": {"pattern": pattern}, "patternProperties": {pattern: False}}
        assert json_schema(json.dumps("a" * 50_000 + "!"), schema) == 0
        assert json_schema(json.dumps({"a" * 5000 + "!": 1}), schema) == 0
    assert time.process_time() - begin < 10


def test_schemas_that_double_their_work_with_each_level_are_given_up() -> None:
    inner = {"type": "object", "properties": {"a": {"$ref": "#"}}}
    schema = {"anyOf": [{"type": "integer"}, inner, {**inner, "required": ["b"]}]}
    assert json_schema('{"a":' * 5 + '"x"' + "}" * 5, schema) == 0
    score = json_schema('{"a":' * 45 + '"x"' + "}" * 45, schema)
    assert score == 0 and "checks" in score.reason


def test_recursive_schemas_judge_values_as_deep_as_are_read() -> None:
    tree = {"properties": {"a": {"$ref": "#"}}, "additionalProperties": False}
    assert json_schema('{"a":' * 45 + "{}" + "}" * 45, tree) == 1
    assert json_schema('{"a":' * 45 + '{"b":1}' + "}" * 45, tree) == 0


def test_drafts_differ() -> None:
    old = {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}
    assert json_schema("1", old) == 0 == json_schema("1", {"exclusiveMinimum": 1})
    assert json_schema("1.0", {"type": "integer"}) == 1


def test_a_model_of_pydantic_judges_too() -> None:
    assert json_model('{"id": "a", "total": "5", "parts": [{"id": "b", "total": 1}]}', Order) == 1
    assert json_model('{"id": "a", "total": "5"}', Order, strict=True) == 0
    wrong = json_model('{"id": 1, "parts": [{"id": "b"}]}', Order)
    assert wrong == 0 and wrong.reason.startswith("at $.id: ") and wrong.reason.endswith("read 1, and 2 more")
    assert json_model("[1, 2]", list[int]) == 1 and json_model("[1, 'b']", list[int]) == 0
    assert json_model(None, Order) == 0 == json_model("x", Order)
    for nothing in (Annotated, [1], {"a": int}, "", "  "):
        with pytest.raises(UsageError, match=r"no model for pydantic: .*give a BaseModel"):
            json_model("1", nothing)


class Annotated:
    """A class that pydantic knows nothing of."""


def test_yaml_is_judged_by_the_same_schema() -> None:
    assert (
        json_schema(yaml_value("id: AB-1\ntotal: 5"), ORDER)
        == 1
        == json_model(yaml_value("id: a\ntotal: 5"), Order)
    )
    assert json_schema(yaml_value("not: [closed"), ORDER) == 0


@given(
    pieces | values.map(json.dumps), st.sampled_from([ORDER, {"type": "object"}, {"items": {"$ref": "#"}}, True])
)
def test_any_text_is_judged(text: str, schema: Any) -> None:
    score = json_schema(text, schema)
    assert score in (0, 1) and score.reason
    model = json_model(text, Order)
    assert model in (0, 1) and model.reason


@given(values)
def test_white_space_and_the_order_of_keys_do_not_count(value: Any) -> None:
    plain, spread = json.dumps(value), json.dumps(value, indent=3, sort_keys=True)
    for schema in (ORDER, {"type": ["object", "array"]}, {"maxProperties": 2, "maxItems": 2}):
        assert json_schema(plain, schema) == json_schema(f"\n{spread} ", schema)
    assert json_model(plain, dict[str, int] | list[str]) == json_model(spread, dict[str, int] | list[str])


keys = st.sampled_from(["a", "ab", "b1", "c", ""])
leaves = st.sampled_from(
    [True, False, {"type": "integer"}, {"type": "string", "pattern": "^[ab]+$"}, {"const": 1}]
)
schemas = st.recursive(
    leaves,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(keys, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b", "[0-9]$", "^$"]), inner, max_size=2),
            "additionalProperties": inner,
            "uniqueItems": st.booleans(),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
        },
    ),
    max_leaves=5,
)
small = st.sampled_from([0, 1, 1.0, True, "a", "abc", "", None])
instances = st.recursive(
    small, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)


@given(schemas, instances)
def test_the_bounded_keywords_say_what_the_librarys_own_say(schema: Any, value: Any) -> None:
    assert json_schema(json.dumps(value), schema) == Draft202012Validator(schema).is_valid(value)


def below(frames: int, judge: Callable[[], float]) -> float:
    return judge() if frames == 0 else below(frames - 1, judge)


@pytest.mark.parametrize("nested", [lambda value: [value], lambda value: {"a": value}])
def test_how_deep_the_caller_stands_changes_no_score(nested: Callable[[Any], Any]) -> None:
    one, other = 1, 2
    for _ in range(49):
        one, other = nested(one), nested(other)
    tree: Any = {"items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}}
    schema = {"anyOf": [{"type": "integer"}, {"type": ["array", "object"], **tree}]}
    for frames in (0, 350):
        assert below(frames, lambda: json_schema(json.dumps(one), schema)) == 1
        assert below(frames, lambda: json_fields(one, one, unordered=True)) == 1
        assert below(frames, lambda: json_fields(json.dumps(one), other, unordered=True)) == 0


def test_an_example_in_the_place_of_a_schema_is_the_authors_mistake() -> None:
    with pytest.raises(UsageError, match=r"no keyword of JSON Schema, only 'total', 'parts'.*json_fields"):
        json_schema('{"whatever": 1}', {"total": 5, "parts": []})
    free: list[Any] = [{}, True, {"title": "anything"}, {"$defs": {}}, {"const": 1}]
    for schema in free:
        assert json_schema("1", schema) == 1
