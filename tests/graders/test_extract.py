from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import GradingError, RolloutError
from rewardkit.failure import Failure
from rewardkit.graders.extract import boxed, expected, final_answer, tagged
from rewardkit.graders.math import number_equal
from rewardkit.wire import read_event

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"So it is $\boxed{72}$.", "72"),
        (r"\boxed{\frac{1}{2}} is it.", r"\frac{1}{2}"),
        (r"\fbox{72 \text{ km}}", r"72 \text{ km}"),
        ("$\\boxed{72$ is the result.", "72"),
        (r"\boxed{1} first. Then <answer>2</answer> #### 3", "1"),
        ("It is 5. <answer> 72 </answer>", "72"),
        ("48 + 24 = 72\n#### 72", "72"),
        ("####72", "72"),
        ("#### **72**", "72"),
        ("#### $1,250 dollars\n\nCheck: 1000 + 250 = 1250, in 3 parts.", "$1,250 dollars"),
        ("The answer is 72.", "72"),
        ("So the final answer is: **72 km**. I hope it is correct.", "72 km"),
        ("Answer: 72", "72"),
        ("**Answer:** 72", "72"),
        ("ANSWER: 94", "94"),
        ("First 5.\nA: 90,000", "90,000"),
        ("Antwort: 18,60 $.", "18,60 $"),
        ("La respuesta es 72.", "72"),
        ("答案是72。", "72"),
        ("### Final answer\n\n$$\nx = 9\n$$", "x = 9"),
        ("#### Step 1\n3 + 5 = 8\n\n#### Final answer\n**6 litres**", "6 litres"),
        ("The answer is 72, because 48 + 24 = 72.", "72"),
        ("x = 2", "x = 2"),
        ("96", "96"),
        ("Paris", "Paris"),
        ('{"x": 4}', "4"),
        ('{"score": 1.0, "answer": "3"}', "3"),
    ],
)
def test_a_marked_answer_is_found(response: str, answer: str) -> None:
    assert final_answer(response) == answer


@pytest.mark.parametrize(
    ("response", "value"),
    [
        ("In April she sold 48, and in May half of that. So she sold 72 clips altogether.", "72"),
        ("After the third stop the bus carries **16 passengers** of 31.", "16"),
        ("Apples are 40% and plums 25%. Left over are pears:\n\n**35 %**\n\n(Check: 40 + 25 + 35 = 100.)", "35"),
        ("One share is 9. The difference is \\(45 - 27 = 18\\) for the 2 of them.", "18"),
        ("350. Each day it is 70 minutes, and there are 5 such days, 5 × 70.", "350"),
        ("Five hours at three degrees. In the end the reading is 7 degrees below zero.", "-7"),
        ("Of the 240 rows she did most, so she still has ninety-six rows to knit.", "96"),
        ("It costs twelve dollars and fifty cents ($12.50).\n\nLet me know about the other 2!", "12.5"),
        ("It began at 6 °C, and then it fell all day long.\nThe evening reading is −7 °C.", "-7"),
        ("One batch takes 3/4 cup of milk.\nTogether that is 10/3 · 3/4 = 5/2 cups.", "2.5"),
        ("We have two lists of things to do here:\n1. 5 + 5 = 10\n2. 10 + 2 = 12", "12"),
    ],
)
def test_without_a_marker_the_closing_number_counts(response: str, value: str) -> None:
    assert number_equal(final_answer(response), value) == 1.0


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("#### 10 #### 12 #### 15", "10 or 12 or 15"),
        ("#### 12 or 15", "12 or 15"),
        (r"\boxed{7} or \boxed{3}", "7 or 3"),
        ("<answer>1</answer><answer>2</answer>", "1 or 2"),
        ("It is not clear how to read it.\nSo the answer is either 96 or 64.", "either 96 or 64"),
        ("We cannot tell from what is said here, so it is either 256 or 270.", "256 or 270"),
    ],
)
def test_several_different_answers_stay_several(response: str, answer: str) -> None:
    assert final_answer(response) == answer
    assert not any(number_equal(final_answer(response), value) for value in answer.split() if value.isdigit())


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("#### 118\n\nHold on, I think that is wrong.\n\n#### 134", "134"),
        (r"\boxed{7} is incorrect, so \boxed{3}", "3"),
        ("#### 1\nWait, #### 2\nNo wait, #### 3", "3"),
        (r"I say \boxed{1}. The reason why it is \boxed{1}: it is.", "1"),
        (r"\boxed{\frac12}, that is \boxed{\dfrac 12}", r"\frac12"),
        (r"\boxed{255} so far. Final Answer: The final answer is $10,455$. I hope so.", "10,455"),
    ],
)
def test_a_correction_and_a_repetition_are_one_answer(response: str, answer: str) -> None:
    assert final_answer(response) == answer


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("My result was 50 / 4 = 12.50 each. But the answer is not 12.50. I am not sure about it.", None),
        ("The answer is not 256. The answer is 237.", "237"),
        ("The answer is not 15 but 16.", "16"),
        ("", None),
        (" \n", None),
        ("No idea how that could ever be known by anybody.", None),
        (r"\boxed{7", None),
        (r"The answer is \boxed{7 and then the text is", None),
        (r"Fill in \boxed{}: 4 + \boxed{\phantom{2}} = 8, so \boxed{4}", "4"),
    ],
)
def test_no_commitment_is_no_answer(response: str, answer: str | None) -> None:
    assert final_answer(response) == answer


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("<think>2+2 is 4</think>4", "4"),
        ("<think>maybe #### 5</think>\n#### 72", "72"),
        ("the thought began in the prompt, #### 5</think>\n#### 72", "72"),
        ("#### 72\n<think>or 5", "72"),
        ("<think>so 7", None),
        (r"<think>\boxed{7}</think>", None),
        ("<think>a<think>b</think>#### 5</think>72", "72"),
    ],
)
def test_what_is_only_thought_is_not_said(response: str, answer: str | None) -> None:
    assert final_answer(response) == answer


