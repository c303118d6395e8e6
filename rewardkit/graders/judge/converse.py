"""`bedrock`: a way to ask a model on Amazon Bedrock, by the Converse API."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from rewardkit.errors import GradingError, RewardkitError, UnavailableError, UsageError

# The service's own trouble, or too much of ours: it may go well later. Everything else is ours to mend.
_PASSING = frozenset(
    {"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException", "ModelNotReadyException"}
    | {"ModelTimeoutException", "ModelErrorException", "ServiceUnavailableException", "InternalServerException"}
    | {"RequestTimeout", "RequestTimeoutException", "SlowDown", "PriorRequestNotComplete"}
)
_HINTS = {
    "AccessDeniedException": "name the model under judges in rewardkit.toml, so that the role may invoke it, and "
    "give the account access to it",
    "ValidationException": "check the model's id (some are called by an inference profile, such as us.…), its "
    "region, and max_tokens and temperature",
    "ResourceNotFoundException": "check the model's id and the region",
    "ExpiredTokenException": "sign in again",
    "UnrecognizedClientException": "check AWS_PROFILE and the access key",
    "NoCredentialsError": "set AWS_PROFILE, or sign in with `aws sso login`; Recorded(None, …) needs none",
    "NoRegionError": 'say bedrock(…, region="us-east-1"), or set AWS_REGION',
}
# A reply that a model did not end by itself, and what to do about it.
_CUT = {
    "max_tokens": "its reply was cut: raise max_tokens=",
    "model_context_window_exceeded": "the prompt is too long for it: lower the judge's limit=",
    "guardrail_intervened": "a guardrail withheld its reply",
    "content_filtered": "a filter withheld its reply",
}


def bedrock(
    model_id: str,
    *,
    region: str | None = None,
    max_tokens: int = 1024,
    temperature: float | None = 0.0,
    timeout: float = 30.0,
    attempts: int = 5,
    concurrency: int = 8,
    budget: int | None = None,
    client: Any = None,
) -> Converse:
    """Make a way to ask a model on Amazon Bedrock, for `judge`.

    Credentials are the ordinary chain's: the function's role in Lambda, your profile here. Throttling, server
    errors and timeouts are tried again with exponential backoff and jitter, by botocore's standard mode.

    Args:
        model_id: a model's id, an inference profile's id or an ARN, such as `us.amazon.nova-pro-v1:0`.
        region: by default the chain's, in Lambda the function's own.
        max_tokens: of a reply; a reply that is cut there is a GradingError.
        temperature: 0 to 1; None for models that take none.
        timeout: seconds to wait for a reply, each time.
        attempts: how often a call is made at most.
        concurrency: how many calls run side by side in this process; the others wait for their turn.
        budget: tokens, asked and answered, that this process may use; calls under way are still paid.
        client: a boto3 client `bedrock-runtime` of your own; then region, timeout and attempts are its own, too.

    Raises:
        UsageError: a number that means nothing; (when called) the model, the region or the credentials are wrong.
        GradingError: (when called) the reply was cut or withheld by a filter.
        UnavailableError: (when called) throttled, down or too slow after all attempts; or the budget is used up.
    """
    for name, value in (("max_tokens", max_tokens), ("attempts", attempts), ("concurrency", concurrency)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UsageError(f"bedrock() got {name}={value!r}: give a whole number, 1 or more")
    if not timeout > 0:
        raise UsageError(f"bedrock() got timeout={timeout!r}: give seconds, more than 0")
    if budget is not None and not budget > 0:
        raise UsageError(f"bedrock() got budget={budget!r}: give tokens, more than 0, or None for no bound")
    inference = {"maxTokens": max_tokens} | ({} if temperature is None else {"temperature": temperature})
    config = {
        "connect_timeout": min(timeout, 10.0),
        "read_timeout": timeout,
        "retries": {"mode": "standard", "total_max_attempts": attempts},
        "max_pool_connections": concurrency,
    }
    connect = (lambda: client) if client else functools.partial(_connect, region, config)
    return Converse(model_id, inference, connect, concurrency=concurrency, budget=budget)


class Converse:
    """A way to ask one model. Made by `bedrock`.

    Attributes:
        tokens: how many this process has used so far, asked and answered.
    """

    def __init__(
        self,
        model_id: str,
        inference: dict[str, Any],
        connect: Callable[[], Any],
        *,
        concurrency: int,
        budget: int | None,
    ) -> None:
        self.tokens = 0
        self._model_id = model_id
        self._inference = inference
        self._connect = connect
        self._turns = threading.BoundedSemaphore(concurrency)
        self._budget = budget
        self._client: Any = None
        self._lock = threading.Lock()

    def __call__(self, prompt: str) -> str:
        """The model's reply to a prompt; see `bedrock` for what is raised."""
        with self._turns:
            self._check_budget()
            try:
                answer = self._connected().converse(
                    modelId=self._model_id,
                    messages=[{"role": "user", "content": [{"text": prompt}]}],
                    inferenceConfig=self._inference,
                )
            except Exception as error:
                raise _translated(error, self._model_id) from error
            self._count(answer)
        if wrong := _CUT.get(answer.get("stopReason")):
            raise GradingError(f"{self._model_id} gave no verdict: {wrong}")
        # What a model reasons comes in blocks of its own, and is not its reply.
        return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])

    def _connected(self) -> Any:
        """The client, made at the first call: nothing of AWS is loaded or looked for before."""
        with self._lock:
            self._client = self._client or self._connect()
            return self._client

    def _check_budget(self) -> None:
        if self._budget is not None and self.tokens >= self._budget:
            raise UnavailableError(
                f"the judge used up its budget, {self.tokens:,} of {self._budget:,} tokens: raise budget= to go on"
            )

    def _count(self, answer: dict[str, Any]) -> None:
        usage = answer.get("usage", {})
        with self._lock:
            self.tokens += usage.get("inputTokens", 0) + usage.get("outputTokens", 0)


def _connect(region: str | None, config: dict[str, Any]) -> Any:
    """A client from a session of its own: boto3's shared one is not made for threads."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client("bedrock-runtime", region_name=region, config=Config(**config))


def _translated(error: Exception, model_id: str) -> RewardkitError:
    """What boto3 raised, told apart: down, or wrong."""
    from botocore.exceptions import ConnectionError, HTTPClientError

    response = getattr(error, "response", None) or {}
    code = response.get("Error", {}).get("Code") or type(error).__name__
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = f"{model_id} did not answer: {code}: {response.get('Error', {}).get('Message') or error}"
    broken = isinstance(error, (ConnectionError, HTTPClientError, OSError))
    if broken or code in _PASSING or status >= 500 or status == 429:
        return UnavailableError(said)
    return UsageError(f"{said}. Next step: {_HINTS[code]}" if code in _HINTS else said)
