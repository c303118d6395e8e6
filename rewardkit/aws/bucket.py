"""The bucket: made when missing, private, and never written twice with the same bytes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from rewardkit.aws.session import Cloud, calling, code_of


def ensure_bucket(cloud: Cloud, name: str) -> str:
    """Make a private bucket unless it stands, and return its name.

    Raises:
        CloudError: the name belongs to somebody else, or AWS refused.
    """
    s3 = cloud.client("s3")
    with calling("CreateBucket", name):
        try:
            s3.head_bucket(Bucket=name)
        except s3.exceptions.ClientError as error:
            if code_of(error) not in {"404", "NoSuchBucket"}:
                raise
            _create(s3, name, cloud.region)
    return name


def put_once(cloud: Cloud, bucket: str, key: str, content: bytes) -> str:
    """Store bytes under a key that names their digest, unless they are there; returns the S3 URI."""
    s3 = cloud.client("s3")
    with calling("PutObject", f"s3://{bucket}/{key}"):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except s3.exceptions.ClientError as error:
            if code_of(error) not in {"404", "NoSuchKey"}:
                raise
            s3.put_object(Bucket=bucket, Key=key, Body=content)
    return f"s3://{bucket}/{key}"


def _create(s3: Any, name: str, region: str) -> None:
    # us-east-1 is the one region that must not be named.
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # another run of this command was quicker
        s3.create_bucket(Bucket=name, **where)
    private = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(private, True))
