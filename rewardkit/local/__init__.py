"""The local cloud: Lambda, S3, IAM, CloudWatch and Bedrock RFT on this machine."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rewardkit.local.daemon import Address, Status, start, status, stop

__all__ = ["Address", "Status", "start", "status", "stop"]


def __getattr__(name: str) -> object:
    """Bring the process control in only when somebody asks for it."""
    if name in __all__:
        from rewardkit.local import daemon

        return getattr(daemon, name)
    raise AttributeError(f"module 'rewardkit.local' has no attribute {name!r}")
