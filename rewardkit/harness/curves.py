"""What a job's curves say, in one plain sentence.

The rules are those of AWS's best practices for RFT on Bedrock: reward should rise, entropy should fall gently and
not to nothing, the gradient norm should not jump, and responses should not grow without end.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_ENOUGH = 6


def read_curves(
    rewards: Sequence[float],
    *,
    failures: float = 0.0,
    entropy: Sequence[float] = (),
    gradient_norm: Sequence[float] = (),
    response_length: Sequence[float] = (),
) -> str:
    """A sentence on the curves of a job.

    Args:
        rewards: mean reward of each step, in order.
        failures: the share of rollouts that could not be scored, 0 to 1.
        entropy: of the policy, each step, in nats; may be empty.
        gradient_norm: each step; may be empty.
        response_length: mean tokens of a response, each step; may be empty.
    """
    if failures >= 0.01:
        return f"{failures:.0%} of the rollouts could not be scored: the function's log says why."
    if len(rewards) < _ENOUGH:
        return f"{len(rewards)} steps so far: too few to say anything."
    early, late = _ends(rewards)
    gain, noise = late - early, _spread(rewards)
    if max(rewards) == min(rewards):
        return f"Every step's reward is {rewards[0]:.3g}: it does not tell responses apart, so nothing is learned."
    if response_length and _ratio(response_length) > 2 and gain > 0:
        return (
            "The reward rises while responses grow beyond twice their length: look whether length itself is paid."
        )
    if gain > max(0.03, noise):
        return f"The reward rises, from {early:.2f} to {late:.2f}{_confidence(entropy)}."
    if gain < -max(0.03, noise):
        return f"The reward falls, from {early:.2f} to {late:.2f}: lower the learning rate, or look at the reward."
    return _flat(late, gradient_norm)


def _flat(level: float, gradient_norm: Sequence[float]) -> str:
    if level > 0.95:
        return f"The reward is flat at {level:.2f}: the model can do this already, so there is little to learn."
    if level < 0.15:
        return f"The reward is flat at {level:.2f}: the task is too hard for the model, or the reward never pays."
    if gradient_norm and max(gradient_norm) < 1e-6:
        return f"The reward is flat at {level:.2f} with no gradient: all responses of a prompt get the same score."
    return f"The reward is flat at {level:.2f}: try more steps, a higher learning rate, or a finer reward."


def _confidence(entropy: Sequence[float]) -> str:
    if len(entropy) < _ENOUGH or entropy[0] <= 0:
        return ""
    left = _ends(entropy)[1] / entropy[0]
    return ", and the policy has almost stopped exploring" if left < 0.1 else ""


def _ends(numbers: Sequence[float]) -> tuple[float, float]:
    """The means of the first and of the last fifth."""
    part = max(2, len(numbers) // 5)
    return sum(numbers[:part]) / part, sum(numbers[-part:]) / part


def _ratio(numbers: Sequence[float]) -> float:
    early, late = _ends(numbers)
    return late / early if early > 0 else 1.0


def _spread(numbers: Sequence[float]) -> float:
    """How far the mean of a fifth strays by chance: the steps' own jumps, averaged down."""
    jumps = [abs(b - a) for a, b in itertools.pairwise(numbers)]
    part = max(2, len(numbers) // 5)
    return float(sum(jumps) / len(jumps) / part**0.5)
