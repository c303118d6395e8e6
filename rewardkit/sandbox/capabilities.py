"""A process of root without root's powers: what it may do is what the owner of root's files may, and no more.

The user is not changed: the interpreter often lies where only root may read, and a uid of our choosing may be
somebody's. What root owns is out of reach all the same, by the layer that confines files.
"""

from __future__ import annotations

import errno
import struct

from rewardkit.sandbox import kernel

_VERSION_3 = 0x20080522


def drop() -> None:
    """Give up all capabilities, and the possibility to get any, for good.

    Raises:
        OSError: the kernel refused.
    """
    kernel.prctl(kernel.CAP_AMBIENT, kernel.CAP_AMBIENT_CLEAR_ALL)
    for capability in range(64):
        try:
            kernel.prctl(kernel.CAPBSET_DROP, capability)
        except OSError as error:
            # EINVAL: the kernel has no more of them. EPERM: an ordinary user, who has none to lose.
            if error.errno not in (errno.EINVAL, errno.EPERM):
                raise
            break
    kernel.capset(struct.pack("Ii", _VERSION_3, 0), bytes(24))
