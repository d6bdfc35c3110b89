"""Invitations to the organization, and leaving it. Memory, and the world's clock.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html

Every account of twelve digits that is in no organization can be invited, whether or not anybody has credentials of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.organizations.errors import access_denied, constraint, invalid_input
from rolecall.sandbox.organizations.guards import for_management, for_reader, is_administrator, require_member
from rolecall.sandbox.organizations.lookup import existing_account
from rolecall.sandbox.organizations.membership import check_may_leave, joined, remove
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.telling import told
from rolecall.sandbox.organizations.views import arn
from rolecall.sandbox.seeded import seeded_id
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_EXPIRY = timedelta(days=15)
_OPEN = ("REQUESTED", "OPEN")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
"""As the pattern of the API model's `Email`."""


@dataclass(slots=True)
class Handshake:
    """An invitation of one account. `state` is as stored; one that nobody answered in time tells EXPIRED."""

    id: str
    account_id: str
    email: str
    requested: datetime
    notes: str = ""
    state: str = "OPEN"

    @property
    def expires(self) -> datetime:
        return self.requested + _EXPIRY

    def state_at(self, now: datetime) -> str:
        return "EXPIRED" if self.state in _OPEN and now >= self.expires else self.state


@dataclass(frozen=True, slots=True)
class _Handshakes:
    world: World
    handshakes: dict[str, Handshake] = field(default_factory=dict)

    def invite(self, call: Call) -> Params:
        account_id, email = self._invited(call)
        if self.world.account(account_id) is not None:
            message = "The account is already a member of your organization."
            raise _violated(message, "ALREADY_IN_AN_ORGANIZATION")
        if any(known.account_id == account_id and self._is_open(known) for known in self.handshakes.values()):
            raise WireError("DuplicateHandshakeException", "A handshake for this account and action already exists.")
        handshake_id = "h-" + seeded_id(self.world.seed, f"handshake/{len(self.handshakes)}", 32)
        notes = call.params.get("Notes", "")
        handshake = Handshake(handshake_id, account_id, email, self.world.now(), notes)
        self.handshakes[handshake_id] = handshake
        return {"Handshake": self._view(handshake)}

    def accept(self, call: Call) -> Params:
        handshake = self._mine(call)
        if self.world.account(handshake.account_id) is not None:
            raise _violated("The account is in an organization already.", "ALREADY_IN_AN_ORGANIZATION")
        organization = self.world.organization
        if organization.account_count >= organization.account_limit:
            raise _violated("The organization has as many accounts as it may.", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
        handshake.state = "ACCEPTED"
        root_id = organization.root_id
        account = WorldAccount(
            id=handshake.account_id,
            name=handshake.account_id,
            email=handshake.email,
            state="ACTIVE",
            parent_id=root_id,
            unit_path=(root_id,),
            joined_at=self.world.now(),
            joined_method="INVITED",
        )
        organization.add_account(account)
        joined(self.world, account, {}, "INVITED")
        return {"Handshake": self._view(handshake)}

    def decline(self, call: Call) -> Params:
        handshake = self._mine(call)
        handshake.state = "DECLINED"
        return {"Handshake": self._view(handshake)}

    def cancel(self, call: Call) -> Params:
        handshake = self._open(call)
        handshake.state = "CANCELED"
        return {"Handshake": self._view(handshake)}

    def describe(self, call: Call) -> Params:
        handshake = self._find(call)
        parties = (handshake.account_id, self.world.management_account())
        if call.caller.account_id not in parties and not is_administrator(self.world, call):
            raise access_denied()
        return {"Handshake": self._view(handshake)}

    def list_for_account(self, call: Call) -> Params:
        mine = [entry for entry in self.handshakes.values() if entry.account_id == call.caller.account_id]
        return self._listed(call, mine)

    def list_for_organization(self, call: Call) -> Params:
        return self._listed(call, list(self.handshakes.values()))

    def leave(self, call: Call) -> Params:
        require_member(self.world, call)
        account = existing_account(self.world, call.caller.account_id)
        check_may_leave(self.world, account)
        remove(self.world, account, "LEFT")
        return {}

    def _invited(self, call: Call) -> tuple[str, str]:
        target = call.params["Target"]
        if target["Type"] == "EMAIL":
            if not _EMAIL.fullmatch(target["Id"]):
                raise invalid_input("The target is not an email address.", "INVALID_EMAIL_ADDRESS_TARGET")
            return seeded_id(self.world.seed, f"invited/{target['Id']}", 12, "123456789"), target["Id"]
        if target["Type"] != "ACCOUNT":
            raise invalid_input("The target must be an account or an email address.", "INVALID_PARTY_TYPE_TARGET")
        if not (len(target["Id"]) == 12 and target["Id"].isdecimal()):
            raise invalid_input("The target is not the id of an account.", "INVALID_PATTERN")
        return target["Id"], f"root@{target['Id']}.example.com"

    def _find(self, call: Call) -> Handshake:
        handshake = self.handshakes.get(call.params["HandshakeId"])
        if handshake is None:
            raise WireError("HandshakeNotFoundException", "We can't find a handshake with that id.")
        return handshake

    def _open(self, call: Call) -> Handshake:
        handshake = self._find(call)
        state = handshake.state_at(self.world.now())
        if state not in _OPEN:
            already = f"The handshake is {state} already."
            code = "HandshakeAlreadyInStateException" if state != "EXPIRED" else "InvalidHandshakeTransitionException"
            raise WireError(code, already)
        return handshake

    def _mine(self, call: Call) -> Handshake:
        handshake = self._open(call)
        if handshake.account_id != call.caller.account_id:
            raise access_denied()
        return handshake

    def _is_open(self, handshake: Handshake) -> bool:
        return handshake.state_at(self.world.now()) in _OPEN

    def _listed(self, call: Call, entries: Sequence[Handshake]) -> Params:
        kind = (call.params.get("Filter") or {}).get("ActionType", "INVITE")
        return paged(self.world, call, "Handshakes", entries if kind == "INVITE" else [], self._view)

    def _view(self, handshake: Handshake) -> Params:
        organization_id = self.world.organization_id()
        return {
            "Id": handshake.id,
            "Arn": arn(self.world, "handshake", "invite", handshake.id),
            "Parties": [
                {"Id": organization_id.removeprefix("o-"), "Type": "ORGANIZATION"},
                {"Id": handshake.account_id, "Type": "ACCOUNT"},
            ],
            "State": handshake.state_at(self.world.now()),
            "RequestedTimestamp": handshake.requested,
            "ExpirationTimestamp": handshake.expires,
            "Action": "INVITE",
            "Resources": [
                {"Type": "ORGANIZATION", "Value": organization_id},
                {"Type": "ACCOUNT", "Value": handshake.account_id},
                *([{"Type": "NOTES", "Value": handshake.notes}] if handshake.notes else []),
            ],
        }


def handlers(world: World) -> Handlers:
    shakes = _Handshakes(world)
    managing = {
        "InviteAccountToOrganization": told(world, shakes.invite),
        "CancelHandshake": told(world, shakes.cancel),
    }
    anybodys = {
        "AcceptHandshake": told(world, shakes.accept),
        "DeclineHandshake": told(world, shakes.decline),
        "LeaveOrganization": told(world, shakes.leave),
        "DescribeHandshake": shakes.describe,
        "ListHandshakesForAccount": shakes.list_for_account,
    }
    table = {action: for_management(world, handler) for action, handler in managing.items()} | anybodys
    table["ListHandshakesForOrganization"] = for_reader(world, shakes.list_for_organization)
    return {("organizations", action): handler for action, handler in table.items()}


def _violated(message: str, reason: str) -> WireError:
    return constraint(message, reason, code="HandshakeConstraintViolationException")
