from __future__ import annotations

import ast
import json
import marshal
import platform
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.bundle import Architecture, Bundle, build, bytecode, read
from rewardkit.bundle.closure import closure
from rewardkit.bundle.imports import imports_in
from rewardkit.errors import BundleError
from rewardkit.target import Target

REWARD = """from rewardkit import reward


@reward
def r(response: str, reference_answer: object) -> float:
    return float(str(reference_answer) in response)
"""
HOST: Architecture = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def project(folder: Path, text: str = REWARD, files: Mapping[str, str] = {}) -> Target:
    """A project with a reward in `my_reward.py`, and other files."""
    for name, content in {"my_reward.py": text, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return Target(folder / "my_reward.py")


def names(bundle: Bundle) -> set[str]:
    with zipfile.ZipFile(bundle.path) as zip:
        return set(zip.namelist())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("plain")
    return build(project(folder), out=folder / "out.zip")


def test_two_builds_in_different_folders_have_the_same_bytes(plain: Bundle, tmp_path: Path) -> None:
    again = build(project(tmp_path / "some" / "where"), out=tmp_path / "elsewhere" / "b.zip")
    assert again.path.read_bytes() == plain.path.read_bytes()
    assert again.digest == plain.digest


def test_the_second_build_needs_no_network(plain: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    assert build(project(tmp_path), out=tmp_path / "b.zip").digest == plain.digest


def test_variables_of_this_shell_do_not_change_the_bytes(
    plain: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PYTHONOPTIMIZE", "2"), ("PYTHONPYCACHEPREFIX", str(tmp_path)), ("PYTHONHASHSEED", "7")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REWARDKIT_CACHE", str(tmp_path / "cache"))
    assert build(project(tmp_path), out=tmp_path / "b.zip").path.read_bytes() == plain.path.read_bytes()


def test_the_digest_changes_with_a_line_of_the_source(plain: Bundle, tmp_path: Path) -> None:
    changed = project(tmp_path, REWARD.replace("float(str", "1 - float(str"))
    assert build(changed, out=tmp_path / "b.zip").digest != plain.digest


def test_the_digest_changes_with_the_python_and_with_the_processor(plain: Bundle, tmp_path: Path) -> None:
    target = project(tmp_path)
    older = build(target, out=tmp_path / "a.zip", python="3.12")
    other = build(target, out=tmp_path / "b.zip", architecture="x86_64")
    assert len({plain.digest, older.digest, other.digest}) == 3
    assert (older.runtime, other.architecture) == ("python3.12", "x86_64")


def test_a_bundle_carries_what_is_reached_and_nothing_else(plain: Bundle) -> None:
    tops = {name.partition("/")[0] for name in names(plain)}
    assert {"my_reward.py", "rewardkit", "pydantic", "aws_lambda_powertools", "rewardkit_entry.py"} <= tops
    assert not tops & {"typer", "rich", "moto", "boto3", "botocore", "s3transfer", "uv", "sympy", "bin", "pytest"}
    ours = {name for name in names(plain) if name.startswith("rewardkit/")}
    assert "rewardkit/rollout.py" in ours
    assert not any(
        name.startswith(f"rewardkit/{floor}/") for name in ours for floor in ("cli", "aws", "local", "bundle")
    )


def test_a_bundle_carries_no_tests_stubs_or_headers(plain: Bundle) -> None:
    for name in names(plain):
        parts, suffix = name.split("/"), Path(name).suffix
        assert "tests" not in parts and suffix not in {".pyi", ".h"} and parts[-1] not in {"py.typed", "RECORD"}
        assert suffix != ".pyc" or name.endswith(".cpython-313.pyc")


def test_importlib_metadata_finds_the_distributions(plain: Bundle) -> None:
    assert any(name.startswith("pydantic-") and name.endswith(".dist-info/METADATA") for name in names(plain))


def test_times_and_permissions_in_the_zip_are_fixed(plain: Bundle) -> None:
    with zipfile.ZipFile(plain.path) as zip:
        entries = zip.infolist()
    assert len({entry.filename for entry in entries}) == len(entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} <= {0o100644, 0o100755}


def test_the_manifest_says_what_is_in_the_bundle(plain: Bundle) -> None:
    with zipfile.ZipFile(plain.path) as zip:
        manifest = json.loads(zip.read("rewardkit_manifest.json"))
    assert manifest["handler"] == "rewardkit_entry.handler"
    assert manifest["target"] == "my_reward.py:r"
    assert {"pydantic", "pydantic_core"} <= set(manifest["dependencies"])
    assert not {"my_reward.py", "rewardkit"} & set(manifest["dependencies"])
    assert read(plain.path) == plain


def test_a_zip_that_is_no_bundle_is_not_read_as_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as zip:
        zip.writestr("lambda_function.py", "")
    with pytest.raises(BundleError, match="not a bundle"):
        read(tmp_path / "other.zip")


def test_bytecode_is_trusted_unread_and_says_its_source_is_in_lambdas_folder(tmp_path: Path) -> None:
    bundle = build(project(tmp_path), out=tmp_path / "b.zip", python=HERE)
    with zipfile.ZipFile(bundle.path) as zip:
        data = zip.read(f"__pycache__/my_reward.{sys.implementation.cache_tag}.pyc")
        other = zip.read(f"pydantic/__pycache__/main.{sys.implementation.cache_tag}.pyc")
    assert int.from_bytes(data[4:8], "little") == 0b01
    assert marshal.loads(data[16:]).co_filename == "/var/task/my_reward.py"
    assert marshal.loads(other[16:]).co_filename == "/var/task/pydantic/main.py"


def test_without_an_interpreter_the_bundle_is_made_and_says_what_that_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = "3.12" if HERE != "3.12" else "3.11"
    for variable in ("PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "nothing"))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    bytecode.interpreter.cache_clear()
    try:
        bundle = build(project(tmp_path), out=tmp_path / "b.zip", python=missing)
    finally:
        bytecode.interpreter.cache_clear()
    assert not any(name.endswith(".pyc") for name in names(bundle))
    assert f"uv python install {missing}" in bundle.warnings[0]


def test_neighbours_and_packages_and_data_files_go_along(tmp_path: Path) -> None:
    files = {
        "rules.py": "TABLE = 'data/table.json'\n",
        "unused.py": "import nowhere_at_all\n",
        "tools/__init__.py": "",
        "tools/words.py": "from .inner import deep\n\ncount = deep\n",
        "tools/inner/deep.py": "deep = 1\n",
        "data/table.json": "{}",
        "data/notes.txt": "",
    }
    text = "import rules\n" + REWARD.replace("    return", "    from tools.words import count\n    return")
    target = project(tmp_path, text, files)
    bundle = build(target, out=tmp_path / "b.zip", include=["data/*.json"])
    own = {name for name in names(bundle) if not name.endswith(".pyc")}
    assert {"rules.py", "tools/__init__.py", "tools/words.py", "tools/inner/deep.py", "data/table.json"} <= own
    assert not own & {"unused.py", "data/notes.txt"}


def test_a_distribution_that_the_reward_imports_goes_along_with_what_it_needs(tmp_path: Path) -> None:
    bundle = build(project(tmp_path, "import jsonpatch\n" + REWARD), out=tmp_path / "b.zip")
    assert {"jsonpatch.py", "jsonpointer.py"} <= names(bundle)
    assert {line.partition("==")[0] for line in bundle.requirements} >= {"jsonpatch", "jsonpointer"}


def test_boto3_is_left_to_lambdas_runtime(tmp_path: Path, plain: Bundle) -> None:
    bundle = build(project(tmp_path, "import boto3, botocore.config\n" + REWARD), out=tmp_path / "b.zip")
    assert bundle.requirements == plain.requirements


def test_a_requirement_that_no_import_shows_goes_along(tmp_path: Path) -> None:
    bundle = build(project(tmp_path), out=tmp_path / "b.zip", requirements=["tzdata==2025.2"])
    assert "tzdata==2025.2" in bundle.requirements and "tzdata/zones" in names(bundle)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import not_a_module", "'not_a_module'"),
        ("def f():\n        import not_a_module", "'not_a_module'"),
        ("import importlib; importlib.import_module('not_a_module')", "'not_a_module'"),
        ("import rules.more", "'rules.more'"),
    ],
)
def test_an_import_that_nothing_provides_is_named_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    text = f"{REWARD}\nif len('') > 1:\n    {line}\n"
    number = next(i for i, each in enumerate(text.splitlines(), 1) if "not_a_module" in each or "rules" in each)
    with pytest.raises(BundleError) as error:
        build(project(tmp_path, text, {"rules.py": ""}), out=tmp_path / "b.zip")
    assert str(error.value).startswith(f"{tmp_path / 'my_reward.py'}:{number}: ") and words in str(error.value)


def test_an_import_that_the_code_can_do_without_may_be_missing(tmp_path: Path, plain: Bundle) -> None:
    text = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import not_one\n"
        "try:\n    import not_two\nexcept ImportError:\n    not_two = None\n"
    )
    script = "\nif __name__ == '__main__':\n    import not_three\n"
    bundle = build(project(tmp_path, text + REWARD + script), out=tmp_path / "b.zip")
    assert bundle.requirements == plain.requirements


