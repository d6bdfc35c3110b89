"""Account names in paths: any characters, so slashes and line breaks too. No I/O.

Starlette's own `path` convertor stops at a line break. https://www.starlette.io/routing/#path-parameters
"""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class _AnyTextConvertor(Convertor[str]):
    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any_text", _AnyTextConvertor())

ONE_ACCOUNT = "/{account_name:any_text}"
"""The route of one account, below `/accounts`."""
