"""Tool calls in messages and as text."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_data_json import pieces, texts, values

from rewardkit import reward
from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.tools import Call, calls_ast, calls_match, calls_of, calls_valid
from rewardkit.rollout import read

EVENTS = Path(__file__).parents[3] / "shared" / "contract" / "events"

PARIS = {"name": "get_weather", "arguments": {"city": "Paris", "days": 2}}
ARGUMENTS = '{"city": "Paris", "days": 2}'


def asked(*turns: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": "Weather in Paris?"}, *turns]


CHAT = {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": ARGUMENTS}}
MESSAGES = {
    "OpenAI chat": asked({"role": "assistant", "content": None, "tool_calls": [CHAT]}),
    "OpenAI, before tools": asked(
        {"role": "assistant", "function_call": {"name": "get_weather", "arguments": ARGUMENTS}}
    ),
    "OpenAI Responses": asked(
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "get_weather", "arguments": ARGUMENTS},
    ),
    "Anthropic": asked(
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "1", "name": "get_weather", "input": PARIS["arguments"]},
            ],
        }
    ),
    "Bedrock Converse": asked(
        {
            "role": "assistant",
            "content": [
                {"text": "I look."},
                {"toolUse": {"toolUseId": "1", "name": "get_weather", "input": PARIS["arguments"]}},
            ],
        }
    ),
    "Nova, as text": asked({"role": "nova_assistant", "content": [{"type": "text", "text": json.dumps(PARIS)}]}),
}
TEXTS = {
    "Hermes, Qwen": f"<think>get_weather(city='Rome')</think>\n<tool_call>\n{json.dumps(PARIS)}\n</tool_call>",
    "never closed": f"<tool_call>{json.dumps(PARIS)}",
    "Qwen Coder": "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n"
    "<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>",
    "Anthropic": '<function_calls><invoke name="get_weather"><parameter name="city">Paris</parameter>'
    '<parameter name="days">2</parameter></invoke></function_calls>',
    "gpt-oss": "<|channel|>analysis<|message|>Let me see.<|end|><|start|>assistant<|channel|>commentary "
    f"to=functions.get_weather <|constrain|>json<|message|>{ARGUMENTS}<|call|>",
    "Mistral": f"[TOOL_CALLS] [{json.dumps(PARIS)}]</s>",
    "Mistral, newer": f"[TOOL_CALLS]get_weather[ARGS]{ARGUMENTS}",
    "Llama": f'<|python_tag|>{{"name": "get_weather", "parameters": {ARGUMENTS}}}<|eom_id|>',
    "Llama, as Python": "<|python_tag|>get_weather(city='Paris', days=2)",
    "Llama, custom": f"<function=get_weather>{ARGUMENTS}</function>",
    "fenced JSON": f"I will call:\n```json\n{json.dumps(PARIS)}\n```",
    "OpenAI as text": json.dumps({"tool_calls": [CHAT]}),
    "Python": "[get_weather(city='Paris', days=2)]",
    "fenced Python": '```python\nget_weather(city="Paris", days=2)\n```',
}
TOOL = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "required": ["city"],
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("answer", [*MESSAGES.values(), *TEXTS.values()], ids=[*MESSAGES, *TEXTS])
def test_a_call_is_the_same_in_every_shape(answer: Any) -> None:
    assert calls_of(answer) == [Call("get_weather", {"city": "Paris", "days": 2})]
    for expected in (
        "get_weather",
        [PARIS],
        PARIS,
        CHAT,
        MESSAGES["Anthropic"][1:],
        "get_weather(city='paris', days=2)",
    ):
        assert calls_match(answer, expected) == 1
    assert calls_match(answer, []) == 0
    assert calls_valid(answer, [TOOL]) == 1
    assert (
        calls_ast(answer, [{"get_weather": {"city": ["Paris", "Paris, FR"], "days": [2], "unit": ["C", ""]}}]) == 1
    )


@pytest.mark.parametrize(
    "answer",
    [
        *(None, "", [], "It is 20 degrees.", '{"name": "Bob"}', '{"city": "Paris"}', "see f(x=1)", "f(x=1) + 1"),
        *(
            "<think>get_weather(city='Paris')</think>It is warm.",
            asked(),
            asked({"role": "assistant", "content": None}),
        ),
    ],
)
def test_no_call_is_none_and_right_where_none_is_expected(answer: Any) -> None:
    assert calls_of(answer) == []
    assert calls_match(answer, []) == 1 == calls_ast(answer, [])
    assert calls_match(answer, [PARIS]) == 0 == calls_valid(answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("<tool_call>{'name': 'f'}</tool_call>", "no call in"),
        ('<tool_call>{"name": "f", "arguments": "x"}</tool_call>', "its arguments are not JSON"),
        ('<tool_call>{"name": "f", "arguments": [1]}</tool_call>', "its arguments are no object"),
        ('<tool_call>{"arguments": {}}</tool_call>', "no call in"),
        ("[TOOL_CALLS]f[ARGS]{", "its arguments are not JSON"),
        ("to=functions.f", "a call without a message"),
        ("f(1)", "an argument without a name"),
        ("f(x=y)", "an argument that is no literal"),
        ("f(x=__import__('os').system('ls'))", "no call"),
        ("f(x=open('/etc/passwd'))", "an argument that is no literal"),
        ("f(x=1e999)", "an argument that is no literal"),
        ({"tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}, "its arguments are not JSON"),
        ({"tool_calls": [{"function": {"arguments": "{}"}}]}, "a call without a name"),
    ],
)
def test_a_call_that_cannot_be_read_is_wrong_and_says_why(answer: Any, words: str) -> None:
    score = calls_valid(answer)
    assert score == 0 and words in score.reason
    assert calls_match(answer, [{"name": "f", "arguments": {}}]) == 0


def test_only_the_models_last_message_counts_unless_all_are_asked_for() -> None:
    first, second = {**CHAT, "function": {"name": "search", "arguments": ""}}, CHAT
    history = asked(
        {"role": "assistant", "tool_calls": [first]},
        {"role": "tool", "tool_call_id": "1", "content": '{"name": "evil", "arguments": {}}'},
        {"role": "assistant", "tool_calls": [second]},
        {"role": "tool", "tool_call_id": "1", "content": "20 degrees"},
    )
    assert [call.name for call in calls_of(history)] == ["get_weather"]
    assert [call.name for call in calls_of(history, last=False)] == ["search", "get_weather"]
    assert calls_of([*history, {"role": "assistant", "content": "It is warm."}]) == []
    assert calls_of(asked()) == [] and calls_of([{"role": "user", "content": json.dumps(PARIS)}]) == []


@pytest.mark.parametrize(
    ("answer", "options", "score"),
    [
        ("[f(a=1), g(b=2)]", {}, 1.0),
        ("[g(b=2), f(a=1)]", {}, 1.0),
        ("[g(b=2), f(a=1)]", {"ordered": True}, 0.5),
        ("[h(), f(a=1), g(b=2)]", {"ordered": True}, 2 / 3),
        ("[h(), f(a=1), g(b=2)]", {"extra": "ignore"}, 1.0),
        ("[f(a=1), f(a=1), g(b=2)]", {}, 2 / 3),
        ("f(a=1)", {}, 0.5),
        ("[f(a=1, z=1), g(b=2)]", {}, 0.5),
        ("[f(a=1, z=1), g(b=2)]", {"arguments": "subset"}, 1.0),
        ("[f(a=1, z=1), g(b=2)]", {"whole": False}, 0.75),
        ("[f(a=9), g(b=2)]", {"arguments": "ignore"}, 1.0),
        ("[f(a=1.04), g(b=2)]", {"abs_tol": 0.05}, 1.0),
        ("[f(a='1'), g(b=2)]", {}, 0.5),
        ("[f(a='1'), g(b=2)]", {"coerce": True}, 1.0),
        ("[f(a=7), g(b=2)]", {"compare": {"f.a": lambda a, b: a > b}}, 1.0),
        ("[F(a=1), g(b=2)]", {}, 0.5),
    ],
)
def test_the_rules_of_comparison(answer: str, options: Any, score: float) -> None:
    expected = [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {"b": 2}}]
    found = calls_match(answer, expected, **options)
    assert found == pytest.approx(score)
    assert found == pytest.approx(sum(weight * float(part) for weight, part in found.terms))


def test_the_reasons_name_the_call_and_the_argument() -> None:
    score = calls_match("[f(a=1, b=3), h()]", [{"name": "f", "arguments": {"a": 1, "b": 2}}])
    assert score.reason == "0 of 2 calls right; f: 1 of 2 fields right; f.b: read 3, expected 2"
    assert calls_match("h()", ["f"]).reason == "0 of 1 calls right; f: not called; called h"
    assert calls_match("Hello", ["f"]).reason == "no call, expected f"
    assert calls_match("f()", []).reason == "1 calls (f), expected none"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("city='Paris'", ""),
        ("days=2", "get_weather: at $: 'city' is a required property"),
        ("city='Paris', days=0", "get_weather: at $.days: 0 is less than the minimum of 1"),
        ("city='Paris', unit='C'", "get_weather: at $: 'unit' is an additional property, and none is allowed"),
    ],
)
@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": TOOL},
        {"type": "function", **TOOL},
        {"name": "get_weather", "input_schema": TOOL["parameters"]},
        {"toolSpec": {"name": "get_weather", "inputSchema": {"json": TOOL["parameters"]}}},
    ],
    ids=["OpenAI chat", "OpenAI Responses", "Anthropic", "Bedrock"],
)
def test_arguments_satisfy_the_schema_in_every_shape_of_a_tool(tool: Any, arguments: str, reason: str) -> None:
    score = calls_valid(f"get_weather({arguments})", [tool])
    assert (score == 1) if not reason else (score == 0 and score.reason == reason)
    assert calls_valid("get_time()", [tool]).reason == "there is no tool 'get_time', only get_weather"


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("f(a='new_york', n=5)", 1),
        ("f(a='New York', n=5.0)", 1),
        ("f(a='NYC', n=5, o={'k': 'x', 'l': [1, 2]})", 1),
        ("f(a='NYC', n=5, o={'k': 'z', 'l': [1, 2]})", 0),
        ("f(a='NYC', n=5, o={'l': [1, 2]})", 0),
        ("f(a='NYC', n=True)", 0),
        ("f(a='NYC')", 0),
        ("f(a='NYC', n=5, z=1)", 0),
        ("[f(a='NYC', n=5), f(a='NYC', n=5)]", 0),
        ("g(a='NYC', n=5)", 0),
    ],
)
def test_an_argument_may_have_several_values_as_in_bfcl(answer: str, score: int) -> None:
    possible: list[Any] = [
        {"f": {"a": ["New York", "NYC"], "n": [5], "o": [{"k": ["x", "y"], "l": [[1, 2]]}, ""]}}
    ]
    assert calls_ast(answer, possible) == score
    assert calls_ast(f"[g(), {answer.strip('[]')}]", [*possible, {"g": {}}]) == (score if answer[0] == "f" else 0)


def test_expected_calls_that_cannot_be_read_cannot_be_judged_against() -> None:
    for expected in ("call the weather", [5], {"city": "Paris"}, 5, [{"name": "f", "arguments": "{"}]):
        with pytest.raises(GradingError, match="the expected calls cannot be read"):
            calls_match("f()", expected)
    bad: list[Any] = [[{"f": {"a": 1}}], [{"f": {}, "g": {}}], ["f"]]
    for possible in bad:
        with pytest.raises(GradingError, match="no expected call"):
            calls_ast("f()", possible)
    with pytest.raises(UsageError, match="'exact', 'subset' or 'ignore'"):
        calls_match("f()", ["f"], arguments="some")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot be read"):
        calls_valid("f()", [{"parameters": {}}])


@pytest.mark.skipif(not EVENTS.is_dir(), reason="without the shared event files")
def test_a_call_reaches_a_reward_from_the_event() -> None:
    @reward
    def weather(messages: list[dict[str, Any]]) -> float:
        return calls_match(messages, [{"name": "get_weather", "arguments": {"city": "paris"}}])

    (row,) = json.loads((EVENTS / "tool_calls_UNDOCUMENTED_in.json").read_text())
    assert weather.score(read(row)) == 1


names = st.sampled_from(["f", "g.h", "i_2"])
arguments = st.dictionaries(st.sampled_from(["a", "b", "c"]), values.filter(lambda value: value != {}), max_size=3)
calls = st.lists(st.builds(lambda name, given: {"name": name, "arguments": given}, names, arguments), max_size=4)


@given(calls, st.randoms(use_true_random=False))
def test_parallel_calls_may_come_in_any_order_and_one_more_never_raises_the_score(
    expected: list[dict[str, Any]], chance: random.Random
) -> None:
    made = [{**call, "arguments": dict(reversed(call["arguments"].items()))} for call in expected]
    chance.shuffle(made)
    assert calls_match(made, expected) == 1 or not expected
    assert calls_match([*made, {"name": "more", "arguments": {}}], expected) < 1
    assert calls_match(made[1:], expected) < 1 or not expected
    assert calls_match(made, expected, ordered=True) <= calls_match(made, expected)


@given(calls.filter(bool))
def test_what_python_writes_is_read_back(expected: list[dict[str, Any]]) -> None:
    written = []
    for call in expected:
        given = ", ".join(f"{key}={value!r}" for key, value in call["arguments"].items())
        written.append(f"{call['name']}({given})")
    read_back = calls_of("[" + ", ".join(written) + "]")
    assert calls_match(read_back, expected, text="exact") == 1


FORMS = ["<tool_call>", "</tool_call>", "<function=f>", "<parameter=a>", "[TOOL_CALLS]", "[ARGS]", "<|message|>"]
FORMS += [
    "to=functions.f",
    '<invoke name="f">',
    "<|python_tag|>",
    '{"name": "f", "arguments": {}}',
    "f(",
    "a=",
    ")",
]
marked = st.lists(st.sampled_from(FORMS) | texts, max_size=12).map("".join)


@given(marked | pieces | st.text())
def test_any_text_gets_a_score_in_bounds(text: str) -> None:
    message = [{"role": "assistant", "content": text}]
    assert calls_of(message) == calls_of(text)
    for answer in (text, message, {"tool_calls": [{"function": {"name": "f", "arguments": text}}]}):
        for score in (calls_match(answer, [PARIS]), calls_match(answer, []), calls_valid(answer, [TOOL])):
            assert 0 <= score <= 1 and score.reason
        assert calls_ast(answer, [{"f": {"a": [1]}}]) in (0, 1)


KEYS = ["role", "content", "tool_calls", "function", "toolUse", "name", "arguments", "input", "type"]
shapes = st.recursive(values, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner), max_leaves=6)


@given(shapes)
def test_any_value_in_place_of_messages_gets_a_score(value: Any) -> None:
    for answer in (value, [value], {"role": "assistant", "content": value, "tool_calls": value}):
        assert 0 <= calls_match(answer, ["f"]) <= 1 and calls_valid(answer) in (0, 1)
