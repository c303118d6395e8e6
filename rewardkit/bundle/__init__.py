"""A bundle is the zip that Lambda runs: the author's code, what it imports, and nothing else.

closure    what the reward imports, found without running it
wheels     the distributions it needs, pinned, built for Lambda's platform
bytecode   the same code compiled for Lambda's Python
archive    the zip, the same bytes every time
"""

from __future__ import annotations

import hashlib
import json
import keyword
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeAlias

from rewardkit.bundle.archive import write_zip
from rewardkit.bundle.bytecode import compile_all, interpreter
from rewardkit.bundle.cache import cached
from rewardkit.bundle.closure import closure
from rewardkit.bundle.wheels import fetch, lock, platform_of
from rewardkit.errors import BundleError
from rewardkit.target import Target

Architecture: TypeAlias = Literal["arm64", "x86_64"]

# Lambda's handler string of every bundle, and the module it names.
HANDLER = "rewardkit_entry.handler"
MANIFEST = "rewardkit_manifest.json"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

_MB = 1024 * 1024
_UNZIPPED_MB, _DIRECT_MB = 250, 50
# Names that Lambda's own client would find in their place.
_TAKEN = frozenset(
    {"rewardkit", "rewardkit_entry", "awslambdaric", "runtime_client", "bootstrap", "boto3", "botocore"}
)
_ENTRY = '''"""What Lambda imports; made by rewardkit."""

from {module} import {reward}

from rewardkit.handler import make_handler

handler = make_handler({reward})
'''


@dataclass(frozen=True, slots=True)
class Bundle:
    """The zip that Lambda runs.

    Attributes:
        path: the zip.
        digest: sha256 over the sources and the recipe, in hex; the same from any folder and any host.
        size: of the zip, in bytes.
        python: such as `3.13`.
        platform: the wheels', such as `aarch64-manylinux_2_34`.
        requirements: every distribution in it, as `name==version`.
        warnings: what the author should know, one sentence or two each, with the next step.
    """

    path: Path
    digest: str
    size: int
    python: str
    platform: str
    requirements: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def architecture(self) -> Architecture:
        """Lambda's word for the platform."""
        return "arm64" if self.platform.startswith("aarch64") else "x86_64"

    @property
    def runtime(self) -> str:
        """Lambda's name for the Python, such as `python3.13`."""
        return f"python{self.python}"


def build(
    target: Target,
    *,
    python: str = "3.13",
    architecture: Architecture = "arm64",
    out: Path,
    requirements: Sequence[str] = (),
    include: Sequence[str] = (),
) -> Bundle:
    """Make the bundle of a reward.

    The distributions have the versions that are installed here, with which the author tested. boto3 and botocore
    stay out: Lambda's runtime has them.

    Args:
        target: the reward.
        python: Lambda's version, from `3.11` to `3.14`.
        architecture: Lambda's processor.
        out: the zip to write; its folder is made.
        requirements: distributions that no import shows, such as `tzdata` or `numpy==2.3.5`.
        include: globs of data files, relative to the author's folder.

    Raises:
        UsageError: the target cannot be imported.
        BundleError: an import that nothing provides, no wheel for the platform, too large for Lambda, …
    """
    _check_settings(python, architecture)
    _check_name(target)
    reward = _variable(target)
    folder, module = target.root, target.module
    platform = platform_of(architecture, python)
    reached = closure(folder, (module, "rewardkit.handler"))
    files = _included(folder, target.path.resolve().parent, include) | reached.files
    locked = lock(reached.distributions, python=python, platform=platform, folder=folder, asked=requirements)
    dependencies = fetch(locked, python=python, platform=platform, folder=folder)
    _check_shadows(files, dependencies)
    with tempfile.TemporaryDirectory() as work:
        stage = Path(work)
        _stage(stage, files, _ENTRY.format(module=module, reward=reward))
        manifest = {
            "digest": _digest(stage, [python, platform, list(locked), sorted(include)]),
            "rewardkit": metadata.version("rewardkit-bedrock"),
            "python": python,
            "platform": platform,
            "target": f"{target.path.name}:{reward}",
            "handler": HANDLER,
            "requirements": list(locked),
            "dependencies": sorted(path.name for path in dependencies.iterdir()),
        }
        warnings = _compile(stage, python)
        (stage / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        _check_size(_files_in(dependencies) | _files_in(stage))
        write_zip(out, _files_in(stage), base=_zipped(dependencies))
    return _bundle(out, manifest, warnings)


def read(path: Path) -> Bundle:
    """The bundle in a zip that `build` made.

    Raises:
        BundleError: it is not one.
    """
    try:
        with zipfile.ZipFile(path) as zip:
            return _bundle(path, json.loads(zip.read(MANIFEST)), ())
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path} is not a bundle ({error}): make one with `rewardkit bundle`") from error


