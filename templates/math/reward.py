"""Mathematics: pay for the right answer, and a little more where it stands in one box, as the prompt asks."""

from rewardkit import Score, all_of, grader, reward
from rewardkit.graders.extract import boxed, expected, final_answer
from rewardkit.graders.math import math_equal


@grader
def one_box(response: str) -> Score:
    """Is there exactly one box, and something in it?"""
    count = response.count("\\boxed")
    return Score(count == 1 and bool(boxed(response)), f"{count} boxes, the last one holds {boxed(response)!r}")


@reward
def math_reward(response: str, reference_answer: object) -> float:
    correct = math_equal(final_answer(response), expected(reference_answer))
    # The form counts only together with the answer, so that a box around nothing earns nothing.
    return 0.9 * correct + 0.1 * all_of(correct, one_box(response))
