from __future__ import annotations

from collections.abc import Sequence

import pytest

from rolecall.core.blame import ControlPolicy
from rolecall.core.ids import RoleArn
from rolecall.core.probe import Answer, AssumedRole, Question
from rolecall.errors import AccessDenied, CredentialsError
from rolecall.registry.accounts.store import remove_account
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.engine import Database
from rolecall.registry.discovery.begin import discovery_pipeline
from tests.fakes.cloud import EXTERNAL_ID, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT
from tests.fakes.probe import throttled
from tests.flows.acting import account, applied
from tests.flows.conftest import cloud

from .working import Office

__all__ = ["cloud"]


def role_of(cloud: FakeCloud, name: str, role: str = "CadoResponseRole") -> str:
    return f"arn:aws:iam::{account(cloud, name)}:role/{role}"


@pytest.fixture
async def office(database: Database, cloud: FakeCloud) -> Office:
    """With the role deployed everywhere, and `dev` registered."""
    await applied(cloud)
    office = Office.of(database, cloud)
    office.add("dev", role_of(cloud, "dev"))
    return office


async def test_a_good_role_is_a_success_and_was_used(office: Office) -> None:
    (begun,) = await office.done(check_pipeline(["dev"]))
    assert office.pipeline(begun).status == "complete"
    row = office.account("dev")
    assert row is not None
    (check,) = office.checks()
    assert (check.result, check.verdict, check.issues, check.pipeline_id) == ("success", "ready", [], begun)
    assert (row.check_result, row.account_check_id) == ("success", begun)
    assert row.checked_at == row.last_used_at == check.ended_at
    (subtask,) = office.subtasks(begun).values()
    assert subtask.progress == [
        f"Assuming {row.role_arn} and simulating what it may do",
        f"ready: {check.reason}",
    ]


async def test_the_external_id_is_not_kept_where_aws_repeats_it(office: Office, cloud: FakeCloud) -> None:
    said = f"Value '{EXTERNAL_ID}' at 'externalId' failed to satisfy constraint"
    cloud.probe.errors[account(cloud, "dev")] = AccessDenied(said, code="ValidationError")
    (begun,) = await office.done(check_pipeline(["dev"]))
    (check,) = office.checks()
    (subtask,) = office.subtasks(begun).values()
    assert "at 'externalId' failed" in check.reason
    assert EXTERNAL_ID not in f"{check.reason} {check.issues} {subtask.progress}"


async def test_what_is_missing_is_an_issue_of_its_service_with_who_denies_it_and_the_mend(
    office: Office, cloud: FakeCloud
) -> None:
    cloud.probe.denied[account(cloud, "dev")] = {"ec2:CreateSnapshot": "boundary", "s3:GetObject": "role"}
    (begun,) = await office.done(check_pipeline(["dev"]))
    assert office.pipeline(begun).status == "failed"
    (check,) = office.checks()
    assert (check.result, check.verdict) == ("failure", "restricted")
    found = {issue["service"]: issue for issue in check.issues}
    assert found["ec2"] == {
        "service": "ec2",
        "issue": "ec2:CreateSnapshot is denied by the role's permissions boundary in us-east-1; needed for ebs",
        "issue_type": "denied_by_boundary",
        "mend": "Let the role's permissions boundary allow the action, or give the role another boundary",
    }
    assert found["s3"]["issue_type"] == "denied_by_role"
    row = office.account("dev")
    assert row is not None
    assert (row.check_result, row.last_used_at) == ("failure", check.ended_at), "it was assumed all the same"


async def test_a_permission_that_is_missing_in_two_regions_is_one_issue(office: Office, cloud: FakeCloud) -> None:
    cloud.probe.denied[account(cloud, "dev")] = {"ec2:CreateSnapshot": "role"}
    office.config = config(check={"regions": ["us-east-1", "eu-west-1"]})
    await office.done(check_pipeline(["dev"]))
    (issue,) = office.checks()[0].issues
    assert issue["issue"].endswith("in eu-west-1, us-east-1; needed for ebs")


async def test_policies_of_the_organization_are_named_once_a_discovery_knows_where_the_account_is(
    office: Office, cloud: FakeCloud
) -> None:
    document = '{"Statement": [{"Effect": "Deny", "Action": "ec2:CreateSnapshot", "Resource": "*"}]}'
    dev = account(cloud, "dev")
    above = cloud.organizations.members[dev].unit_ids[-1]
    cloud.organizations.policies = [ControlPolicy("p-1", "DenySnapshots", document, frozenset({above}))]
    cloud.probe.denied[dev] = {"ec2:CreateSnapshot": "scp"}
    office.add("org", role_of(cloud, "management"))
    await office.done(check_pipeline(["dev"]))
    await office.done(discovery_pipeline("org", "CadoResponseRole"))
    await office.done(check_pipeline(["dev"]))
    before, *_, after = [check.issues[0]["issue"] for check in office.checks() if check.issues]
    assert before.startswith("ec2:CreateSnapshot is denied by a service control policy in us-east-1")
    assert after.startswith("ec2:CreateSnapshot is denied by a service control policy (DenySnapshots) in us-east-1")


