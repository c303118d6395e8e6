"""`rewardkit.toml`: the one place where a project says what its reward is, where it runs and what it trains.

    [reward]     target, rollouts
    [function]   name, memory, timeout, python, architecture, environment, requirements, include
    [train]      file, model, region and the road's hyperparameters

Everything has a default; a folder with one reward, `rollouts.jsonl` and `train.jsonl` needs no file at all.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from rewardkit import target as targets
from rewardkit.errors import UsageError
from rewardkit.specs import FunctionSpec, JobSpec, job_spec
from rewardkit.target import Target

FILE = "rewardkit.toml"
_Spec = TypeVar("_Spec")
# The keys of [train] depend on its model; the road's spec knows them.
_TABLES: dict[str, tuple[str, ...] | None] = {
    "reward": ("target", "rollouts"),
    "function": tuple(FunctionSpec.model_fields),
    "train": None,
}


class Settings(NamedTuple):
    """What `rewardkit.toml` says, with the defaults filled in where they are asked for.

    Attributes:
        folder: where the file is; paths in it are relative to here.
        tables: the file's tables as they stand.
    """

    folder: Path
    tables: Mapping[str, Mapping[str, Any]]

    def target(self, text: str | None = None) -> Target:
        """The reward: as given on the command line, else as set, else the only one in the folder.

        The function's variables are set here, too, so that a reward that reads them scores here as it does there.
        """
        variables = self.tables["function"].get("environment")
        if isinstance(variables, dict):
            os.environ.update({name: value for name, value in variables.items() if isinstance(value, str)})
        if text:
            return targets.parse(text)
        name = self.tables["reward"].get("target")
        return targets.parse(name, self.folder) if name else targets.find(self.folder)

    def rollouts(self, path: Path | None = None) -> Path:
        """The file of rollouts: as given on the command line, else as set, else `rollouts.jsonl`."""
        return path or self.folder / self.tables["reward"].get("rollouts", "rollouts.jsonl")

    def function(self, reward_name: str) -> FunctionSpec:
        """The function; by default called `rewardkit-` and the reward's name."""
        plain = re.sub(r"[^a-zA-Z0-9]+", "-", reward_name).strip("-") or "reward"
        table = {"name": f"rewardkit-{plain}"[:64]} | dict(self.tables["function"])
        return _validated("function", lambda: FunctionSpec.model_validate(table))

    def job(self) -> JobSpec:
        """The training job."""
        table = {"file": "train.jsonl"} | dict(self.tables["train"])
        return _validated("train", lambda: job_spec(table))

    def training_file(self) -> Path:
        """The training file's path."""
        return self.folder / self.job().file


def of(target: str | None) -> Settings:
    """The settings for a command: this folder's `rewardkit.toml`, else what the target's folder says."""
    place = Path((target or "").rpartition(":")[0] or (target or ""))
    beside = place.parent if place.suffix == ".py" and not Path(FILE).is_file() else Path()
    return load(beside)


def load(folder: Path | None = None) -> Settings:
    """The settings of a folder; all defaults where it has no `rewardkit.toml`.

    Raises:
        UsageError: the file is not TOML, or has a table or a key that means nothing.
    """
    folder = folder or Path()
    path = folder / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    for name, table in tables.items():
        if name not in _TABLES:
            raise UsageError(f"{path}: [{name}] means nothing here; the tables are {', '.join(_TABLES)}")
        known = _TABLES[name]
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name} must be a table: write [{name}] on a line of its own")
        unknown = [key for key in table if known is not None and key not in known]
        if known and unknown:
            raise UsageError(f"{path}: [{name}] {unknown[0]} means nothing here; there are {', '.join(known)}")
    for key, value in tables.get("reward", {}).items():
        if not isinstance(value, str):
            raise UsageError(f"{path}: [reward] {key} must be text, and is {value!r}")
    return Settings(folder, {name: tables.get(name, {}) for name in _TABLES})


def _validated(table: str, make: Callable[[], _Spec]) -> _Spec:
    try:
        return make()
    except ValidationError as error:
        wrong = [
            f"[{table}] {'.'.join(map(str, e['loc']))}: {e['msg']}, not {e['input']!r}" for e in error.errors()
        ]
        raise UsageError(f"{FILE}: " + "; ".join(wrong)) from error
