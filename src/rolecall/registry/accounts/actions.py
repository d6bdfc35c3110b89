"""`/api/v3/accounts/check` and `/api/v3/accounts/discovery/aws`: what is done with accounts, each begun as a pipeline.

Reads and writes the database; the work itself is the workers'.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, Field

from rolecall.registry.access import InjectedChange, require
from rolecall.registry.accounts.paths import unknown_account
from rolecall.registry.accounts.schemas import AccountName
from rolecall.registry.accounts.store import find_account
from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Permission
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.registry.envelope import WITH_A_BODY, WITH_A_KEY, Success, errors
from rolecall.registry.pipelines.begin import begin_for
from rolecall.registry.pipelines.schemas import BegunPipeline
from rolecall.registry.pipelines.terms import NewPipeline

_ROLE_NAME = r"^[A-Za-z0-9_+=,.@-]{1,64}$"

router = APIRouter(
    prefix="/api/v3/accounts",
    tags=["accounts"],
    dependencies=[Depends(require(Permission.MANAGE_PIPELINES))],
    responses=errors(*WITH_A_KEY, HTTPStatus.NOT_FOUND, *WITH_A_BODY),
)


def _bare(role_name: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html"""
    if not re.fullmatch(_ROLE_NAME, role_name):
        raise ValueError("give the bare name of a role, not its ARN: letters, digits and _+=,.@- only, 64 at most")
    return role_name


class CheckedAccount(BaseModel):
    account_name: AccountName


class Discovery(BaseModel):
    """`organization_account_name` is registered, and its role may list the organization's accounts."""

    organization_account_name: AccountName
    iam_role_name: Annotated[
        str,
        AfterValidator(_bare),
        Field(description="assumed in each account found", json_schema_extra={"pattern": _ROLE_NAME}),
    ]


@router.post("/check")
def check(change: InjectedChange, wanted: CheckedAccount) -> Success[BegunPipeline]:
    """Begins a check of one account: whether its role answers, and may do what it has to."""
    name = wanted.account_name
    return _begun(change, "check_begun", name, check_pipeline([name]))


@router.post("/discovery/aws")
def discover(change: InjectedChange, wanted: Discovery) -> Success[BegunPipeline]:
    """Begins a discovery: lists an organization, and registers that role wherever it answers."""
    name = wanted.organization_account_name
    return _begun(change, "discovery_begun", name, discovery_pipeline(name, wanted.iam_role_name))


def _begun(change: Change, event: str, account_name: str, new: NewPipeline) -> Success[BegunPipeline]:
    with change.transaction(event, account_name) as session:
        if find_account(session, account_name) is None:
            raise unknown_account(account_name)
        pipeline_id = begin_for(change, session, new)
    change.services.wake()
    return Success(data=BegunPipeline(pipeline_id=pipeline_id))
