"""Many rollouts: in order, one result each, whatever happens to any of them."""

import threading
import time
from pathlib import Path

import pytest

from rewardkit import Failure, Rollout, reward
from rewardkit.errors import GradingError
from rewardkit.rollout import read
from rewardkit.run import score_batch, score_stream
from rewardkit.target import Target

SLOW = """
import threading
import time
from rewardkit import reward

@reward
def parity(response: str) -> float:
    time.sleep(0.01)
    if response == "13":
        raise ValueError("unlucky")
    return int(response) % 2
"""


DEADLY = """
import os
from rewardkit import reward

@reward
def deadly(response: str) -> float:
    os._exit(1)
"""


def rollouts(count: int) -> list[Rollout]:
    return [read({"id": str(n), "prompt": "?", "response": str(n)}) for n in range(count)]


@pytest.mark.parametrize("patience", [0.0, 0.1, 60.0])
def test_processes_and_this_one_give_the_same_in_order(tmp_path: Path, patience: float) -> None:
    (tmp_path / "parity.py").write_text(SLOW)
    results = list(score_stream(Target(tmp_path / "parity.py"), rollouts(40), processes=2, patience=patience))
    assert [None if isinstance(r, Failure) else int(r) for r in results] == [
        None if n == 13 else n % 2 for n in range(40)
    ]


def test_a_reward_that_kills_its_process_is_said(tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(DEADLY)
    with pytest.raises(GradingError, match="a process died"):
        list(score_stream(Target(tmp_path / "deadly.py"), rollouts(4), processes=1, patience=-1))


def test_rewards_that_wait_wait_side_by_side() -> None:
    waiting = 0
    most = 0

    @reward
    def waits(response: str) -> float:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        time.sleep(0.05)
        waiting -= 1
        return 1.0

    assert score_batch(waits, rollouts(16), seconds=30) == [1.0] * 16
    assert most > 4


def test_rollouts_that_hang_do_not_keep_the_others_waiting() -> None:
    gate = threading.Event()

    @reward
    def hangs(response: str) -> float:
        if int(response) < 12:
            gate.wait(60)
        return 1.0

    results = score_batch(hangs, rollouts(30), seconds=4)
    gate.set()
    assert results[12:] == [1.0] * 18
    assert all(isinstance(result, Failure) and result.kind == "timeout" for result in results[:12])


def test_no_rollouts_no_results() -> None:
    assert score_batch(reward(lambda: 1.0), [], seconds=1) == []
