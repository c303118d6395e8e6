"""An error answer of an emulated service. It goes out on the wire, in that service's own shape."""

from __future__ import annotations


class Refused(Exception):
    """The service says no.

    Args:
        status: the HTTP status, 400 to 599.
        code: the error code, such as `ValidationException`.
        message: what is wrong, where, and the next step.
        param: for the OpenAI-compatible API, the parameter that it is about.
    """

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param


def not_found(message: str) -> Refused:
    """AWS's ResourceNotFoundException."""
    return Refused(404, "ResourceNotFoundException", message)


def invalid(message: str) -> Refused:
    """AWS's ValidationException."""
    return Refused(400, "ValidationException", message)


def conflict(message: str) -> Refused:
    """AWS's ConflictException."""
    return Refused(400, "ConflictException", message)
