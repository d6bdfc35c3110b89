"""Organizations' operations on accounts: create, move, close, remove. Memory only.

An account is created at once, closed at once (SUSPENDED), and removed without waiting four days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.organizations.views import existing_account, existing_unit, for_management, paged
from rolecall.sandbox.population import add_member
from rolecall.sandbox.seeded import seeded_account_id, seeded_id
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class _Accounts:
    world: World
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)

    def create_account(self, call: Call) -> Params:
        name, email = call.params["AccountName"], call.params["Email"]
        number = len(self.statuses)
        request_id = "car-" + seeded_id(self.world.seed, f"create/{number}", 32)
        now = self.world.now()
        status = {"Id": request_id, "AccountName": name, "RequestedTimestamp": now, "CompletedTimestamp": now}
        if any(account.email.lower() == email.lower() for account in self.world.accounts()):
            status |= {"State": "FAILED", "FailureReason": "EMAIL_ALREADY_EXISTS"}
        else:
            account_id = seeded_account_id(self.world.seed, f"created/{number}/{name}")
            self._join(call, account_id)
            status |= {"State": "SUCCEEDED", "AccountId": account_id}
        self.statuses[request_id] = status
        return {"CreateAccountStatus": status}

    def describe_create_account_status(self, call: Call) -> Params:
        status = self.statuses.get(call.params["CreateAccountRequestId"])
        if status is None:
            message = "You specified a create account request that doesn't exist."
            raise WireError("CreateAccountStatusNotFoundException", message)
        return {"CreateAccountStatus": status}

    def list_create_account_status(self, call: Call) -> Params:
        wanted = call.params.get("States") or ("IN_PROGRESS", "SUCCEEDED", "FAILED")
        statuses = [status for status in self.statuses.values() if status["State"] in wanted]
        return paged(self.world, call, "CreateAccountStatuses", statuses, dict)

    def move_account(self, call: Call) -> Params:
        account = existing_account(self.world, call.params["AccountId"])
        source = existing_unit(self.world, call.params["SourceParentId"], "SourceParentNotFoundException")
        target = existing_unit(self.world, call.params["DestinationParentId"], "DestinationParentNotFoundException")
        if account.parent_id == target.id:
            message = "The account is already present in the specified destination."
            raise WireError("DuplicateAccountException", message)
        if account.parent_id != source.id:
            raise WireError("SourceParentNotFoundException", "The account isn't in the specified source parent.")
        self.world.organization.move_account(account.id, target.id)
        self.world.account_changed(account.id, source.id, target.id)
        return {}

    def close_account(self, call: Call) -> Params:
        account = self._member(call)
        if account.state != "ACTIVE":
            raise WireError(
                "AccountAlreadyClosedException", "You attempted to close an account that is already closed."
            )
        self.world.organization.set_state(account.id, "SUSPENDED")
        self.world.account_changed(account.id, account.parent_id, account.parent_id)
        return {}

    def remove_account(self, call: Call) -> Params:
        account = self._member(call)
        self.world.organization.remove_account(account.id)
        self.world.account_changed(account.id, account.parent_id, None)
        return {}

    def _member(self, call: Call) -> WorldAccount:
        account = existing_account(self.world, call.params["AccountId"])
        if account.id == self.world.management_account():
            message = "You cannot do this to the organization's management account."
            raise WireError("ConstraintViolationException", message)
        return account

    def _join(self, call: Call, account_id: str) -> None:
        root_id = self.world.organization.root_id
        account = WorldAccount(
            id=account_id,
            name=call.params["AccountName"],
            email=call.params["Email"],
            state="ACTIVE",
            parent_id=root_id,
            unit_path=(root_id,),
            joined_at=self.world.now(),
        )
        add_member(self.world.store, self.world.organization, account, call.params.get("RoleName"))
        self.world.organization.set_tags(account_id, {t["Key"]: t["Value"] for t in call.params.get("Tags", ())})
        self.world.account_changed(account_id, None, root_id)


def handlers(world: World) -> Handlers:
    accounts = _Accounts(world)
    guarded = {
        "CreateAccount": accounts.create_account,
        "DescribeCreateAccountStatus": accounts.describe_create_account_status,
        "ListCreateAccountStatus": accounts.list_create_account_status,
        "MoveAccount": accounts.move_account,
        "CloseAccount": accounts.close_account,
        "RemoveAccountFromOrganization": accounts.remove_account,
    }
    return {("organizations", action): for_management(world, handler) for action, handler in guarded.items()}
