"""Who a template's trust policy lets in, as our config says it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.ids import parse_principal_arn
from rolecall.core.template.resolving import listed, resolved

_ASSUME = ("sts:AssumeRole", "sts:*", "*")


@dataclass(frozen=True)
class Trusted:
    """Principals by ARN, accounts that are trusted as a whole, external ids in their order."""

    principals: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def trusted_in(document: Any, values: Mapping[str, str]) -> Trusted:
    """Of every statement that allows sts:AssumeRole."""
    statements = listed(document.get("Statement", [])) if isinstance(document, Mapping) else []
    letting = [found for found in statements if _lets_in(found, values)]
    named = [(statement, text) for statement in letting for text in _principals(statement, values)]
    by_condition = [arn for statement in letting for arn in _conditions(statement, values, "aws:principalarn")]
    principals = [text for _, text in named if _is_principal(text)] + [
        arn for arn in by_condition if _is_principal(arn)
    ]
    accounts = [_account(text) for statement, text in named if _account(text) and not _narrowed(statement, values)]
    ids = [found for statement in letting for found in _conditions(statement, values, "sts:externalid")]
    return Trusted(_once(principals), _once(accounts), _once(ids), tuple(_remarks(named, letting, values)))


def _lets_in(statement: Any, values: Mapping[str, str]) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return False
    return any(resolved(action, values) in _ASSUME for action in listed(statement.get("Action", [])))


def _principals(statement: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    principal = statement.get("Principal", {})
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    return (resolved(text, values) for text in listed(named))


def _conditions(statement: Mapping[str, Any], values: Mapping[str, str], key: str) -> Iterator[str]:
    """The values of a key, whatever operator asks for them."""
    for keys in (statement.get("Condition") or {}).values():
        for name, value in keys.items() if isinstance(keys, Mapping) else ():
            if str(name).lower() == key:
                yield from (resolved(item, values) for item in listed(value))


def _narrowed(statement: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    return any(True for _ in _conditions(statement, values, "aws:principalarn"))


def _is_principal(text: str) -> bool:
    try:
        parse_principal_arn(text)
    except ValueError:
        return False
    return True


def _account(text: str) -> str:
    """Of `arn:…:root` or twelve digits."""
    account = text.split(":")[4] if text.endswith(":root") and text.count(":") >= 5 else text
    return account if len(account) == 12 and account.isdigit() else ""


def _remarks(
    named: list[tuple[Mapping[str, Any], str]], letting: list[Any], values: Mapping[str, str]
) -> Iterator[str]:
    for _, text in named:
        if not _is_principal(text) and not _account(text):
            yield f"the trust policy names {text}, which is no role, user or account: role.trusted_principals lacks it"
    if any(not any(True for _ in _conditions(found, values, "sts:externalid")) for found in letting):
        yield "a statement of the trust policy asks for no external id: apply will ask for one in every"


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
