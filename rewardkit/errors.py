"""Everything that rewardkit raises.

    RewardkitError
    ├── UsageError          the author's code or command is wrong
    ├── RolloutError        the data is wrong; names the file and the line
    ├── GradingError        this rollout cannot be judged: it becomes a Failure, never a 0
    │   ├── Unscorable         the author's own word for that: `raise Unscorable("…")` abstains
    │   └── UnavailableError   a judge or a sandbox is down: the whole call fails, so that the service retries it
    ├── BundleError         the zip could not be made or run
    └── CloudError          AWS, real or emulated, refused: operation, resource, code, hint

Every message says what happened, where, and the next step.
"""

from __future__ import annotations


class RewardkitError(Exception):
    """The root of the tree."""


class UsageError(RewardkitError):
    """The author's code or command is wrong."""


class RolloutError(RewardkitError):
    """The data is wrong. The message begins with `file:line:` where there is a file."""


class GradingError(RewardkitError):
    """This rollout cannot be judged, and that is not the response's fault."""


class Unscorable(GradingError):
    """What a reward raises to abstain: this rollout gets no score, and the message says why."""


class UnavailableError(GradingError):
    """What judges is down. Raised through the handler, because the service retries a failed call."""


class BundleError(RewardkitError):
    """The bundle could not be made, read or run."""


class CloudError(RewardkitError):
    """AWS, real or emulated, refused.

    Args:
        operation: the API operation, such as `CreateFunction`.
        resource: the name or ARN it was about.
        code: the service's error code, such as `AccessDeniedException`.
        message: what the service said.
        hint: the next step for the user; may be empty.
    """

    def __init__(self, operation: str, resource: str, code: str, message: str, hint: str = "") -> None:
        self.operation = operation
        self.resource = resource
        self.code = code
        self.hint = hint
        text = f"{operation} of {resource} failed: {code}: {message}"
        super().__init__(f"{text}\n{hint}" if hint else text)
