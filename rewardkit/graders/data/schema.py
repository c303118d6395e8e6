"""JSON against a JSON Schema, by the library `jsonschema`, bounded.

The schema is the author's and the value the model's, and together they can cost any amount of time. So patterns
are matched by the regular expressions of pydantic's core, which take linear time and know neither look-around nor
back references; keywords are counted; a value nested too deep, and a `$ref` that only leads to itself, are found
out. No reference leaves the schema: nothing is fetched.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from rewardkit.errors import UsageError
from rewardkit.graders.data.coerce import coerced
from rewardkit.graders.data.compare import check_depth, shown
from rewardkit.graders.data.reading import Reading, read_json
from rewardkit.reward import grader
from rewardkit.score import Score

_KEYWORDS = 100_000  # checks of a keyword against a part of the value
# Checks within each other, three frames each: Python's own limit, 1000 frames with those of the caller, must never
# be met, because the library's Rust panics there.
_LEVELS = 180
_ANNOTATIONS = ("title", "description", "default", "examples", "definitions")


@grader
def json_schema(
    response: object,
    schema: Mapping[str, Any] | bool,
    *,
    formats: bool = True,
    coerce: bool = False,
    reading: Reading = "lenient",
) -> Score:
    """Does the response satisfy a JSON Schema?

    Args:
        response: text that holds JSON; or a value already, such as `yaml_value` gives. None scores 0.
        schema: of draft 3 to 2020-12; `$schema` says which, by default the last. `$ref` within it only.
        formats: check `format` for date, time, date-time, duration, email, hostname, ipv4, ipv6, uri, uuid and
            json-pointer; others say nothing.
        coerce: read text as the number, boolean, null or list that the schema has in its place, as XML and CSV
            need it.
        reading: how much is forgiven in text: `strict`, `embedded` or `lenient`; see `json_valid`.

    Returns:
        1 or 0. The reason names the place and the rule that is broken first.

    Raises:
        UsageError: the schema is none, refers to something outside it or only to itself, or has a pattern that
            cannot be matched in linear time.
    """
    validate = validator(schema, formats)
    if isinstance(schema, Mapping) and not _is_schema(schema):
        keys = ", ".join(map(repr, list(schema)[:5]))
        raise UsageError(
            f"the schema has no keyword of JSON Schema, only {keys:.200}: any value satisfies it. Describe "
            f"an object by {{'type': 'object', 'properties': …, 'required': …}}, or compare with json_fields"
        )
    try:
        if response is None or isinstance(response, str):
            response = read_json(response, reading).value
        check_depth(response)
    except ValueError as error:
        return Score(0.0, f"not JSON: {error}")
    wrong = validate(coerced(response, schema) if coerce else response)
    return Score(0.0, wrong) if wrong else Score(1.0, f"{shown(response)} satisfies the schema")


def _is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a schema has a keyword, or is empty on purpose; an example of the value has none."""
    from jsonschema.validators import Draft202012Validator, validator_for

    keywords = validator_for(schema, default=Draft202012Validator).VALIDATORS
    return not schema or any(key in keywords or key.startswith("$") or key in _ANNOTATIONS for key in schema)


Validate: TypeAlias = Callable[[object], str]


