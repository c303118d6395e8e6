"""The command line: what people touch. One file a part of the road, a few lines a command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `rewardkit`; an error of ours ends with its message and exit code 2, not with a traceback."""
    from rewardkit.cli.app import app
    from rewardkit.cli.screen import fail
    from rewardkit.errors import RewardkitError

    try:
        app()
    except RewardkitError as error:
        fail(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        fail(f"{error.filename}: {error.strerror}")
    else:
        return
    sys.exit(2)
