from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import UsageError
from rewardkit.graders.format import tags

GOOD = "<think>2 + 2 is 4</think>\n<answer>4</answer>\n"


def test_each_tag_once_in_order_and_nothing_else_is_1() -> None:
    assert tags(GOOD, "think", "answer") == 1.0
    assert tags("  <answer></answer>", "answer") == 1.0


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "no response"),
        ("", "no <think>"),
        ("<think>a</think>", "no <answer>"),
        ("<think>a<think>b</think></think><answer>4</answer>", "<think> opens twice"),
        ("<think>a</think><answer>4</answer></answer></answer>", "<answer> closes 3 times"),
        ("<think>a<answer>4</answer>", "<think> never closes"),
        ("a</think><answer>4</answer>", "<think> never opens"),
        ("</think><think>a<answer>4</answer>", "</think> stands before <think>"),
        ("<answer>4</answer><think>a</think>", "<answer> stands before <think>"),
        ("<think>a<answer>4</answer></think>", "<answer> stands inside <think>"),
        ("<think>a<answer>4</think></answer>", "<answer> opens before </think>"),
        ("Well: " + GOOD, "text before <think>: 'Well:'"),
        ("<think>a</think>so<answer>4</answer>", "text after </think>: 'so'"),
        (GOOD + "Let me know!", "text after </answer>: 'Let me know!'"),
        ("<Think>a</Think><answer>4</answer>", "no <think>"),
    ],
)
def test_the_reason_names_the_first_thing_wrong(response: str | None, reason: str) -> None:
    score = tags(response, "think", "answer")
    assert (float(score), score.reason) == (0.0, reason)


@pytest.mark.parametrize("names", [(), ("think", "think"), ("<think>",), ("",)])
def test_names_that_cannot_be_tags_are_the_authors_mistake(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="tags\\(\\) got"):
        tags(GOOD, *names)


PIECES = st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", " ", "x"]), max_size=8)


@given(PIECES)
def test_only_the_one_layout_is_1(pieces: list[str]) -> None:
    layout = [piece for piece in pieces if piece not in (" ", "x")]
    inside, outside = False, ""
    for piece in pieces:
        if piece.startswith("<"):
            inside = not piece.startswith("</")
        elif not inside:
            outside += piece
    good = layout == ["<think>", "</think>", "<answer>", "</answer>"] and not outside.strip()
    assert tags("".join(pieces), "think", "answer") == float(good)


@given(st.text())
def test_any_text_gets_a_score_and_a_reason(text: str) -> None:
    score = tags(text, "think", "answer")
    assert score == 0.0 and score.reason


def test_tags_in_a_tuple_are_no_names() -> None:
    with pytest.raises(UsageError, match="give the name alone"):
        tags("<a>1</a>", ("a", "b"))  # type: ignore[arg-type]