@pytest.mark.parametrize("name", ["my-reward.py", "json.py", "boto3.py", "pydantic.py", "class.py", "2nd.py"])
def test_a_name_that_lambda_could_not_import_is_refused_with_another(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(REWARD)
    with pytest.raises(BundleError, match=r"call it|another name"):
        build(Target(tmp_path / name), out=tmp_path / "b.zip")


def test_a_neighbour_that_hides_the_library_is_refused(tmp_path: Path) -> None:
    target = project(tmp_path, "import colorsys\n" + REWARD, {"colorsys.py": ""})
    with pytest.raises(BundleError, match=r"my_reward.py:1: colorsys is a module of Python's own library"):
        build(target, out=tmp_path / "b.zip")


def test_a_relative_import_in_the_rewards_own_file_is_refused_with_what_to_write(tmp_path: Path) -> None:
    text = REWARD.replace("    return", "    from .rules import TABLE\n    return")
    with pytest.raises(BundleError, match=r"my_reward.py:6: .* write `from rules import TABLE`"):
        build(project(tmp_path, text, {"rules.py": "TABLE = 1\n"}), out=tmp_path / "b.zip")


def test_an_include_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="matches nothing"):
        build(project(tmp_path), out=tmp_path / "b.zip", include=["*.csv"])


