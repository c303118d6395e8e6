"""Score many rollouts: threads with a deadline where the reward runs in Lambda, processes where a person waits.

Results come in the order of the rollouts, one each, whatever happens to any of them.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from rewardkit.errors import GradingError
from rewardkit.failure import Failure, Result
from rewardkit.reward import Reward
from rewardkit.rollout import Rollout
from rewardkit.target import Target

# A crew that brings nothing for this share of the time is stuck, and the next one takes over.
_CREWS = 10

_worker: Reward[Any]


def score_batch(
    reward: Reward[Any], rollouts: Sequence[Rollout | Failure], *, seconds: float, threads: int = 8
) -> list[Result]:
    """Score a batch within a time, in this process.

    Rewards that wait for a judge wait side by side. Threads need no semaphores, which Lambda does not have; they
    are daemons, and where all of them are stuck others take over: a rollout that never ends costs only itself.

    Args:
        reward: what scores.
        rollouts: a Failure among them is its own result.
        seconds: after this long, rollouts without a score become failures of kind `timeout`.
        threads: how many rollouts are scored side by side.

    Raises:
        UnavailableError: what judges is down.
    """
    results: list[Result | None] = [item if isinstance(item, Failure) else None for item in rollouts]
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Result | BaseException]] = queue.SimpleQueue()
    waiting = [index for index, result in enumerate(results) if result is None]
    for index in waiting:
        todo.put(index)
    end, stuck, crews = time.monotonic() + seconds, True, 0
    while None in results and (left := end - time.monotonic()) > 0:
        if stuck and crews < _CREWS:
            crews += 1
            for _ in range(min(threads, len(waiting))):
                threading.Thread(target=_work, args=(reward, rollouts, todo, done), daemon=True).start()
        try:
            index, result = done.get(timeout=min(seconds / _CREWS, left))
        except queue.Empty:
            stuck = True
            continue
        if isinstance(result, BaseException):
            raise result
        results[index], stuck = result, False
    _empty(todo)
    late = Failure(
        "timeout", f"no score within {seconds:.1f} s: raise the function's timeout or send smaller batches"
    )
    return [late if result is None else result for result in results]


def score_stream(
    target: Target, rollouts: Sequence[Rollout], *, processes: int | None = None, patience: float = 0.5
) -> Iterator[Result]:
    """Score rollouts one after the other, and in parallel processes as soon as that is worth their start.

    Args:
        target: the reward; every process imports it for itself.
        rollouts: what to score.
        processes: how many; by default one a core.
        patience: seconds of scoring in this process before others are started.
    """
    reward, begin = target.load(), time.monotonic()
    scored = 0
    for rollout in rollouts:
        if time.monotonic() - begin > patience:
            break
        yield reward.score(rollout)
        scored += 1
    rest = rollouts[scored:]
    if rest:
        yield from _in_processes(target, rest, processes or os.cpu_count() or 1)


def _in_processes(target: Target, rollouts: Sequence[Rollout], processes: int) -> Iterator[Result]:
    size = max(1, min(32, len(rollouts) // (processes * 4)))
    chunks = [rollouts[start : start + size] for start in range(0, len(rollouts), size)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_load, initargs=(target,)) as pool:
        try:
            for results in pool.map(_score_chunk, chunks):
                yield from results
        except BrokenProcessPool as error:
            raise GradingError(
                f"a process died while it scored with {target}: the reward, or something that it calls, "
                f"ended the interpreter or used up the memory"
            ) from error


def _load(target: Target) -> None:
    """Make this process a worker. What the author's code prints must not mix with `--json`."""
    global _worker
    sys.stdout = sys.stderr
    _worker = target.load()


def _score_chunk(rollouts: Sequence[Rollout]) -> list[Result]:
    return [_worker.score(rollout) for rollout in rollouts]


def _work(
    reward: Reward[Any],
    rollouts: Sequence[Rollout | Failure],
    todo: queue.SimpleQueue[int],
    done: queue.SimpleQueue[tuple[int, Result | BaseException]],
) -> None:
    while True:
        try:
            index = todo.get_nowait()
        except queue.Empty:
            return
        rollout = rollouts[index]
        try:
            done.put((index, rollout if isinstance(rollout, Failure) else reward.score(rollout)))
        except BaseException as error:  # handed to the caller, who raises it
            done.put((index, error))


def _empty(todo: queue.SimpleQueue[int]) -> None:
    """Leave nothing for the threads that are still at work when the time is up."""
    while True:
        try:
            todo.get_nowait()
        except queue.Empty:
            return
