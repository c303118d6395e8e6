"""Untrusted Python, run fast and shut in.

On the trusted side:

    pool        Sandbox: a few warm interpreters, and runs in their children
    session     a program that is loaded once and called many times
    line        one run, from its order to its report
    warm        a warm interpreter as it is seen from here
    limits      what a run may use, and what became of it
    layers      what shuts a run in, and what is mandatory
    folder      a run's own folder

On both sides, how they speak: `orders` (who says what), `frames`, and `values` (plain data).

On the other side, where no secret is and nothing that a program must not know:

    zygote      the warm interpreter: how it starts
    nursery     … and what it does then: forks a child for each run and watches over it
    child       the run itself: shuts itself in, runs a program or serves a session
    plain       what comes back as plain data
    names       files where no file can be named
    confine     the layers put on; in `seccomp` (by the table in `syscalls`), `landlock`, `capabilities`, `kernel`
    probe       every layer attacked before the first run
"""

from rewardkit.sandbox.limits import Limits, Ran
from rewardkit.sandbox.pool import Sandbox, shared, started
from rewardkit.sandbox.session import Ended, Raised, Returned, Session
from rewardkit.sandbox.values import Opaque

__all__ = ["Ended", "Limits", "Opaque", "Raised", "Ran", "Returned", "Sandbox", "Session", "shared", "started"]
