"""YAML, CSV and XML."""

from __future__ import annotations

import json
import random
import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from test_data_json import containers, pieces

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data import (
    csv_equal,
    csv_valid,
    csv_value,
    json_fields,
    json_schema,
    toml_valid,
    toml_value,
    xml_equal,
    xml_valid,
    xml_value,
    yaml_valid,
    yaml_value,
)

# --- YAML ---


def test_yaml_is_read_as_the_values_that_json_has() -> None:
    text = "name: Ann\nland: NO\non: 2026-11-25\nn: 5\nx: 1.5e3\nold: ~\nok: true\n"
    text += "time: 12:30\nzip: '05'\nlist:\n- 1\n"
    value = {"name": "Ann", "land": "NO", "on": "2026-11-25", "n": 5, "x": 1500.0, "old": None, "ok": True}
    assert yaml_value(text) == {**value, "time": "12:30", "zip": "05", "list": [1]}
    assert yaml_value("```yaml\na: 1\n```\nAs you see.") == {"a": 1}
    assert yaml_value("base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: 3")["own"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no text"),
        ("", "0 documents"),
        ("Just a sentence.", "expected a list or an object"),
        ("a: 1\n---\nb: 2", "2 documents"),
        ("a: [1", "in line 1"),
        ("a: 1\na: 2", "the key 'a' is given twice"),
        ("a: &x [*x]", "names nothing that is complete"),
        ("? [1]\n: 2", "a key that is no text"),
        ("a: !!python/object/apply:os.system [ls]", "the tag"),
        ("!!python/name:os.system : 1", "the tag"),
        ("a: !new 1", "the tag '!new'"),
        ("[" * 5000, "nested more than 50 deep"),
        ("- " * 5000, "nested more than 50 deep"),
        ("a: b\n" * 20_000, "longer than"),
    ],
)
def test_what_is_no_yaml_to_be_trusted_says_why(text: str | None, words: str) -> None:
    score = yaml_valid(text)
    assert score == 0 and words in score.reason and yaml_value(text) is None


@pytest.mark.parametrize("line", ["{a}: &{a} [{b}]\n", "{a}: &{a} {{<<: [{b}]}}\n"])
def test_aliases_that_stand_for_billions_are_counted_and_refused(line: str) -> None:
    bomb, before = "x0: &x0 {k: 1}\n", "x0"
    for n in range(1, 12):
        bomb += line.format(a=f"x{n}", b=", ".join([f"*{before}"] * 9))
        before = f"x{n}"
    score = yaml_valid(bomb)
    assert score == 0 and "counting what aliases stand for" in score.reason


class Dumper(yaml.SafeDumper):
    """PyYAML's, that quotes texts which are numbers by YAML 1.2 only, such as 0E0."""


Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$"), list("-+.0123456789")
)


@given(containers)
def test_json_is_yaml_and_pyyamls_own_output_is_read_back(value: Any) -> None:
    assert json_fields(yaml_value(yaml.dump(value, Dumper=Dumper)), value, text="exact") == 1


@pytest.mark.parametrize("text", ["{}", "```yaml\n{}\n```\nAs you see.", "Here: ```yaml\n{}```"])
def test_data_that_speaks_of_fences_is_not_cut_at_them(text: str) -> None:
    assert yaml_value(text.replace("{}", "- '```'\n- \"```json\"")) == ["```", "```json"]
    assert toml_value('a = "```"\nb = "```"') == {"a": "```", "b": "```"}
    assert xml_value("<a><b>```</b><b>```</b></a>") == {"a": {"b": ["```", "```"]}}


@pytest.mark.parametrize(
    "text",
    [
        "<answer>```yaml\n{}\n```</answer>",
        "<answer>```{}```</answer>",
        "<|channel|>final<|message|>```yaml\n{}\n```",
        "<answer>```yaml\nb: 2\n```</answer>\nRevised:\n```yaml\n{}\n```\n",
        '"```yaml\n{}\n```"',
        "That is =>```yaml\n{}\n```",
        "JSON:```yaml\n{}\n```.",
    ],
)
def test_a_fence_need_not_begin_a_line(text: str) -> None:
    assert yaml_value(text.replace("{}", "{a: 'x'}")) == {"a": "x"}


@given(
    pieces
    | st.text()
    | st.lists(st.sampled_from(["- ", "a", ": ", "\n", "  ", "&x ", "*x", "!!str ", "<<", "'"])).map("".join)
)
def test_any_text_is_yaml_or_not(text: str) -> None:
    score = yaml_valid(text)
    assert score in (0, 1) and score.reason
    json.dumps(yaml_value(text))


# --- TOML ---


