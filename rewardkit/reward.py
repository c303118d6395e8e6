"""The two decorators: `@grader` makes a primitive, `@reward` the composed function that trains a model.

A reward asks for what it needs by parameter name: `response`, `prompt`, `messages`, `reference_answer`, `id`,
`rollout`, or any other field of the row. Nothing is registered and nothing is inherited.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, overload

from rewardkit.errors import RewardkitError, RolloutError, UnavailableError, UsageError
from rewardkit.score import Score, Term

if TYPE_CHECKING:
    # These load pydantic and the traceback module, which cost more than the rest of this package. Whoever has a
    # rollout has loaded the one, and a reward that fails loads the other.
    from rewardkit.failure import Result
    from rewardkit.rollout import Rollout

P = ParamSpec("P")
# What `@grader` makes of a function of plain values.
Grader: TypeAlias = Callable[..., Score]
_MARK = "__grader__"


def grader(fn: Callable[P, float]) -> Callable[P, Score]:
    """Make a function of plain values a grader: what it returns becomes a Score that carries its name.

    Args:
        fn: returns a Score with a reason (best), or a float, an int or a bool.

    Returns:
        A function with the same signature that returns a Score.

    Raises:
        UsageError: when called, if `fn` returns anything else or a number that is not finite; or if it crashes on
            an argument that is not what its signature says.
    """

    @functools.wraps(fn)
    def graded(*args: P.args, **kwargs: P.kwargs) -> Score:
        try:
            value = fn(*args, **kwargs)
        except RewardkitError:
            raise
        except Exception as error:
            if wrong := _wrong_argument(fn, args, kwargs):
                raise UsageError(wrong) from error
            raise
        score = _score(value, fn.__name__)
        return score if score.name else Score(score, score.reason, name=fn.__name__, terms=score.terms)

    setattr(graded, _MARK, True)
    return graded


def is_grader(value: object) -> bool:
    """Whether `@grader` made it."""
    return getattr(value, _MARK, False) is True


class Reward(Generic[P]):
    """A reward function: callable as the plain function, and able to score a rollout.

    Attributes:
        fn: the author's function.
        name: its name; the name of its score.
        bounds: the lowest and the highest score it may return.
        needs: the parameters that every rollout must have.
        wants: the parameters with a default, filled where the rollout has them.
    """

    def __init__(self, fn: Callable[P, float], bounds: tuple[float, float] = (0.0, 1.0)) -> None:
        functools.update_wrapper(self, fn)
        self.fn = fn
        self.name = fn.__name__
        self.bounds = _checked_bounds(bounds, self.name)
        self.needs, self.wants = _parameters(fn)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Score:
        """Call the function as it is written; exceptions pass through.

        Raises:
            UsageError: it returned something that is not a number, not finite or outside the bounds.
        """
        return self._named(self.fn(*args, **kwargs))

    def score(self, rollout: Rollout) -> Result:
        """Score one rollout: a Score, or the Failure that says why there is none.

        Raises:
            UnavailableError: what judges is down; the call should be repeated.
        """
        try:
            return self._named(self.fn(**self._arguments(rollout)))  # type: ignore[call-arg]
        except (UnavailableError, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit, and the panics of libraries in Rust, are no Exceptions
            from rewardkit.failure import Failure

            return Failure.of(error)

    def _arguments(self, rollout: Rollout) -> dict[str, Any]:
        needed = {name: _field(rollout, name, self.name) for name in self.needs}
        present = rollout.names()
        return needed | {name: rollout.get(name) for name in self.wants if name in present}

    def _named(self, value: object) -> Score:
        score = _score(value, self.name)
        low, high = self.bounds
        if not low - 1e-9 <= score <= high + 1e-9:
            raise UsageError(
                f"{self.name} returned {float(score):g}, outside its bounds {low:g} to {high:g}: "
                f"declare them with @reward(bounds=(…, …)), or clip the score"
            )
        value = min(max(float(score), low), high)
        if score.name:
            return Score(value, name=self.name, terms=(Term(1.0, score),))
        return Score(value, score.reason, name=self.name, terms=score.terms)

    def __repr__(self) -> str:
        from inspect import signature

        return f"<Reward {self.name}{signature(self.fn)}>"


@overload
def reward(fn: Callable[P, float], /) -> Reward[P]: ...
@overload
def reward(*, bounds: tuple[float, float] = ...) -> Callable[[Callable[P, float]], Reward[P]]: ...
def reward(
    fn: Callable[P, float] | None = None, /, *, bounds: tuple[float, float] = (0.0, 1.0)
) -> Reward[P] | Callable[[Callable[P, float]], Reward[P]]:
    """Make a function the reward that trains a model. Used bare or as `@reward(bounds=(-1, 1))`.

    Args:
        fn: takes its parameters by name from the rollout; returns a Score, a float, an int or a bool.
        bounds: the lowest and the highest score; a failure is sent to the service as the lowest.

    Raises:
        UsageError: the function is async, takes `*args`, `**kwargs` or positional-only parameters, or the
            bounds are not two finite rising numbers.
    """
    return Reward(fn, bounds) if fn is not None else lambda fn: Reward(fn, bounds)


def _wrong_argument(fn: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What to say of the first argument that is not what the signature says; asked only after a crash."""
    import inspect
    from typing import get_type_hints

    try:
        hints = get_type_hints(fn)
        signature = inspect.signature(fn)
        given = signature.bind(*args, **kwargs).arguments
    except Exception:  # a call that does not fit says so itself, and a type may not be there at run time
        return ""
    for name, value in given.items():
        many = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        if name in hints and not all(_fits(one, hints[name]) for one in (value if many else [value])):
            return (
                f"{fn.__name__} takes {signature.parameters[name]}, and got {value!r:.80} "
                f"({type(value).__name__}): give it what it takes, such as one field of what you have"
            )
    return ""


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of a type, as far as pydantic knows the type."""
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(hint).validate_python(value, strict=True)
    except ValidationError:
        return False
    except Exception:
        return True
    return True


def _score(value: object, name: str) -> Score:
    if isinstance(value, Score):
        return value
    if isinstance(value, (int, float)):
        return Score(value)
    raise UsageError(
        f"{name} returned {value!r:.80} ({type(value).__name__}): return a Score, a float, an int or a bool"
    )


def _parameters(fn: Callable[..., object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The required and the optional parameters of a reward, or a UsageError for those that cannot be injected."""
    import inspect

    if inspect.iscoroutinefunction(fn):
        raise UsageError(f"{fn.__name__} is async: a reward is an ordinary function, so drop the `async`")
    parameters = inspect.signature(fn).parameters.values()
    for parameter in parameters:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise UsageError(
                f"{fn.__name__} takes {parameter.kind.description} parameter {str(parameter)!r}: "
                f"parameters are filled by name, so name each one"
            )
    needs = tuple(p.name for p in parameters if p.default is p.empty)
    return needs, tuple(p.name for p in parameters if p.default is not p.empty)


def _field(rollout: Rollout, name: str, reward_name: str) -> Any:
    present = rollout.names()
    if name in present:
        return rollout.get(name)
    if name == "reference_answer":
        raise RolloutError(f"rollout {rollout.id} has no reference_answer, and {reward_name} needs one")
    raise UsageError(
        f"{reward_name} needs {name!r}, and rollout {rollout.id} has none. It has: {', '.join(present)}"
    )


def _checked_bounds(bounds: tuple[float, float], name: str) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in bounds)
        if float("-inf") < low < high < float("inf"):
            return low, high
    except (TypeError, ValueError):
        pass
    raise UsageError(f"the bounds of {name} must be two finite numbers, the lower first, and are {bounds!r}")
