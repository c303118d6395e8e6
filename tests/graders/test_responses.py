"""Whole responses, as model families phrase them, through `final_answer` and `math_equal`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.graders.extract import final_answer
from rewardkit.graders.markup import clean
from rewardkit.graders.math import math_equal

OPENINGS = [
    "",
    "Let's break this down.\n\n### Step 1\nLet $k = 4$. Then $k^2 = 16$.\n\n",
    "<think>\nTry 17. Perhaps \\boxed{17}? No: 17 is wrong.\n</think>\n\n",
    "1. **First case:** $x = 3$.\n2. **Second case:** $x = 7$.\n\n",
    "```python\nprint(6 * 7)\n```\n```output\n42\n```\n",
]
CLOSINGS = [
    "Therefore, the answer is $\\boxed{{{}}}$.",
    "**Final Answer**\n\n$$\\boxed{{{}}}$$",
    "### Final Answer:\n\\[ \\boxed{{\n{}\n}} \\]",
    "$$\\boxed{{\\,{}\\,}}$$",
    "Final Answer: The final answer is ${}$. I hope it is correct.",
    "So the answer is:\n\n**${}$**",
    "The correct answer is **${}$**.",
    "The answer to the problem is: **${}$**.",
    "✅ **Final Answer:** ${}$ ✓",
    "Our final answer is then\n\\[ {} \\]",
    "**Ans:** ${}$",
    "The answer is ${}$, as required.",
    "The answer comes out to be ${}$.",
    "<answer>${}$</answer>",
    "<final_answer>${}$</final_answer>",
    "#### ${}$",
    "Answer\n${}$",
    "所以最终答案为 ${}$。",
]
ENDINGS = [
    "",
    "\n\nLet me know if you want more!",
    "</s>",
    "<|im_end|>",
    "\n\n$\\blacksquare$",
    "\n\n(5 is prime.)",
]
ANSWERS = [
    "144",
    r"\frac{7}{20}",
    "(4,-1)",
    "3x+2",
    r"5\sqrt{3}",
    "-12",
    r"62.5\%",
    r"\{1,4,9\}",
    "y=2x-1",
    "[-2,5)",
]
ANSWERS += [r"\begin{pmatrix} 0 \\ 3 \end{pmatrix}", r"8\text{ cm}", r"\text{Friday}", "3+2i", "x^2 + 3x + 9"]


@given(*map(st.sampled_from, (OPENINGS, CLOSINGS, ENDINGS, ANSWERS, ANSWERS)))
def test_the_answer_that_is_closed_with_is_the_one_that_counts(
    opening: str, closing: str, ending: str, answer: str, other: str
) -> None:
    found = final_answer(opening + closing.format(answer) + ending)
    assert math_equal(found, answer) == 1, found
    assert math_equal(found, other) == (answer == other), found


RIGHT = {
    "12": [
        "It takes 12 hours in total.",
        "It's 12. (Many people say 13 by mistake.)",
        "The answer is $12$ (not $13$).",
        "The answer is 12 rather than 13.",
        "The answer is 12; this follows from 3 · 4.",
        "The answer is 12 — the product of 3 and 4.",
        "The answer is 12, i.e. a dozen.",
        "The answer is exactly 12.",
        "Answer: <b>12</b>",
        "Answer = 12",
        "ANSWER -> 12",
        "Ans. $12$",
        "Result: **12**",
        "Total: 12",
        "N is 12.",
        "That gives us 12.",
        "In conclusion, 12 students passed.",
        "\\boxed 12",
        "### 12",
        "So $N=12$. $\\square$",
        "$$\n\\begin{aligned}\nN &= 3\\cdot 4 \\\\\n&= 12.\n\\end{aligned}\n$$",
        '```json\n{"reasoning": "3 times 4", "answer": "12"}\n```',
        "The answer is 12.\n\nQ: What is 7 + 7?\nA: The answer is 14.",
        "#### 12\n\nQuestion: Tom has 3 apples…\nAnswer: He has 3.\n#### 3",
        "<|begin_of_thought|>\\boxed{11}<|end_of_thought|>\nIt is \\boxed{12}.",
        "<thought>or 11</thought> The answer is 12.",
        "答：12",
    ],
    "C": [
        "The correct option is **C**.",
        "Therefore, option C is correct.",
        "So the correct choice is (C) 15.",
        "The correct answer is:\n\n**C) 15**",
        "I choose C.",
        "故选C。",
    ],
    "2, 5": [
        "The solutions are $x=2$ and $x=5$.",
        "The solutions are:\n\\[ x = 2 \\quad \\text{and} \\quad x = 5 \\]",
        "The answers are 2 and 5.",
        "Therefore, the solutions are $\\boxed{x = 2}$ and $\\boxed{x = 5}$.",
    ],
    r"\frac{a+b}{2}": ["The midpoint is (a+b)/2.", "so the answer is `(a+b)/2`", "Thus $m = \\frac{a+b}{2}$."],
    "(3,-2)": ["**Solution:** $(x, y) = (3, -2)$", "Thus the solution is\n\\[ (x,y)=(3,-2). \\]"],
}

WRONG = {
    "12": [
        "**Answer:** not 12",
        "So clearly N is not 12.",
        "The answer lies between 11 and 13, maybe 12.",
        "The answer is 12 if n is odd and 13 if n is even.",
        "The answer is 12 (13 is also possible).",
        "The answer is 12 — or 13.",
        "We compute the sum of the first 12 numbers and then",
        "The answer is 13. 12 is a common mistake.",
        "The answer is 13.\n\nQ: What is 6 + 6?\nA: The answer is 12.",
        "\\boxed{13}\n<think>\\boxed{12}</think>",
        "\\boxed{12, 13}",
        "\\boxed{11}\\boxed{12}\\boxed{13}",
        "\\boxed{12 (or 13)}",
        "\\boxed{13}\\phantom{12}",
        "<!-- 12 -->\nThe answer is 13.",
        "The answer is ~~12~~ 13.",
        "The answer is \u202e21",
        "\\boxed{1\u0662\u0663}",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12",
        "\\boxed{11<x<13}",
        "\\boxed{x \\in \\mathbb{R}}",
        "\\boxed{\\text{the reference answer}}",
        "\\boxed{}",
        "\\boxed{\u200b}",
        "<answer>12<answer>13</answer>",
    ],
    "C": ["C or D", "The answer is B, not C.", "\\boxed{ABCD}", "C is incorrect, so the answer is D.", "故选A。"],
    "2, 5": ["\\boxed{2}", "\\boxed{2}, \\boxed{5}, \\boxed{7}", "The answer is 2."],
}


@pytest.mark.parametrize(("reference", "response"), [(ref, said) for ref, all_ in RIGHT.items() for said in all_])
def test_a_right_answer_is_found(reference: str, response: str) -> None:
    score = math_equal(final_answer(response), reference)
    assert score == 1, score.reason


@pytest.mark.parametrize(("reference", "response"), [(ref, said) for ref, all_ in WRONG.items() for said in all_])
def test_who_gives_no_right_answer_gets_nothing(reference: str, response: str) -> None:
    score = math_equal(final_answer(response), reference)
    assert score == 0, score.reason


@pytest.mark.parametrize(
    ("span", "bare"),
    [
        ("**72**.", "72"),
        ("$72$**", "72"),
        ("<b>72</b>", "72"),
        (r"\,72\,", "72"),
        ("72 ✓", "72"),
        ("«72»", "72"),
        ("__72", "__72"),
        ("72_", "72"),
        ("2**3", "2**3"),
        ("72…", "72…"),
        ("a, b, ...", "a, b, ..."),
        (r"\begin{aligned} N &= 8 \\ &= 72 \end{aligned}", "72"),
        (r"\begin{aligned} x &= 8 \\ y &= 72 \end{aligned}", r"\begin{aligned} x &= 8 \\ y &= 72 \end{aligned}"),
    ],
)
def test_markup_around_a_span_goes(span: str, bare: str) -> None:
    assert clean(span) == bare


@pytest.mark.parametrize(
    "piece", [",", "~", "*", "_", "a*", "✓", "\\,", "$a$ and ", "**a** ", "`", "答案是", "Q:\n", "<b>"]
)
@pytest.mark.parametrize(
    "around", ["\\boxed{{{}x}}", "The answer is {}x", "#### {}x", "<answer>{}x</answer>", "{}x"]
)
def test_the_longest_span_is_read_at_once(piece: str, around: str) -> None:
    response = around.format(piece * (59_000 // len(piece)))
    assert math_equal(final_answer(response), "31337") == 0
