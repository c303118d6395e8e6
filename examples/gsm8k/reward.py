"""Word problems: pay for the right number; watch, but do not pay for, the last line that the prompt asks for."""

import re

from rewardkit import Score, grader, reward
from rewardkit.graders.extract import expected, final_answer
from rewardkit.graders.math import number_equal


@grader
def last_line(response: str) -> Score:
    """1 if the last line is `#### ` and the answer, as the prompt asks."""
    lines = response.strip().splitlines() or [""]
    found = re.fullmatch(r"#### \S.*", lines[-1])
    return Score(found is not None, f"the last line is {lines[-1][:60]!r}")


@reward
def gsm8k(response: str, reference_answer: object) -> float:
    correct = number_equal(final_answer(response), expected(reference_answer))
    return correct + 0 * last_line(response)
