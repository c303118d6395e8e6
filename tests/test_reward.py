"""The two decorators, and what they ask of an author."""

from typing import Any

import pytest

from rewardkit import Failure, Score, grader, reward
from rewardkit.errors import GradingError, UnavailableError, UsageError
from rewardkit.graders.format import required_words
from rewardkit.graders.text import contains
from rewardkit.rollout import read

ROLLOUT = read({"id": "r1", "prompt": "2+2?", "response": "4", "reference_answer": "4", "difficulty": "easy"})


@grader
def same(answer: str, reference: str) -> Score:
    """Equal or not."""
    return Score(answer == reference, f"{answer!r} against {reference!r}")


def test_parameters_are_filled_by_name() -> None:
    @reward
    def seen(
        response: str, prompt: str, messages: list[Any], reference_answer: str, id: str, difficulty: str
    ) -> float:
        assert (response, prompt, reference_answer, id, difficulty) == ("4", "2+2?", "4", "r1", "easy")
        assert [m["role"] for m in messages] == ["user", "assistant"]
        return 1.0

    assert seen.score(ROLLOUT) == 1


def test_a_reward_explains_itself() -> None:
    @reward
    def right(response: str, reference_answer: str) -> float:
        """Right or not."""
        return 0.9 * same(response, reference_answer) + 0.1

    assert str(right.score(ROLLOUT)) == "1 = 0.1 + 0.9*same(1)\n  same: '4' against '4'"
    assert right("4", "5") == 0.1
    assert (right.name, right.needs, right.__doc__) == ("right", ("response", "reference_answer"), "Right or not.")


@pytest.mark.parametrize("value", [1, 1.0, True, Score(1, "yes")])
def test_a_number_a_bool_and_a_score_are_scores(value: float) -> None:
    @reward
    def constant() -> float:
        return value

    assert constant.score(ROLLOUT) == 1


@pytest.mark.parametrize("value", [None, "1", [1.0], float("nan"), {"score": 1}])
def test_anything_else_is_the_authors_mistake(value: Any) -> None:
    @reward
    def wrong() -> float:
        return value  # type: ignore[no-any-return]

    failure = wrong.score(ROLLOUT)
    assert isinstance(failure, Failure)
    assert failure.kind == "usage"
    with pytest.raises(UsageError):
        wrong()


def test_an_unknown_name_says_what_there_is() -> None:
    @reward
    def typo(respnse: str) -> float:
        return 1.0

    failure = typo.score(ROLLOUT)
    assert isinstance(failure, Failure)
    assert "typo needs 'respnse', and rollout r1 has none. It has: response, prompt" in failure.message
    assert "difficulty" in failure.message


def test_a_default_stands_in_for_a_missing_field() -> None:
    @reward
    def curriculum(response: str, *, level: int = 3, difficulty: str = "hard") -> float:
        assert (level, difficulty) == (3, "easy")
        return 1.0

    assert curriculum.score(ROLLOUT) == 1
    assert curriculum.wants == ("level", "difficulty")


def test_what_cannot_be_filled_by_name_is_refused_when_decorated() -> None:
    with pytest.raises(UsageError, match="kwargs"):

        @reward
        def variadic(response: str, **kwargs: Any) -> float:
            return 1.0

    with pytest.raises(UsageError, match="args"):

        @reward
        def positional(*args: Any) -> float:
            return 1.0

    with pytest.raises(UsageError, match="async"):

        @reward  # type: ignore[arg-type]
        async def later(response: str) -> float:
            return 1.0


def test_bounds_are_a_promise() -> None:
    @reward(bounds=(-1, 1))
    def signed(response: str) -> float:
        return -1.0 if response == "4" else 2.0

    assert signed.score(ROLLOUT) == -1
    outside = signed.score(read({"prompt": "?", "response": "5"}))
    assert isinstance(outside, Failure)
    assert "outside its bounds -1 to 1" in outside.message
    unbounded: list[Any] = [(1, 0), (0, float("inf")), (0,), "ab"]
    for bounds in unbounded:
        with pytest.raises(UsageError, match="bounds"):
            reward(bounds=bounds)(lambda: 1.0)


def test_rounding_error_at_the_bounds_is_not_a_failure() -> None:
    @reward
    def tenths() -> float:
        return sum([0.1] * 3) + 0.7

    assert tenths.score(ROLLOUT) == 1


def test_a_crash_is_a_failure_with_the_authors_own_line() -> None:
    @reward
    def broken(response: str) -> float:
        return 1 / (len(response) - 1)

    failure = broken.score(ROLLOUT)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.message) == ("crash", "ZeroDivisionError: division by zero")
    assert "1 / (len(response) - 1)" in failure.trace
    with pytest.raises(TypeError):
        float(failure)  # type: ignore[arg-type]


def test_a_crash_whose_message_crashes_is_a_failure_too() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    @reward
    def mute() -> float:
        raise Mute

    failure = mute.score(ROLLOUT)
    assert isinstance(failure, Failure)
    assert "message cannot be read" in failure.message


def test_exit_is_a_failure_too() -> None:
    @reward
    def leaves() -> float:
        raise SystemExit(3)

    assert isinstance(leaves.score(ROLLOUT), Failure)


def test_a_judge_that_is_down_is_raised_and_one_that_cannot_judge_is_a_failure() -> None:
    @reward
    def judged(response: str) -> float:
        raise UnavailableError("the judge is throttled") if response == "4" else GradingError("no reference")

    with pytest.raises(UnavailableError):
        judged.score(ROLLOUT)
    failure = judged.score(read({"prompt": "?", "response": "5"}))
    assert isinstance(failure, Failure)
    assert failure.kind == "grading"


def test_a_missing_reference_is_the_datas_fault() -> None:
    @reward
    def needs(reference_answer: str) -> float:
        return 1.0

    failure = needs.score(read({"id": "x", "prompt": "?", "response": "5"}))
    assert isinstance(failure, Failure)
    assert (failure.kind, "x has no reference_answer" in failure.message) == ("rollout", True)


@pytest.mark.parametrize("wrong", [5, ["72"], {"answer": "72"}, b"72"])
def test_a_grader_that_crashes_on_the_wrong_type_blames_the_call(wrong: Any) -> None:
    with pytest.raises(
        UsageError, match=rf"contains takes response: 'str \| None', and got .*{type(wrong).__name__}"
    ):
        contains(wrong, "72")
    with pytest.raises(UsageError, match="required_words takes words"):
        required_words("72", 72)  # type: ignore[arg-type]


def test_a_grader_that_crashes_on_what_it_takes_is_to_blame_itself() -> None:
    @grader
    def broken(answer: str | None, *others: str) -> float:
        raise KeyError("mine")

    for arguments in (["72"], [None], ["72", "73"]):
        with pytest.raises(KeyError, match="mine"):
            broken(*arguments)
    with pytest.raises(TypeError, match="more"):
        broken("72", more=1)  # type: ignore[call-arg]
