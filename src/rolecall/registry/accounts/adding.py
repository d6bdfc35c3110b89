"""Lets a role in: the name is free, the role proves itself, and the account is written with its first check.

Calls AWS through the RoleProbe; reads and writes the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from fastapi.concurrency import run_in_threadpool

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.admission import prove, role_of
from rolecall.registry.accounts.schemas import NewAccount
from rolecall.registry.accounts.store import AccountExists, add_account, find_account
from rolecall.registry.audit.change import Change
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.envelope import ApiError
from rolecall.registry.pipelines.begin import begin_for
from rolecall.registry.settings import Services


@dataclass(frozen=True, slots=True)
class Added:
    """The account's id, and the id of the pipeline that checks it; None where no check was wanted."""

    account_id: int
    pipeline_id: int | None


async def add_role(services: Services, change: Change, account: NewAccount) -> Added:
    """Registers a role, once it was assumed with the external id and refused without it.

    ApiError where the role is no good, where AWS cannot be asked, and 409 where the name is taken.
    """
    role = role_of(account)
    await run_in_threadpool(_check_free, services, account.account_name)
    await prove(services.probe, role, services.settings.external_id)
    added = await run_in_threadpool(_add, change, account, role)
    services.wake()
    return added


def _check_free(services: Services, account_name: str) -> None:
    """Spares AWS the calls for a name that is taken; what decides is the table's unique key."""
    with services.database.reading() as session:
        if find_account(session, account_name):
            raise _exists(account_name)


def _add(change: Change, account: NewAccount, role: RoleArn) -> Added:
    """The account and its first check, or neither."""
    name = account.account_name
    try:
        with change.transaction("account_added", name, HTTPStatus.CREATED) as session:
            row = add_account(session, name, role, change.services.now())
            checked = None if account.skip_account_check else begin_for(change, session, check_pipeline([name]))
            return Added(row.id, checked)
    except AccountExists as error:
        raise _exists(name) from error


def _exists(account_name: str) -> ApiError:
    return ApiError(HTTPStatus.CONFLICT, "account_exists", f"There is already an account named {account_name!r}.")
