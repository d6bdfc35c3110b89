"""What the accounts API takes and answers, as pydantic models. No I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictBool

from rolecall.registry.database.models import AccountRow, CheckRow


class AccountType(StrEnum):
    """Every type that the platform's API knows. The registry registers `aws`."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    CROWDSTRIKE = "crowdstrike"
    SENTINELONE = "sentinelone"
    DEFENDER = "defender"
    MICROSOFT_SAAS = "microsoft_saas"
    GOOGLE_WORKSPACE = "google_workspace"
    DARKTRACE = "darktrace"


class CheckResult(StrEnum):
    """How an account's last check ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    NO_CHECKS = "no_checks"


def _addressable(name: str) -> str:
    """A name is part of a path, and clients resolve dot segments away even when they are percent-encoded.

    https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.3
    """
    if name in (".", ".."):
        raise ValueError("a name of only dots cannot stand in a URL")
    if "\0" in name:
        raise ValueError("a name cannot hold the character NUL")
    if not name.strip():
        raise ValueError("a name needs a character that can be seen")
    return name


AccountName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        json_schema_extra={"pattern": r"^(?!\.\.?$)[^\x00]*[^\x00\s\x1c-\x1f\x85][^\x00]*$"},
    ),
    AfterValidator(_addressable),
]


class CredentialData(BaseModel):
    """For AWS `role`, a role's ARN. Access keys are named here only to be refused with a reason."""

    model_config = ConfigDict(extra="ignore")

    role: str | None = Field(default=None, max_length=2048)
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None


class NewAccount(BaseModel):
    """`skip_account_check` is this registry's own."""

    model_config = ConfigDict(extra="ignore")

    account_name: AccountName
    account_type: AccountType
    credential_data: CredentialData
    skip_account_check: StrictBool = False


class AddedAccount(BaseModel):
    account_name: str


class ListedAccount(BaseModel):
    """An account in a list. The two nulls are an account's that was never checked and never used.

    `account_check_id` is the pipeline of the last check that ended.
    """

    id: int
    account_name: str
    type: AccountType
    public_identifier: str | None
    account_check_id: int | None
    account_last_used: str | None

    @classmethod
    def of(cls, row: AccountRow) -> ListedAccount:
        return cls(
            id=row.id,
            account_name=row.account_name,
            type=AccountType(row.type),
            public_identifier=row.role_arn,
            account_check_id=row.account_check_id,
            account_last_used=last_used(row),
        )


class AccountIssue(BaseModel):
    """What a check found. `mend` says what to do about it, and is this registry's own."""

    service: str
    issue: str
    issue_type: str
    mend: str


class AccountDetail(BaseModel):
    """One account. `account_issues` are the last check's, and null where none has ended."""

    id: int
    account_name: str
    type: AccountType
    public_identifier: str | None
    account_issues: list[AccountIssue] | None
    account_last_used: str | None

    @classmethod
    def of(cls, row: AccountRow, last_check: CheckRow | None) -> AccountDetail:
        return cls(
            id=row.id,
            account_name=row.account_name,
            type=AccountType(row.type),
            public_identifier=row.role_arn,
            account_issues=[AccountIssue(**issue) for issue in last_check.issues] if last_check else None,
            account_last_used=last_used(row),
        )


def last_used(row: AccountRow) -> str | None:
    """When the registry last assumed the role, in ISO 8601."""
    return row.last_used_at.isoformat(timespec="seconds") if row.last_used_at else None
