"""Rewards of length.

A length is a number in any unit, as long as all lengths of one call have the same; a text stands for its number of
characters. The papers count tokens, and about four characters of English make one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rewardkit.errors import UsageError
from rewardkit.reward import grader
from rewardkit.score import Score


@grader
def overlong(response: str | float | None, *, longest: float, cache: float) -> Score:
    """The soft overlong punishment of DAPO: 0 for what is short enough, down to -1 for what is too long.

        0                                  length <= longest - cache
        (longest - cache - length) / cache   in between
        -1                                 length > longest

    Yu et al. 2025, "DAPO: An Open-Source LLM Reinforcement Learning System at Scale", equation 13. Usual: longest
    20480 and cache 4096 tokens. There, right is +1 and wrong -1, and it is added to that; with 1 and 0 give it a
    weight below 1.

    Args:
        response: the text or its length; None is as long as nothing.
        longest: the length from which on it is -1.
        cache: how far below that the punishment begins.

    Returns:
        -1 to 0.

    Raises:
        UsageError: the cache is not above 0, or larger than the longest.
    """
    if not 0 < cache <= longest < math.inf:
        raise UsageError(
            f"cache is {cache} and longest {longest}: give 0 < cache <= longest, such as 4096 and 20480"
        )
    length = _length(response)
    score = max(-1.0, min(0.0, (longest - cache - length) / cache))
    return Score(score, f"length {length:g}, punished from {longest - cache:g} to {longest:g}")


@grader
def cosine(
    correct: float,
    response: str | float | None,
    *,
    longest: float,
    right: tuple[float, float] = (1.0, 0.5),
    wrong: tuple[float, float] = (0.0, 0.0),
    exceeded: float | None = None,
    overtaking: bool = False,
) -> Score:
    """The cosine reward: right answers earn more the shorter they are, wrong ones (where asked) the longer.

        end + (start - end) / 2 * (1 + cos(pi * length / longest))     start, end = right or wrong

    Yeo et al. 2025, "Demystifying Long Chain-of-Thought Reasoning in LLMs". Usual: right (2, 1), wrong (-10, 0),
    exceeded -10; in open-r1 right (1, 0.5), wrong (-1, -0.5) and 1000 tokens.

    Args:
        correct: the score of the answer; right from a half up.
        response: the text or its length.
        longest: the length at which the end is reached.
        right: the score of a right answer of length 0, and of the longest.
        wrong: the same of a wrong answer.
        exceeded: the score of what is longer than the longest, right or wrong; by default its kind's end.
        overtaking: allow a wrong answer to score above a right one.

    Returns:
        Between the least and the greatest of the numbers given.

    Raises:
        UsageError: the longest is not above 0, or a wrong answer could overtake a right one.
    """
    if not 0 < longest < math.inf:
        raise UsageError(f"longest is {longest}: give a length above 0")
    least = min(right) if exceeded is None else min(*right, exceeded)
    if max(wrong) > least and not overtaking:
        raise UsageError(
            f"a wrong answer may score {max(wrong):g} and a right one {least:g}: keep wrong below right, or say "
            f"overtaking=True"
        )
    length = _length(response)
    start, end = right if correct >= 0.5 else wrong
    kind = "right" if correct >= 0.5 else "wrong"
    if length > longest and exceeded is not None:
        return Score(exceeded, f"{kind}, length {length:g} exceeds {longest:g}")
    progress = min(1.0, length / longest)
    score = end + (start - end) / 2 * (1 + math.cos(math.pi * progress))
    return Score(score, f"{kind}, length {length:g} of {longest:g}")


@grader
def kimi_length(correct: float, response: str | float | None, lengths: Sequence[float]) -> Score:
    """The length reward of Kimi k1.5: within a group, short answers gain and long ones lose.

        lambda = 0.5 - (length - min) / (max - min)
        lambda for a right answer, min(0, lambda) for a wrong one

    Kimi Team 2025, "Kimi k1.5: Scaling Reinforcement Learning with LLMs", section 2.3.3: added to the reward with
    a weight, after a warm-up without it. Below a weight of 2 no wrong answer (0) overtakes a right one (1).

    Args:
        correct: the score of the answer; right from a half up.
        response: the text or its length.
        lengths: of the responses of the group, or of others to the same prompt; see the package's docstring.

    Returns:
        -0.5 to 0.5; 0 where all lengths are one, or there is none.
    """
    length = _length(response)
    low, high = min(lengths, default=length), max(lengths, default=length)
    if low == high:
        return Score(0.0, f"length {length:g}, and no others to compare with")
    score = max(-0.5, min(0.5, 0.5 - (length - low) / (high - low)))
    kept = score if correct >= 0.5 else min(0.0, score)
    return Score(kept, f"{'right' if correct >= 0.5 else 'wrong'}, length {length:g}, others {low:g} to {high:g}")


@grader
def efficient(
    correct: float, response: str | float | None, lengths: Sequence[float], *, alpha: float = 0.1
) -> Score:
    """A right answer earns less the longer it is among the right answers to its prompt; a wrong one 0.

        correct * (1 - alpha * sigmoid((length - mean) / deviation))

    Arora and Zanette 2025, "Training Language Models to Reason Efficiently", equation 4. Usual: alpha 0.05 to 0.4.

    Args:
        correct: the score of the answer, 0 to 1.
        response: the text or its length.
        lengths: of the right responses to the same prompt; see the package's docstring.
        alpha: the most that length can cost, 0 to below 1.

    Returns:
        0 to 1. Without two different lengths, right answers all lose half of alpha.

    Raises:
        UsageError: alpha is not from 0 to below 1.
    """
    if not 0 <= alpha < 1:
        raise UsageError(f"alpha is {alpha}: give a number from 0 to below 1, such as 0.1")
    length = _length(response)
    mean = math.fsum(lengths) / len(lengths) if lengths else length
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in lengths) / len(lengths)) if lengths else 0.0
    away = max(-50.0, min(50.0, (length - mean) / deviation)) if deviation else 0.0
    return Score(
        correct * (1 - alpha / (1 + math.exp(-away))),
        f"length {length:g}, {away:+.2g} deviations from the mean {mean:g}",
    )


@grader
def target_length(
    correct: float,
    response: str | float | None,
    target: float,
    *,
    alpha: float = 0.0003,
    at_most: bool = False,
    delta: float = 0.5,
) -> Score:
    """The length-controlled reward of L1: pays for the length that the prompt asks for.

        exact     correct - alpha * |target - length|                        (LCPO-Exact)
        at most   correct * clip(alpha * (target - length) + delta, 0, 1)    (LCPO-Max)

    Aggarwal and Welleck 2025, "L1: Controlling How Long A Reasoning Model Thinks With Reinforcement Learning".
    Usual: alpha 0.0003 a token, delta 0.5. Here the exact form takes at most 1 away, so that a right answer can
    fall to the level of a wrong one, and no further.

    Args:
        correct: the score of the answer, 0 to 1.
        response: the text or its length.
        target: the length asked for.
        alpha: what one unit of length costs.
        at_most: pay for staying below the target, and not for meeting it.
        delta: what a right answer of just the target's length earns.

    Returns:
        -1 to 1; with `at_most` 0 to 1.

    Raises:
        UsageError: alpha or delta is negative or not finite.
    """
    if not (0 <= alpha < math.inf and 0 <= delta <= 1):
        raise UsageError(f"alpha is {alpha} and delta {delta}: give alpha from 0 up, and delta from 0 to 1")
    length = _length(response)
    reason = f"length {length:g}, target {target:g}"
    if at_most:
        return Score(correct * max(0.0, min(1.0, alpha * (target - length) + delta)), reason)
    return Score(correct - min(1.0, alpha * abs(target - length)), reason)


def _length(response: str | float | None) -> float:
    if response is None:
        return 0.0
    length = len(response) if isinstance(response, str) else response
    if not 0 <= length < math.inf:
        raise UsageError(f"the length is {length}: give a text, or a number from 0 up")
    return float(length)
