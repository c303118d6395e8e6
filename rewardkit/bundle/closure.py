"""What a reward imports: the author's files, rewardkit's, and the distributions, found by reading, not by running.

Local are the files beside the author's, rewardkit's own, and projects installed from a folder of this machine;
only those modules go along that an import reaches. In rewardkit's own code a string that names one of its modules,
as for `python -m`, or a file beside it counts as an import; and what a module of it imports in its `__getattr__`
is followed for the names that somebody asks it for, so that a grader comes without its family's libraries.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

import rewardkit
from rewardkit.bundle.imports import Import, attributes_of, imports_in, texts_in
from rewardkit.bundle.wheels import IN_LAMBDA, name_of, pin, providers
from rewardkit.errors import BundleError

_OURS = Path(rewardkit.__file__).parent
_OUR_MODULE = re.compile(r"rewardkit(\.\w+)+")
_FILE_NAME = re.compile(r"[\w-]+\.[a-z0-9]{1,5}")


@dataclass(slots=True)
class Closure:
    """What is reached.

    Attributes:
        files: the local file for each name in the zip.
        distributions: the pinned requirement of each distribution, with the `file:line` that wants it.
    """

    files: dict[str, Path] = field(default_factory=dict)
    distributions: dict[str, str] = field(default_factory=dict)


def closure(folder: Path, modules: tuple[str, ...]) -> Closure:
    """Everything that some modules import, and what that imports.

    Args:
        folder: the author's; what lies in it is imported before anything else.
        modules: where to begin: the author's module and rewardkit's handler.

    Raises:
        BundleError: an import that nothing here provides, or one that would find another module in Lambda; the
            message begins with `file:line`.
    """
    found = Closure()
    asked: dict[Path, frozenset[str]] = {}
    todo = [step for module in modules for step in _local_files(_root(folder, module), module) or ()]
    while todo:
        step = todo.pop()
        before = asked.get(step.path)
        if before is not None and step.asked <= before:
            continue
        asked[step.path] = step.asked | (before or frozenset())
        found.files[step.path.relative_to(step.root).as_posix()] = step.path
        if step.path.suffix == ".py":
            todo.extend(_reached(folder, step, asked[step.path], found))
    return found


class _Step(NamedTuple):
    """A file to look at.

    Attributes:
        root: the folder that is its place on the path.
        name: dotted.
        path: the file.
        asked: the names that somebody wants of it; a star for all.
    """

    root: Path
    name: str
    path: Path
    asked: frozenset[str] = frozenset()


_ALL = frozenset({"*"})


def _reached(folder: Path, step: _Step, asked: frozenset[str], found: Closure) -> Iterator[_Step]:
    root, name, path, _ = step
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise BundleError(f"{path}:{getattr(error, 'lineno', 1)}: not Python: {error}") from error
    for item in imports_in(tree):
        if item.only is None or asked & (item.only | _ALL) or not path.is_relative_to(_OURS):
            yield from _imported(folder, name, path, item, tree, found)
    if path.is_relative_to(_OURS):
        for text in texts_in(tree):
            yield from _named(root, path, text)


def _imported(
    folder: Path, name: str, path: Path, item: Import, tree: ast.Module, found: Closure
) -> Iterator[_Step]:
    where = f"{path}:{item.line}"
    module = _absolute(name, path, item, where)
    top = module.partition(".")[0]
    root = _root(folder, module)
    if top in sys.stdlib_module_names:
        if root == folder and top not in sys.builtin_module_names:
            raise BundleError(
                f"{where}: {top} is a module of Python's own library and a file beside the reward; in Lambda the "
                f"file would be imported, by everything else too: give the file another name"
            )
        return
    if root is not None:
        if root == folder and path.is_relative_to(_OURS):
            raise BundleError(
                f"{folder / top} would hide the installed module {top!r}, which rewardkit needs: give it "
                f"another name"
            )
        files = _local_files(root, module, frozenset(item.names) or _asked(tree, item))
        if files is None and not _is_forgiven(item, path):
            raise BundleError(f"{where}: there is no module {module!r} in {root / top}")
        yield from files or ()
        for inner, bound in _inner(root, module, item):
            yield from _local_files(root, inner, attributes_of(tree, bound)) or ()
        return
    distributions = providers([module, *(f"{module}.{inner}" for inner in item.names)])
    if not distributions and not _is_forgiven(item, path):
        raise BundleError(
            f"{where}: nothing installed here provides {top!r}, and Lambda would not find it either: install it, "
            f"or put the import into try … except ImportError if the reward can do without"
        )
    for distribution in distributions:
        if name_of(distribution.name) not in IN_LAMBDA:
            found.distributions.setdefault(pin(distribution), where)


def _asked(tree: ast.Module, item: Import) -> frozenset[str]:
    """What a file wants of a module that it imports as a whole; `import a.b` is used as `a.b.c`."""
    if not item.bound:
        return _ALL
    if item.bound[0] != item.module.partition(".")[0] or "." not in item.module:
        return attributes_of(tree, item.bound[0])
    return frozenset(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def _absolute(name: str, path: Path, item: Import, where: str) -> str:
    """The dotted name of the module that is imported, whatever dots are in front."""
    if not item.level:
        return item.module
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    if item.level > len(package):
        raise BundleError(
            f"{where}: a relative import, and in Lambda {path.name} is in no package: write "
            f"`{f'from {item.module} import' if item.module else 'import'} {', '.join(item.names)}`"
        )
    kept = package[: len(package) - item.level + 1]
    return ".".join([*kept, item.module] if item.module else kept)


def _is_forgiven(item: Import, path: Path) -> bool:
    """Whether the reward can do without: the author says so, or it is an extra of rewardkit that is not used."""
    return item.optional or (item.deferred and path.is_relative_to(_OURS))


def _named(root: Path, path: Path, text: str) -> Iterator[_Step]:
    if _OUR_MODULE.fullmatch(text):
        yield from _local_files(root, text, _ALL) or ()
    elif _FILE_NAME.fullmatch(text) and (path.parent / text).is_file():
        beside = path.parent / text
        yield _Step(root, ".".join(beside.relative_to(root).with_suffix("").parts), beside)


def _root(folder: Path, module: str) -> Path | None:
    """The folder where a local module's top is; None for one of the library or of a distribution."""
    top = module.partition(".")[0]
    if top == "rewardkit":
        return _OURS.parent
    if (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file():
        return folder
    if top in sys.stdlib_module_names or providers([module]):
        return None
    if (folder / top).is_dir() and any((folder / top).rglob("*.py")):
        return folder
    spec = PathFinder.find_spec(top)
    if spec is None:
        return None
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    if not places or not places[0]:
        return None
    place = Path(places[0])
    return place.parent.parent if place.name == "__init__.py" else place.parent


def _local_files(root: Path | None, module: str, asked: frozenset[str] = frozenset()) -> list[_Step] | None:
    """The module's file and the `__init__.py` of the packages it is in; None if there is no such module."""
    if root is None:
        return None
    steps: list[_Step] = []
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name, path = ".".join(parts[:depth]), root.joinpath(*parts[:depth])
        # A package is asked for the module in it, or for what is wanted of itself.
        wanted = asked if depth == len(parts) else frozenset({parts[depth]})
        if (path / "__init__.py").is_file():
            steps.append(_Step(root, name, path / "__init__.py", wanted))
        elif path.with_name(f"{path.name}.py").is_file():
            file = _Step(root, name, path.with_name(f"{path.name}.py"), wanted)
            return [*steps, file] if depth == len(parts) else None
        elif not path.is_dir():
            return None
    return steps


def _inner(root: Path, module: str, item: Import) -> Iterator[tuple[str, str]]:
    """The modules that `from module import names` may mean, with their names there; a star means all of them."""
    if "*" in item.names:
        folder = root.joinpath(*module.split("."))
        names = [path.stem for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
        yield from ((f"{module}.{name}", name) for name in names)
    else:
        pairs = zip(item.names, item.bound, strict=False)
        yield from ((f"{module}.{name}", bound) for name, bound in pairs)