def test_toml_is_read_as_the_values_that_json_has() -> None:
    assert toml_value("```toml\na = 1\n[b]\nc = 2026-01-01\n```") == {"a": 1, "b": {"c": "2026-01-01"}}
    assert toml_valid("a = 1") == 1 and json_fields(toml_value("a = 1"), {"a": 1}) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no text"),
        ("", "no key"),
        ("a: 1", "Expected '='"),
        ("a = 1\na = 2", "Cannot overwrite"),
        ("a = inf", "the number inf"),
        ("a = 0x" + "f" * 5000, "64 bits"),
        ("a = " + "[" * 20_000, "nested"),
        ("a." * 20_000 + "b = 1", "nested more than 50 deep"),
        ("[" + "a . " * 10_000 + "b]", "nested more than 50 deep"),
    ],
)
def test_what_is_no_toml_to_be_trusted_says_why(text: str | None, words: str) -> None:
    score = toml_valid(text)
    assert score == 0 and words in score.reason and toml_value(text) is None


@given(
    st.text() | st.lists(st.sampled_from(["a", " = ", "1", "[", "]", "\n", ".", '"', "{", "}", ","])).map("".join)
)
def test_any_text_is_toml_or_not(text: str) -> None:
    score = toml_valid(text)
    assert score in (0, 1) and score.reason
    json.dumps(toml_value(text), allow_nan=False)


# --- CSV ---


@pytest.mark.parametrize(
    ("answer", "options", "score"),
    [
        ("a,b\n1,x\n2,y", {}, 1.0),
        ("b,a\nX , 1.0\ny,2", {}, 1.0),
        ("```csv\na,b\n1,x\n2,y\n```", {}, 1.0),
        ("a,b\n2,y\n1,x", {}, 0.0),
        ("a,b\n2,y\n1,x", {"unordered": True}, 1.0),
        ("a,b\n1,x\n3,y", {}, 0.75),
        ("a,b\n1,x\n2.01,y", {"abs_tol": 0.1}, 1.0),
        ("a,b\n1,x", {}, 0.5),
        ("a,b\n1,x\n2,y\n3,z\n4,z", {}, 0.5),
        ("a\n1\n2", {}, 0.5),
        ("a,b\n01,x\n2,y", {}, 0.75),
        ("a,b\n1,x\n2", {}, 0.0),
        ("", {}, 0.0),
        (None, {}, 0.0),
    ],
)
def test_tables_get_credit_cell_by_cell(answer: str | None, options: Any, score: float) -> None:
    assert csv_equal(answer, "a,b\n1,x\n2,y", **options) == pytest.approx(score)


def test_csv_says_what_is_wrong_with_it() -> None:
    assert csv_valid("a,b\n1,2").reason == "1 rows of 'a', 'b'"
    assert csv_valid("a,b\n1,2", header=["b", "a"]) == 1
    assert csv_valid("a,c\n1,2", header=["b", "a"]).reason == "read the columns 'a', 'c', expected 'b', 'a'"
    assert csv_valid("a,b\n1").reason == "not CSV: 1 cells in row 2, and 2 columns in the header"
    assert csv_valid("a,a\n1,2").reason == "not CSV: a column is named twice: 'a', 'a'"
    assert csv_value('a;b\n"1;5";"two\nlines"', delimiter=";") == [{"a": "1;5", "b": "two\nlines"}]
    with pytest.raises(UsageError, match="delimiter"):
        csv_valid("a", delimiter="::")
    with pytest.raises(GradingError, match="the reference is not CSV"):
        csv_equal("a\n1", "")


cells = st.text('ab1.-\n",;é ', max_size=5)


