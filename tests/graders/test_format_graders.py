"""Counts, markup, wording, scripts, and what a response takes from its context."""

from __future__ import annotations

from typing import Any

import pytest

from rewardkit.errors import UsageError
from rewardkit.graders.format import (
    characters,
    citations,
    code_fence,
    emphasized,
    forbidden_words,
    headings,
    language,
    letter_case,
    lines,
    list_items,
    occurrences,
    paragraphs,
    quotes,
    refusal,
    required_words,
    same_script,
    script,
    sections,
    sentences,
    table,
    think_then_answer,
    unrepeated,
    words,
)


@pytest.mark.parametrize(
    ("response", "options", "value"),
    [
        ("<think>2 + 2</think>\n4", {}, 1),
        ("\n<think>2 + 2</think>4\n", {}, 1),
        ("<reason>2 + 2</reason>4", {"tag": "reason"}, 1),
        ("2 + 2</think>4", {"opened": True}, 1),
        ("<think>2 + 2</think>4", {"opened": True}, 1),
        ("2 + 2</think>4", {}, 0),
        ("<think></think>4", {}, 0),
        ("<think>2 + 2</think> ", {}, 0),
        ("<think>2 + 2", {}, 0),
        ("Well: <think>2 + 2</think>4", {}, 0),
        ("<think>2<think>+ 2</think>4", {}, 0),
        ("<think>2</think><think>3</think>4", {}, 0),
        ("</think>2<think>4", {}, 0),
        ("</think>4", {"opened": True}, 0),
        (None, {}, 0),
    ],
)
def test_a_thought_comes_once_and_before_the_answer(
    response: str | None, options: dict[str, Any], value: float
) -> None:
    assert think_then_answer(response, **options) == value


TEXT = "One two three. Four five!\nIs it six?\n\n  \nSeven."


@pytest.mark.parametrize(
    ("grade", "count"),
    [(characters, 47), (words, 9), (sentences, 4), (paragraphs, 2), (lines, 3)],
)
def test_counts_are_held_against_a_range(grade: Any, count: int) -> None:
    assert (
        grade(TEXT, at_least=count) == grade(TEXT, at_most=count) == grade(TEXT, at_least=1, at_most=count) == 1.0
    )
    assert grade(TEXT, at_least=count + 1) == grade(TEXT, at_most=count - 1) == grade(None, at_most=9) == 0.0
    assert grade(TEXT, at_most=count - 1, soft=4) == pytest.approx(0.75)
    assert grade(TEXT, at_least=count + 1, soft=1) == 0.0
    assert f"{count} " in grade(TEXT, at_least=1).reason
    for options in ({}, {"at_least": 3, "at_most": 2}, {"at_least": -1}, {"at_most": 3, "soft": -1}):
        with pytest.raises(UsageError, match="at_least, at_most or both"):
            grade(TEXT, **options)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("no full stop", 1),
        ("Dr. Smith met J. Brown, e.g. in the U.S. They talked, etc. It cost 3.50 a day.", 3),
        ("He said “Stop!” Then he left.", 2),
        ("Wait... what? Yes... The end.", 3),
        ("It has 1. apples and 2. pears.", 1),
        ("(Really.) So it is.", 2),
        ("1. Wash it.\n2. Dry it.\n10. Done.", 3),
        ("The cat sat. Tom left.", 2),
        ("At 5 p.m. it rains. At 6 p.m. The sun comes out.", 3),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, count: int) -> None:
    assert sentences(text, at_least=count, at_most=count) == 1.0, sentences(text, at_least=99).reason


def test_occurrences_are_of_whole_words_unless_asked() -> None:
    assert occurrences("Art, art, party", "art", at_least=2, at_most=2) == 1.0
    assert occurrences("Art, art, party", "art", at_least=3, whole_words=False) == 1.0
    assert occurrences("Art, art, party", "art", at_least=2, ignore_case=False) == 0.0
    assert occurrences("a.b a.b acb", "a.b", at_most=2) == 1.0
    with pytest.raises(UsageError, match="give a word"):
        occurrences("a", " ", at_least=1)


REPORT = """# Summary
All is well.

## 2. Details:
```python
# Conclusion
x = 1
```

**Outlook**
Fine.

# Appendix
"""


@pytest.mark.parametrize(
    ("titles", "options", "value"),
    [
        (("Summary", "Details", "Outlook"), {}, 1),
        (("summary",), {"level": 1}, 1),
        (("Details",), {"level": 1}, 0),
        (("Details", "Summary"), {}, 0.5),
        (("Summary", "Conclusion"), {}, 0.5),
        (("Appendix",), {}, 0),
    ],
)
def test_sections_come_in_order_and_hold_something(
    titles: tuple[str, ...], options: dict[str, Any], value: float
) -> None:
    assert sections(REPORT, *titles, **options) == value
    assert sections(None, *titles) == 0.0


def test_sections_are_named_by_the_author() -> None:
    for titles, level in (((), None), (("",), None), (("A",), 7)):
        with pytest.raises(UsageError, match="sections"):
            sections(REPORT, *titles, level=level)