def _bundle(path: Path, manifest: Mapping[str, Any], warnings: tuple[str, ...]) -> Bundle:
    size = path.stat().st_size
    if size > _DIRECT_MB * _MB:
        warnings += (
            f"The zip has {size / _MB:.0f} MB; Lambda takes {_DIRECT_MB} MB directly, so it goes through S3: "
            f"publishing needs a bucket.",
        )
    return Bundle(
        path=path,
        digest=manifest["digest"],
        size=size,
        python=manifest["python"],
        platform=manifest["platform"],
        requirements=tuple(manifest["requirements"]),
        warnings=warnings,
    )


def _check_settings(python: str, architecture: str) -> None:
    if python not in PYTHONS:
        raise BundleError(f"Lambda has no Python {python!r} that rewardkit runs on: choose {', '.join(PYTHONS)}")
    if architecture not in ("arm64", "x86_64"):
        raise BundleError(f"Lambda has no architecture {architecture!r}: choose 'arm64' or 'x86_64'")


def _check_name(target: Target) -> None:
    """The author's file is imported by its name in Lambda, which not every name allows."""
    for part in target.module.split("."):
        if not part.isidentifier() or keyword.iskeyword(part):
            better = "".join(letter if letter.isalnum() else "_" for letter in part).lstrip("0123456789")
            raise BundleError(f"{target.path.name} cannot be imported as {part!r}: call it {better}")
    top = target.module.partition(".")[0]
    if top in sys.stdlib_module_names or top in _TAKEN:
        raise BundleError(f"{target.path.name} would hide the module {top!r} in Lambda: call it {top}_reward")


def _check_shadows(files: Mapping[str, Path], dependencies: Path) -> None:
    third_party = {path.name.partition(".")[0] for path in dependencies.iterdir() if path.suffix != ".dist-info"}
    tops = {name.partition("/")[0].removesuffix(".py"): path for name, path in files.items()}
    for top in sorted(tops.keys() & (third_party | (_TAKEN - {"rewardkit"}))):
        raise BundleError(f"{tops[top]} would hide the installed module {top!r} in Lambda: give it another name")


def _variable(target: Target) -> str:
    """The name that the reward has in its file."""
    reward = target.load()
    if target.name:
        return target.name
    file = str(target.path.resolve())
    modules = [module for module in list(sys.modules.values()) if getattr(module, "__file__", None) == file]
    return next(name for module in modules for name, item in vars(module).items() if item is reward)


def _included(root: Path, folder: Path, include: Sequence[str]) -> dict[str, Path]:
    """The data files by their names in the zip: globs begin at the reward's folder, names at the root."""
    files: dict[str, Path] = {}
    for glob in include:
        try:
            found = [path for path in folder.glob(glob) if path.is_file() and "__pycache__" not in path.parts]
        except (ValueError, NotImplementedError) as error:
            raise BundleError(f"include {glob!r} is not a glob below {folder}: {error}") from error
        if not found or not all(path.resolve().is_relative_to(folder) for path in found):
            where = "outside" if found else "that matches nothing in"
            raise BundleError(
                f"include {glob!r} is a glob {where} {folder}: globs are relative to the reward's file"
            )
        files |= {path.relative_to(root).as_posix(): path for path in found}
    return files


def _stage(stage: Path, files: Mapping[str, Path], entry: str) -> None:
    """Copy what is local to one folder, so that it can be compiled."""
    for name, path in files.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, stage / name)
    (stage / "rewardkit_entry.py").write_text(entry, encoding="utf-8")


def _digest(stage: Path, recipe: list[object]) -> str:
    digest = hashlib.sha256(json.dumps(recipe).encode())
    for name, path in sorted(_files_in(stage).items()):
        digest.update(f"\0{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _compile(stage: Path, python: str) -> tuple[str, ...]:
    """Compile what is local; the warning, if no interpreter for it is here."""
    compiler = interpreter(python)
    if compiler is None:
        return (
            f"No Python {python} is here, so the bundle has no bytecode and a cold start compiles: with sympy "
            f"3,760 ms of CPU instead of 540 ms. Install one, such as `uv python install {python}`, and bundle "
            f"again.",
        )
    for name, reason in compile_all(stage, compiler[0]):
        raise BundleError(f"{name}: Python {python} cannot compile it: {reason}")
    return ()


def _files_in(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def _zipped(dependencies: Path) -> Path:
    """The part of the zip that stays the same when the author's code changes: compressed once."""

    def make(folder: Path) -> None:
        write_zip(folder / "dependencies.zip", _files_in(dependencies))

    return cached("zips", [dependencies.name, zlib.ZLIB_RUNTIME_VERSION], make) / "dependencies.zip"


def _check_size(contents: Mapping[str, Path]) -> None:
    sizes: dict[str, int] = {}
    for name, path in contents.items():
        top = name.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + path.stat().st_size
    total = sum(sizes.values())
    if total > _UNZIPPED_MB * _MB:
        largest = sorted(sizes, key=lambda top: -sizes[top])[:5]
        parts = ", ".join(f"{top} {sizes[top] / _MB:.0f} MB" for top in largest)
        raise BundleError(
            f"the bundle has {total / _MB:.0f} MB unzipped, and Lambda takes {_UNZIPPED_MB} MB. The largest "
            f"parts: {parts}. Import less, or do the heavy work in a judge outside of Lambda"
        )
