"""Reading JSON strictly, embedded and leniently."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import UsageError
from rewardkit.graders.data import json_valid, json_value
from rewardkit.graders.data.reading import Reading

READINGS: tuple[Reading, ...] = ("strict", "embedded", "lenient")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)
containers = values.filter(lambda value: isinstance(value, (list, dict)))
PIECES = [
    *("{", "}", "[", "]", ":", ",", '"', "'", '"a"', "'b'", "1", "-", ".5", "1e9", "null", "None", "true", "NaN"),
    *(
        "//",
        "/*",
        "*/",
        "#",
        "\n",
        "\\",
        "\\u0041",
        "\\ud800",
        "```",
        "```json\n",
        "<think>",
        "</think>",
        "a",
        "“",
        "”",
    ),
]
pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "value", "forgiven"),
    [
        ('```json\n{"a": 1}\n```', {"a": 1}, "a code fence"),
        ('Here you are: {"a": [1, 2]}. Anything else?', {"a": [1, 2]}, "text around it"),
        ('<think>{"a": 1}?</think>\n{"a": 2}', {"a": 2}, "text around it"),
    ],
)
def test_json_within_a_response_is_embedded_and_not_strict(text: str, value: object, forgiven: str) -> None:
    assert json_valid(text) == 0
    embedded = json_valid(text, reading="embedded")
    assert embedded == 1 and embedded.reason.endswith(f"forgiving {forgiven}")
    assert json_value(text, reading="embedded") == value


@pytest.mark.parametrize(
    ("text", "value", "forgiven"),
    [
        ('{"a": 1,}', {"a": 1}, "a trailing comma"),
        ("[1, 2, ]", [1, 2], "a trailing comma"),
        ("{'a': 'it\"s'}", {"a": 'it"s'}, "single quotes"),
        ("{“a”: “b”}", {"a": "b"}, "curly quotes"),
        ("{a: 1}", {"a": 1}, "keys without quotes"),
        ("{'a': None, 'b': True}", {"a": None, "b": True}, "Python's True, False or None"),
        ('{"a": 1 // one\n}', {"a": 1}, "a comment"),
        ('{"a": /* one */ 1}', {"a": 1}, "a comment"),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}, "line breaks in text"),
        ('{"a": .5, "b": +1, "c": 01}', {"a": 0.5, "b": 1, "c": 1}, "the number .5"),
        (r'{"a": "\d"}', {"a": r"\d"}, "an unknown escape"),
        ('{"a": Infinity}', {"a": math.inf}, "NaN or Infinity"),
        ("{'a': '\\ud83d\\ude00'}", {"a": "😀"}, "single quotes"),
    ],
)
def test_slips_are_forgiven_by_the_lenient_reading_alone_and_named(
    text: str, value: object, forgiven: str
) -> None:
    assert json_valid(text) == 0 and json_valid(text, reading="embedded") == 0
    lenient = json_valid(text, reading="lenient")
    assert lenient == 1 and forgiven in lenient.reason
    assert json_value(text) == value
    assert forgiven in json_valid(text).reason


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "yes", '{"a": 1', '{"a": [1, 2}', '{"a" 1}', "[1 2]", "[1,,2]", "{,}", "[,]", '{"a":}'),
        *('{"items": [{"a": 1}, {"a": 2}], "next', '{"a": 1, "b": oops, "c": [1]}', '<think>{"a": 1}', "1e999"),
        *('{"a": 1, "a": 2}', "9" * 5000, "[" * 5000, '{"a":' * 5000 + "1" + "}" * 5000),
    ],
)
def test_what_is_cut_off_broken_or_without_measure_is_not_read(text: str | None) -> None:
    for reading in READINGS:
        score = json_valid(text, reading=reading)
        assert score == 0 and score.reason
        assert json_value(text, reading=reading) is None


def test_of_several_values_the_last_object_counts_and_a_fenced_one_before_it() -> None:
    assert json_value('{"a": 1} or rather {"a": 2}, see [1]') == {"a": 2}
    assert json_value('```json\n{"a": 1}\n```\nnot {"a": 2}') == {"a": 1}
    assert json_valid(
        'see {"a": 1} and [2]', reading="embedded", kind="list"
    ).reason == "a list of 1, forgiving " + ("text around it")
    assert json_valid("[1]", kind="object").reason == "read a list of 1, expected an object"


def test_a_key_given_twice_is_no_answer_unless_the_author_says_so() -> None:
    twice = '{"total": 1, "total": 2}'
    assert json_valid(twice).reason == "not JSON: the key 'total' is given twice"
    assert json_valid(twice, duplicates=True) == 1 and json_value(twice, duplicates=True) == {"total": 2}


def test_an_unknown_reading_or_kind_is_the_authors_mistake() -> None:
    with pytest.raises(UsageError, match="'strict', 'embedded', 'lenient'"):
        json_valid("1", reading="loose")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'object', 'list' or None"):
        json_valid("1", kind="dict")  # type: ignore[arg-type]


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_white_space_and_escapes_change_nothing(value: Any, indent: int | str | None, escaped: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escaped)
    for reading in READINGS:
        assert json_valid(text, reading=reading) == 1
        assert json_value(f" {text}\n", reading=reading) == value


@given(
    containers, st.sampled_from(["Sure!\n{}", "```json\n{}\n```", "```\n{}\n```\nDone.", "<think>no</think>{}"])
)
def test_what_stands_around_a_value_changes_it_in_no_reading_but_the_strict_one(value: Any, around: str) -> None:
    written = json.dumps(value)
    text = around.replace("{}", written)
    if "```" not in written:
        assert json_value(text, reading="embedded") == json_value(text) == value
        assert json_valid(text) == 0


@given(containers)
def test_pythons_own_notation_is_read_leniently(value: Any) -> None:
    assert json_value(repr(value)) == value


@given(pieces | st.text())
def test_any_text_is_read_or_not_and_strictly_only_what_json_takes(text: str) -> None:
    strict, embedded, lenient = (json_valid(text, reading=reading) for reading in READINGS)
    assert strict <= embedded <= lenient
    try:
        json.loads(text, parse_constant=pytest.fail.Exception)
    except ValueError:
        assert strict == 0
    json.dumps(json_value(text), ensure_ascii=False).encode()  # no lone surrogates come out
