"""Checked identifiers: account ids, OU ids and ARNs. Pure.

Formats: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

AccountId = NewType("AccountId", str)
"""Twelve digits, as AWS gave them or checked by `parse_account_id`."""

UnitId = NewType("UnitId", str)
"""A root (`r-…`) or an organizational unit (`ou-…-…`), as AWS gave it or checked by `is_unit_id`."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_UNIT = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_PRINCIPAL_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/([\x21-\x7e]+/)?[\w+=,.@-]{1,64}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]{1,64})", re.ASCII)


def parse_account_id(text: str) -> AccountId:
    """Raises ValueError unless `text` is twelve digits."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not an AWS account id (12 digits)")
    return AccountId(text)


def is_unit_id(text: str) -> bool:
    return _UNIT.fullmatch(text) is not None


def parse_principal_arn(text: str) -> str:
    """Raises ValueError unless `text` is the ARN of a role or user."""
    if not _PRINCIPAL_ARN.fullmatch(text):
        raise ValueError(f"{text!r} is not the ARN of an IAM role or user (arn:aws:iam::<account>:role/<name>)")
    return text


def partition_of(arn: str) -> str:
    """Such as `aws-us-gov`."""
    return arn.split(":", 2)[1]


_PARTITIONS = {"us-gov": "aws-us-gov", "cn": "aws-cn"}
_HOME_REGIONS = {"aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}


def partition_of_region(region: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(f"{start}-")), "aws")


def home_region(partition: str) -> str:
    """A Region that every account of the partition has."""
    return _HOME_REGIONS.get(partition, "us-east-1")


def account_of(arn: str) -> AccountId:
    """The account of a checked ARN."""
    return AccountId(arn.split(":", 5)[4])


@dataclass(frozen=True, slots=True, order=True)
class RoleArn:
    """The ARN of an IAM role, taken apart. `path` begins and ends with `/`."""

    partition: str
    account: AccountId
    path: str
    name: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"

    @classmethod
    def parse(cls, text: str) -> RoleArn:
        """Raises ValueError unless `text` is a role's ARN."""
        match = _ROLE_ARN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not the ARN of an IAM role (arn:aws:iam::<account>:role/<name>)")
        partition, account, path, name = match.groups()
        return cls(partition, AccountId(account), path, name)
