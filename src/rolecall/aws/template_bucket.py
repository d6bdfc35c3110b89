"""The S3 bucket that templates go through which are too large for a call, or which the console is to read.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit, urlunsplit

from rolecall.aws.client import Client


class TemplateBucket:
    """Objects are named by their content, so that one that is there already is the same."""

    def __init__(self, client: Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def upload(self, text: str, suffix: str = "yaml") -> str:
        """The object's URL, without a signature: CloudFormation reads it with the caller's rights. Raises AwsError."""
        body = text.encode()
        key = f"rolecall/{hashlib.sha256(body).hexdigest()}.{suffix}"
        await self._client.call(
            "PutObject", Bucket=self._bucket, Key=key, Body=body, ContentType="text/plain; charset=utf-8"
        )
        return _unsigned(self._client.presigned("get_object", Bucket=self._bucket, Key=key))


def _unsigned(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
