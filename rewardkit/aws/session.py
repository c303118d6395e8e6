"""The way to AWS, or to the local cloud that answers in its place: clients, and errors that say the next step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rewardkit.errors import CloudError

if TYPE_CHECKING:
    from openai import OpenAI

_HINTS = {
    "ExpiredToken": "Your credentials have expired: sign in again.",
    "ExpiredTokenException": "Your credentials have expired: sign in again.",
    "UnrecognizedClientException": "AWS does not know these credentials: check AWS_PROFILE and the access key.",
    "InvalidClientTokenId": "AWS does not know these credentials: check AWS_PROFILE and the access key.",
    "AccessDeniedException": "Your user or role lacks this permission; the operation's name is the IAM action.",
    "AccessDenied": "Your user or role lacks this permission; the operation's name is the IAM action.",
    "ServiceQuotaExceededException": "Ask for more in Service Quotas, or end what is running.",
    "AuthenticationError": "The key is wrong or has expired: unset AWS_BEARER_TOKEN_BEDROCK to get a fresh one.",
    "PermissionDeniedError": "Your user or role needs AmazonBedrockMantleFullAccess and lambda:InvokeFunction.",
    "ThrottlingException": "AWS is throttling; it was tried again several times. Run the same command once more.",
}
_NO_CREDENTIALS = (
    "There are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in "
    "with `aws sso login`. To rehearse without an account, add --local."
)


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where the calls go.

    Attributes:
        region: of every client.
        url: the local cloud's address; None for AWS.
    """

    region: str
    url: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client that retries what AWS throttles.

        Credentials are the ordinary chain's, and made up for the local cloud.
        """
        import boto3
        from botocore.config import Config

        config = Config(retries={"mode": "standard", "max_attempts": 6}, read_timeout=910)
        if self.url is None:
            return boto3.client(service, region_name=self.region, config=config)
        return boto3.client(
            service,
            region_name=self.region,
            config=config,
            endpoint_url=self.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def account(self) -> str:
        """The account's number; the cheapest way to learn that the credentials work."""
        with calling("GetCallerIdentity", "your credentials"):
            return str(self.client("sts").get_caller_identity()["Account"])

    def openai(self) -> OpenAI:
        """The openai SDK's client for Bedrock's OpenAI-compatible API.

        The key is AWS_BEARER_TOKEN_BEDROCK where it is set, else a short-lived one made from the AWS credentials.
        OPENAI_API_KEY is sent only where OPENAI_BASE_URL says to whom: it may be a key for somebody else.

        Raises:
            CloudError: the `openai` extra is not installed, or there are no credentials.
        """
        try:
            from openai import OpenAI
        except ImportError as error:
            hint = "Install it with: pip install 'rewardkit-bedrock[openai]'"
            raise CloudError("import", "openai", "NotInstalled", "open-weight models need it", hint) from error
        if self.url is not None:
            return OpenAI(base_url=f"{self.url}/v1", api_key="local")
        key, base_url = os.environ.get("AWS_BEARER_TOKEN_BEDROCK"), os.environ.get("OPENAI_BASE_URL")
        if base_url:
            return OpenAI(base_url=base_url, api_key=os.environ.get("OPENAI_API_KEY") or key or self._token())
        return OpenAI(base_url=f"https://bedrock-mantle.{self.region}.api.aws/v1", api_key=key or self._token())

    def _token(self) -> str:
        from aws_bedrock_token_generator import provide_token

        self.account()  # says what is missing better than the token's maker
        with calling("CallWithBearerToken", "a short-lived Bedrock API key"):
            return str(provide_token(region=self.region))


@contextmanager
def calling(operation: str, resource: str) -> Iterator[None]:
    """Turn what boto3 and openai raise into a CloudError that names operation, resource and next step."""
    try:
        yield
    except CloudError:
        raise
    except Exception as error:
        translated = _translate(operation, resource, error)
        if translated is None:
            raise
        raise translated from error


def code_of(error: Exception) -> str:
    """The service's error code in a botocore ClientError; empty for anything else."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _translate(operation: str, resource: str, error: Exception) -> CloudError | None:
    name, module = type(error).__name__, type(error).__module__
    if "Credentials" in name or name in {"ProfileNotFound", "TokenRetrievalError"}:
        return CloudError(operation, resource, name, str(error), _NO_CREDENTIALS)
    if code := code_of(error):
        message = error.response["Error"].get("Message", "")  # type: ignore[attr-defined]
        return CloudError(operation, resource, code, message, _HINTS.get(code, ""))
    if module.startswith(("botocore", "boto3", "openai", "httpx")):
        status = getattr(error, "status_code", None)
        passing = status is None or status == 429 or status >= 500
        hint = "Run the same command again: it goes on." if passing else _HINTS.get(name, "")
        return CloudError(operation, resource, name, _message(error), hint)
    return None


def _message(error: Exception) -> str:
    """What the service said, without the SDK's wrapping where it can be had."""
    body = getattr(error, "body", None)
    return str(body["message"]) if isinstance(body, dict) and body.get("message") else str(error)
