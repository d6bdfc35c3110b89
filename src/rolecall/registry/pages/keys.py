"""The API keys' page: list, make, revoke. Writes the database. A key's secret is in one answer, and in no address."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path
from pydantic import ValidationError
from starlette.responses import Response

from rolecall.registry.auth import Permission, Role
from rolecall.registry.envelope import ApiError
from rolecall.registry.keys.routes import make_key, revoke_key
from rolecall.registry.keys.schemas import WantedKey
from rolecall.registry.keys.store import find_key, list_keys
from rolecall.registry.pages.guard import Member, Sent, changing, missing, page_router, viewing
from rolecall.registry.pages.paging import PageNumber, Paging, window
from rolecall.registry.pages.templating import see_other
from rolecall.registry.settings import InjectedServices, Services

PATH = "/keys"
_NO_PROBLEMS = {"form": "", "name": "", "role": ""}
_NEW = {"name": "", "role": Role.ANALYST.value}

router = page_router()
_MaySee = Annotated[Member, Depends(viewing(Permission.MANAGE_KEYS))]
_MayChange = Annotated[Sent, Depends(changing(Permission.MANAGE_KEYS))]
_PublicKey = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.get(PATH)
def keys_page(services: InjectedServices, member: _MaySee, page: PageNumber = 1) -> Response:
    """The keys, oldest first, without their secrets."""
    return _page(services, member, page)


@router.post(PATH)
def make(services: InjectedServices, sent: _MayChange) -> Response:
    """Makes a key and shows it, this one time; or the page again, with the reason why not."""
    form = {"name": sent.text("name"), "role": sent.text("role")}
    try:
        key = make_key(sent.change, WantedKey.model_validate({"key_name": form["name"], "key_role": form["role"]}))
    except ValidationError as error:
        return _page(services, sent.member, 1, HTTPStatus.BAD_REQUEST, form, _words(error))
    except ApiError as error:
        return _page(services, sent.member, 1, error.status, form, {"form": error.message})
    return sent.member.render("key_made.html", HTTPStatus.CREATED, key=key)


@router.get(f"{PATH}/{{public_key}}/revoke")
def confirm_revocation(services: InjectedServices, member: _MaySee, public_key: _PublicKey) -> Response:
    """Asks once more."""
    with services.database.reading() as session:
        key = find_key(session, public_key)
    if key is None:
        raise missing(member.visit, "There is no such key. It may have been revoked.")
    return member.render("key_revoke.html", key=key, own=key.id == member.caller.id)


@router.post(f"{PATH}/{{public_key}}/revoke")
def revoke(sent: _MayChange, public_key: _PublicKey) -> Response:
    """Revokes the key, at once."""
    revoke_key(sent.change, public_key)
    return see_other(PATH)


def _page(
    services: Services,
    member: Member,
    page: int,
    status: HTTPStatus = HTTPStatus.OK,
    form: Mapping[str, str] = _NEW,
    problems: Mapping[str, str] = _NO_PROBLEMS,
) -> Response:
    with services.database.reading() as session:
        keys, total = list_keys(session, window(page))
    return member.render(
        "keys.html",
        status,
        keys=keys,
        roles=[role.value for role in Role if member.caller.may_give(role)],
        form=form,
        problems={**_NO_PROBLEMS, **problems},
        paging=Paging(PATH, {}, page, total),
    )


def _words(error: ValidationError) -> Mapping[str, str]:
    """What is wrong with each field."""
    words = {"key_name": "A key needs a name of 1 to 255 characters.", "key_role": "Choose a role."}
    wrong = {str(problem["loc"][0]) for problem in error.errors(include_input=False)}
    return {field.removeprefix("key_"): text for field, text in words.items() if field in wrong}
