"""What others do to a platform's registrations, in whatever land."""

from __future__ import annotations

from rolecall.core.ids import AccountId, RoleArn
from tests.fakes.cloud import ROLE_NAME

from .stories import Kind


def meddle(registered: dict[str, RoleArn], kind: Kind, account: AccountId) -> None:
    """`registered` are a platform's, by name. Kinds that are no matter of a platform do nothing here."""
    ours = [name for name, role in registered.items() if role.account == account and role.name == ROLE_NAME]
    match kind:
        case Kind.UNREGISTER if ours:
            del registered[ours[0]]
        case Kind.RENAME_REGISTRATION if ours:
            registered[f"renamed {account}"] = registered.pop(ours[0])
        case Kind.REGISTER_TWICE:
            registered[f"twice {account}"] = RoleArn("aws", account, "/", ROLE_NAME)
        case Kind.REGISTER_OTHER_ROLE:
            registered[f"other {account}"] = RoleArn("aws", account, "/", "ReadOnly")