@pytest.mark.parametrize("glob", ["../*", "/etc/*"])
def test_an_include_outside_of_the_folder_is_refused(tmp_path: Path, glob: str) -> None:
    (tmp_path / "secret.txt").write_text("")
    with pytest.raises(BundleError, match="include"):
        build(project(tmp_path / "inside"), out=tmp_path / "b.zip", include=[glob])


def test_a_python_that_lambda_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"3\.13"):
        build(project(tmp_path), out=tmp_path / "b.zip", python="3.9")


def test_a_distribution_without_a_wheel_for_lambda_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="choose another version"):
        build(project(tmp_path), out=tmp_path / "b.zip", requirements=["antlr4-python3-runtime==4.9.3"])


def test_more_than_lambda_takes_is_an_error_that_names_the_largest_part(tmp_path: Path) -> None:
    target = project(tmp_path)
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(251 * 1024 * 1024)
    with pytest.raises(BundleError, match=r"250 MB.*weights.bin 251 MB"):
        build(target, out=tmp_path / "b.zip", include=["weights.bin"])
    assert not (tmp_path / "b.zip").exists()
    shutil.rmtree(tmp_path)


_AROUND = ["def f():", "class C:", "for _ in range(3):", "with open('x'):", "if x:", "async def g():", "while x:"]


@given(st.lists(st.sampled_from(_AROUND), max_size=6))
def test_an_import_is_found_however_deep_it_is(around: list[str]) -> None:
    lines = [f"{'  ' * depth}{line}" for depth, line in enumerate(around)]
    tree = ast.parse("\n".join([*lines, f"{'  ' * len(around)}from some.where import x"]))
    (found,) = imports_in(tree)
    assert (found.module, found.names, found.line) == ("some.where", ("x",), len(around) + 1)
    assert not found.optional and found.deferred == any("def " in line for line in around)


def test_a_reward_in_a_package_is_bundled_and_runs_with_its_package(tmp_path: Path) -> None:
    pytest.importorskip("awslambdaric")
    from rewardkit.local.runtime import Runtime
    from rewardkit.local.unpack import unpack

    files = {"mine/__init__.py": "", "mine/parts/__init__.py": "", "mine/parts/level.py": "LEVEL = 0.5\n"}
    reward = REWARD.replace("return float(", "return LEVEL * float(")
    files["mine/parts/deep.py"] = f"from .level import LEVEL\nimport mine.parts\n{reward}"
    project(tmp_path, files=files)
    made = build(Target(tmp_path / "mine" / "parts" / "deep.py", "r"), out=tmp_path / "b.zip")
    assert {"mine/__init__.py", "mine/parts/deep.py", "mine/parts/level.py"} <= names(made)
    with Runtime(unpack(made.path, tmp_path / "task")) as runtime:
        done = runtime.invoke(b'[{"id": "a", "prompt": "?", "response": "4", "reference_answer": "4"}]')
    assert json.loads(done.payload)[0]["aggregate_reward_score"] == 0.5