def test_boxed_takes_the_last_box_with_its_braces() -> None:
    assert boxed(r"\boxed{1} \boxed{\frac{a}{b}}") == r"\frac{a}{b}"
    assert boxed(r"\boxed{\{1, 2\}}") == r"\{1, 2\}"
    assert boxed(r"\boxed{\boxed{3}}") == r"\boxed{3}"
    assert boxed("no box") is None
    assert boxed(r"\boxed{}") is None


def test_tagged_takes_the_last_complete_pair() -> None:
    assert tagged("<a>1</a> <a> 2 </a> <a>3", "a") == "2"
    assert tagged("<A>1</A>", "a") == "1"
    assert tagged("<a>1", "a") is None


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("72", "72"),
        (" 72\n", "72"),
        ("48 + 24 = <<48+24=72>>72 clips.\n#### 72", "72"),
        ("x = 2", "x = 2"),
        (r"We get \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        ("Some working with 5.\nShe has 72.", "72"),
        (72, "72"),
        (0.5, "0.5"),
        (True, "true"),
        ({"text": "Half of it.\n#### 72"}, "72"),
        ({"final_answer": "72", "text": "long"}, "72"),
        ({"answer": "x = 2"}, "x = 2"),
        ({"ground_truth": 72}, "72"),
        ({"value": 72.5, "unit": "km"}, "72.5"),
        ({"x": 4}, "4"),
        ({"answer": {"value": 4}}, "4"),
        ('{"final_answer": "72"}', "72"),
        ("{1, 2}", "{1, 2}"),
    ],
)
def test_the_expected_answer_is_found_in_every_form(reference: object, answer: str) -> None:
    assert expected(reference) == answer


@pytest.mark.parametrize(
    ("reference", "seen"),
    [
        (None, "null"),
        ("", "empty text"),
        ({}, "{}"),
        ({"compliant": "No", "explanation": "..."}, "'compliant', 'explanation'"),
        ([1, 2], "type list"),
        ({"answer": None, "other": None}, "'answer', 'other'"),
        ({"answer": ["a"]}, "'answer'"),
    ],
)
def test_a_reference_without_an_answer_says_what_it_was(reference: object, seen: str) -> None:
    with pytest.raises(GradingError, match=f"no answer in the reference_answer: .*{seen}"):
        expected(reference)


