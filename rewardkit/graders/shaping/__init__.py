"""Shaping: rewards of length and repetition, and what bends a score, without letting a wrong answer overtake.

    length.py       by how long a response is: cosine, overlong, kimi_length, efficient, target_length
    repetition.py   by n-grams that come again: repetition
    bend.py         one score into another: clip, scale, staircase
    check.py        does a wrong answer beat a right one? check, overtaken

Group-relative policy optimisation learns from the order of the scores within a group. A term for length that is
added to correctness may turn that order round: a short wrong answer above a long right one. The rewards here that
know whether the answer is right keep a wrong one below; for the others, and for any sum of your own, `check` says
when it happens, and so does `rewardkit test` where rollouts have labels.

    correct = math_equal(final_answer(response), reference)
    cosine(correct, response, longest=4000)                      keeps the order
    clip(correct + 0.2 * overlong(response, …), 0, 1)            keeps it: less than 1 is taken away
    clip(0.5 * correct + 0.5 * (1 + overlong(response, …)))      does not

A reward sees one rollout. Rewards relative to the group (`kimi_length`, `efficient`) take the lengths of the group
as an argument; which rollouts come in one event is up to the service, and the score of one must not depend on it.
Put the lengths that your base model needs for the prompt into a field of the training row, such as `lengths`.
"""

from rewardkit.graders.shaping.bend import clip, scale, staircase
from rewardkit.graders.shaping.check import Overtake, check, overtaken
from rewardkit.graders.shaping.length import cosine, efficient, kimi_length, overlong, target_length
from rewardkit.graders.shaping.repetition import repetition

__all__ = [
    "Overtake",
    "check",
    "clip",
    "cosine",
    "efficient",
    "kimi_length",
    "overlong",
    "overtaken",
    "repetition",
    "scale",
    "staircase",
    "target_length",
]
