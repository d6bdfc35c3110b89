"""The organization with what the config's targets need: tags, listed accounts, and whose credentials there are."""

from __future__ import annotations

import pytest

from rolecall.core.config import Config
from rolecall.core.ids import AccountId
from rolecall.core.organization import AccountState
from rolecall.core.plan import Action
from rolecall.errors import ConfigError
from rolecall.flows.look import look
from rolecall.flows.targeting import TAG_CALLS_A_SECOND, find_targets
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT

from .acting import account, applied, by_name, unit, verdicts

OFF = {"auto_deployment": {"enabled": False}}


def excluding(*accounts: str) -> Config:
    return config(targets={"exclude_accounts": list(accounts)}, deployment=OFF)


def tagged(**section: object) -> Config:
    return config(targets={"account_tags": {"environment": ["prod", "staging"]}, **section}, deployment=OFF)


async def test_an_excluded_account_that_is_not_in_the_organization_is_a_config_error(cloud: FakeCloud) -> None:
    """With a typo the role would go where it is not wanted."""
    with pytest.raises(ConfigError, match=r"targets.exclude_accounts: .* has no 222222222222, 999999999999$") as caught:
        await look(excluding("999999999999", account(cloud, "dev"), "222222222222"), cloud.ports())
    assert caught.value.exit_status == 2
    assert cloud.progress.open is None


async def test_accounts_of_the_organization_can_be_excluded_in_any_state(cloud: FakeCloud) -> None:
    cloud.organizations.set_state(account(cloud, "dev"), AccountState.SUSPENDED)
    wanted = excluding(account(cloud, "dev"), account(cloud, "audit"), account(cloud, "management"))
    organization, _ = await find_targets(wanted, cloud.ports())
    assert len(organization.accounts) == 5


async def test_accounts_are_chosen_by_their_tags(cloud: FakeCloud) -> None:
    cloud.organizations.account_tags = {
        account(cloud, "billing"): {"environment": "prod", "owner": "money"},
        account(cloud, "dev"): {"environment": "dev"},
    }
    done = await applied(cloud, tagged())
    rows = by_name(done.seen.rows(done.proofs))
    assert {name: row.verdict for name, row in rows.items()} == {
        "management": "ready",
        "billing": "ready",
        "audit": "excluded",
        "payments": "excluded",
        "dev": "excluded",
    }
    assert "its tag environment is 'dev'" in rows["dev"].reason
    assert (await look(tagged(), cloud.ports())).plan.changes == ()


async def test_only_what_the_config_asks_for_is_kept_of_the_tags(cloud: FakeCloud) -> None:
    """So that the change of another tag makes no saved plan stale."""
    cloud.organizations.account_tags[account(cloud, "dev")] = {"environment": "prod", "owner": "money"}
    before = (await look(tagged(), cloud.ports())).plan.fingerprint
    cloud.organizations.account_tags[account(cloud, "dev")]["owner"] = "somebody else"
    assert (await look(tagged(), cloud.ports())).plan.fingerprint == before
    cloud.organizations.account_tags[account(cloud, "dev")]["environment"] = "dev"
    assert (await look(tagged(), cloud.ports())).plan.fingerprint != before


async def test_tags_cost_one_call_an_account_under_the_units_and_none_where_they_do_not_matter(
    cloud: FakeCloud,
) -> None:
    await look(config(), cloud.ports())
    assert cloud.organizations.calls["ListTagsForResource"] == 0
    await look(tagged(organizational_units=["/Workloads/Prod"]), cloud.ports())
    assert cloud.organizations.calls["ListTagsForResource"] == 2


async def test_tags_are_asked_for_at_the_rate_that_aws_gives(cloud: FakeCloud) -> None:
    for number in range(3 * TAG_CALLS_A_SECOND):
        cloud.organizations.account(f"a{number}")
    await find_targets(tagged(), cloud.ports())
    assert cloud.organizations.calls["ListTagsForResource"] == 3 * TAG_CALLS_A_SECOND + 4
    assert cloud.clock.elapsed == pytest.approx(3)


async def test_account_filters_with_auto_deployment_are_refused_before_anything_is_changed(cloud: FakeCloud) -> None:
    left_out = account(cloud, "audit")
    with pytest.raises(ConfigError) as caught:
        await applied(cloud, config(targets={"exclude_accounts": [left_out]}))
    assert caught.value.hint.endswith("organizational_units: [/Workloads]")
    assert cloud.stack_sets.log + cloud.stacks.log + cloud.platform.log == []


async def test_an_account_that_joins_an_included_unit_does_not_get_the_role(cloud: FakeCloud) -> None:
    wanted = config(targets={"include_accounts": [account(cloud, "dev")]}, deployment=OFF)
    await applied(cloud, wanted)
    late = cloud.organizations.account("late", unit(cloud, "Dev"))
    done = await applied(cloud, wanted)
    assert done.plan.changes == ()
    assert late not in cloud.stack_sets.sets[STACK_SET].instances


async def test_the_management_accounts_stack_is_never_made_in_another_account(cloud: FakeCloud) -> None:
    cloud.stacks.credentials = AccountId("100000000001")
    with pytest.raises(ConfigError) as caught:
        await applied(cloud)
    assert caught.value.summary == "the management account's stack would be made in account 100000000001"
    assert "deployment.management_profile" in caught.value.hint
    assert cloud.stacks.log + cloud.stack_sets.log == []
    without = config(targets={"management_account": False})
    assert (await applied(cloud, without)).failures == ()


async def test_a_unit_without_accounts_becomes_a_target_of_auto_deployment(cloud: FakeCloud) -> None:
    await applied(cloud, config(targets={"organizational_units": ["/Security"]}))
    empty = cloud.organizations.unit("Empty")
    wanted = config(targets={"organizational_units": ["/Security", "/Empty"]})
    done = await applied(cloud, wanted)
    assert [change.action for change in done.plan.changes] == [Action.ADD_UNIT]
    assert done.failures == ()
    assert empty in cloud.stack_sets.sets[STACK_SET].stack_set.unit_ids
    assert (await applied(cloud, wanted)).plan.changes == ()


async def test_a_unit_can_be_widened_to_the_one_above_it(cloud: FakeCloud) -> None:
    await applied(cloud, config(targets={"organizational_units": ["/Workloads/Prod"]}))
    wanted = config(targets={"organizational_units": ["/Workloads"]})
    done = await applied(cloud, wanted)
    assert (done.failures, done.plan.blocked) == ((), ())
    assert verdicts(done)["dev"] == "ready"
    assert (await applied(cloud, wanted)).plan.changes == ()


async def test_without_the_management_account_whole_units_are_targets_all_the_same(cloud: FakeCloud) -> None:
    """StackSets never reach it, so that its exclusion is no filter to them."""
    wanted = {"organizational_units": ["/Security"], "exclude_accounts": [MANAGEMENT]}
    await applied(cloud, config(targets=wanted))
    cloud.organizations.unit("Empty")
    more = config(targets={**wanted, "organizational_units": ["/Security", "/Empty"]})
    await applied(cloud, more)
    assert (await applied(cloud, more)).plan.changes == ()
    assert cloud.stacks.stacks == {}