@given(st.lists(st.tuples(cells, cells), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_rows_counts_only_if_it_should(rows: list[tuple[str, str]], chance: random.Random) -> None:
    def written(table: list[tuple[str, str]]) -> str:
        quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
        return "\n".join(['"x","y"', *quoted])

    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert csv_equal(written(rows), written(rows)) == 1
    assert csv_equal(written(shuffled), written(rows), unordered=True) == 1
    assert csv_equal(written(shuffled), written(rows)) <= 1
    if rows:
        assert csv_equal(written(rows[1:]), written(rows)) < 1


@given(st.text("ab,;\"'\n\r\t\x00 1") | st.text())
def test_any_text_is_csv_or_not(text: str) -> None:
    for score in (csv_valid(text), csv_equal(text, "a,b\n1,2"), csv_equal(text, "a,b\n1,2", unordered=True)):
        assert 0 <= score <= 1 and score.reason


# --- XML ---


@pytest.mark.parametrize(
    "same",
    [
        '<order id="1" paid="yes"><item>a &amp; b</item><note></note></order>',
        "<order paid='yes'  id='1'>\n  <item> a &#38; b </item>\n  <!-- nothing -->\n  <note/></order>",
        '```xml\n<order id="1" paid="yes"><item><![CDATA[a & b]]></item><note/></order>\n```',
    ],
)
def test_xml_is_compared_in_canonical_form(same: str) -> None:
    assert xml_equal(same, '<order id="1" paid="yes"><item>a &amp; b</item><note/></order>') == 1
    assert xml_equal(same, '<order id="1" paid="no"><item>a &amp; b</item><note/></order>') == 0
    assert xml_valid(same, required=["order/item"]) == 1 == xml_valid(same, required="order/item")
    assert xml_valid(same, required=["order/item", "item"]).reason == "no element 'item'"


def test_xml_and_csv_satisfy_schemas_when_their_texts_are_read_as_what_is_asked_for() -> None:
    person = {
        "type": "object",
        "required": ["@id", "age", "ok", "skill"],
        "properties": {
            "@id": {"type": "integer"},
            "age": {"type": ["integer", "null"], "minimum": 18},
            "ok": {"type": "boolean"},
            "skill": {"type": "array", "items": {"$ref": "#/$defs/skill"}},
            "note": {"type": "string"},
        },
    }
    schema = {"properties": {"person": person}, "required": ["person"], "$defs": {"skill": {"type": "string"}}}
    text = '<person id="7"><age>30</age><ok>true</ok><skill>a</skill><note/></person>'
    assert xml_value(text) == {"person": {"@id": "7", "age": "30", "ok": "true", "skill": "a", "note": None}}
    assert json_schema(xml_value(text), schema, coerce=True) == 1 and json_schema(xml_value(text), schema) == 0
    assert json_schema(xml_value(text.replace("30", "17")), schema, coerce=True) == 0
    assert json_schema(xml_value(text.replace("30", "x")), schema, coerce=True) == 0
    assert json_schema(xml_value(text.replace("30", "")), schema, coerce=True) == 1  # null
    assert xml_value("<a><b>1</b><b x='2'>3</b></a>") == {"a": {"b": ["1", {"@x": "2", "#text": "3"}]}}
    rows = {"items": {"properties": {"a": {"type": "integer"}, "b": {"type": ["number", "null"]}}}}
    assert json_schema(csv_value("a,b\n1,2.5\n2,"), rows, coerce=True) == 1
    assert json_schema(csv_value("a,b\n1.5,2"), rows, coerce=True) == 0


def test_prefixes_of_namespaces_are_names_only() -> None:
    assert xml_equal('<p:a xmlns:p="u"/>', '<a xmlns="u"/>') == 1
    assert xml_equal('<p:a xmlns:p="u"/>', '<a xmlns="v"/>') == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no text"),
        ("<a>", "no element found"),
        ("<a></b>", "mismatched tag"),
        ("Sure: <a/>", "syntax error|not well-formed"),
        ("<a>&none;</a>", "undefined entity"),
        ('<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>', "declares an entity"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares an entity"),
        ("<a>" * 5000 + "</a>" * 5000, "nested more than 50 deep"),
    ],
)
def test_what_is_no_xml_to_be_trusted_says_why(text: str | None, words: str) -> None:
    score = xml_valid(text)
    assert score == 0 and any(word in score.reason for word in words.split("|"))
    assert xml_equal(text, "<a/>") == 0
    if text is not None:
        with pytest.raises(GradingError, match="the reference is not XML"):
            xml_equal("<a/>", text)


names = st.sampled_from(["a", "b", "c"])
attributes = st.dictionaries(names, st.text("x<&\"'é ", max_size=4), max_size=3)
elements = st.recursive(
    st.tuples(names, attributes, st.text("x<&é", max_size=5)),
    lambda inner: st.tuples(names, attributes, st.lists(inner, max_size=3)),
    max_leaves=8,
)


def marked(element: Any, *, backwards: bool = False) -> str:
    name, given_attributes, content = element
    pairs = list(given_attributes.items())[:: -1 if backwards else 1]
    written = "".join(f" {key}={quoteattr(value)}" for key, value in pairs)
    inner = (
        escape(content)
        if isinstance(content, str)
        else "".join(marked(each, backwards=backwards) for each in content)
    )
    return f"<{name}{written}>{inner}</{name}>" if inner or not backwards else f"<{name}{written} />"


@given(elements, elements)
def test_the_order_of_attributes_and_empty_tags_do_not_count(one: Any, other: Any) -> None:
    assert xml_equal(marked(one, backwards=True), marked(one)) == 1
    assert xml_valid(marked(one), required=[one[0]]) == 1
    if marked(one) == marked(other):
        assert xml_equal(marked(one), marked(other)) == 1
    else:
        assert xml_equal(marked(one), marked(other), strip=False) in (0, 1)


@given(
    st.lists(
        st.sampled_from(["<a>", "</a>", "<b/>", "&amp;", "&", "x", "<!--", "-->", "<![CDATA[", "]]>", "<?"])
    ).map("".join)
    | st.text()
)
def test_any_text_is_xml_or_not(text: str) -> None:
    for score in (xml_valid(text), xml_equal(text, "<a/>")):
        assert score in (0, 1) and score.reason
    assert (xml_value(text) is not None) == xml_valid(text)