MARKERS = [
    "\\boxed{{{}}}",
    "$$\\boxed{{{}}}$$ as said.",
    "<answer>{}</answer>",
    "#### {}",
    "####{}\n\nCheck: 1 + 1 = 2.",
    "The answer is {}.",
    "**Answer: {}**",
    "**Final Answer:** {}",
    "A: {}",
    "ANSWER: {}",
    "<think>no, 5</think>{}",
    "That makes {} clips altogether in the end.",
    "The total of both is **{}**.\n\nI hope this helps with the 3 of them!",
]
VALUES = st.integers(-(10**7), 10**7).map("{:,}".format) | st.decimals(-9999, 9999, places=2).map("{:f}".format)


@given(VALUES, st.sampled_from(MARKERS))
def test_an_answer_is_found_in_every_marker(value: str, marker: str) -> None:
    response = f"First, 24 of the 48 are gone.\n\n{marker.format(value)}"
    assert number_equal(final_answer(response), value) == 1.0


PIECES = ["\\boxed{", "}", "{", "####", "<answer>", "</answer>", "<think>", "</think>", "The answer is ", "not "]
PIECES += [
    "A:",
    "$",
    "**",
    "7",
    "8",
    ". ",
    "\n",
    "Wait, ",
    " or ",
    "= ",
    "\\frac{1}{2}",
    "ninety",
    "(",
    ")",
    "1. ",
]
SOUP = st.lists(st.sampled_from(PIECES)).map("".join) | st.text()


@given(SOUP)
def test_any_response_has_an_answer_or_none(response: str) -> None:
    answer = final_answer(response)
    assert answer is None or answer.strip()
    assert number_equal(answer, 7) in (0.0, 1.0)
    assert boxed(response) is None or "boxed" in response or "fbox" in response
    assert tagged(response, "answer") is None or "</answer>" in response.lower()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | SOUP,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["answer", "text", "x"]), inner),
    max_leaves=6,
)


@given(JSON)
def test_any_reference_has_an_answer_or_cannot_be_graded(reference: object) -> None:
    try:
        assert expected(reference).strip()
    except GradingError as error:
        assert "reference_answer" in str(error)


@pytest.mark.parametrize(
    "piece",
    [
        *PIECES[:9],
        *PIECES[10:],
        "#### ",
        "<think>",
        "1 ",
        "1,",
        "answer: 5 ",
        "\\boxed{1} ",
        "answer is not 5. ",
        "one ",
    ],
)
def test_a_megabyte_of_anything_is_read(piece: str) -> None:
    response = piece * (1_000_000 // len(piece))
    assert number_equal(final_answer(response), "31337") == 0.0


def test_the_recorded_events_are_answered_right_where_they_are_numbers() -> None:
    paths = sorted((SHARED / "contract" / "events").glob("*_in*.json"))
    if not paths:
        pytest.skip("the recorded events are not here")
    right: dict[str, Any] = {}
    for path in paths:
        try:
            rollouts = read_event(json.loads(path.read_text())).rollouts
        except RolloutError:
            continue
        for rollout in rollouts:
            if not isinstance(rollout, Failure):
                try:
                    right[path.stem] = number_equal(
                        final_answer(rollout.response), expected(rollout.reference_answer)
                    )
                except (GradingError, RolloutError):
                    continue
    assert len(right) >= 12
    assert all(score == 1.0 for score in right.values()), right


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"The final answer is $6, 8\text{, and }10$. I hope it is correct.", r"6, 8\text{, and }10"),
        (r"$$\text{a regular hexagon}$$", r"\text{a regular hexagon}"),
        (
            r"The identity matrix is $\begin{pmatrix}1&0\\0&1\end{pmatrix}$.",
            r"\begin{pmatrix}1&0\\0&1\end{pmatrix}",
        ),
        (r"The\ area\ is\ \frac{54\sqrt{6}}{25}", r"\frac{54\sqrt{6}}{25}"),
        ("so it is\\\\n$\\\\boxed{\\\\frac{1}{2}}$", r"\frac{1}{2}"),
        ("open('x').write('y')=7", "open('x').write('y')=7"),
    ],
)
def test_a_formula_is_taken_whole(response: str, answer: str) -> None:
    assert final_answer(response) == answer


def test_of_a_response_of_any_length_the_end_counts() -> None:
    assert final_answer(r"\boxed{1} " + "x" * 10**6 + r" so \boxed{2}") == "2"
