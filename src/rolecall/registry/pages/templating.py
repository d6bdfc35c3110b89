"""Renders the templates beside this file. Reads them, and nothing else."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from rolecall import __version__
from rolecall.core.ids import RoleArn
from rolecall.registry.auth import Permission
from rolecall.registry.pages.visit import Visit, home

HERE = Path(__file__).parent
_AFTER_SEPARATOR = re.compile(r"(?<=[:/])(?=[^:/])")


def _account_number(role_arn: str) -> str:
    return RoleArn.parse(role_arn).account


def _breakable(arn: str) -> Markup:
    """Lets a browser break the line after `:` and `/`; what is copied from the page stays the ARN."""
    return Markup("<wbr>").join(_AFTER_SEPARATOR.split(arn))


def _minute(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")


def _grouped(number: int) -> str:
    """10000 as 10,000."""
    return f"{number:,}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(account_number=_account_number, breakable=_breakable, minute=_minute, grouped=_grouped)
    environment.globals["version"] = __version__
    return environment


_templates = _environment()


def context_of(visit: Visit | None) -> dict[str, object]:
    """What every template knows of the visitor: nothing of None. `may` is by `Permission`'s words.

    `home` is where the registry begins for the visitor.
    """
    caller = visit.caller if visit else None
    may = {permission.value: bool(caller and caller.may(permission)) for permission in Permission}
    form_token = visit.form_token if visit else ""
    return {"caller": caller, "form_token": form_token, "may": may, "home": home(caller)}


def template(name: str) -> Template:
    return _templates.get_template(name)


def render(name: str, visit: Visit | None, status: HTTPStatus = HTTPStatus.OK, /, **context: object) -> HTMLResponse:
    return HTMLResponse(template(name).render(context_of(visit) | context), status)


def see_other(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
