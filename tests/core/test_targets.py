"""Who is a target and why not, and account filters beside auto-deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.config import Config
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import Account, AccountState, OrganizationalUnit, by_id
from rolecall.core.target_guard import cover, refuse_filters_with_auto_deployment
from rolecall.core.targets import Targets
from rolecall.errors import ConfigError
from tests.fakes.cloud import config

from .worlds import AUDIT, BILLING, MANAGEMENT, PROD, RETIRED, ROOT, SECURITY, UNITS, WORKLOADS, organization

TAGS = {AUDIT: {"environment": "security"}, BILLING: {"environment": "prod", "team": "money"}}


def targets(*units: UnitId, accounts: tuple[Account, ...] = (), tags: Any = None, **section: Any) -> Targets:
    world = replace(organization(*accounts), tags=tags or {})
    return Targets(wanted(**section).targets, world, units or (ROOT,))


def wanted(*, auto: bool = True, **section: Any) -> Config:
    return config(targets=section, deployment={"auto_deployment": {"enabled": auto}})


def reasons(found: Targets) -> dict[AccountId, str]:
    return {account.id: found.via(account)[1] for account in found.organization.accounts}


def test_only_the_included_accounts_under_the_units_are_targets() -> None:
    found = targets(include_accounts=[BILLING])
    assert reasons(found)[BILLING] == ""
    assert reasons(found)[AUDIT] == "not listed in targets.include_accounts"
    assert reasons(found)[MANAGEMENT] == "", "it has a switch of its own"


def test_an_included_account_outside_the_units_is_no_target() -> None:
    assert reasons(targets(SECURITY, include_accounts=[BILLING]))[BILLING] == "in none of targets.organizational_units"


@pytest.mark.parametrize(
    ("asked", "audit", "billing"),
    [
        ({"environment": ["prod", "security"]}, "", ""),
        ({"environment": ["prod"]}, "its tag environment is 'security', and targets.account_tags asks for 'prod'", ""),
        (
            {"environment": ["prod", "security"], "team": ["money"]},
            "has no tag team, which targets.account_tags asks for",
            "",
        ),
        ({"Environment": ["prod"]}, "has no tag Environment, which targets.account_tags asks for", None),
    ],
)
def test_tags_are_all_asked_for_with_one_of_their_values(
    asked: dict[str, list[str]], audit: str, billing: str | None
) -> None:
    found = reasons(targets(tags=TAGS, account_tags=asked))
    assert found[AUDIT] == audit
    assert found[BILLING] == (audit if billing is None else billing)


def test_tags_are_asked_of_the_accounts_that_they_decide_and_of_no_other() -> None:
    asked = {"environment": ["prod"]}
    assert targets(account_tags=asked).asked_for_tags() == [AUDIT, BILLING]
    assert targets(WORKLOADS, account_tags=asked).asked_for_tags() == [BILLING]
    assert targets(account_tags=asked, exclude_accounts=[AUDIT]).asked_for_tags() == [BILLING]
    assert targets(account_tags=asked, include_accounts=[AUDIT, RETIRED]).asked_for_tags() == [AUDIT]
    assert targets().asked_for_tags() == []


def test_the_first_reason_that_holds_is_the_one_that_is_told() -> None:
    found = reasons(targets(SECURITY, exclude_accounts=[RETIRED, BILLING], account_tags={"x": ["y"]}))
    assert "suspended" in found[RETIRED]
    assert found[BILLING] == "listed in targets.exclude_accounts"
    assert "has no tag x" in found[AUDIT]


def test_listed_accounts_that_the_organization_does_not_have_are_all_named() -> None:
    with pytest.raises(ConfigError) as caught:
        targets(
            include_accounts=["222222222222", AUDIT], exclude_accounts=["999999999999", "333333333333"]
        ).refuse_strangers()
    assert caught.value.summary == (
        "targets.include_accounts: the organization has no 222222222222; "
        "targets.exclude_accounts: the organization has no 333333333333, 999999999999"
    )
    assert "take it out of the list" in caught.value.hint
    assert caught.value.exit_status == 2


# The guard.


def refused(found: Targets) -> ConfigError:
    section = found.section.model_dump(exclude_none=True)
    with pytest.raises(ConfigError) as caught:
        refuse_filters_with_auto_deployment(wanted(**section), found)
    return caught.value


def test_filters_with_auto_deployment_are_refused_with_the_units_to_write_instead() -> None:
    error = refused(targets(exclude_accounts=[AUDIT]))
    assert error.summary == "targets.exclude_accounts cannot hold with deployment.auto_deployment.enabled"
    assert "AWS ignores account filters for accounts that come later" in error.detail
    assert error.hint.startswith("turn auto-deployment off (deployment: {auto_deployment: {enabled: false}})")
    assert error.hint.endswith("in place of targets.exclude_accounts: organizational_units: [/Workloads]")


def test_a_suspended_account_counts_as_what_it_would_be() -> None:
    """Where it is reinstated, auto-deployment reaches it."""
    assert refused(targets(include_accounts=[BILLING])).hint.endswith("organizational_units: [/Workloads/Prod]")
    both = refused(targets(include_accounts=[BILLING, RETIRED]))
    assert both.hint.endswith("organizational_units: [/Workloads]")


def test_where_no_units_say_the_same_those_in_the_way_are_named() -> None:
    other = Account(AccountId("100000000009"), "other", AccountState.ACTIVE, (ROOT, SECURITY))
    accounts = (*organization().accounts, other)
    error = refused(targets(accounts=accounts, account_tags={"environment": ["security"]}, tags=TAGS))
    assert error.hint.endswith(
        "no units say the same, since accounts that are meant and others are together in /Security"
    )


def test_where_the_filters_leave_nobody_that_is_said() -> None:
    assert refused(targets(account_tags={"no": ["such"]})).hint.endswith(
        "no account under the units is left by the filters"
    )


def test_several_filters_are_refused_together() -> None:
    error = refused(targets(include_accounts=[BILLING], account_tags={"environment": ["prod"]}, tags=TAGS))
    assert error.summary.startswith("targets.include_accounts and targets.account_tags cannot hold")


def test_the_management_account_may_be_excluded_since_stack_sets_never_reach_it() -> None:
    refuse_filters_with_auto_deployment(wanted(exclude_accounts=[MANAGEMENT]), targets(exclude_accounts=[MANAGEMENT]))
    hint = refused(targets(exclude_accounts=[MANAGEMENT, AUDIT])).hint
    assert hint.endswith("organizational_units: [/Workloads], management_account: false")


@pytest.mark.parametrize("section", [{}, {"exclude_accounts": [AUDIT]}])
def test_without_filters_or_without_auto_deployment_nothing_is_refused(section: dict[str, Any]) -> None:
    refuse_filters_with_auto_deployment(wanted(auto=not section, **section), targets(**section))


def test_a_unit_whose_path_would_mislead_is_told_by_its_id_and_odd_names_are_quoted() -> None:
    slash = by_id([OrganizationalUnit(SECURITY, "Workloads/Prod", ROOT)])
    world = replace(organization(), units={**UNITS, **slash})
    found = Targets(wanted(exclude_accounts=[BILLING, RETIRED]).targets, world, (ROOT,))
    assert refused(found).hint.endswith(f"organizational_units: [{SECURITY}]")
    odd = by_id([OrganizationalUnit(SECURITY, "Security: a, b", ROOT)])
    found = replace(found, organization=replace(world, units={**UNITS, **odd}))
    assert refused(found).hint.endswith('organizational_units: ["/Security: a, b"]')


PLACES = st.sampled_from([(ROOT,), (ROOT, SECURITY), (ROOT, WORKLOADS), (ROOT, WORKLOADS, PROD)])


@given(st.lists(st.tuples(PLACES, st.booleans(), st.booleans()), min_size=1, max_size=12), PLACES)
def test_the_units_that_are_proposed_hold_just_the_accounts_that_are_meant(
    placed: list[tuple[tuple[UnitId, ...], bool, bool]], top: tuple[UnitId, ...]
) -> None:
    members = [Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))]
    for number, (place, active, _) in enumerate(placed):
        state = AccountState.ACTIVE if active else AccountState.SUSPENDED
        members.append(Account(AccountId(str(200_000_000_000 + number)), f"a{number}", state, place))
    left_out = [member.id for member, (_, _, meant) in zip(members[1:], placed, strict=True) if not meant]
    found = targets(top[-1], accounts=tuple(members), exclude_accounts=left_out)
    units, in_the_way = cover(found)
    meant = {member.id for member in members if found.is_under(member) and not found.passed_over(member)}
    held = {member.id for member in members[1:] if set(member.unit_ids) & set(units)}
    assert (held == meant) if not in_the_way else not units
    if not in_the_way:
        parents = {PROD: WORKLOADS, WORKLOADS: ROOT, SECURITY: ROOT}
        assert not any(parents.get(unit) in units for unit in units), "one lies over another"
