"""rewardkit: write, test, ship and watch the reward functions that train language models."""

from typing import TYPE_CHECKING

from rewardkit.compose import all_of, any_of, mean, named
from rewardkit.errors import Unscorable
from rewardkit.failure import Failure
from rewardkit.reward import Reward, grader, reward
from rewardkit.score import Score

if TYPE_CHECKING:
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
    """Bring Rollout, and pydantic with it, only when somebody asks for it."""
    if name == "Rollout":
        from rewardkit.rollout import Rollout

        return Rollout
    raise AttributeError(f"module 'rewardkit' has no attribute {name!r}")
