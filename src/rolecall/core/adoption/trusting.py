"""Who a template's trust policy lets in, as our config says it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.adoption.values import Values
from rolecall.core.ids import parse_principal_arn
from rolecall.core.template.inputs import EXTERNAL_ID_FORM
from rolecall.core.template.resolving import listed

_ASSUME = ("sts:assumerole", "sts:*", "*")
_FITTING = re.compile(r"(ForAnyValue:)?(String(Equals|Like)(IgnoreCase)?|Arn(Equals|Like))(IfExists)?")
"""The operators by which a value is one that is let in."""
_NO_EXTERNAL_ID = "noexternalidrequired"
_KNOWN = {
    "aws:principalarn": "",
    "sts:externalid": "",
    "aws:principalorgid": "organization_id",
    "aws:sourcevpce": "source_vpc_endpoints",
}
"""condition key -> where under role.trust the config has it."""


@dataclass(frozen=True)
class Trusted:
    """Principals by ARN, accounts that are trusted as a whole, external ids in their order.

    `untold_id`: an external id is asked for, and nobody tells which.
    """

    principals: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    untold_id: bool = False
    organization_id: str = ""
    vpc_endpoints: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def anybody(self) -> bool:
        return bool(self.principals or self.accounts)

    @property
    def unsaid(self) -> tuple[str, ...]:
        """The keys of the config that a person has to fill in."""
        asked = {"role.trusted_principals": not self.anybody, "role.external_id": self.untold_id}
        return tuple(key for key, wanted in asked.items() if wanted)


@dataclass(frozen=True)
class _Asked:
    """One value of a condition: `text` is None where it cannot be told."""

    operator: str
    key: str
    text: str | None

    @property
    def fits(self) -> bool:
        return _FITTING.fullmatch(self.operator) is not None


def trusted_in(document: Any, values: Values) -> Trusted:
    """Of every statement that allows sts:AssumeRole."""
    statements = listed(document.get("Statement", [])) if isinstance(document, Mapping) else []
    letting = [found for found in statements if _lets_in(found, values)]
    asked = [list(_conditions(found, values)) for found in letting]
    named = [list(_principals(found, values)) for found in letting]
    principals = [text for texts in named for text in texts if text and _is_principal(text)]
    principals += [arn for arn in _of("aws:principalarn", asked) if _is_principal(arn)]
    wholly = [texts for texts, found in zip(named, asked, strict=True) if not _asks("aws:principalarn", found)]
    ids = [text for text in _of("sts:externalid", asked) if text.lower() != _NO_EXTERNAL_ID]
    told = [text for text in ids if re.fullmatch(EXTERNAL_ID_FORM, text)]
    wanted = sum(_asks("sts:externalid", found) for found in asked)
    return Trusted(
        principals=_once(principals),
        accounts=_once(account for texts in wholly for text in texts if (account := _account(text or ""))),
        external_ids=_once(told),
        untold_id=bool(wanted and not told and (ids or not any(_of("sts:externalid", asked)))),
        organization_id=next(_of("aws:principalorgid", asked), ""),
        vpc_endpoints=_once(_of("aws:sourcevpce", asked)),
        remarks=_once([*_of_principals(letting, named, asked), *_of_conditions(asked)]),
    )


def _lets_in(statement: Any, values: Values) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return False
    return any((action or "").lower() in _ASSUME for action in values.each(statement.get("Action", [])))


def _principals(statement: Mapping[str, Any], values: Values) -> Iterator[str | None]:
    principal = statement.get("Principal", {})
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    yield from values.each(named)


def _conditions(statement: Mapping[str, Any], values: Values) -> Iterator[_Asked]:
    conditions = statement.get("Condition")
    for operator, keys in conditions.items() if isinstance(conditions, Mapping) else ():
        for key, value in keys.items() if isinstance(keys, Mapping) else ():
            yield from (_Asked(operator, str(key).lower(), text) for text in values.each(value))


def _of(key: str, asked: Iterable[Iterable[_Asked]]) -> Iterator[str]:
    """The values by which somebody is let in."""
    return (one.text for found in asked for one in found if one.key == key and one.fits and one.text)


def _asks(key: str, asked: Iterable[_Asked]) -> bool:
    return any(one.key == key and one.fits for one in asked)


def _is_principal(text: str) -> bool:
    """The ARN of one role or user: a pattern stands for others too."""
    try:
        parse_principal_arn(text)
    except ValueError:
        return False
    return not set(text) & set("*?$")


def _account(text: str) -> str:
    """Of `arn:…:root` or twelve digits."""
    account = text.split(":")[4] if text.endswith(":root") and text.count(":") >= 5 else text
    return account if len(account) == 12 and account.isdigit() else ""


def _of_principals(
    letting: list[Mapping[str, Any]], named: list[list[str | None]], asked: list[list[_Asked]]
) -> Iterator[str]:
    for statement, texts, found in zip(letting, named, asked, strict=True):
        if "NotPrincipal" in statement:
            yield f"the trust policy lets in all but some (NotPrincipal): {_LACKS}"
        for text in texts:
            if text is None:
                yield f"the trust policy names a principal that cannot be told from the template: {_LACKS}"
            elif not _is_principal(text) and not _account(text):
                yield f"the trust policy names {text}, which is no role, user or account: {_LACKS}"
        if not _asks("sts:externalid", found):
            yield "a statement of the trust policy asks for no external id: apply will ask for one in every"


def _of_conditions(asked: list[list[_Asked]]) -> Iterator[str]:
    for one in (one for found in asked for one in found):
        if one.key == "aws:principalarn" and one.fits and not _is_principal(one.text or ""):
            yield f"the trust policy lets in aws:PrincipalArn {one.text or 'of an unknown value'}: {_LACKS}"
        elif one.key not in _KNOWN or not one.fits:
            yield (
                f"the trust policy asks {one.operator} of {one.key}, which the config does not: see role.trust; "
                "without it the first apply asks no more"
            )
        elif one.text is None and _KNOWN[one.key]:
            yield f"the trust policy asks for a {one.key} that cannot be told: fill in role.trust.{_KNOWN[one.key]}"


_LACKS = "role.trusted_principals lacks it"


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
