"""A target names a reward: `file.py:name`, `module:name`, or just the file or module where it holds one reward."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from rewardkit.errors import UsageError
from rewardkit.reward import Reward


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reward is.

    Attributes:
        path: the Python file.
        name: the reward's name in it; empty for the only one there.
    """

    path: Path
    name: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.name}" if self.name else str(self.path)

    @property
    def root(self) -> Path:
        """The folder from which the file is imported: its own, or the one above the packages that it is in."""
        folder = self.path.resolve().parent
        while (folder / "__init__.py").is_file():
            folder = folder.parent
        return folder

    @property
    def module(self) -> str:
        """The dotted name under which the file is imported, here from `root` and in Lambda."""
        return ".".join(self.path.resolve().relative_to(self.root).with_suffix("").parts)

    def load(self) -> Reward[Any]:
        """Import the file and return the reward.

        Raises:
            UsageError: the file cannot be imported, or holds no such reward.
        """
        rewards = {name: item for name, item in vars(self.imported()).items() if isinstance(item, Reward)}
        if self.name:
            if self.name in rewards:
                return rewards[self.name]
            raise UsageError(f"{self.path} has no reward {self.name!r}. {_has(rewards)}")
        if len(set(map(id, rewards.values()))) == 1:
            return next(iter(rewards.values()))
        raise UsageError(f"{self.path}: which reward? Write {self.path}:NAME. {_has(rewards)}")

    def imported(self) -> ModuleType:
        """The imported file; its root goes on the path, so that it finds its neighbours as it does in Lambda.

        Raises:
            UsageError: there is no such file, or it raises while it is imported; the message has the line.
        """
        path = self.path.resolve()
        if not path.is_file():
            raise UsageError(f"there is no file {self.path}")
        if sys.path[:1] != [str(self.root)]:
            sys.path.insert(0, str(self.root))
        try:
            return _in_package(self.module, path) if "." in self.module else _alone(path)
        except UsageError:
            raise
        except Exception as error:
            line = _line_of(error, path)
            raise UsageError(f"{self.path}{line}: {type(error).__name__}: {error}") from error


def parse(text: str, folder: Path | None = None) -> Target:
    """The target that a user wrote.

    Args:
        text: the target.
        folder: where relative paths and modules begin; by default the current one.

    Raises:
        UsageError: there is no such file or module.
    """
    folder = folder or Path()
    place, _, name = text.rpartition(":") if ":" in text else (text, "", "")
    if place.endswith(".py") or "/" in place:
        if not (folder / place).is_file():
            raise UsageError(f"there is no file {folder / place}: a target is file.py:name or module:name")
        return Target(folder / place, name)
    return Target(_file_of(place, folder), name)


def _in_package(name: str, path: Path) -> ModuleType:
    """The module under its own name, with its packages; those of another project of this name make room."""
    top = name.partition(".")[0]
    known = getattr(sys.modules.get(top), "__file__", None)
    if known and not path.is_relative_to(Path(known).resolve().parent):
        for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == top]:
            del sys.modules[loaded]
    importlib.invalidate_caches()
    return importlib.import_module(name)


def _alone(path: Path) -> ModuleType:
    """The module under a name of its own: two projects in one process may both call their file reward.py."""
    name = f"{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def find(folder: Path) -> Target:
    """The only file in a folder that defines a reward, found without running anything.

    Raises:
        UsageError: there is none, or more than one.
    """
    files = [path for path in sorted(folder.glob("*.py")) if any(_rewards_in(path))]
    if len(files) == 1:
        return Target(files[0])
    found = "no file here uses @reward" if not files else "rewards in " + ", ".join(p.name for p in files)
    raise UsageError(f"which reward? {found}. Write the target as file.py:name, or set it in rewardkit.toml")


def _file_of(module: str, folder: Path) -> Path:
    """The file of a module of a folder, or of one that is installed."""
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    if path.is_file():
        return path
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        spec = None
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise UsageError(f"there is no file or module {module!r}: a target is file.py:name or module:name")
    return Path(spec.origin)


def _rewards_in(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except ValueError:
        return
    except SyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.msg}") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(_is_reward(item) for item in node.decorator_list):
            yield node.name


def _is_reward(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (isinstance(called, ast.Name) and called.id == "reward") or (
        isinstance(called, ast.Attribute) and called.attr == "reward"
    )


def _has(rewards: dict[str, Reward[Any]]) -> str:
    return f"It has: {', '.join(rewards)}" if rewards else "It has none: decorate a function with @reward"


def _line_of(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    trace, line = error.__traceback__, 0
    while trace:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(path) else line
        trace = trace.tb_next
    return f":{line}" if line else ""
