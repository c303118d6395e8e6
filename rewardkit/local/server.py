"""The process of a local cloud: `python -m rewardkit.local.server PROJECT REGION`. See `daemon` for its start."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import IO

from rewardkit.local.app import LocalCloud
from rewardkit.local.store import write_atomically

HOST = "127.0.0.1"

# Exit code for: another process is the local cloud of this project already.
TAKEN = 3
# How often it is tried to take the lock, and the seconds in between.
_LOOKS, _LOOK_SECONDS = 100, 0.01


def state_folder(project: Path) -> Path:
    """Where the state of a project's local cloud is."""
    return project / ".rewardkit" / "local"


def serve(project: Path, region: str) -> int:
    """Be the local cloud of a project until SIGTERM. Returns the exit code."""
    folder = state_folder(project)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with (folder / "lock").open("a") as lock:
        if not _locked(lock):
            return TAKEN
        # Who holds it, for `stop`: only the holder writes here, so a pid in here is never somebody else's.
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        cloud = LocalCloud(project, folder, region)
        try:
            _listen(cloud, folder, region)
        finally:
            cloud.close()
    return 0


def _locked(lock: IO[str]) -> bool:
    """Take the lock, of which the kernel lets go when this process ends, however it ends.

    Who only looks whether it is taken holds it for a moment.
    """
    for _ in range(_LOOKS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_SECONDS)
        else:
            return True
    return False


def _listen(cloud: LocalCloud, folder: Path, region: str) -> None:
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import BaseWSGIServer, make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    def make(port: int) -> BaseWSGIServer:
        return make_server(HOST, port, cloud, threaded=True, request_handler=MotoRequestHandler)

    try:
        server = make(_port_before(folder))
    except (OSError, SystemExit):  # werkzeug exits when the port is taken
        server = make(0)

    def end(number: int, frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this signal interrupted, so somebody else must call it.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    address = {"pid": os.getpid(), "port": server.server_port, "region": region}
    write_atomically(folder / "server.json", json.dumps(address).encode())
    cloud.resume()
    server.serve_forever()


def _port_before(folder: Path) -> int:
    """The port of the last run, so that the URL stays the same over a restart; 0 for any."""
    try:
        return int(json.loads((folder / "server.json").read_bytes())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


if __name__ == "__main__":
    sys.exit(serve(Path(sys.argv[1]), sys.argv[2]))
