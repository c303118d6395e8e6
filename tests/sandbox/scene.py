"""One process that grades, with a secret, a victim and a canary, attacked by `attacker.py`: run by test_attacks.

Prints as JSON: which attacks succeeded, which layers are missing, and what is not as it was.
Arguments: layers to leave out.
"""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path

from rewardkit.sandbox import Limits, Sandbox

folder = Path(tempfile.mkdtemp())
canary = folder / "canary"
canary.write_text("alive")
canary.chmod(0o600)
limits_before = [resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS)]
with Sandbox(without=sys.argv[1:], size=1) as sandbox:
    ran = sandbox.run(
        Path(__file__).with_name("attacker.py").read_text(),
        argv=[str(os.getpid()), str(canary), str(folder)],
        limits=Limits(cpu=20),
    )
    layers = sandbox.layers()
changed = []
if canary.read_text() != "alive" or canary.stat().st_mode & 0o777 != 0o600:
    changed.append("canary")
if [path.name for path in folder.iterdir()] != ["canary"]:
    changed.append("folder")
if limits_before != [resource.getrlimit(kind) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS)]:
    changed.append("limits")
print(
    json.dumps(
        {
            "succeeded": json.loads(ran.stdout) if ran.ok else f"{ran}",
            "missing": {layer.name: layer.missing for layer in layers if layer.missing},
            "changed": changed,
            "secret": "FAKESECRET" in ran.stdout + ran.stderr,
        }
    )
)
