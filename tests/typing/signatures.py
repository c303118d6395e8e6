"""Read by mypy and pyright, never run: exact signatures survive the decorators."""

from typing import assert_type

from rewardkit import Failure, Reward, Rollout, Score, grader, reward


@grader
def same(answer: str | None, reference: str, *, ignore_case: bool = False) -> Score:
    return Score(answer == reference, "compared")


@grader
def plain(answer: str) -> bool:
    return bool(answer)


@reward
def bare(response: str, reference_answer: str) -> float:
    return 0.8 * same(response, reference_answer) + 0.2 * plain(response)


@reward(bounds=(-1, 1))
def bounded(response: str, *, level: int = 3) -> float:
    return -same(response, "4", ignore_case=level > 1)


def check(rollout: Rollout) -> None:
    assert_type(same("4", "4", ignore_case=True), Score)
    assert_type(plain("4"), Score)
    assert_type(bare("4", "4"), Score)
    assert_type(bounded("4", level=1), Score)
    assert_type(bare.score(rollout), Score | Failure)
    assert_type(same("4", "4") * 0.5 + 1, Score)
    assert_type(bare.bounds, tuple[float, float])
    rewards: list[Reward[[str, str]]] = [bare]
    assert rewards


def refused() -> None:
    same("4")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    same(4, "4")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    same("4", "4", True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bare("4")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    bounded("4", level="high")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
