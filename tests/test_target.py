"""A target names a reward."""

from pathlib import Path

import pytest

from rewardkit import target as targets
from rewardkit.errors import UsageError

ONE = """
from rewardkit import reward
from helper import LEVEL

@reward
def one(response: str) -> float:
    return LEVEL
"""
TWO = "\n@reward(bounds=(0, 2))\ndef two(response: str) -> float:\n    return 2.0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "one.py").write_text(ONE)
    (tmp_path / "both.py").write_text(ONE + TWO)
    (tmp_path / "helper.py").write_text("LEVEL = 1.0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_or_a_module_with_a_name_or_its_only_reward(folder: Path) -> None:
    assert targets.parse("one.py").load().name == "one"
    assert targets.parse("both.py:two").load()("x") == 2
    assert targets.parse("both:two").load().bounds == (0, 2)


def test_a_reward_in_a_package_is_imported_with_its_package(folder: Path) -> None:
    inner = folder / "mine" / "inner"
    inner.mkdir(parents=True)
    for package in (folder / "mine", inner):
        (package / "__init__.py").write_text("")
    (inner / "level.py").write_text("LEVEL = 0.5\n")
    relative = ONE.replace("from helper", "from .level") + "\n\nimport mine.inner.level\n"
    (inner / "relative.py").write_text(relative)
    for text in ("mine.inner.relative:one", "mine/inner/relative.py:one"):
        target = targets.parse(text)
        assert (target.root, target.module) == (folder.resolve(), "mine.inner.relative")
        assert target.load()("x") == 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("both.py", "which reward"),
        ("both.py:three", "no reward 'three'. It has: one, two"),
        ("none.py:x", "there is no file none.py"),
        ("no_such_module", "there is no file or module"),
        ("os:path", "there is no file or module"),
        ("helper.py", "decorate a function with @reward"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        targets.parse(text).load()


@pytest.mark.parametrize(
    ("source", "said"), [("x = 1\nimport nothing_like_it\n", "broken.py:2: Module"), ("a b\n", "broken.py:1: Syn")]
)
def test_a_file_that_does_not_import_says_its_line(folder: Path, source: str, said: str) -> None:
    (folder / "broken.py").write_text(source)
    with pytest.raises(UsageError, match=said):
        targets.parse("broken.py").load()


def test_the_only_file_with_a_reward_is_found_without_running_anything(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"both\.py, one\.py"):
        targets.find(folder)
    (folder / "both.py").unlink()
    (folder / "explodes.py").write_text("raise RuntimeError\n")
    assert targets.find(folder).path.name == "one.py"
