"""Everything that doctor looks at: once with all well, and each once in which it is bad or cannot be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rolecall.core.config import Config
from rolecall.core.diagnosis import Line, State, told
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.operator_rights import RIGHTS
from rolecall.core.organization import OrganizationIdentity
from rolecall.core.preflight import CHECKS, FoundRole
from rolecall.core.probe import Caller
from rolecall.errors import AccessDenied, AwsError, ConfigError, CredentialsError, PlatformError, RolecallError
from rolecall.flows.doctor import Reach, can_be_fixed, diagnose, fix
from rolecall.ports import Platform
from tests.core.preflight.facts import deny
from tests.fakes.cloud import ROLE_NAME, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT
from tests.fakes.platform import FakePlatform
from tests.fakes.probe import FakeRoleProbe

from .acting import account, applied, unit
from .test_preflight import plant, plant_stack_set

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/doctor.schema.json").read_text("utf-8"))
INSPECTING = {"inspect_role": "OrganizationAccountAccessRole"}
DENIED = AccessDenied("AWS refused the call", code="AccessDenied", detail="AccessDenied: you may not")

ONLY_WITH = ("template --upload", "adopt --import-stacks")
"""The rights of which are asked about only with the keys of the config that they are for."""


def reach(cloud: FakeCloud, **changes: Any) -> Reach:
    return replace(Reach(cloud.ports(), cloud.probe, {"forensics": cloud.platform}), **changes)


async def diagnosed(cloud: FakeCloud, wanted: Config | None = None, **changes: Any) -> tuple[Line, ...]:
    lines = await diagnose(wanted or config(deployment=INSPECTING), reach(cloud, **changes))
    jsonschema.Draft202012Validator(SCHEMA).validate(told("0.1.0", lines))
    return lines


def of(lines: Iterable[Line], check: str) -> Line:
    (line,) = [line for line in lines if line.check == check]
    return line


def states(lines: Iterable[Line]) -> dict[str, State]:
    return {line.check: line.state for line in lines if line.state is not State.OK}


async def test_where_all_is_well_every_line_says_so(cloud: FakeCloud) -> None:
    lines = await diagnosed(cloud)
    assert states(lines) == {}
    assert [line.check for line in lines] == [
        "credentials",
        "organization",
        "administrator",
        "management account",
        "trusted access",
        *(f"permissions of {command}" for command in RIGHTS if command not in ONLY_WITH),
        "targets",
        "plan",
        *CHECKS,
        "platform forensics",
        "platform's role",
    ]


async def test_it_changes_nothing(cloud: FakeCloud) -> None:
    await diagnosed(cloud)
    assert cloud.stack_sets.log == cloud.stacks.log == cloud.platform.log == []


async def test_without_credentials_everything_else_that_can_be_told_is_told(cloud: FakeCloud) -> None:
    nobody = CredentialsError("no usable AWS credentials", hint="log in again")
    cloud.operator.error = nobody
    for lines in (await diagnosed(cloud), await diagnosed(cloud, ports=nobody)):
        assert states(lines) == {"credentials": State.PROBLEM, "AWS": State.UNCHECKED}
        assert of(lines, "credentials").hint == "log in again"
        assert of(lines, "platform forensics").state is State.OK
        assert of(lines, "platform's role").state is State.OK


async def test_an_account_in_no_organization_is_a_problem(cloud: FakeCloud) -> None:
    error = AwsError("refused", code="AWSOrganizationsNotInUseException", detail="not in an organization", hint="go")

    async def identity() -> OrganizationIdentity:
        raise error

    cloud.organizations.identity = identity  # type: ignore[method-assign]
    lines = await diagnosed(cloud)
    assert of(lines, "organization") == Line("organization", State.PROBLEM, "not in an organization", "go")
    assert of(lines, "administrator").state is State.UNCHECKED
    assert of(lines, "preflight").state is State.UNCHECKED


async def test_consolidated_billing_is_a_problem(cloud: FakeCloud) -> None:
    cloud.organizations.all_features = False
    line = of(await diagnosed(cloud), "organization")
    assert line.state is State.PROBLEM
    assert line.hint.endswith("aws organizations enable-all-features")


async def test_credentials_of_a_member_account_are_a_problem(cloud: FakeCloud) -> None:
    audit = account(cloud, "audit")
    cloud.operator.identity = Caller(f"arn:aws:iam::{audit}:user/me", "AIDAEXAMPLE")
    cloud.stacks.credentials = audit
    lines = await diagnosed(cloud)
    assert f"{audit} is not the management account, {MANAGEMENT}" in of(lines, "administrator").message
    assert of(lines, "management account").state is State.PROBLEM


DELEGATED = {"call_as": "delegated-admin", "management_profile": "management", **INSPECTING}


async def test_a_delegated_administrator_is_told_from_one_that_is_none(cloud: FakeCloud) -> None:
    audit = account(cloud, "audit")
    cloud.operator.identity = Caller(f"arn:aws:sts::{audit}:assumed-role/Ops/me", "AROAEXAMPLE")
    line = of(await diagnosed(cloud, config(deployment=DELEGATED)), "administrator")
    assert line.state is State.PROBLEM
    assert f"register-delegated-administrator --account-id {audit}" in line.hint
    cloud.organizations.delegates = [audit]
    assert states(await diagnosed(cloud, config(deployment=DELEGATED))) == {}


async def test_the_management_account_is_no_delegated_administrator(cloud: FakeCloud) -> None:
    line = of(await diagnosed(cloud, config(deployment=DELEGATED)), "administrator")
    assert (line.state, line.hint) == (State.PROBLEM, "set deployment.call_as: self")


async def test_trusted_access_that_is_off_is_a_problem_that_can_be_fixed(cloud: FakeCloud) -> None:
    cloud.stack_sets.trusted = False
    lines = await diagnosed(cloud)
    assert states(lines) == {"trusted access": State.PROBLEM}
    assert "rolecall doctor --fix" in of(lines, "trusted access").hint
    assert can_be_fixed(lines)
    await fix(cloud.ports())
    lines = await diagnosed(cloud)
    assert states(lines) == {}
    assert not can_be_fixed(lines)


async def test_what_the_caller_may_not_do_is_named_for_each_command(cloud: FakeCloud) -> None:
    cloud.operator.denied = {"cloudformation:CreateStackSet", "cloudformation:ListStackSets"}
    lines = await diagnosed(cloud)
    apply, plan = of(lines, "permissions of apply"), of(lines, "permissions of plan")
    assert (apply.state, apply.message) == (State.PROBLEM, "the caller may not cloudformation:CreateStackSet")
    assert apply.hint == "allow what this prints: rolecall policy apply"
    assert plan.state is State.OK
    assert "tells less without cloudformation:ListStackSets" in plan.message
    assert set(states(lines)) == {"permissions of apply", "permissions of destroy"}, (
        "which takes stacks back to delete them"
    )


async def test_permissions_take_few_calls_each_of_one_resource_without_patterns(cloud: FakeCloud) -> None:
    await diagnosed(cloud)
    assert len(cloud.operator.questions) <= 12
    for question in cloud.operator.questions:
        (resource,) = question.resources
        assert resource == "*" or "*" not in resource
        assert "${" not in resource


async def test_a_caller_who_may_not_simulate_is_unchecked(cloud: FakeCloud) -> None:
    cloud.operator.may_simulate = False
    lines = await diagnosed(cloud)
    assert of(lines, "permissions").state is State.UNCHECKED
    assert not [line for line in lines if line.check.startswith("permissions of")]


async def test_the_root_user_is_a_problem_of_its_own(cloud: FakeCloud) -> None:
    cloud.operator.identity = Caller(f"arn:aws:iam::{MANAGEMENT}:root", MANAGEMENT)
    assert of(await diagnosed(cloud), "permissions").state is State.PROBLEM


async def test_rights_in_the_management_account_are_asked_of_its_own_credentials_alone(cloud: FakeCloud) -> None:
    cloud.operator.denied = {"cloudformation:CreateStack", "iam:CreateRole"}
    assert of(await diagnosed(cloud), "permissions of apply").state is State.PROBLEM
    without = config(deployment=INSPECTING, targets={"management_account": False})
    assert of(await diagnosed(cloud, without), "permissions of apply").state is State.OK


async def test_targets_that_are_not_there_are_a_problem_and_preflight_is_unchecked(cloud: FakeCloud) -> None:
    wanted = config(targets={"organizational_units": ["/Nowhere"]})
    lines = await diagnosed(cloud, wanted)
    assert of(lines, "targets").state is State.PROBLEM
    assert "has no /Nowhere" in of(lines, "targets").message
    assert of(lines, "preflight").state is State.UNCHECKED


async def test_what_preflight_finds_is_told_by_its_checks(cloud: FakeCloud) -> None:
    plant(cloud, unit(cloud, "Workloads"), deny("iam:CreateRole"))
    await plant_stack_set(cloud, "eu-west-1")
    cloud.inspector.plant(FoundRole(RoleArn("aws", MANAGEMENT, "/", ROLE_NAME)))
    cloud.organizations.unit("Quarantine")
    wanted = config(deployment=INSPECTING, targets={"organizational_units": ["/Workloads"]})
    lines = await diagnosed(cloud, wanted)
    assert states(lines) == {
        "execution-role-denied": State.PROBLEM,
        "second-stack-set": State.PROBLEM,
        "name-taken": State.PROBLEM,
        "quarantine-unit": State.PROBLEM,
    }
    assert of(lines, "execution-role-denied").message.endswith("make the role, in 3 accounts (billing, dev, payments)")


async def test_the_same_is_told_of_what_is_deployed_already(cloud: FakeCloud) -> None:
    await applied(cloud)
    plant(cloud, account(cloud, "dev"), deny("s3:ListBucket", "iam:UpdateRole"))
    assert states(await diagnosed(cloud)) == {
        "role-denied": State.PROBLEM,
        "execution-role-denied": State.PROBLEM,
    }


async def test_what_a_plan_calls_blocked_is_told(cloud: FakeCloud) -> None:
    cloud.stack_sets.failing[account(cloud, "dev")] = "CadoResponseRole already exists"
    await applied(cloud)
    line = of(await diagnosed(cloud), "plan")
    assert line.state is State.PROBLEM
    assert "blocked: blocked by something that rolecall did not make" in line.message


class Refusing(FakePlatform):
    """A platform that does not take the key."""

    async def registrations(self):  # type: ignore[no-untyped-def]
        raise PlatformError("platform forensics refused GET", status=401, detail="HTTP 401: no", hint="check the key")
        yield


@pytest.mark.parametrize(
    "platform",
    [Refusing(), ConfigError("platforms[].api_key: env:KEY holds no key", hint="check the key")],
    ids=["refused", "no key"],
)
async def test_a_platform_that_cannot_be_used_is_a_problem(
    cloud: FakeCloud, platform: Platform | RolecallError
) -> None:
    line = of(await diagnosed(cloud, platforms={"forensics": platform}), "platform forensics")
    assert (line.state, line.hint) == (State.PROBLEM, "check the key")


async def test_a_caller_of_the_roll_that_the_role_does_not_trust_is_a_problem(cloud: FakeCloud) -> None:
    cloud.probe.identity = Caller("arn:aws:iam::222222222222:user/me", "AIDAEXAMPLE")
    line = of(await diagnosed(cloud), "platform's role")
    assert line.state is State.PROBLEM
    assert "which role.trusted_principals does not name" in line.message


class Mute(FakeRoleProbe):
    """Credentials that nobody has."""

    async def caller(self) -> Caller:
        raise CredentialsError("the platform's own role cannot be assumed", hint="set check.assume_from")


async def test_without_the_platforms_credentials_the_roll_cannot_be_called(cloud: FakeCloud) -> None:
    mute = Mute(cloud.deployed, cloud.clock.monotonic)
    for lines in (
        await diagnosed(cloud, probe=mute),
        await diagnosed(cloud, probe=CredentialsError("no such profile", hint="set check.assume_from")),
    ):
        assert states(lines) == {"platform's role": State.PROBLEM}
        assert of(lines, "platform's role").hint == "set check.assume_from"


@dataclass
class SelfManaged:
    """The two roles of self-managed permissions, in a cloud in which all is well with them."""

    cloud: FakeCloud
    wanted: Config
    targets: list[AccountId]

    def execution(self, target: AccountId, principal: str) -> None:
        trust = trusting({"AWS": principal})
        self.cloud.inspector.plant(FoundRole(RoleArn("aws", target, "/", "Execution"), {}, trust))

    def administration(self, principal: dict[str, str]) -> None:
        role = RoleArn("aws", MANAGEMENT, "/", "Administration")
        self.cloud.operator.roles["Administration"] = FoundRole(role, {}, trusting(principal))

    async def lines(self) -> tuple[Line, ...]:
        return await diagnosed(self.cloud, self.wanted)


def trusting(principal: dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ADMINISTRATION = f"arn:aws:iam::{MANAGEMENT}:role/Administration"


@pytest.fixture
def self_managed(cloud: FakeCloud) -> SelfManaged:
    roles = {"administration_role": "Administration", "execution_role": "Execution"}
    wanted = config(deployment={"permissions": "self-managed", **INSPECTING, **roles})
    made = SelfManaged(cloud, wanted, [found for found in cloud.organizations.members if found != MANAGEMENT])
    made.administration({"Service": "cloudformation.amazonaws.com"})
    for target in made.targets:
        made.execution(target, ADMINISTRATION)
    return made


async def test_self_managed_roles_that_are_well_are_told_and_trusted_access_is_none_of_it(
    self_managed: SelfManaged,
) -> None:
    lines = await self_managed.lines()
    assert states(lines) == {}
    assert "CloudFormation may assume it" in of(lines, "administration role").message
    assert "is there, and trusts the administration role, in 4 accounts" in of(lines, "execution roles").message
    assert not [line for line in lines if line.check == "trusted access"]


async def test_an_administration_role_that_is_missing_or_shut_is_a_problem(self_managed: SelfManaged) -> None:
    self_managed.administration({"Service": "ec2.amazonaws.com"})
    shut = of(await self_managed.lines(), "administration role")
    assert (shut.state, "does not let cloudformation" in shut.message) == (State.PROBLEM, True)
    self_managed.cloud.operator.roles.clear()
    missing = of(await self_managed.lines(), "administration role")
    assert (missing.state, "has no role Administration" in missing.message) == (State.PROBLEM, True)
    assert missing.hint.startswith("rolecall template --for admin-role")


async def test_execution_roles_that_are_missing_shut_or_out_of_sight_are_told_apart(self_managed: SelfManaged) -> None:
    first, second, third, *_ = self_managed.targets
    del self_managed.cloud.inspector.roles[first, "Execution"]
    self_managed.execution(second, "arn:aws:iam::999999999999:root")
    self_managed.cloud.inspector.closed.add(third)
    found = [line for line in await self_managed.lines() if line.check == "execution roles"]
    assert [line.state for line in found] == [State.UNCHECKED, State.PROBLEM, State.PROBLEM]
    assert "AccessDenied to AssumeRole" in found[0].message
    assert "is missing in 1 account" in found[1].message
    assert f"does not trust {ADMINISTRATION} in 1 account" in found[2].message


async def test_without_a_role_to_inspect_with_execution_roles_are_unchecked(self_managed: SelfManaged) -> None:
    deployment = self_managed.wanted.deployment.model_copy(update={"inspect_role": None})
    wanted = self_managed.wanted.model_copy(update={"deployment": deployment})
    line = of(await diagnosed(self_managed.cloud, wanted), "execution roles")
    assert (line.state, "deployment.inspect_role is not given" in line.message) == (State.UNCHECKED, True)


async def test_a_right_that_lacks_is_unchecked_and_never_good_news(cloud: FakeCloud) -> None:
    async def refused(*_: object, **__: object) -> Any:
        raise DENIED

    cloud.stack_sets.trusted_access = refused  # type: ignore[method-assign]
    cloud.stacks.account = refused  # type: ignore[method-assign]
    cloud.organizations.policies = None
    lines = await diagnosed(cloud)
    assert states(lines) == dict.fromkeys(
        ("trusted access", "management account", "execution-role-denied", "role-denied"), State.UNCHECKED
    )
    assert "you may not" in of(lines, "trusted access").message
