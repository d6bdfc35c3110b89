"""The platforms that call the roll: a role's session from outside the organization, or a user of a member account."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.cloud import ROLE_NAME

HOME = "333333333333"
_USER = "platform"


@dataclass(frozen=True)
class Platform:
    """`arn` is what roles trust, `profile` what calls the roll, `name` its account's in the organization."""

    arn: str
    profile: str
    name: str = ""

    @property
    def inside(self) -> bool:
        return bool(self.name)

    @staticmethod
    def role_in(account: str) -> str:
        return f"arn:aws:iam::{account}:role/{ROLE_NAME}"


OUTSIDE = Platform("arn:aws:iam::111111111111:role/CadoResponsePlatform", "platform")
INSIDE = Platform(f"arn:aws:iam::{HOME}:user/{_USER}", "insider", name="security-tools")
"""Its keys are a user's, so that its sessions may be longer than an hour."""
BOTH = (OUTSIDE, INSIDE)


def settle(iam: Any, credentials: Path, forbidden: Iterable[str]) -> None:
    """Makes the user inside, who may assume the role everywhere but in some accounts, and its profile."""
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": Platform.role_in("*")}
    denied = [
        {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": Platform.role_in(account)} for account in forbidden
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed, *denied]})
    iam.create_user(UserName=_USER)
    iam.put_user_policy(UserName=_USER, PolicyName="assume", PolicyDocument=policy)
    key = iam.create_access_key(UserName=_USER)["AccessKey"]
    with credentials.open("a") as file:
        file.write(f"\n[{INSIDE.profile}]\naws_access_key_id = {key['AccessKeyId']}\n")
        file.write(f"aws_secret_access_key = {key['SecretAccessKey']}\n")
