"""The role itself: pitfalls of IAM and of taking it out again. Each naive way fails here where rolecall does not."""

from __future__ import annotations

import json

from rolecall.core.ids import RoleArn
from rolecall.sandbox.scenario import Scenario
from tests.fakes.cloud import EXTERNAL_ID
from tests.sandbox.conformance.cloud import REGION, refused
from tests.sandbox.served import trust
from tests.sandbox.trust.conftest import Platform, Trusting

from .conftest import House, StartHouse


async def test_pitfall_07_instances_go_before_their_set(house: House) -> None:
    """API_DeleteStackSet: a set that has instances is not deleted; and who deregisters last leaves dead entries."""
    house.naive.create()
    house.naive.deploy()
    delete = house.naive.cloudformation.delete_stack_set
    assert refused(delete, StackSetName=house.naive.name)[0] == "StackSetNotEmptyException"

    await house.apply()
    destroyed = await house.destroy()
    order = [change.action.value for change in destroyed.changes]
    assert list(dict.fromkeys(order)) == ["deregister", "delete-stack-instance", "delete-stack-set", "delete-stack"]
    assert (destroyed.failures, destroyed.left, house.platform.registered) == ((), (), {})


async def test_pitfall_12_iam_is_global_and_a_second_region_collides(house: House) -> None:
    """DD#85: the second Region's stack finds the role's name taken by the first."""
    house.naive.create()
    operation = house.naive.deploy(Regions=[REGION, "eu-west-1"])
    reasons = {
        result["StatusReason"]
        for result in house.naive.results(operation["OperationId"]).values()
        if "StatusReason" in result
    }
    assert any("already exists" in reason for reason in reasons)

    await house.apply()
    regions = {instance["Region"] for instance in house.ours.instances().values()}
    assert regions == {REGION}


async def test_pitfall_12_registrations_of_others_are_never_rolled_back(house: House) -> None:
    """DD#124: a teardown that takes out an integration that was there before."""
    other = RoleArn("aws", house.account("audit"), "/", "SomebodyElsesRole")
    await house.platform.add("audit, by hand", other)
    await house.apply()
    await house.destroy()
    assert house.platform.registered == {"audit, by hand": other}


async def test_pitfall_14_a_new_role_is_not_known_everywhere_at_once(start_house: StartHouse) -> None:
    """IAM troubleshoot: changes take time to be seen; who asks once, right away, is refused."""
    units = [{"name": "A", "accounts": ["audit"]}]
    of_audit = {"kind": "iam-lag", "account": "audit"}
    lag = [{**of_audit, "seconds": 3}, {**of_audit, "action": "CreateRole", "times": 1, "seconds": 3600}]
    house = start_house(Scenario.model_validate({"organization": {"seed": 14, "units": units}, "faults": lag}), speed=1)
    house.naive.create()
    assert house.naive.deploy()["Status"] == "SUCCEEDED"
    audit = house.sandbox.client_of("iam", "audit")
    assert refused(audit.get_role, RoleName="ResponseRole")[0] == "NoSuchEntity"  # for who asks but once

    applied = await house.apply()
    assert applied.well
    assert {str(proof.access) for proof in applied.proofs.values()} == {"answering"}


async def test_pitfall_14_a_platform_role_made_anew_rots_trust_in_its_arn(house: House) -> None:
    """hackingthe.cloud: a principal's ARN is kept as its unique id, and the id dies with the role."""
    platform = Platform(house.sandbox).made()
    wanted = house.config(
        role={"trusted_principals": [platform.arn]},
        check={"assume_from": {"profile": None, "role_arn": platform.arn}},
    )
    assert (await house.apply(wanted)).well
    named = trust(platform.arn, StringEquals={"sts:ExternalId": EXTERNAL_ID})
    house.sandbox.client_of("iam", "audit").create_role(RoleName="Naive", AssumeRolePolicyDocument=json.dumps(named))
    again = platform.made_anew()
    naive = Trusting(house.sandbox, f"arn:aws:iam::{house.account('audit')}:role/Naive")
    assert naive.answers(again.client(), ExternalId=EXTERNAL_ID) == "AccessDenied"

    assert {row.verdict for row in (await house.check(wanted)).values()} == {"ready"}