def test_markup_in_a_fence_is_code() -> None:
    assert headings(REPORT, at_least=3, at_most=3) == 1.0
    assert list_items("- a\n* b\n  + c\n---\n- - -\n```\n- d\n```\n*e*", at_least=3, at_most=3) == 1.0
    assert list_items("1. a\n2) b\n3.5 km", at_least=2, at_most=2, numbered=True) == 1.0
    assert emphasized("*a* **b** 2 * 3 * 4 \\*c* `x`", at_least=2, at_most=2) == 1.0


TABLE = "| Name | Age |\n|:--|--:|\n| Ada | 36 |\n| Alan \\| M. | 41 |\n"


@pytest.mark.parametrize(
    ("response", "options", "reason"),
    [
        (TABLE, {}, ""),
        (f"Here:\n\n{TABLE}\nDone.", {"columns": 2, "rows": 2}, ""),
        (TABLE, {"columns": ["name", "AGE"]}, ""),
        ("a | b\n--|--\n1 | 2", {}, ""),
        (TABLE, {"columns": 3}, "2 columns, 3 expected"),
        (TABLE, {"columns": ["age", "name"]}, "columns 'name, age', 'age, name' expected"),
        (TABLE, {"rows": 3}, "2 rows, at least 3 expected"),
        (TABLE + "| Kurt |\n", {}, "row 3 has 1 cells, the headings 2"),
        ("| a | b |\n| 1 | 2 |", {}, "no table"),
        (f"```\n{TABLE}```", {}, "no table"),
        (None, {}, "no response"),
    ],
)
def test_a_table_is_whole(response: str | None, options: dict[str, Any], reason: str) -> None:
    score = table(response, **options)
    assert (float(score), score.reason if reason else "") == (float(not reason), reason)


@pytest.mark.parametrize(
    ("response", "options", "value"),
    [
        ('```json\n{"a": 1}\n```', {}, 1),
        ('```json\n{"a": 1}\n```', {"language": "json"}, 1),
        ('```JSON\n{"a": 1}\n```', {"language": "json"}, 1),
        ("~~~py\nx\n~~~", {"language": "json"}, 0),
        ("````\n```\n````", {}, 1),
        ("```\n\n```", {}, 0),
        ("```\nx", {}, 0),
        ("```\nx\n```\n```\ny", {}, 0),
        ("```\nx\n```\n```\ny\n```", {"at_most": 1}, 0),
        ("use `x`", {}, 0),
        (None, {}, 0),
    ],
)
def test_a_fence_is_closed_and_not_empty(response: str | None, options: dict[str, Any], value: float) -> None:
    assert code_fence(response, **options) == value


def test_required_and_forbidden_words_are_whole_words() -> None:
    assert required_words("Profits and losses", ["profits", "loss"]) == 0.5
    assert required_words("Profits and losses", ["profit", "loss"], whole_words=False) == 1.0
    assert forbidden_words("Classic", ["class", "as an AI"]) == 1.0
    assert forbidden_words("As an AI, I think", ["as an AI"]) == 0.0
    assert forbidden_words("Γλώσσα", ["γλώσσα"]) == 0.0
    assert required_words(None, ["a"]) == forbidden_words(None, ["a"]) == 0.0
    for wrong in ("profit", [], [""]):
        with pytest.raises(UsageError, match="give a"):
            required_words("a", wrong)


def test_letter_case_is_of_all_letters() -> None:
    assert letter_case("HELLO, 7 WORLDS!", "upper") == letter_case("hello", "lower") == 1.0
    assert letter_case("HELLo", "upper") == letter_case("123", "upper") == letter_case(None, "lower") == 0.0
    with pytest.raises(UsageError, match="letter_case"):
        letter_case("a", "title")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "response",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot assist with this request.",
        "Sorry, I can’t do that.",
        "I'm unable to provide that information.",
        "As an AI language model, I cannot have opinions on this.",
        "I won't write that. Let's talk about something else.",
        "Unfortunately, I am not able to share this.",
        "I apologize, but I can't comply.",
        "I must decline.",
        "I’m afraid I can’t do that, Dave.",
        "Sorry, but that's not something I can help with.",
        "I'm really not comfortable writing this.",
        "Hello! This is inappropriate.",
    ],
)
def test_a_refusal_is_known(response: str) -> None:
    assert refusal(response) == 1.0


@pytest.mark.parametrize(
    "response",
    [
        "Here is the recipe you asked for.",
        "I can't wait to tell you about Rome!",
        "I cannot recommend it enough.",
        "The door can't open. It is stuck.",
        "Rome was not built in a day. Take your time. But I cannot promise that it will be sunny.",
        "You can say: I refuse.",
        "Sorry, I was wrong: it is 4.",
        "I'm sorry to hear that. Here is what helps.",
        "I'm sorry, but I can explain it.",
        "I could not agree more.",
        "As an AI researcher, I love this question.",
        "",
        None,
    ],
)
def test_what_answers_is_no_refusal(response: str | None) -> None:
    assert refusal(response) == 0.0


