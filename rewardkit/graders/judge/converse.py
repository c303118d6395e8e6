"""`bedrock`: a way to ask a model on Amazon Bedrock, by the Converse API."""

from __future__ import annotations

import threading
from typing import Any

from rewardkit.errors import GradingError, RewardkitError, UnavailableError, UsageError

# The service's own trouble, or too much of ours: it may go well later. Everything else is ours to mend.
_PASSING = frozenset(
    {"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException", "ModelNotReadyException"}
    | {"ModelTimeoutException", "ModelErrorException", "ServiceUnavailableException", "InternalServerException"}
    | {"RequestTimeout", "RequestTimeoutException", "SlowDown", "PriorRequestNotComplete"}
)
_HINTS = {
    "AccessDeniedException": "give the role bedrock:InvokeModel on this model, and the account access to it",
    "ValidationException": "check the model's id (some are called by an inference profile, such as us.…), its "
    "region, and max_tokens and temperature",
    "ResourceNotFoundException": "check the model's id and the region",
    "ExpiredTokenException": "sign in again",
    "UnrecognizedClientException": "check AWS_PROFILE and the access key",
    "NoCredentialsError": "set AWS_PROFILE, or sign in with `aws sso login`; Recorded(None, …) needs none",
    "NoRegionError": 'say bedrock(…, region="us-east-1"), or set AWS_REGION',
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
    inference: dict[str, Any] = {"maxTokens": max_tokens}
    if temperature is not None:
        inference["temperature"] = temperature
    config = {
        "connect_timeout": min(timeout, 10.0),
        "read_timeout": timeout,
        "retries": {"mode": "standard", "total_max_attempts": attempts},
        "max_pool_connections": concurrency,
    }
    return Converse(model_id, inference, region, config, threading.BoundedSemaphore(concurrency), budget, client)


class Converse:
    """A way to ask one model. Made by `bedrock`.

    Attributes:
        tokens: how many this process has used so far, asked and answered.
    """

    def __init__(
        self,
        model_id: str,
        inference: dict[str, Any],
        region: str | None,
        config: dict[str, Any],
        turns: threading.BoundedSemaphore,
        budget: int | None,
        client: Any,
    ) -> None:
        self.tokens = 0
        self._model_id = model_id
        self._inference = inference
        self._region = region
        self._config = config
        self._turns = turns
        self._budget = budget
        self._client = client
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
                raise self._translated(error) from error
        self._count(answer)
        return self._text(answer)

    def _connected(self) -> Any:
        """The client, made at the first call: nothing of AWS is loaded or looked for before."""
        with self._lock:
            if self._client is None:
                import boto3
                from botocore.config import Config

                session = boto3.session.Session()
                self._client = session.client(
                    "bedrock-runtime", region_name=self._region, config=Config(**self._config)
                )
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

    def _text(self, answer: dict[str, Any]) -> str:
        reason = answer.get("stopReason")
        if reason == "max_tokens":
            raise GradingError(
                f"{self._model_id} was cut after {self._inference['maxTokens']} tokens: raise max_tokens="
            )
        if reason in ("guardrail_intervened", "content_filtered"):
            raise GradingError(f"{self._model_id} did not answer ({reason}): a filter withheld the reply")
        # What a model reasons comes in blocks of its own, and is not its reply.
        return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])

    def _translated(self, error: Exception) -> RewardkitError:
        """What boto3 raised, told apart: down, or wrong."""
        response = getattr(error, "response", None) or {}
        code = response.get("Error", {}).get("Code") or type(error).__name__
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        said = f"{self._model_id} did not answer: {code}: {response.get('Error', {}).get('Message') or error}"
        hint = f". Next step: {_HINTS[code]}" if code in _HINTS else ""
        if code in _PASSING or status >= 500 or status == 429 or _is_connection(error):
            return UnavailableError(said)
        return UsageError(f"{said}{hint}")


def _is_connection(error: Exception) -> bool:
    """Whether the service was not reached, or did not answer in time."""
    from botocore.exceptions import ConnectionError, HTTPClientError

    return isinstance(error, (ConnectionError, HTTPClientError, OSError))
