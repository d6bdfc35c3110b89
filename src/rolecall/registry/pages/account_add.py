"""The form that adds an account, and what it says while one types. Adding assumes the role; writes the database."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.adding import add_role
from rolecall.registry.accounts.schemas import AccountType, CredentialData, NewAccount
from rolecall.registry.accounts.store import find_account
from rolecall.registry.accounts.validity import name_problem, role_problem
from rolecall.registry.auth import Permission
from rolecall.registry.envelope import ApiError
from rolecall.registry.pages.guard import Member, Sent, changing, page_router, viewing
from rolecall.registry.pages.paging import link
from rolecall.registry.pages.templating import see_other
from rolecall.registry.settings import InjectedServices, Services

PATH = "/accounts/add"

_NO_PROBLEMS = {"form": "", "name": "", "role": ""}

router = page_router()
_may_add = Depends(viewing(Permission.MANAGE_ACCOUNTS))


@router.get(PATH)
def add_page(member: Annotated[Member, _may_add], name: str = "", role: str = "") -> Response:
    """The empty form, or one that an address fills in."""
    return _form(member, name, role)


@router.get(f"{PATH}/name")
def say_of_name(services: InjectedServices, member: Annotated[Member, _may_add], name: str = "") -> Response:
    """Whether a name may be given to an account; nothing of none."""
    problem = _name_problem(services, name.strip())
    good = "" if problem else "This name is free."
    return _said(member, "name", problem if name.strip() else "", good)


@router.get(f"{PATH}/role")
def say_of_role(member: Annotated[Member, _may_add], role: Annotated[str, Query()] = "") -> Response:
    """Whether this is a role's ARN, and in which account; nothing of none."""
    arn = role.strip()
    problem = role_problem(arn)
    good = "" if problem else f"A role in account {RoleArn.parse(arn).account}."
    return _said(member, "role", problem if arn else "", good)


@router.post(PATH)
async def add_account(
    services: InjectedServices, sent: Annotated[Sent, Depends(changing(Permission.MANAGE_ACCOUNTS))]
) -> Response:
    """Assumes the role, registers it and begins its check; or the form again, with the reason why not."""
    name, role = sent.text("name"), sent.text("role")
    if problems := {field: text for field, text in _problems(name, role).items() if text}:
        return _form(sent.member, name, role, HTTPStatus.BAD_REQUEST, problems)
    try:
        added = await add_role(services, sent.change, _new_account(name, role))
    except ApiError as error:
        return _form(sent.member, name, role, error.status, {"form": error.message})
    return see_other(link(f"/accounts/{added.account_id}", check=str(added.pipeline_id), said="added"))


def _problems(name: str, role: str) -> dict[str, str]:
    return {"name": name_problem(name), "role": role_problem(role)}


def _name_problem(services: Services, name: str) -> str:
    if problem := name_problem(name):
        return problem
    with services.database.reading() as session:
        return "There is already an account of this name." if find_account(session, name) else ""


def _new_account(name: str, role: str) -> NewAccount:
    return NewAccount(account_name=name, account_type=AccountType.AWS, credential_data=CredentialData(role=role))


def _form(
    member: Member, name: str, role: str, status: HTTPStatus = HTTPStatus.OK, problems: dict[str, str] | None = None
) -> Response:
    return member.render("account_add.html", status, name=name, role=role, problems=_NO_PROBLEMS | (problems or {}))


def _said(member: Member, field: str, problem: str, good: str) -> Response:
    return member.render("said.html", field=field, problem=problem, good=good)