async def test_a_role_that_refuses_is_an_issue_and_was_not_used(office: Office, cloud: FakeCloud) -> None:
    office.add("gone", role_of(cloud, "audit", "NoSuchRole"))
    added = office.account("gone")
    await office.done(check_pipeline(["gone"]))
    (check,) = office.checks()
    assert (check.verdict, check.result) == ("unreachable", "failure")
    (issue,) = check.issues
    assert (issue["service"], issue["issue_type"]) == ("sts", "role_not_assumable")
    assert "not authorized to perform sts:AssumeRole" in issue["issue"]
    row = office.account("gone")
    assert row is not None
    assert added is not None
    assert row.last_used_at == added.last_used_at


async def test_a_role_that_answers_anybody_is_unsafe(office: Office, cloud: FakeCloud) -> None:
    cloud.probe.open.add(account(cloud, "dev"))
    await office.done(check_pipeline(["dev"]))
    (check,) = office.checks()
    assert (check.verdict, check.result) == ("unsafe", "failure")
    (issue,) = check.issues
    assert issue["issue_type"] == "role_open"
    assert "Require the external id" in issue["mend"]


@pytest.mark.parametrize("error", [throttled(), CredentialsError("no credentials to call the roll with")])
async def test_where_aws_tells_nothing_the_check_says_so(office: Office, cloud: FakeCloud, error: Exception) -> None:
    cloud.probe.errors[account(cloud, "dev")] = error
    await office.done(check_pipeline(["dev"]))
    (check,) = office.checks()
    assert (check.verdict, check.result) == ("unknown", "failure")
    assert [issue["issue_type"] for issue in check.issues] == ["not_known"]


async def test_a_role_that_may_not_simulate_has_every_permission_unproven(office: Office, cloud: FakeCloud) -> None:
    cloud.probe.mute.add(account(cloud, "dev"))
    await office.done(check_pipeline(["dev"]))
    (check,) = office.checks()
    assert check.verdict == "restricted"
    assert {issue["issue_type"] for issue in check.issues} == {"unproven"}
    assert {"s3", "ec2", "iam"} <= {issue["service"] for issue in check.issues}


async def test_the_role_is_asked_by_its_own_name_and_path(office: Office, cloud: FakeCloud) -> None:
    arn = RoleArn("aws", account(cloud, "dev"), "/ir/", "CadoResponseRole")
    office.add("other", str(arn))
    await office.done(check_pipeline(["other"]))
    asked = [resource for _, question in cloud.probe.questions[-20:] for resource in question.resources]
    assert str(arn) in asked


async def test_an_account_that_was_removed_is_cancelled_with_the_reason(office: Office) -> None:
    (begun,) = await office.done(check_pipeline(["nobody", "dev"]))
    subtasks = office.subtasks(begun)
    assert subtasks["Check nobody"].state == "CANCELLED"
    assert subtasks["Check nobody"].progress == ["nobody was removed before it was checked"]
    assert subtasks["Check dev"].state == "SUCCESS"
    assert office.pipeline(begun).status == "complete", "what could be checked was"


async def test_an_account_that_is_removed_and_added_anew_while_it_is_checked_is_not_judged_by_that(
    office: Office, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate, left = cloud.probe.simulate, ["dev"]

    async def meanwhile(assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        while left:
            with office.database.transaction() as session:
                assert remove_account(session, left.pop())
            office.add("dev", role_of(cloud, "billing"))
        return await simulate(assumed, question)

    monkeypatch.setattr(cloud.probe, "simulate", meanwhile)
    (begun,) = await office.done(check_pipeline(["dev"]))
    assert office.checks() == []
    (subtask,) = office.subtasks(begun).values()
    assert (subtask.state, subtask.progress[-1]) == ("CANCELLED", "dev was removed while it was checked")


async def test_the_management_accounts_role_is_asked_for_its_own_groups(office: Office, cloud: FakeCloud) -> None:
    """Known by the organization having been listed through it."""
    office.config = config(role={"permission_groups": ["account-check", "organizations"]})
    office.add("org", f"arn:aws:iam::{MANAGEMENT}:role/CadoResponseRole")
    cloud.probe.denied[MANAGEMENT] = {"organizations:ListAccounts": "role"}
    await office.done(check_pipeline(["org"]))
    await office.done(discovery_pipeline("org", "CadoResponseRole"))
    await office.done(check_pipeline(["org"]))
    verdicts = [check.verdict for check in office.checks() if check.account_id == 2]
    assert (verdicts[0], verdicts[-1]) == ("ready", "restricted")


def test_a_check_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an account"):
        check_pipeline([])
