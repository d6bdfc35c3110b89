from __future__ import annotations

from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import RoleArn
from rolecall.core.roll import Access
from rolecall.errors import CredentialsError
from rolecall.flows.one_role import RegisteredRole, RoleCaller
from tests.fakes.cloud import FakeCloud, config

from .acting import account, applied
from .test_roll_call import targets


def registered(target: DesiredAccount) -> RegisteredRole:
    return RegisteredRole(target.role, target.account.name, target.account.unit_ids)


async def test_a_role_by_itself_is_proven_as_in_a_roll_call(cloud: FakeCloud) -> None:
    target = next(found for found in await targets(cloud) if found.account.name == "dev")
    cloud.probe.denied[target.id] = {"ec2:CreateSnapshot": "boundary"}
    proof = await RoleCaller(config(), cloud.ports()).prove(registered(target))
    assert (proof.access, proof.assumed) == (Access.RESTRICTED, True)
    assert {item.action for item in proof.missing} == {"ec2:CreateSnapshot"}


async def test_credentials_that_are_gone_tell_nothing_of_the_role(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.probe.errors[dev] = CredentialsError("no credentials to call the roll with")
    proof = await RoleCaller(config(), cloud.ports()).prove(RegisteredRole(RoleArn("aws", dev, "/", "Any"), "dev"))
    assert (proof.access, proof.reason) == (Access.UNKNOWN, "no credentials to call the roll with")


async def test_policies_are_read_once_for_many_roles_and_anew_after_a_while(cloud: FakeCloud) -> None:
    """A registry runs for months, and policies change."""
    found = await targets(cloud)
    for target in found:
        cloud.probe.denied[target.id] = {"ec2:CreateSnapshot": "scp"}
    caller = RoleCaller(config(), cloud.ports())
    cloud.organizations.calls.clear()
    for expected in (1, 2):
        for target in found:
            await caller.prove(registered(target))
        assert cloud.organizations.calls["ListPolicies"] == expected
        cloud.clock.elapsed += 3600


async def test_roles_of_many_names_are_each_asked_by_their_own(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    caller = RoleCaller(config(), cloud.ports())
    for number in range(60):
        await caller.prove(RegisteredRole(RoleArn("aws", dev, "/ir/", f"Role{number}"), "dev"))
    assert len(caller._provers) == 50
    again = await caller.prove(RegisteredRole(RoleArn("aws", dev, "/", "CadoResponseRole"), "dev"))
    assert again.access is Access.ANSWERING