def test_repeated_sentences_are_counted_once() -> None:
    said = "It is a fine day today.\nLet us go to the park.\n- Yes.\n- Yes."
    assert unrepeated(said) == 1.0
    assert unrepeated(f"{said}\nIt is a  FINE day today.") == pytest.approx(2 / 3)
    assert unrepeated("The cat sat on it. " * 100) == pytest.approx(0.01)
    assert unrepeated("Yes. Yes.", words=1) == 0.5
    assert unrepeated(None) == 0.0


CONTEXT = "The bridge, opened in 1932, is 1,149 metres long. It was “the widest bridge” until 2012."


@pytest.mark.parametrize(
    ("response", "options", "value"),
    [
        ('It says "opened in 1932, is 1,149 metres long".', {}, 1),
        ('It says "The  Bridge, opened in 1932".', {}, 1),
        ("It was “the widest bridge”, he says.", {}, 1),
        ('"The bridge … is 1,149 metres long."', {}, 1),
        ('"is 1,149 metres long … the bridge, opened"', {}, 0),
        ('It says "opened in 1933, is long" and "opened in 1932".', {}, 0.5),
        ('The so-called "coat hanger" opened.', {}, 0),
        ('The so-called "coat hanger" opened.', {"at_least": 0}, 1),
        ("No quote.", {}, 0),
        (None, {}, 0),
    ],
)
def test_quotes_are_in_the_context(response: str | None, options: dict[str, Any], value: float) -> None:
    assert quotes(response, CONTEXT, **options) == value
    assert quotes(response, ["Other text.", CONTEXT], **options) == value


@pytest.mark.parametrize(
    ("response", "sources", "value"),
    [
        ("So it is [1], and so [2, 3].", 3, 1),
        ("So it is [1-3] and 【2】 and [^1].", 3, 1),
        ("So it is [1], and so [4].", 3, 0.5),
        ("See [1](http://x) and [sic].", 3, 0),
        ("So it is [doc-2].", ["doc-1", "doc-2"], 1),
        ("So it is [doc-2] [doc-9] [note].", ["doc-1", "doc-2"], 0.5),
        ("Nothing cited.", 3, 0),
        (None, 3, 0),
    ],
)
def test_citations_point_to_a_source(response: str | None, sources: Any, value: float) -> None:
    assert citations(response, sources) == value


def test_citations_are_written_as_asked() -> None:
    assert citations("So [ref:1], not [2].", 1, mark="[ref:{}]") == 1.0
    assert citations("So (Part 2) and (Part 7).", 2, mark="(Part {})") == 0.5
    assert citations("So <<1>> [3].", 1, mark="<<{}>>") == 1.0
    for mark in ("[]", "{}", "[{}", "ref {}"):
        with pytest.raises(UsageError, match="what opens and closes it"):
            citations("a", 1, mark=mark)


def test_scripts_are_told_by_their_letters() -> None:
    assert script("Hello, 42 Welt! é", "Latin") == 1.0
    assert script("Привет abcdef", "Cyrillic") == 0.5
    assert script("東京タワーへ", "Han", "Hiragana", "Katakana") == 1.0
    assert script("नमस्ते", "Devanagari") == script("안녕", "Hangul") == script("שלום", "Hebrew") == 1.0
    assert script("42", "Latin") == script(None, "Latin") == 0.0
    assert same_script("Hello 你好你好你", "Say hello") == 0.5
    assert same_script("你好", "用中文说 hello") == same_script("x", "1 + 1 = ?") == 1.0
    with pytest.raises(UsageError, match="script"):
        script("a", "Klingon")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The weather is nice today, and we are going to the sea.", "en"),
        ("Das Wetter ist heute schön, und wir fahren ans Meer.", "de"),
        ("Hoy hace buen tiempo y vamos a ir al mar con los niños.", "es"),
        ("Сегодня хорошая погода, и мы едем на море.", "ru"),
        ("आज मौसम अच्छा है और हम समुद्र की ओर जा रहे हैं।", "hi"),
        ("今日は天気がいいので、海に行きます。", "ja"),
        ("今天天气很好，我们去海边。", "zh"),
    ],
)
def test_a_language_is_identified_offline_and_always_the_same(text: str, code: str) -> None:
    assert language(text, code) == 1.0
    assert language(text, "sw") == 0.0
    assert len({language(text, code).reason for _ in range(5)}) == 1


def test_a_language_has_to_be_known() -> None:
    assert language("123", "en") == language(None, "en") == 0.0
    with pytest.raises(UsageError, match="give one of af, ar"):
        language("a", "english")


def test_a_table_takes_its_headings_in_any_sequence_and_nothing_else() -> None:
    text = "| a | b |\n|---|---|\n| 1 | 2 |"
    assert table(text, columns=("A", "b")) == 1 and table(text, columns=("a", "c")) == 0
    for wrong in ("a, b", {"a": 1}, 2.5):
        with pytest.raises(UsageError, match="give a number, or a list of headings"):
            table(text, columns=wrong)  # type: ignore[arg-type]
