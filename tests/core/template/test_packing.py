"""Statements into managed policies: none lost, none doubled, none over the size."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.core.template.packing import MAX_POLICY_CHARACTERS, packed, policy_characters

from .roles import EVERYTHING, inline, managed, roles, section

statements = st.lists(
    st.builds(
        Statement,
        sid=st.just("Own"),
        actions=st.lists(st.integers(0, 9_999), min_size=1, max_size=400, unique=True).map(
            lambda numbers: tuple(f"service:Action{number}WithALongNameOfItsOwn" for number in numbers)
        ),
        resources=st.sampled_from([("*",), ("arn:${AWS::Partition}:s3:::bucket/*",)]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(statements)
def test_every_action_stands_in_one_policy_and_no_policy_is_too_large(wanted: list[Statement]) -> None:
    policies = packed(wanted)
    assert all(policy_characters(policy) <= MAX_POLICY_CHARACTERS for policy in policies)
    found = [action for policy in policies for statement in policy for action in statement.actions]
    assert Counter(found) == Counter(action for statement in wanted for action in statement.actions)


@settings(max_examples=40, deadline=None)
@given(roles)
def test_packing_loses_and_doubles_no_statement_of_ours(role: RoleSection) -> None:
    found = [statement["Sid"] for document in inline(role) + managed(role) for statement in document["Statement"]]
    assert sorted(found) == sorted(statement.sid for statement in role.statements)


def test_a_further_statement_touches_one_policy() -> None:
    """Otherwise every account's policies would be rewritten for one more group."""
    many = [Statement(f"S{number}", tuple(f"s3:Get{n}{'x' * 40}" for n in range(60))) for number in range(5)]
    before, after = packed(many), packed([*many, Statement("One", ("s3:GetObject",))])
    assert len(before) > 1
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_a_statement_too_large_for_a_policy_is_cut_by_its_actions() -> None:
    one = Statement("Large", tuple(f"s3:Action{number}{'x' * 60}" for number in range(300)))
    parts = [statement for policy in packed([one]) for statement in policy]
    assert len(parts) > 1
    assert len({part.sid for part in parts}) == len(parts)
    assert all((part.resources, part.conditions) == (one.resources, one.conditions) for part in parts)


def test_the_worst_case_of_a_role_is_split_and_stays_within_its_attachments() -> None:
    """All groups, all scopes, ten principals, the longest names, and own groups besides."""
    own = {
        f"own-{number}": PermissionGroup(
            id=f"own-{number}",
            title="Own",
            purpose="Own.",
            source="us",
            own=True,
            statements=(Statement(f"Own{number}", tuple(f"s3:Get{n}{'x' * 50}" for n in range(100))),),
        )
        for number in range(12)
    }
    document = {
        "name": "n" * 64,
        "trusted_principals": [f"arn:aws:iam::11111111111{number}:role/{'p' * 64}" for number in range(10)],
        "external_id": "x" * 36,
        **EVERYTHING,
        "path": f"/{'p' * 510}/",
        "permission_groups": [*GROUPS, *own],
    }
    role = RoleSection.model_validate(document, context=own)
    documents = managed(role)
    assert 12 < len(documents) <= 20
    sids = [statement["Sid"] for document in documents for statement in document["Statement"]]
    assert len(sids) == len(set(sids))


def test_a_small_role_has_one_policy() -> None:
    assert len(managed(section())) == 1
