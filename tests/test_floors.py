"""A module imports only from the floors below its own, and heavy things load only where they belong."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "rewardkit"

FLOORS = {
    "errors": 0, "score": 0, "compose": 0, "failure": 0, "rollout": 0,
    "reward": 1, "wire": 1, "sandbox": 1,
    "graders": 2, "adapters": 2,
    "target": 3, "run": 3,
    "harness": 4, "handler": 4,
    "bundle": 5, "specs": 5, "settings": 5, "training_file": 5,
    "aws": 6, "local": 6,
    "cli": 7, "pytest_plugin": 7, "__main__": 7,
}  # fmt: skip
# The one grader that asks AWS, with the boto3 that Lambda has.
ASKS_AWS = "graders/judge/converse.py"
HEAVY = {"boto3": "aws", "openai": "aws", "moto": "local", "awslambdaric": "local", "sympy": "graders"}
HEAVY |= dict.fromkeys(("jsonschema", "referencing", "yaml", "langdetect_rs"), "graders")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules a file imports, and whether it does so as it is imported itself."""
    tree = ast.parse(path.read_text())
    inside = {id(node) for top in ast.walk(tree) if isinstance(top, ast.FunctionDef) for node in ast.walk(top)}
    typing = {
        id(node)
        for top in ast.walk(tree)
        if isinstance(top, ast.If) and "TYPE_CHECKING" in ast.dump(top.test)
        for node in ast.walk(top)
    }
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "rewardkit" else []
            yield from ((name, id(node) not in inside) for name in [node.module, *names])


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_imports_run_downwards() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        for module, _ in imports(path):
            there = room(module)
            if module.startswith("rewardkit.") and there in FLOORS and there != here:
                same_floor_is_fine = FLOORS[there] == FLOORS[here] and {there, here} != {"aws", "local"}
                if FLOORS[there] > FLOORS[here] or not (FLOORS[there] < FLOORS[here] or same_floor_is_fine):
                    wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert not wrong


def test_every_room_has_a_floor() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    assert rooms - {"__init__"} <= FLOORS.keys()


def test_heavy_libraries_are_imported_in_their_room_and_late() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for module, at_import in imports(path):
            home = HEAVY.get(module.split(".")[0])
            if home == "aws" and path.relative_to(PACKAGE).as_posix() == ASKS_AWS:
                home = here
            # The local cloud's own process is moto's; nothing else imports its modules.
            late = here == "local" or not at_import
            if home and (here != home or not late) and not (here == "local" and home == "aws"):
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert not wrong


def test_importing_rewardkit_loads_nothing_heavy() -> None:
    code = "import rewardkit, sys, json; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.split(".")[0] for name in json.loads(out.stdout)}
    heavy = {
        "sympy",
        "boto3",
        "botocore",
        "moto",
        "rich",
        "typer",
        "pytest",
        "pydantic",
        "openai",
        "aws_lambda_powertools",
    }
    assert not loaded & heavy
