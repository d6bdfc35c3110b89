"""The section `platforms`: whom the roles are registered with. Pure."""

from __future__ import annotations

from string import Formatter
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from rolecall.core.config.base import Section
from rolecall.core.ids import AccountId

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_KEY_SOURCES = ("env:", "file:", "secretsmanager:")


class PlatformSection(Section):
    """A platform that the roles are registered with."""

    name: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=64, description="What this platform is called in output")
    ]
    url: Annotated[str, Field(description="Its address, without /api/v3")]
    api_key: Annotated[str, Field(description="Where the key is: env:NAME, file:/path or secretsmanager:<arn>")]
    account_name: Annotated[str, Field(description="How accounts are named there, of {name} and {id}")] = (
        "{name} ({id})"
    )
    deregister_departed: Annotated[
        bool,
        Field(
            description="Take out registrations of this role in accounts that are not in the organization. "
            "Only for a platform that serves this organization alone"
        ),
    ] = False

    @field_validator("url")
    @classmethod
    def _secure_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an http(s) address")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address carries no user, password, query or fragment")
        if parts.port == 0:  # reading it raises ValueError for what is no port at all
            raise ValueError("port 0 is no address")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("the API key would travel in clear: use https")
        return url.rstrip("/").removesuffix("/api/v3")

    @field_validator("api_key")
    @classmethod
    def _key_is_elsewhere(cls, source: str) -> str:
        if not source.startswith(_KEY_SOURCES) or not source.split(":", 1)[1]:
            raise ValueError(
                "a config file holds no key: say where it is, env:NAME, file:/path or secretsmanager:<arn>"
            )
        return source

    @field_validator("account_name")
    @classmethod
    def _fields_known(cls, form: str) -> str:
        fields = [field for _, *field in Formatter().parse(form) if field[0] is not None]
        if any(field not in (["name", "", None], ["id", "", None]) for field in fields):
            raise ValueError("only {name} and {id} can stand in an account name, written just so")
        if ["id", "", None] not in fields:
            raise ValueError("an account name must contain {id}: names alone are not unique")
        return form

    def name_for(self, account_id: AccountId, account_name: str) -> str:
        return self.account_name.format(name=account_name, id=account_id)
