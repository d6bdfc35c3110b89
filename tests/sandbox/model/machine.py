"""Random sequences of organization and stack-set operations, and what must hold after each of them.

Nothing waits and nothing goes over HTTP; some steps leave an operation in the middle and stop it there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rolecall.sandbox import organizations
from rolecall.sandbox.wire import Call, Caller, PrincipalId, WireError

from ..stacks.cloud import LABS, MANAGEMENT, PROD, ROOT, WORKLOADS, parameter
from ..stacksets.fleet import NAME, Fleet
from .expected import Expected

UNITS = st.sampled_from([ROOT, WORKLOADS, PROD, LABS])
PLACES = st.sampled_from([ROOT, WORKLOADS, PROD, LABS])
VERSIONS = st.sampled_from(["s3:Get*", "s3:List*", "ec2:Describe*"])
PREFERENCES = st.sampled_from([
    {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100},
    {"FailureToleranceCount": 1, "MaxConcurrentCount": 3, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"},
    {},
])  # fmt: skip
DENIED = st.sampled_from(["iam:CreateRole", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:*"])
_FEW_TURNS = 3
_FOREIGN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}]}'  # noqa: E501


class Machine(RuleBasedStateMachine):
    """One stack set in a small organization."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.expected = Expected()
        self.last_drift: set[str] | None = None

    @initialize(auto=st.booleans(), managed=st.booleans())
    def begin(self, auto: bool, managed: bool) -> None:
        self.auto, self.managed = auto, managed
        self.fleet = self.go(self._fleet())
        self.organizations = organizations.handlers(self.fleet.world)
        settings = {"Enabled": True, "RetainStacksOnAccountRemoval": False} if auto else {"Enabled": False}
        self.do(lambda: self.fleet.create_set(AutoDeployment=settings, ManagedExecution={"Active": managed}))

    @rule(unit=UNITS, preferences=PREFERENCES)
    def deploy(self, unit: str, preferences: dict[str, Any]) -> None:
        self.do(lambda: self.fleet.begin("CreateStackInstances", [unit], OperationPreferences=preferences))
        self.expected.targets.add(unit)

    @rule(unit=UNITS, kind=st.sampled_from(["INTERSECTION", "DIFFERENCE"]), data=st.data())
    def deploy_some(self, unit: str, kind: str, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.members()))
        targets = {"Accounts": [account], "AccountFilterType": kind}
        self.do(lambda: self.fleet.begin("CreateStackInstances", [unit], targets=targets))
        self.expected.targets.add(unit)

    @rule(version=VERSIONS, preferences=PREFERENCES)
    def update(self, version: str, preferences: dict[str, Any]) -> None:
        given = {"UsePreviousTemplate": True, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        parameters = parameter(Actions=version)
        self.do(
            lambda: self.fleet.on_set(
                "UpdateStackSet", **given, Parameters=parameters, OperationPreferences=preferences
            )
        )
        self.expected.version = version

    @rule(unit=UNITS, retain=st.booleans())
    def delete(self, unit: str, retain: bool) -> None:
        before = self.accounts()
        operation_id = self.do(lambda: self.fleet.begin("DeleteStackInstances", [unit], RetainStacks=retain))
        self.expected.vanished(before - self.accounts(), retained=retain)
        if self.status_of(operation_id) == "SUCCEEDED":
            self.expected.targets -= {target for target in self.expected.targets if unit in self.above(target)}

    @rule(unit=UNITS)
    def stop_in_the_middle(self, unit: str) -> None:
        async def work() -> None:
            operation_id = self.fleet.begin("CreateStackInstances", [unit], OperationPreferences={})
            for _ in range(_FEW_TURNS):
                await asyncio.sleep(0)
            if self.status_of(operation_id) == "RUNNING":
                self.fleet.on_set("StopStackSetOperation", OperationId=operation_id)
            await self.fleet.idle()

        self.go(work())
        self.expected.targets.add(unit)

    @rule(first=UNITS, second=UNITS, preferences=PREFERENCES)
    def two_at_once(self, first: str, second: str, preferences: dict[str, Any]) -> None:
        """Managed execution takes the second one in; without it, it is refused."""

        async def work() -> str | None:
            self.fleet.begin("CreateStackInstances", [first], OperationPreferences=preferences)
            refused = None
            try:
                self.fleet.begin("CreateStackInstances", [second], OperationPreferences=preferences)
            except WireError as error:
                refused = error.code
            await self.fleet.idle()
            return refused

        assert self.go(work()) == (None if self.managed else "OperationInProgressException")
        self.expected.targets |= {first, second} if self.managed else {first}

    @rule(unit=UNITS, place=PLACES, data=st.data())
    def move_in_the_middle(self, unit: str, place: str, data: st.DataObject) -> None:
        """An account moves while an operation works through the others."""
        account = data.draw(st.sampled_from(self.members()))
        source = self.fleet.organization.account(account)
        assert source is not None
        before, former = self.stacks(), source.unit_path

        async def work() -> None:
            self.fleet.begin("CreateStackInstances", [unit], OperationPreferences={})
            for _ in range(_FEW_TURNS):
                await asyncio.sleep(0)
            if source.parent_id != place:
                parents = {"SourceParentId": source.parent_id, "DestinationParentId": place}
                self.asked("MoveAccount", AccountId=account, **parents)
            await self.fleet.idle()

        self.go(work())
        self.expected.targets.add(unit)
        self.moved(before)
        if not self.targeted(former):
            self.arrived(account)

    @rule(place=UNITS, first=UNITS)
    def a_unit_comes_and_goes(self, place: str, first: str) -> None:
        """It is a target of an operation that waits, and is gone before that begins."""
        if len(self.fleet.organization.path_of(place)) > 4:
            return
        unit = self.ask("CreateOrganizationalUnit", ParentId=place, Name="brief")["OrganizationalUnit"]["Id"]

        async def work() -> None:
            self.fleet.begin("CreateStackInstances", [first], OperationPreferences={})
            if self.managed:
                self.fleet.begin("CreateStackInstances", [unit], OperationPreferences={})
            self.asked("DeleteOrganizationalUnit", OrganizationalUnitId=unit)
            await self.fleet.idle()

        self.go(work())
        self.expected.targets.add(first)

    @rule(unit=UNITS, action=DENIED)
    def forbid(self, unit: str, action: str) -> None:
        """An SCP on a unit, one at a time."""
        self.permit_all()
        statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
        policy = self.ask(
            "CreatePolicy",
            Name=f"deny-{len(self.expected.policies)}",
            Description="",
            Type="SERVICE_CONTROL_POLICY",
            Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )["Policy"]["PolicySummary"]["Id"]
        self.expected.policies.append(policy)
        self.ask("AttachPolicy", PolicyId=policy, TargetId=unit)
        self.expected.attached = (policy, unit)

    @rule()
    def permit_all(self) -> None:
        if self.expected.attached is not None:
            policy, unit = self.expected.attached
            self.ask("DetachPolicy", PolicyId=policy, TargetId=unit)
            self.expected.attached = None

    @rule(data=st.data(), protected=st.booleans())
    def protect(self, data: st.DataObject, protected: bool) -> None:
        """Termination protection, which somebody in the member account switches."""
        account = data.draw(st.sampled_from(self.members()))
        stacks = [entry["StackId"] for entry in self.instances() if entry["Account"] == account and "StackId" in entry]
        for stack in self.living(account, stacks):
            self.fleet.call(
                "UpdateTerminationProtection", account, StackName=stack, EnableTerminationProtection=protected
            )

    @rule(place=PLACES, data=st.data())
    def move(self, place: str, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.members()))
        source = self.fleet.organization.account(account)
        assert source is not None
        if source.parent_id == place:
            return
        before = self.stacks()
        self.ask("MoveAccount", AccountId=account, SourceParentId=source.parent_id, DestinationParentId=place)
        self.moved(before)
        if not self.targeted(source.unit_path):
            self.arrived(account)

    @rule(name=st.integers(0, 3))
    def join(self, name: int) -> None:
        before = set(self.members())
        self.ask("CreateAccount", AccountName=f"new-{name}", Email=f"new-{name}@example.com")
        for account in set(self.members()) - before:
            self.arrived(account)

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.members()))
        if self.active(account):
            self.ask("CloseAccount", AccountId=account)

    @precondition(lambda self: len(self.members()) > 2)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.members()))
        self.go(self.fleet.world.clock.advance(4 * 86_400))
        before = self.accounts()
        self.ask("RemoveAccountFromOrganization", AccountId=account)
        self.expected.vanished(before - self.accounts(), retained=True)
        self.expected.retained.add(account)

    @rule(data=st.data(), gone=st.booleans())
    def change_by_hand(self, data: st.DataObject, gone: bool) -> None:
        account = data.draw(st.sampled_from(self.members()))
        current = self.statuses().get(account) == "CURRENT"
        if not current or not self.fleet.has_role(account) or account in self.expected.foreign:
            return
        if gone:
            arn = f"arn:aws:iam::{account}:policy/ResponsePolicy"
            self.fleet.iam(account, "DetachRolePolicy", RoleName="ResponseRole", PolicyArn=arn)
            self.fleet.iam(account, "DeleteRole", RoleName="ResponseRole")
        else:
            self.fleet.iam(account, "UpdateRole", RoleName="ResponseRole", MaxSessionDuration=7200)
        self.expected.touched.add(account)

    @rule(data=st.data())
    def take_the_name(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.members()))
        if account not in self.accounts() and not self.fleet.has_role(account):
            self.fleet.iam(account, "CreateRole", RoleName="ResponseRole", AssumeRolePolicyDocument=_FOREIGN)
            self.expected.foreign.add(account)

    @rule()
    def look_for_drift(self) -> None:
        """Where StackSets may look, it finds what was changed by hand and nothing else."""
        preferences = {"FailureTolerancePercentage": 100}
        operation_id = self.do(lambda: self.fleet.on_set("DetectStackSetDrift", OperationPreferences=preferences))[
            "OperationId"
        ]
        results = self.set_call("ListStackSetOperationResults", OperationId=operation_id)["Summaries"]
        looked = {entry["Account"] for entry in results if entry["Status"] == "SUCCEEDED"}
        checked = [entry for entry in self.instances() if entry["Status"] == "CURRENT" and entry["Account"] in looked]
        drifted = {entry["Account"] for entry in checked if entry["DriftStatus"] == "DRIFTED"}
        assert drifted == {entry["Account"] for entry in checked} & self.expected.touched

    @invariant()
    def an_instance_agrees_with_its_account(self) -> None:
        for entry in self.instances():
            account, status = entry["Account"], entry["Status"]
            assert account != MANAGEMENT
            if status == "CURRENT":
                stack = self.fleet.call("DescribeStacks", account, StackName=entry["StackId"])["Stacks"][0]
                assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
                assert self.fleet.policy_actions(account) == self.expected.version
                assert self.fleet.has_role(account) or account in self.expected.touched
                assert account not in self.expected.foreign
            elif entry["StackInstanceStatus"]["DetailedStatus"] not in ("SUCCEEDED", "PENDING"):
                assert entry["StatusReason"]

    @invariant()
    def an_account_without_an_instance_has_nothing_of_ours(self) -> None:
        left = {account.id for account in self.fleet.organization.accounts()} - self.accounts()
        for account in left - self.expected.foreign - self.expected.retained:
            assert not self.fleet.has_role(account), account
            assert self.fleet.iam(account, "ListPolicies", Scope="Local")["Policies"] == []

    @invariant()
    def every_operation_is_over_and_its_counts_agree(self) -> None:
        for summary in self.set_call("ListStackSetOperations")["Summaries"]:
            assert summary["Status"] in ("SUCCEEDED", "FAILED", "STOPPED")
            results = self.set_call("ListStackSetOperationResults", OperationId=summary["OperationId"])["Summaries"]
            assert {entry["Status"] for entry in results} <= {"SUCCEEDED", "FAILED", "CANCELLED"}
            failed = sum(entry["Status"] == "FAILED" for entry in results)
            assert summary["StatusDetails"]["FailedStackInstancesCount"] == failed
            assert all(entry.get("StatusReason") for entry in results if entry["Status"] != "SUCCEEDED")

    @invariant()
    def auto_deployment_reaches_whoever_comes_into_a_target(self) -> None:
        assert self.expected.due <= self.accounts()

    @invariant()
    def the_organization_is_a_tree(self) -> None:
        if not self.begun:
            return
        listed: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self.ask("ListAccounts", MaxResults=2, **token)
            listed += [account["Id"] for account in page["Accounts"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert len(listed) == len(set(listed))
        for account_id in listed:
            assert len(self.ask("ListParents", ChildId=account_id)["Parents"]) == 1

    @property
    def begun(self) -> bool:
        return hasattr(self, "organizations")

    def teardown(self) -> None:
        if hasattr(self, "fleet"):
            self.go(self._closed())
        self.loop.close()

    async def _closed(self) -> None:
        await self.fleet.close()
        self.fleet.world.clock.close()

    async def _fleet(self) -> Fleet:
        return Fleet()

    def go(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def do(self, call: Any) -> Any:
        """A call, and all that follows from it."""

        async def settled() -> Any:
            answer = call()
            await self.fleet.idle()
            return answer

        return self.go(settled())

    def ask(self, action: str, **params: Any) -> Any:
        """A call of Organizations by the management account, and all that follows from it."""

        async def settled() -> Any:
            answer = self.asked(action, **params)
            if action in ("CreateAccount", "CloseAccount"):
                await self.fleet.world.clock.advance(0.01)
                await asyncio.sleep(0)
            await self.fleet.idle()
            return answer

        return self.go(settled())

    def asked(self, action: str, **params: Any) -> Any:
        arn = f"arn:aws:iam::{MANAGEMENT}:user/admin"
        caller = Caller(MANAGEMENT, arn, arn, PrincipalId("AIDAADMIN"))
        return self.organizations["organizations", action](Call("organizations", action, params, caller, "us-east-1"))

    def moved(self, before: dict[str, str | None]) -> None:
        """After a move: an account may have lost its stack, and may have another one since."""
        now = self.stacks()
        self.expected.vanished(before.keys() - now.keys(), retained=False)
        self.expected.touched -= {account for account, stack in before.items() if now.get(account) != stack}

    def stacks(self) -> dict[str, str | None]:
        return {entry["Account"]: entry.get("StackId") for entry in self.instances()}

    def arrived(self, account_id: str) -> None:
        """The account came into a unit: auto-deployment must give it an instance if the unit is targeted."""
        account = self.fleet.organization.account(account_id)
        assert account is not None
        if self.auto and account.state == "ACTIVE" and self.targeted(account.unit_path):
            self.expected.due.add(account_id)

    def targeted(self, unit_path: tuple[str, ...]) -> bool:
        return not self.expected.targets.isdisjoint(unit_path)

    def status_of(self, operation_id: str) -> str:
        operation = self.fleet.on_set("DescribeStackSetOperation", OperationId=operation_id)["StackSetOperation"]
        return str(operation["Status"])

    def living(self, account_id: str, stack_ids: Iterable[str]) -> list[str]:
        described = [self.fleet.call("DescribeStacks", account_id, StackName=stack_id) for stack_id in stack_ids]
        stacks = [answer["Stacks"][0] for answer in described]
        return [stack["StackId"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]

    def set_call(self, action: str, **params: Any) -> dict[str, Any]:
        if not self.begun:
            return {"Summaries": []}
        found: dict[str, Any] = self.fleet.call(action, StackSetName=NAME, **params)
        return found

    def instances(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.set_call("ListStackInstances")["Summaries"]
        return found

    def statuses(self) -> dict[str, str]:
        return {entry["Account"]: entry["Status"] for entry in self.instances()}

    def accounts(self) -> set[str]:
        return set(self.statuses())

    def members(self) -> list[str]:
        every: Iterable[Any] = self.fleet.organization.accounts()
        return sorted(account.id for account in every if account.id != MANAGEMENT)

    def active(self, account_id: str) -> bool:
        account = self.fleet.organization.account(account_id)
        return account is not None and account.state == "ACTIVE"

    def above(self, unit_id: str) -> tuple[str, ...]:
        path: tuple[str, ...] = self.fleet.organization.path_of(unit_id)
        return path
