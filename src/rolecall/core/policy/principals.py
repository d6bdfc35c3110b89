"""The Principal and NotPrincipal elements, and how closely they name a caller. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from rolecall.core.policy.request import Principal

_ROOT_ARN = re.compile(r"arn:[^:*?]+:iam::(\d{12}):root", re.ASCII)
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_ENTITY_ARN = re.compile(r"arn:[^:*?]+:(?:iam|sts)::[^:*?]+:[^*?]+")
# "You cannot identify a user group as a principal in a policy"
_GROUP_ARN = re.compile(r"arn:[^:]+:iam::[^:]+:group/")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{8,124}", re.ASCII)
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


class Naming(IntEnum):
    """How closely a statement names the caller. What a grant is limited by depends on it.

    ACCOUNT: only its account, which delegates to that account's own policies. ENTITY: the role or user behind its
    session. CALLER: the caller itself, or everybody.
    """

    NOT = 0
    ACCOUNT = 1
    ENTITY = 2
    CALLER = 3


@dataclass(frozen=True, slots=True)
class Principals:
    """A checked Principal element, or NotPrincipal if `excluded`.

    `aws` holds ARNs of users, roles and sessions, and unique ids of deleted ones. Canonical users of S3 are taken
    but match nobody, for no caller here has such an id.
    """

    everyone: bool
    accounts: frozenset[str]
    aws: frozenset[str]
    services: frozenset[str]
    federated: frozenset[str]
    excluded: bool = False

    @classmethod
    def parse(cls, names: Mapping[str, tuple[str, ...]], *, excluded: bool) -> Principals:
        """`names` by kind (`AWS`, `Service`, …). Raises ValueError for an unknown kind or an invalid name."""
        for kind in names:
            if kind not in _KINDS:
                raise ValueError(f"{kind!r} is none of {', '.join(_KINDS)}")
        if any("*" in service or "?" in service for service in names.get("Service", ())):
            raise ValueError("a service is named without wildcards")
        aws = names.get("AWS", ())
        entities = frozenset(name for name in aws if name != "*" and _account_of(name) is None)
        for name in sorted(entities):
            if _GROUP_ARN.match(name) or not (_ENTITY_ARN.fullmatch(name) or _UNIQUE_ID.fullmatch(name)):
                raise ValueError(f"{name!r} is not a principal: an account, an ARN without wildcards or a unique id")
        return cls(
            everyone="*" in aws,
            accounts=frozenset(account for name in aws if (account := _account_of(name)) is not None),
            aws=entities,
            services=frozenset(names.get("Service", ())),
            federated=frozenset(names.get("Federated", ())),
            excluded=excluded,
        )

    def naming(self, principal: Principal | None) -> Naming:
        """How a statement with this element names the caller; None is an anonymous one."""
        if self.excluded:
            return Naming.NOT if self._names_wholly(principal) else Naming.CALLER
        if self.everyone:
            return Naming.CALLER
        return Naming.NOT if principal is None else self._named(principal)

    def _named(self, principal: Principal) -> Naming:
        if principal.is_no_entity:
            named = principal.service in self.services or principal.federated in self.federated
            return Naming.CALLER if named else Naming.NOT
        if principal.session_arn in self.aws:
            return Naming.CALLER
        if principal.arn in self.aws or principal.id in self.aws:
            return Naming.ENTITY if principal.speaks_for_another else Naming.CALLER
        return Naming.ACCOUNT if principal.account in self.accounts else Naming.NOT

    def _names_wholly(self, principal: Principal | None) -> bool:
        """NotPrincipal spares a caller only if it lists the account, the user or role, and the session."""
        if principal is None or self.everyone:
            return self.everyone
        if principal.is_no_entity:
            return principal.service in self.services or principal.federated in self.federated
        entity = principal.is_root or principal.arn in self.aws or principal.id in self.aws
        session = principal.session_arn is None or principal.session_arn in self.aws
        return principal.account in self.accounts and entity and session


def _account_of(name: str) -> str | None:
    """The account that a name stands for as a whole: its id, or its root ARN."""
    if _ACCOUNT_ID.fullmatch(name):
        return name
    match = _ROOT_ARN.fullmatch(name)
    return match.group(1) if match else None
