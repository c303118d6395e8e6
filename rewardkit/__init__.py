"""rewardkit: write, test, ship and watch the reward functions that train language models."""

from typing import TYPE_CHECKING

from rewardkit.compose import all_of, any_of, mean, named
from rewardkit.errors import Unscorable
from rewardkit.reward import Reward, grader, reward
from rewardkit.score import Score

if TYPE_CHECKING:
    from rewardkit.failure import Failure
    from rewardkit.rollout import Rollout

__all__ = [
    "Failure",
    "Reward",
    "Rollout",
    "Score",
    "Unscorable",
    "all_of",
    "any_of",
    "grader",
    "mean",
    "named",
    "reward",
]


def __getattr__(name: str) -> object:
    """Bring Rollout and Failure, and what they load, only when somebody asks for them."""
    if name == "Rollout":
        from rewardkit.rollout import Rollout

        return Rollout
    if name == "Failure":
        from rewardkit.failure import Failure

        return Failure
    raise AttributeError(f"module 'rewardkit' has no attribute {name!r}")
