"""`/api/v3/accounts/check` and `/api/v3/accounts/discovery/aws`: what is done with accounts, each begun as a pipeline.

Reads and writes the database; the work itself is the workers'.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, Field

from rolecall.registry.access import InjectedChange, require
from rolecall.registry.accounts.schemas import AccountName
from rolecall.registry.accounts.validity import ROLE_NAME, role_name_problem
from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Permission
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.registry.envelope import WITH_A_BODY, WITH_A_KEY, Success, errors
from rolecall.registry.pipelines.schemas import BegunPipeline
from rolecall.registry.pipelines.steering import begin_with
from rolecall.registry.pipelines.terms import NewPipeline

router = APIRouter(
    prefix="/api/v3/accounts",
    tags=["accounts"],
    dependencies=[Depends(require(Permission.MANAGE_PIPELINES))],
    responses=errors(*WITH_A_KEY, HTTPStatus.NOT_FOUND, *WITH_A_BODY),
)


def _bare(role_name: str) -> str:
    if problem := role_name_problem(role_name):
        raise ValueError(problem)
    return role_name


class CheckedAccount(BaseModel):
    account_name: AccountName


class Discovery(BaseModel):
    """`organization_account_name` is registered, and its role may list the organization's accounts."""

    organization_account_name: AccountName
    iam_role_name: Annotated[
        str,
        AfterValidator(_bare),
        Field(description="assumed in each account found", json_schema_extra={"pattern": f"^{ROLE_NAME}$"}),
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
    return Success(data=BegunPipeline(pipeline_id=begin_with(change, event, account_name, new, HTTPStatus.OK)))
