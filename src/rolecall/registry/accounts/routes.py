"""`/api/v3/accounts`. Reads and writes the database; adding an account assumes its role first."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool

from rolecall.core.ids import RoleArn
from rolecall.registry.access import require
from rolecall.registry.accounts.admission import prove, role_of
from rolecall.registry.accounts.paths import ONE_ACCOUNT
from rolecall.registry.accounts.schemas import (
    AccountDetail,
    AccountType,
    AddedAccount,
    CheckResult,
    ListedAccount,
    NewAccount,
)
from rolecall.registry.accounts.store import (
    AccountExists,
    AccountQuery,
    Window,
    add_account,
    find_account,
    list_accounts,
    remove_account,
)
from rolecall.registry.auth import Permission
from rolecall.registry.envelope import ApiError, Done, Page, Pagination, Success, errors
from rolecall.registry.settings import InjectedServices, Services

MAX_PER_PAGE = 1000
_MAX_PAGE = 1_000_000

router = APIRouter(
    prefix="/api/v3/accounts",
    tags=["accounts"],
    responses=errors(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY),
)
_may_view = Depends(require(Permission.VIEW_ACCOUNTS))
_may_manage = Depends(require(Permission.MANAGE_ACCOUNTS))


async def _query(
    account_name: Annotated[str, Query(description="part of the name, in any case")] = "",
    type: Annotated[list[AccountType] | None, Query(description="repeatable")] = None,
    account_check_result: Annotated[CheckResult | None, Query()] = None,
    group_name: Annotated[str, Query(description="no account is in a group")] = "",
) -> AccountQuery:
    return AccountQuery(
        account_name=account_name,
        types=tuple(type or ()),
        check_result=account_check_result,
        group_name=group_name,
    )


async def _window(
    page: Annotated[int, Query(ge=1, le=_MAX_PAGE)] = 1,
    per_page: Annotated[int, Query(ge=1, le=MAX_PER_PAGE)] = 10,
) -> Window:
    return Window(page, per_page)


@router.get("", dependencies=[_may_view])
def list_(
    services: InjectedServices,
    query: Annotated[AccountQuery, Depends(_query)],
    window: Annotated[Window, Depends(_window)],
) -> Page[ListedAccount]:
    """The registered accounts, oldest first."""
    with services.database.transaction() as session:
        rows, total = list_accounts(session, query, window)
    return Page(
        data=[ListedAccount.of(row) for row in rows],
        pagination=Pagination.of(total, window.page, window.per_page),
    )


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    dependencies=[_may_manage],
    responses=errors(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
async def add(services: InjectedServices, account: NewAccount) -> Success[AddedAccount]:
    """Registers a role, once it was assumed with the external id and refused without it."""
    role = role_of(account)
    await run_in_threadpool(_check_free, services, account.account_name)
    await prove(services.probe, role, services.settings.external_id)
    await run_in_threadpool(_add, services, account.account_name, role)
    return Success(data=AddedAccount(account_name=account.account_name))


def _check_free(services: Services, account_name: str) -> None:
    """Spares AWS the calls for a name that is taken; what decides is the table's unique key."""
    with services.database.transaction() as session:
        if find_account(session, account_name):
            raise _exists(account_name)


def _add(services: Services, account_name: str, role: RoleArn) -> None:
    try:
        with services.database.transaction() as session:
            add_account(session, account_name, role, services.now())
    except AccountExists as error:
        raise _exists(account_name) from error


@router.get(ONE_ACCOUNT, dependencies=[_may_view], responses=errors(HTTPStatus.NOT_FOUND))
def read(services: InjectedServices, account_name: str) -> Success[AccountDetail]:
    """One account by its name, which is percent-encoded in the path, slashes too."""
    with services.database.transaction() as session:
        row = find_account(session, account_name)
    if row is None:
        raise _unknown(account_name)
    return Success(data=AccountDetail.of(row))


@router.delete(ONE_ACCOUNT, dependencies=[_may_manage], responses=errors(HTTPStatus.NOT_FOUND))
def remove(services: InjectedServices, account_name: str) -> Done:
    """Takes the account out of the registry. Nothing changes in AWS."""
    with services.database.transaction() as session:
        removed = remove_account(session, account_name)
    if not removed:
        raise _unknown(account_name)
    return Done()


def _exists(account_name: str) -> ApiError:
    return ApiError(HTTPStatus.CONFLICT, "account_exists", f"There is already an account named {account_name!r}.")


def _unknown(account_name: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "account_not_found", f"There is no account named {account_name!r}.")
