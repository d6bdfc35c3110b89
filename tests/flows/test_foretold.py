"""An organization in which much stands in the way, in the sandbox: what preflight foretells is what then happens."""

from __future__ import annotations

import json
from typing import Any

from rolecall.core.config import Config
from rolecall.core.preflight import Level
from rolecall.flows.look import Seen
from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import ROLE, House, StartHouse, start_house
from tests.sandbox.conftest import sandbox_loop, start_sandbox
from tests.sandbox.served import trust

from .acting import by_name, verdicts

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

STRANGER = trust("arn:aws:iam::999999999999:root")


def scp(name: str, target: str, action: list[str], **conditions: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Deny", "Action": action, "Resource": "*"}
    if conditions:
        statement["Condition"] = conditions
    return {"name": name, "targets": [target], "document": {"Version": "2012-10-17", "Statement": [statement]}}


IN_THE_WAY = {
    "organization": {
        "seed": 5,
        "units": [
            {"name": "Locked", "accounts": ["vault"]},
            {"name": "Workloads", "accounts": ["billing", "legacy", "tagged"]},
            {"name": "Quarantine", "accounts": ["isolated"]},
        ],
    },
    "scps": [
        scp("NoNewRoles", "/Locked", ["iam:CreateRole", "iam:PutRolePolicy"]),
        scp("NoSnapshots", "billing", ["ec2:CreateSnapshot"]),
        scp("OnlyTagged", "tagged", ["iam:CreateRole"], StringEquals={"aws:RequestTag/cost-center": "none"}),
    ],
    "roles": [{"account": "legacy", "name": ROLE, "trust": STRANGER}],
}


def wanted(house: House) -> Config:
    return house.config(
        targets={"organizational_units": ["/Locked", "/Workloads"]},
        deployment={"inspect_role": "OrganizationAccountAccessRole"},
        platforms=[],
    )


def told(seen: Seen, level: Level) -> set[tuple[str, str | None]]:
    """The checks of that level, each with the name of the account that it is about."""
    accounts = seen.desired.accounts
    return {
        (finding.id, accounts[finding.account].account.name if finding.account else None)
        for finding in seen.findings
        if finding.level is level
    }


async def test_what_is_foretold_is_what_happens(start_house: StartHouse) -> None:
    house = start_house(Scenario.model_validate(IN_THE_WAY))
    seen = await house.plan(wanted(house))
    assert told(seen, Level.BLOCKS) == {("execution-role-denied", "vault"), ("name-taken", "legacy")}
    warned = {("execution-role-denied", None), ("role-denied", None), ("quarantine-unit", None)}
    assert told(seen, Level.WARNS) == warned
    assert told(seen, Level.UNCHECKED) == set()
    messages = " ".join(finding.message for finding in seen.findings)
    assert "OnlyTagged may deny, under conditions that cannot be told beforehand, iam:CreateRole" in messages
    assert "NoSnapshots denies ec2:CreateSnapshot to the role in 1 account (billing)" in messages
    done = await house.apply(wanted(house))
    assert done.failures == ()
    assert verdicts(done) == {
        "management": "ready",
        "billing": "restricted",
        "tagged": "ready",
        "vault": "unreachable",
        "legacy": "unreachable",
        "isolated": "excluded",
    }
    forced = await house.apply(wanted(house), retry_blocked=True)
    reasons = {failure.account: failure.reason for failure in forced.failures}
    assert set(reasons) == {house.account("vault"), house.account("legacy")}
    assert "explicit deny in a service control policy" in reasons[house.account("vault")]
    assert "already exists" in reasons[house.account("legacy")]


async def test_a_second_stack_set_in_another_region_is_found_and_stops_the_first_apply(start_house: StartHouse) -> None:
    house = start_house(Scenario.model_validate(IN_THE_WAY))
    resource = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": ROLE, "AssumeRolePolicyDocument": STRANGER}}
    abroad = house.sandbox.session().client("cloudformation", "eu-west-1", endpoint_url=house.sandbox.endpoint)
    abroad.create_stack_set(
        StackSetName="by-hand",
        TemplateBody=json.dumps({"Resources": {"Role": resource}}),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert ("second-stack-set", None) in told(await house.plan(wanted(house)), Level.WARNS), "it has no instances yet"
    root = house.sandbox.client("organizations").list_roots()["Roots"][0]["Id"]
    abroad.create_stack_instances(
        StackSetName="by-hand", DeploymentTargets={"OrganizationalUnitIds": [root]}, Regions=["eu-west-1"]
    )
    done = await house.apply(wanted(house))
    (blocked,) = [change for change in done.plan.blocked if change.account is None]
    assert "take it over with `rolecall --region eu-west-1 adopt by-hand`" in blocked.detail
    assert house.sandbox.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []
    assert by_name(done.seen.rows(done.proofs))["management"].verdict == "ready"
