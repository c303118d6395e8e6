"""Bytecode for Lambda's Python, so that a cold start does not compile.

Importing sympy costs 3,760 ms of CPU without and 540 ms with it. The code says that its source is in `/var/task`,
and it is trusted without a look at the source (unchecked hash): the folder in Lambda is read-only, and its times
mean nothing.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rewardkit.bundle import uv

# What the interpreter of the other version runs: names of files on stdin, a JSON list of errors on stdout.
_COMPILE = """
import json, py_compile, sys
errors = []
for line in sys.stdin:
    name = line.rstrip("\\n")
    try:
        py_compile.compile(name, dfile="/var/task/" + name, doraise=True,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    except Exception as error:
        errors.append([name, str(error).strip().splitlines()[-1] if str(error).strip() else repr(error)])
print(json.dumps(errors))
"""
_VERSION = (
    "import sys; print('%d.%d' % sys.version_info[:2], sys.version.split()[0], sys.implementation.cache_tag)"
)


@functools.cache
def interpreter(python: str) -> tuple[str, str] | None:
    """An interpreter of a version on this machine, and its full version; None where there is none to be had.

    Args:
        python: such as `3.13`.
    """
    for candidate in _candidates(python):
        version = _version(candidate)
        if version and version[0] == python and version[2] == f"cpython-{python.replace('.', '')}":
            return candidate, version[1]
    return None


def compile_all(folder: Path, program: str) -> list[tuple[str, str]]:
    """Compile every Python file under a folder into its `__pycache__`.

    Args:
        folder: what will be `/var/task`.
        program: the interpreter.

    Returns:
        The files that do not compile, by their names in the folder, with the reason.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    processes = min(os.cpu_count() or 1, 8, 1 + len(names) // 50)
    # Variables such as PYTHONOPTIMIZE and PYTHONPYCACHEPREFIX would change what is written, and where.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    started = [
        subprocess.Popen(
            [program, "-s", "-S", "-c", _COMPILE],
            cwd=folder,
            env=plain | {"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(processes)
    ]
    for number, process in enumerate(started):
        assert process.stdin
        process.stdin.write("".join(f"{name}\n" for name in names[number::processes]))
        process.stdin.close()
    errors = []
    for process in started:
        assert process.stdout
        with process.stdout:
            errors += json.loads(process.stdout.read() or "[]")
        process.wait()
    return sorted((name, reason) for name, reason in errors)


def _candidates(python: str) -> Iterator[str]:
    yield sys.executable
    if found := shutil.which(f"python{python}"):
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    yield from (str(path) for path in sorted(pyenv.glob(f"versions/{python}.*/bin/python"), reverse=True))
    if found := uv.output("python", "find", "--no-python-downloads", python):
        yield found
    if uv.output("python", "install", python) is not None and (found := uv.output("python", "find", python)):
        yield found


def _version(program: str) -> list[str] | None:
    # A shim of pyenv is found on the path, and fails, when its version is not the chosen one.
    try:
        done = subprocess.run(
            [program, "-I", "-S", "-c", _VERSION], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    words = done.stdout.split()
    return words if len(words) == 3 else None
