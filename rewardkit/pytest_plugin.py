"""The pytest plugin: a test a rollout, and failed comparisons that say why.

    @pytest.mark.rollouts("rollouts.jsonl")
    def test_agrees(rollout):
        assert gsm8k.score(rollout) == (1.0 if rollout.label else 0.0)

The path is relative to the test's file. Nothing of rewardkit is imported before a test asks for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", 'rollouts(path): run the test once for each rollout of a JSON Lines file, as "rollout"'
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once a rollout."""
    marker = metafunc.definition.get_closest_marker("rollouts")
    if marker is None:
        return
    import pytest

    from rewardkit.errors import RolloutError
    from rewardkit.rollout import load

    if len(marker.args) != 1 or "rollout" not in metafunc.fixturenames:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: write @pytest.mark.rollouts('file.jsonl') and take 'rollout'"
        )
    try:
        rollouts = list(load(Path(metafunc.definition.path).parent / marker.args[0]))
    except RolloutError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize("rollout", rollouts, ids=[rollout.id for rollout in rollouts])


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show what a Score is made of, and why there is a Failure."""
    if "rewardkit.score" not in sys.modules:
        return None
    from rewardkit.failure import Failure
    from rewardkit.score import Score

    explained = [item for item in (left, right) if isinstance(item, (Score, Failure))]
    if not explained:
        return None
    lines = [line for item in explained for line in str(item).splitlines()]
    traces = [line for item in explained if isinstance(item, Failure) for line in item.trace.splitlines()]
    return [f"{_short(left)} {op} {_short(right)}", *lines, *traces]


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value!s:.80}"
