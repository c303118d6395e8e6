"""The distributions of a bundle: which, in which version, and their files for a platform.

Versions are those installed here, what the author tested with. boto3 and botocore, with s3transfer, are left out:
Lambda's runtime has them.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from platform import libc_ver

from rewardkit.bundle import uv
from rewardkit.bundle.bytecode import compile_all, interpreter
from rewardkit.bundle.cache import cached

IN_LAMBDA = frozenset({"boto3", "botocore", "s3transfer"})

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_UNUSED_SUFFIXES = frozenset({".pyi", ".pyc", ".pyo", ".h", ".hpp", ".c", ".cc", ".cpp", ".pxd", ".pyx", ".a"})
# What importlib.metadata reads, and what the licenses want to go along.
_METADATA = frozenset({"METADATA", "entry_points.txt"})
_LICENSE = re.compile(r"(?i)(license|licence|copying|notice|authors)")


def platform_of(architecture: str, python: str) -> str:
    """uv's name for Lambda's platform: Amazon Linux 2023 has glibc 2.34, and Amazon Linux 2, for 3.11, 2.26."""
    machine = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
    return f"{machine}-manylinux2014" if python == "3.11" else f"{machine}-manylinux_2_34"


def providers(modules: Iterable[str]) -> list[metadata.Distribution]:
    """The installed distributions that provide some modules; none for source folders and what is not here.

    Args:
        modules: dotted, of one top; where several distributions share the top, as a namespace, the second part
            decides, and all of them count where it does not.
    """
    names = {name for module in modules for name in _packages().get(module.partition(".")[0], [])}
    shared = [item for name in sorted(names) if not _is_source(item := metadata.distribution(name))]
    starts = {"/".join(module.split(".")[:2]) for module in modules if "." in module}
    exact = [item for item in shared if any(_starts(str(file), starts) for file in item.files or ())]
    return exact if len(shared) > 1 and exact else shared


def _starts(file: str, starts: set[str]) -> bool:
    return any(file.startswith((f"{start}/", f"{start}.")) for start in starts)


def name_of(requirement: str) -> str:
    """The normalized name of the distribution in a requirement; empty where there is none."""
    match = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def pin(distribution: metadata.Distribution) -> str:
    """`name==version`."""
    return f"{name_of(distribution.name)}=={distribution.version}"


def lock(
    wanted: Iterable[str], *, python: str, platform: str, folder: Path, asked: Sequence[str] = ()
) -> tuple[str, ...]:
    """Every distribution that the wanted ones need, pinned, sorted.

    Args:
        wanted: pinned requirements, of what is imported.
        python: the version they are for.
        platform: uv's name of it; empty for this machine.
        folder: where uv looks for the author's settings.
        asked: requirements that the author wrote; they overrule what is installed here.

    Raises:
        BundleError: there is no such set, or no wheel for one of them.
    """
    own = {name_of(line) for line in asked}
    wanted = [line for line in wanted if name_of(line) not in own]
    lines = sorted({*asked, *wanted})
    if not lines:
        return ()
    with tempfile.NamedTemporaryFile("w", suffix=".txt", prefix="constraints-") as constraints:
        if wanted:
            constraints.write("".join(f"{line}\n" for line in _installed() if name_of(line) not in own))
        constraints.flush()
        resolved = uv.run(
            *("pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", "--no-python-downloads"),
            *("--constraints", constraints.name, "--only-binary", ":all:"),
            *_for(python, platform),
            *(f"--no-emit-package={name}" for name in sorted(IN_LAMBDA)),
            folder=folder,
            text="".join(f"{line}\n" for line in lines),
        )
    return tuple(sorted(line.strip() for line in resolved.splitlines() if line[:1].isalnum()))


def fetch(requirements: Sequence[str], *, python: str, platform: str, folder: Path) -> Path:
    """A folder with the distributions as Lambda needs them: trimmed, and compiled where an interpreter is here.

    Args:
        requirements: all of them, pinned.
        python: the version they are for.
        platform: uv's name of it; empty for this machine.
        folder: where uv looks for the author's settings.

    Raises:
        BundleError: one cannot be had.
    """
    compiler = interpreter(python)

    def make(made: Path) -> None:
        if not requirements:
            return
        uv.run(
            *("pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"),
            *_for(python, platform),
            *("--no-python-downloads", "--target", str(made), "--requirements", "-"),
            folder=folder,
            text="".join(f"{line}\n" for line in requirements),
        )
        _trim(made)
        if compiler:
            compile_all(made, compiler[0])

    machine = platform or [sysconfig.get_platform(), *libc_ver()]
    key = [list(requirements), python, machine, compiler[1] if compiler else ""]
    return cached("wheels", key, make)


def _for(python: str, platform: str) -> tuple[str, ...]:
    other = ("--python-version", python, "--python-platform", platform) if platform else ()
    return ("--python", sys.executable, *other)


def _trim(folder: Path) -> None:
    """Leave out what no import reads: tests, headers, type stubs, scripts, records of the installation."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if _is_unused_folder(path, folder):
                shutil.rmtree(path)
            elif not any(path.iterdir()):
                path.rmdir()
        elif _is_unused_file(path, folder):
            path.unlink()


def _is_unused_folder(path: Path, folder: Path) -> bool:
    # `test` inside a package is often its public help for tests, and `tests` is its own.
    return path.name in ("tests", "__pycache__") or (path.name == "test" and path.parent == folder)


def _is_unused_file(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    if parts[0].endswith(".dist-info"):
        return not (path.name in _METADATA or _LICENSE.match(path.name) or parts[1] == "licenses")
    return (
        path.suffix in _UNUSED_SUFFIXES
        or path.name in ("py.typed", ".lock")
        or (len(parts) == 1 and path.name.startswith("."))
    )


def _installed() -> list[str]:
    """Everything installed here from an index, pinned."""
    return sorted({pin(item) for item in metadata.distributions() if item.name and not _is_source(item)})


def _is_source(distribution: metadata.Distribution) -> bool:
    """Whether it was installed from a folder of this machine, as editable projects are: no index has it."""
    text = distribution.read_text("direct_url.json")
    return text is not None and "dir_info" in json.loads(text)


@functools.cache
def _packages() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())
