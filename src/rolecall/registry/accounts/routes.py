"""`/api/v3/accounts`. Reads and writes the database; adding an account assumes its role first."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from rolecall.registry.access import InjectedChange, require
from rolecall.registry.accounts.adding import add_role
from rolecall.registry.accounts.paths import ONE_ACCOUNT, AccountInPath, unknown_account
from rolecall.registry.accounts.schemas import (
    AccountDetail,
    AccountType,
    AddedAccount,
    CheckResult,
    ListedAccount,
    NewAccount,
)
from rolecall.registry.accounts.store import AccountQuery, find_account, list_accounts, remove_account
from rolecall.registry.auth import Permission
from rolecall.registry.checks.history import last_check
from rolecall.registry.envelope import (
    WITH_A_BODY,
    WITH_A_KEY,
    Done,
    Page,
    Pagination,
    Success,
    Text,
    errors,
)
from rolecall.registry.paging import AnyWindow
from rolecall.registry.settings import InjectedServices

router = APIRouter(prefix="/api/v3/accounts", tags=["accounts"], responses=errors(*WITH_A_KEY))
_may_view = Depends(require(Permission.VIEW_ACCOUNTS))
_may_manage = Depends(require(Permission.MANAGE_ACCOUNTS))


async def _query(
    account_name: Annotated[Text, Query(description="part of the name, in any case")] = "",
    type: Annotated[list[AccountType] | None, Query(description="repeatable")] = None,
    account_check_result: Annotated[CheckResult | None, Query(description="how the last check ended")] = None,
    group_name: Annotated[Text, Query(description="no account is in a group")] = "",
) -> AccountQuery:
    return AccountQuery(
        account_name=account_name,
        types=tuple(type or ()),
        check_result=account_check_result,
        group_name=group_name,
    )


@router.get("", dependencies=[_may_view])
def list_(
    services: InjectedServices, query: Annotated[AccountQuery, Depends(_query)], window: AnyWindow
) -> Page[ListedAccount]:
    """The registered accounts, oldest first."""
    with services.database.reading() as session:
        rows, total = list_accounts(session, query, window)
    return Page(
        data=[ListedAccount.of(row) for row in rows],
        pagination=Pagination.of(total, window.page, window.per_page),
    )


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    dependencies=[_may_manage],
    responses=errors(HTTPStatus.CONFLICT, *WITH_A_BODY),
)
async def add(services: InjectedServices, change: InjectedChange, account: NewAccount) -> Success[AddedAccount]:
    """Registers a role, once it was assumed with the external id and refused without it, and begins its check."""
    await add_role(services, change, account)
    return Success(data=AddedAccount(account_name=account.account_name))


@router.get(ONE_ACCOUNT, dependencies=[_may_view], responses=errors(HTTPStatus.NOT_FOUND))
def read(services: InjectedServices, account_name: AccountInPath) -> Success[AccountDetail]:
    """One account by its name, which is percent-encoded in the path, slashes too."""
    with services.database.reading() as session:
        row = find_account(session, account_name)
        if row is None:
            raise unknown_account(account_name)
        return Success(data=AccountDetail.of(row, last_check(session, row.id)))


@router.delete(ONE_ACCOUNT, dependencies=[_may_manage], responses=errors(HTTPStatus.NOT_FOUND))
def remove(change: InjectedChange, account_name: AccountInPath) -> Done:
    """Takes the account out of the registry. Nothing changes in AWS."""
    with change.transaction("account_removed", account_name) as session:
        if not remove_account(session, account_name):
            raise unknown_account(account_name)
    return Done()
