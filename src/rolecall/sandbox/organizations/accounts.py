"""Organizations' operations on accounts: create, move, remove, leave. Memory, and the world's clock.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_create.html

AWS does not document how long creating takes; here it is a moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.organizations.errors import constraint
from rolecall.sandbox.organizations.guards import for_management, for_reader, require_member
from rolecall.sandbox.organizations.invitations import Invitations
from rolecall.sandbox.organizations.lookup import existing_account, existing_unit
from rolecall.sandbox.organizations.membership import check_may_leave, joined, remove
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.tags import read_tags
from rolecall.sandbox.organizations.telling import tell, told
from rolecall.sandbox.population import add_member
from rolecall.sandbox.seeded import seeded_account_id, seeded_id
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_CREATION_SECONDS = 1.0
_MAX_CREATIONS = 5


@dataclass(frozen=True, slots=True)
class _Accounts:
    world: World
    invitations: Invitations
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    creating: set[str] = field(default_factory=set)

    def create_account(self, call: Call) -> Params:
        if len(self.creating) >= _MAX_CREATIONS:
            raise constraint("You can create only five accounts at a time.", "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED")
        read_tags(call)  # wrong ones are refused now, not when the account is made
        number, status = len(self.statuses), self._begin(call)
        account_id = seeded_account_id(self.world.seed, f"created/{number}/{call.params['AccountName']}")
        self.world.clock.work(_CREATION_SECONDS, lambda: self._finish_creation(call, status, account_id))
        return {"CreateAccountStatus": dict(status)}

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

    def remove_account(self, call: Call) -> Params:
        account = existing_account(self.world, call.params["AccountId"])
        check_may_leave(self.world, account)
        remove(self.world, account, "REMOVED")
        return {}

    def leave(self, call: Call) -> Params:
        require_member(self.world, call)
        account = existing_account(self.world, call.caller.account_id)
        check_may_leave(self.world, account)
        remove(self.world, account, "LEFT")
        return {}

    def _begin(self, call: Call) -> dict[str, Any]:
        """The status of a creation, which changes when it is over."""
        request_id = "car-" + seeded_id(self.world.seed, f"create/{len(self.statuses)}", 32)
        status = {
            "Id": request_id,
            "AccountName": call.params["AccountName"],
            "RequestedTimestamp": self.world.now(),
            "State": "IN_PROGRESS",
        }
        self.statuses[request_id] = status
        self.creating.add(request_id)
        return status

    def _finish_creation(self, call: Call, status: dict[str, Any], account_id: str) -> None:
        self.creating.discard(status["Id"])
        failure = self._why_not(call.params["Email"])
        status["CompletedTimestamp"] = self.world.now()
        if failure is None:
            status |= {"State": "SUCCEEDED", "AccountId": account_id}
            self._join(call, account_id)
        else:
            status |= {"State": "FAILED", "FailureReason": failure}
        told_status = {"id": status["Id"], "state": status["State"], "accountName": status["AccountName"]}
        told_status |= {"accountId": account_id} if failure is None else {"failureReason": failure}
        tell(self.world, "CreateAccountResult", {"createAccountStatus": told_status})

    def _why_not(self, email: str) -> str | None:
        if self.world.organization.account_id_of(email) is not None:
            return "EMAIL_ALREADY_EXISTS"
        return "ACCOUNT_LIMIT_EXCEEDED" if self.invitations.organization_is_full else None

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
        joined(self.world, account, read_tags(call), "Created")


def handlers(world: World, invitations: Invitations) -> Handlers:
    accounts = _Accounts(world, invitations)
    changes = {
        "CreateAccount": accounts.create_account,
        "MoveAccount": accounts.move_account,
        "RemoveAccountFromOrganization": accounts.remove_account,
    }
    questions = {
        "DescribeCreateAccountStatus": accounts.describe_create_account_status,
        "ListCreateAccountStatus": accounts.list_create_account_status,
    }
    table = {action: for_management(world, told(world, handler)) for action, handler in changes.items()}
    table |= {action: for_reader(world, handler) for action, handler in questions.items()}
    table["LeaveOrganization"] = told(world, accounts.leave)
    return {("organizations", action): handler for action, handler in table.items()}
