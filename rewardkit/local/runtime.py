"""One execution environment of Lambda on this machine: AWS's own runtime client against our Runtime API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from rewardkit.errors import CloudError
from rewardkit.local.unpack import Task


class RequestTooLarge(CloudError):
    """The event is over the 6 MB of a synchronous call: `RequestTooLargeException`, HTTP 413."""

    status = 413


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of one call.

    Attributes:
        payload: the response, or the error as Lambda words it; JSON.
        error: None, or `Unhandled`, which is what the header `X-Amz-Function-Error` says.
        log: what the function wrote, between Lambda's START, END and REPORT lines.
        milliseconds: how long the handler took.
        init_milliseconds: how long the process took to start and to import; 0 for a warm one.
        memory_mb: the most memory the processes have had; 0 where the system does not say (not Linux).
    """

    payload: bytes
    error: str | None
    log: str
    milliseconds: float
    init_milliseconds: float
    memory_mb: float


class Runtime:
    """One execution environment: a process under AWS's runtime client that answers one call at a time.

    The process starts with the first call and again after an exit or a timeout. Threads may share a Runtime; their
    calls wait for each other, as Lambda would start another environment instead.

    Args:
        task: the code, from `unpack`.
        name: of the function.
        version: what was invoked: `$LATEST` or a number.
        memory: the limit in MB, kept on Linux.
        timeout: of one call, in seconds.
        environment: the function's own variables.
        region: such as `us-west-2`.
    """

    def __init__(
        self,
        task: Task,
        *,
        name: str = "reward",
        version: str = "$LATEST",
        memory: int = 1024,
        timeout: float = 300,
        environment: Mapping[str, str] = {},  # noqa: B006
        region: str = "us-west-2",
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def invoke(self, payload: bytes, *, arn: str = "") -> Invocation:
        """Call the function.

        Args:
            payload: the event, JSON.
            arn: by which it was called; by default the function's own.

        Raises:
            RequestTooLarge: the payload is over 6,291,456 bytes.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the process and everything it started."""
