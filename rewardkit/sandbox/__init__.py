"""Untrusted Python, run fast and shut in.

    pool     Sandbox: a few warm interpreters, and runs in their children
    session  a program that is loaded once and called many times
    limits   what a run may use, and what became of it
    values   how values cross between processes

`zygote` and `child` run on the other side: they hold no secret and nothing that a program must not know.
"""

from rewardkit.sandbox.limits import Limits, Ran
from rewardkit.sandbox.pool import Sandbox, shared
from rewardkit.sandbox.session import Ended, Raised, Returned, Session
from rewardkit.sandbox.values import Opaque

__all__ = ["Ended", "Limits", "Opaque", "Raised", "Ran", "Returned", "Sandbox", "Session", "shared"]
