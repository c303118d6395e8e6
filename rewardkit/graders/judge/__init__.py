"""Graders that ask a language model, where no rule can tell what is good.

    judging.py    `judge` and `pairwise`: a rubric and a way to ask, made into a grader
    forms.py      what the judge is asked to reply, how the reply is read, what the votes come to
    prompt.py     the prompt: the rubric, and everything that others wrote, quoted so that it cannot speak
    reply.py      the reply: one JSON object, read strictly
    converse.py   `bedrock`: a way to ask a model on Amazon Bedrock
    recorded.py   `Recorded`: answers from a file, the same every time and without a network

A way to ask is a function from text to text. What may happen to it, and what comes of it:

    it answers as it was told               a Score
    it answers anything else, twice         GradingError: a Failure, never a number in the middle
    it raises an error of rewardkit's       that error
    it raises anything else                 UnavailableError: the call fails, and the service retries it
    it never answers                        the handler's deadline makes the rollout a Failure of kind `timeout`
"""

from __future__ import annotations

from rewardkit.graders.judge.converse import bedrock
from rewardkit.graders.judge.forms import Criterion
from rewardkit.graders.judge.judging import judge, pairwise
from rewardkit.graders.judge.recorded import Recorded

__all__ = ["Criterion", "Recorded", "bedrock", "judge", "pairwise"]
