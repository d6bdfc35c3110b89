"""Account names in paths: any characters, so slashes and line breaks too. No I/O.

Starlette's own `path` convertor stops at a line break. https://www.starlette.io/routing/#path-parameters
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Path
from starlette.convertors import Convertor, register_url_convertor

from rolecall.registry.envelope import ApiError, Text


class _AnyTextConvertor(Convertor[str]):
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any_text", _AnyTextConvertor())

ONE_ACCOUNT = "/{account_name:any_text}"
"""The route of one account, below `/accounts`."""
AccountInPath = Annotated[Text, Path(description="percent-encoded, its slashes too")]


def unknown_account(account_name: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "account_not_found", f"There is no account named {account_name!r}.")
