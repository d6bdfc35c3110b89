"""Organizations' operations on invitations. Memory, and the world's clock.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html

Every account of twelve digits that is in no organization can be invited, whether or not anybody has credentials of it.
The email of one that never was in this organization is made up: `root@`, its id, `.example.com`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.organizations.errors import access_denied, constraint, invalid_input
from rolecall.sandbox.organizations.guards import for_management, for_reader, is_administrator
from rolecall.sandbox.organizations.invitations import Handshake, Invitations
from rolecall.sandbox.organizations.membership import joined
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.tags import read_tags
from rolecall.sandbox.organizations.telling import told
from rolecall.sandbox.organizations.views import handshake_view
from rolecall.sandbox.seeded import seeded_account_id, seeded_id
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
"""As the pattern of the API model's `Email`."""
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_MADE_UP = re.compile(r"root@([0-9]{12})\.example\.com")


@dataclass(frozen=True, slots=True)
class _Handshakes:
    world: World
    invitations: Invitations
    numbers: Iterator[int] = field(default_factory=count)

    def invite(self, call: Call) -> Params:
        target, tags = call.params["Target"], read_tags(call)
        account_id = self._account_of(target)
        self._check_invitable(account_id)
        handshake = Handshake(
            id="h-" + seeded_id(self.world.seed, f"handshake/{next(self.numbers)}", 32),
            account_id=account_id,
            target_type=target["Type"],
            target_id=target["Id"],
            requested=self.world.now(),
            notes=call.params.get("Notes", ""),
            tags=tags,
        )
        self.invitations.add(handshake)
        return self._told(handshake)

    def accept(self, call: Call) -> Params:
        handshake = self._ending(self._mine(call), "ACCEPTED")
        account = self._member(handshake)
        self.world.organization.add_account(account)
        joined(self.world, account, handshake.tags, "INVITED")
        return self._told(handshake)

    def decline(self, call: Call) -> Params:
        return self._told(self._ending(self._mine(call), "DECLINED"))

    def cancel(self, call: Call) -> Params:
        return self._told(self._ending(self._find(call), "CANCELED"))

    def describe(self, call: Call) -> Params:
        handshake = self._find(call)
        parties = (handshake.account_id, self.world.management_account())
        if call.caller.account_id not in parties and not is_administrator(self.world, call):
            raise access_denied()
        return self._told(handshake)

    def list_for_account(self, call: Call) -> Params:
        mine = [entry for entry in self.invitations.all.values() if entry.account_id == call.caller.account_id]
        return self._listed(call, mine)

    def list_for_organization(self, call: Call) -> Params:
        return self._listed(call, list(self.invitations.all.values()))

    def _account_of(self, target: Mapping[str, Any]) -> str:
        """The account that an invitation goes to. Raises WireError where it names none."""
        kind, name = target["Type"], target["Id"]
        if kind not in ("ACCOUNT", "EMAIL"):
            raise invalid_input("The target must be an account or an email address.", "INVALID_PARTY_TYPE_TARGET")
        if kind == "EMAIL":
            return self._owner_of(name)
        if not _ACCOUNT_ID.fullmatch(name):
            raise invalid_input("The target is not the id of an account.", "INVALID_PATTERN")
        account_id: str = name
        return account_id

    def _owner_of(self, email: str) -> str:
        if not _EMAIL.fullmatch(email):
            raise invalid_input("The target is not an email address.", "INVALID_EMAIL_ADDRESS_TARGET")
        known = self.world.organization.account_id_of(email)
        made_up = _MADE_UP.fullmatch(email.lower())
        return known or (made_up[1] if made_up else seeded_account_id(self.world.seed, f"invited/{email.lower()}"))

    def _member(self, handshake: Handshake) -> WorldAccount:
        """The account as it joins; one that was here before has its name and email."""
        organization, account_id = self.world.organization, handshake.account_id
        known = organization.known_account(account_id)
        email = handshake.target_id if handshake.target_type == "EMAIL" else f"root@{account_id}.example.com"
        return WorldAccount(
            id=account_id,
            name=known.name if known else account_id,
            email=known.email if known else email,
            state="ACTIVE",
            parent_id=organization.root_id,
            unit_path=(organization.root_id,),
            joined_at=self.world.now(),
            joined_method="INVITED",
        )

    def _check_invitable(self, account_id: str) -> None:
        if self.world.account(account_id) is not None:
            message, reason = "The account is already a member of your organization.", "ALREADY_IN_AN_ORGANIZATION"
            raise constraint(message, reason, code="HandshakeConstraintViolationException")
        if account_id in self.invitations.open:
            raise WireError("DuplicateHandshakeException", "A handshake for this account and action already exists.")
        if self.invitations.organization_is_full:
            message = "The invitation would exceed the limit of accounts in your organization."
            raise constraint(message, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")

    def _find(self, call: Call) -> Handshake:
        handshake = self.invitations.all.get(call.params["HandshakeId"])
        if handshake is None:
            raise WireError("HandshakeNotFoundException", "We can't find a handshake with that id.")
        return handshake

    def _mine(self, call: Call) -> Handshake:
        handshake = self._find(call)
        if handshake.account_id != call.caller.account_id:
            raise access_denied()
        return handshake

    def _ending(self, handshake: Handshake, state: str) -> Handshake:
        """The handshake, in its new state. Raises WireError where it has ended already."""
        if handshake.state == state:
            raise WireError("HandshakeAlreadyInStateException", f"The handshake is {state} already.")
        if handshake.state != "OPEN":
            message = f"A handshake that is {handshake.state} cannot become {state}."
            raise WireError("InvalidHandshakeTransitionException", message)
        self.invitations.end(handshake, state)
        return handshake

    def _listed(self, call: Call, entries: Sequence[Handshake]) -> Params:
        kind = (call.params.get("Filter") or {}).get("ActionType", "INVITE")
        found = entries if kind == "INVITE" else []
        return paged(self.world, call, "Handshakes", found, lambda entry: handshake_view(self.world, entry))

    def _told(self, handshake: Handshake) -> Params:
        return {"Handshake": handshake_view(self.world, handshake)}


def handlers(world: World, invitations: Invitations) -> Handlers:
    shakes = _Handshakes(world, invitations)
    table = {
        "InviteAccountToOrganization": for_management(world, told(world, shakes.invite)),
        "CancelHandshake": for_management(world, told(world, shakes.cancel)),
        "AcceptHandshake": told(world, shakes.accept),
        "DeclineHandshake": told(world, shakes.decline),
        "DescribeHandshake": shakes.describe,
        "ListHandshakesForAccount": shakes.list_for_account,
        "ListHandshakesForOrganization": for_reader(world, shakes.list_for_organization),
    }
    return {("organizations", action): handler for action, handler in table.items()}
