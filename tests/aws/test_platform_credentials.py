"""The platform's own credentials: their trouble is ours, never blamed on the roles that are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.aws.probe import SessionCredentials
from rolecall.errors import CredentialsError


class Session:
    """A session whose role may not be assumed, or that has no credentials at all."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def get_credentials(self) -> Any:
        if self.error:
            raise self.error
        return None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole"), "platform's own role"),
        (None, "no credentials to call the roll with"),
    ],
    ids=["denied", "none"],
)
async def test_what_keeps_the_platform_from_asking_is_no_refusal(error: Exception | None, words: str) -> None:
    with pytest.raises(CredentialsError, match=words) as caught:
        await SessionCredentials(Session(error)).get()
    assert "check.assume_from" in caught.value.hint