@pytest.mark.parametrize(
    ("lines", "brought", "left"),
    [
        ("from rewardkit.graders.data import json_valid", set(), {"jsonschema", "pyyaml"}),
        ("from rewardkit.graders.data import json_schema as fits", {"jsonschema"}, {"pyyaml"}),
        ("from rewardkit.graders import data\ndata.yaml_valid", {"pyyaml"}, {"jsonschema"}),
        ("from rewardkit.graders import data as d\nd.json_schema", {"jsonschema"}, {"pyyaml"}),
        ("import rewardkit.graders.data\nrewardkit.graders.data.json_schema", {"jsonschema"}, {"pyyaml"}),
        ("def f():\n    from rewardkit.graders.data import yaml_value", {"pyyaml"}, {"jsonschema"}),
        ("from rewardkit.graders.tools import calls_match", set(), {"jsonschema", "pyyaml"}),
        ("from rewardkit.graders.tools import calls_valid", {"jsonschema"}, {"pyyaml"}),
        # Whoever does anything else with the module may use all of it.
        ("from rewardkit.graders import data\nprint(data)", {"jsonschema", "pyyaml"}, set()),
        ("from rewardkit.graders import data", {"jsonschema", "pyyaml"}, set()),
        ("from rewardkit.graders.data import *", {"jsonschema", "pyyaml"}, set()),
        ("import importlib\nimportlib.import_module('rewardkit.graders.data')", {"jsonschema", "pyyaml"}, set()),
    ],
)
def test_a_grader_comes_with_its_own_libraries_and_not_with_its_familys(
    tmp_path: Path, lines: str, brought: set[str], left: set[str]
) -> None:
    (tmp_path / "my_reward.py").write_text(f"{lines}\n{REWARD}")
    reached = closure(tmp_path, ("my_reward", "rewardkit.handler"))
    found = {line.partition("==")[0] for line in reached.distributions}
    assert brought <= found and not left & found


def test_names_that_are_asked_for_late_are_followed_too(tmp_path: Path) -> None:
    files = {
        "a.py": "from rewardkit.graders.data import json_valid\n",
        "b.py": "from rewardkit.graders import data\ncheck = data.yaml_valid\n",
    }
    project(tmp_path, "import a, b\nfrom rewardkit.graders.data import csv_valid\n" + REWARD, files)
    reached = closure(tmp_path, ("my_reward", "rewardkit.handler"))
    assert {f"rewardkit/graders/data/{name}.py" for name in ("valid", "table", "yaml_text")} <= set(reached.files)
    assert not {f"rewardkit/graders/data/{name}.py" for name in ("schema", "query")} & set(reached.files)


def test_a_reward_with_a_json_schema_is_bundled_and_scores_there_as_here(tmp_path: Path) -> None:
    pytest.importorskip("awslambdaric")
    from rewardkit.local.runtime import Runtime
    from rewardkit.local.unpack import unpack

    text = (
        "from rewardkit import reward\nfrom rewardkit.graders.data import json_schema\n\n"
        "SCHEMA = {'required': ['n'], 'properties': {'n': {'type': 'string', 'pattern': '^a+$'}}}\n"
        "\n\n@reward\ndef r(response: str) -> float:\n    return json_schema(response, SCHEMA)\n"
    )
    made = build(project(tmp_path, text), out=tmp_path / "b.zip", python=HERE, architecture=HOST)
    assert {"jsonschema", "rpds-py", "attrs"} <= {line.partition("==")[0] for line in made.requirements}
    assert "pyyaml" not in {line.partition("==")[0] for line in made.requirements}
    event = [
        {"id": "a", "prompt": "?", "response": '```json\n{"n": "aaa"}\n```'},
        {"id": "b", "prompt": "?", "response": '{"n": "b"}'},
    ]
    with Runtime(unpack(made.path, tmp_path / "task")) as runtime:
        done = runtime.invoke(json.dumps(event).encode())
    assert [entry["aggregate_reward_score"] for entry in json.loads(done.payload)] == [1.0, 0.0]