def validator(schema: Mapping[str, Any] | bool, formats: bool = True) -> Validate:
    """What says of a value where it breaks a schema first; an empty text where it does not.

    Raises:
        UsageError: see `json_schema`; also when it is called.
    """
    try:
        text = json.dumps(schema, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the schema is {type(schema).__name__}, and no JSON ({error}): give a dict") from error
    return _validator(text, formats)


@functools.lru_cache(maxsize=64)
def _validator(schema_text: str, formats: bool) -> Validate:
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing.jsonschema import EMPTY_REGISTRY

    from rewardkit.graders.data.formats import checker

    schema = json.loads(schema_text)
    if not isinstance(schema, (dict, bool)):
        raise UsageError(f"the schema is {shown(schema)}: give an object, such as {{'type': 'object'}}")
    draft: Any = validator_for(schema, default=Draft202012Validator)
    try:
        draft.check_schema(schema)
    except SchemaError as error:
        raise UsageError(f"the schema is wrong at {_place(error.absolute_path)}: {error.message[:200]}") from None
    if '"patternProperties"' in schema_text and '"unevaluatedProperties"' in schema_text:
        raise UsageError("the schema has patternProperties and unevaluatedProperties: use one of them")
    made = _bounded(draft)(schema, registry=EMPTY_REGISTRY, format_checker=checker() if formats else None)
    validate = functools.partial(_first_wrong, made)
    any_kind: list[object] = [None, {}, [], "", 0]
    for each in any_kind:  # finds what fails for any value, before the first response comes
        validate(each, trying=True)
    return validate


@dataclass(slots=True)
class _Left:
    """What checking the value at hand may still cost: checks of a keyword, and how many within each other."""

    checks: int = _KEYWORDS
    levels: int = _LEVELS


# Rewards run side by side in threads.
_left: ContextVar[_Left] = ContextVar("_left")


class _TooManyChecks(Exception):
    """A value costs more than it may."""


class _TooDeep(Exception):
    """Keywords are checked within keywords without end, or nearly."""


def _first_wrong(made: Any, value: object, *, trying: bool = False) -> str:
    from referencing.exceptions import Unresolvable

    _left.set(_Left())
    try:
        error = next(made.iter_errors(value), None)
    except Unresolvable as missing:
        raise UsageError(
            f"the schema refers to {missing.ref!r}, which is not in it: put it under $defs; nothing is fetched"
        ) from None
    except (_TooDeep, RecursionError):
        if trying:
            raise UsageError("the schema has a $ref that leads only to itself") from None
        return f"{shown(value)} is nested too deep for this schema"
    except (_TooManyChecks, ArithmeticError) as why:
        return f"{shown(value)} cannot be checked: {why}"
    return f"at {_place(error.absolute_path)}: {_message(error)}" if error else ""


def _place(path: Iterable[object]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(["$", *steps])[:200]


def _message(error: Any) -> str:
    """What the library says, less the value itself where that is long."""
    text = str(error.message)
    written = repr(error.instance)
    if len(written) > 60 and text.startswith(written):
        text = shown(error.instance) + text[len(written) :]
    return text if len(text) <= 200 else f"{text[:120]}…{text[-60:]}"


# --- the library's keywords, bounded ---

_Keyword: TypeAlias = Callable[[Any, Any, Any, Any], Iterable[Any] | None]


def _bounded(draft: Any) -> Any:
    from jsonschema import validators

    ours: dict[str, _Keyword] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    extend: Any = validators.extend
    return extend(draft, {name: _counted(ours.get(name, check)) for name, check in draft.VALIDATORS.items()})


def _counted(check: _Keyword) -> _Keyword:
    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        left = _left.get()
        left.checks -= 1
        if left.checks < 0:
            raise _TooManyChecks(f"it takes more than {_KEYWORDS:,} checks")
        if not left.levels:
            raise _TooDeep
        left.levels -= 1
        try:
            yield from check(validator, value, instance, schema) or ()
        finally:
            left.levels += 1

    return counted


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not matcher(pattern)(instance):
        yield ValidationError(f"{shown(instance)} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for key in filter(matcher(pattern), instance):
                yield from validator.descend(instance[key], subschema, path=key, schema_path=pattern)


def _additional_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, dict):
        return
    patterns = [matcher(pattern) for pattern in schema.get("patternProperties", {})]
    known = schema.get("properties", {})
    for key, value in instance.items():
        if key in known or any(matches(key) for matches in patterns):
            continue
        if wanted is False:
            yield ValidationError(f"{shown(key)} is an additional property, and none is allowed")
        else:
            yield from validator.descend(value, wanted, path=key)


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if wanted and isinstance(instance, list):
        seen: set[str] = set()
        for item in instance:
            key = json.dumps(_plain(item), sort_keys=True)
            if key in seen:
                yield ValidationError(f"{shown(item)} stands in the list twice")
                return
            seen.add(key)


def _plain(value: Any) -> Any:
    """The value with whole floats as the integers that JSON Schema takes them for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@functools.lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a pattern occurs in a text, in time linear in its length.

    Raises:
        UsageError: no such automaton can be made of it.
    """
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        compiled = SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError as error:
        why = str(error).strip().rpartition("error: ")[2]
        raise UsageError(
            f"the pattern {pattern!r} cannot be matched in linear time ({why}): instead of looking "
            f"around, give several patterns under allOf, or one under not"
        ) from None
    return compiled.isinstance_python
