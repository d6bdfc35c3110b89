"""Groups narrowed to Regions, tags, buckets and keys: what they are for stays allowed, and never more than before."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.permission_groups import GROUPS, PermissionGroup, Scope, Statement
from rolecall.core.permission_groups.scoping import REGION_KEY, Narrowed, example, narrow, regions_of
from rolecall.core.policy import Outcome, Policy, PolicySet, Request, evaluate
from rolecall.core.service_reference import Action, ServiceReference
from rolecall.wiring.service_reference import service_reference

HOME, OTHER, REGION, ELSEWHERE = "111122223333", "999999999999", "eu-west-1", "us-east-1"
KEY = f"arn:aws:kms:{REGION}:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VALUES: Mapping[Scope, Narrowed] = {
    Scope.REGIONS: Narrowed(regions=(REGION, "eu-central-1")),
    Scope.TAG: Narrowed(tag={"Investigation": "case-*", "Owner": "forensics"}),
    Scope.BUCKETS: Narrowed(buckets=("evidence", "logs-*")),
    Scope.KEYS: Narrowed(keys=(KEY, "alias/forensics/*", "alias/disks")),
}
FILLING = {
    "${AWS::Partition}": "aws",
    "${AWS::AccountId}": HOME,
    "${AWS::Region}": REGION,
    "${RolePath}": "/",
    "${RoleName}": "CadoResponseRole",
}


def together(scopes: tuple[Scope, ...]) -> Narrowed:
    return Narrowed(**{scope.value: getattr(VALUES[scope], scope.value) for scope in scopes})


FORMS = [
    pytest.param(group, together(scopes), id=f"{group.id}-{'-'.join(scopes)}")
    for group in GROUPS.values()
    for number in range(1, len(group.scopes) + 1)
    for scopes in combinations(group.scopes, number)
]


def filled(text: str) -> str:
    for placeholder, value in FILLING.items():
        text = text.replace(placeholder, value)
    return text


def policies_of(group: PermissionGroup) -> PolicySet:
    return policies([_written(statement) for statement in group.statements])


def policies(statements: list[dict[str, Any]]) -> PolicySet:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return PolicySet(identity=(Policy.parse(text, source="group"),))


def _written(statement: Statement) -> dict[str, Any]:
    return {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": [filled(resource) for resource in statement.resources],
        **({"Condition": statement.conditions} if statement.conditions else {}),
    }


def allows(granted: PolicySet, action: str, resource: str, context: Mapping[str, str]) -> bool:
    request = Request(action, resource, {key: (value,) for key, value in context.items()})
    return evaluate(request, granted).outcome is Outcome.ALLOWED


@pytest.mark.parametrize(("group", "to"), FORMS)
def test_every_action_stays_allowed_on_its_examples(group: PermissionGroup, to: Narrowed) -> None:
    for statement in narrow(group, to).statements:
        alone = policies([_written(statement)])
        context = {REGION_KEY: (regions_of(statement) or (REGION,))[0], **statement.example_context}
        for action in statement.actions:
            for resource in statement.example_resources:
                assert allows(alone, action, filled(resource), context), (statement.sid, action, resource)


@pytest.mark.parametrize(("group", "to"), FORMS)
def test_no_statement_is_lost_and_each_has_its_own_name(group: PermissionGroup, to: Narrowed) -> None:
    narrowed = narrow(group, to)
    assert narrowed.actions == group.actions
    sids = [statement.sid for statement in narrowed.statements]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)


@pytest.mark.parametrize(("group", "to"), FORMS)
def test_every_statement_that_knows_a_scope_is_held_to_it(group: PermissionGroup, to: Narrowed) -> None:
    for statement in group.statements:
        for scope in set(to.used) & set(statement.narrowings):
            resource, changed = outside(statement, scope)
            context = {**EVERYTHING, **statement.example_context, **changed}
            for action in statement.actions:
                assert allows(policies_of(group), action, resource, context), (scope, action)
                assert not allows(policies_of(narrow(group, to)), action, resource, context), (scope, action)


EVERYTHING = {
    REGION_KEY: REGION,
    "aws:ResourceTag/Investigation": "case-1",
    "aws:ResourceTag/Owner": "forensics",
    "aws:ResourceTag/Name": "CadoResponse-1",
    "kms:ResourceAliases": "alias/disks",
    "kms:GrantIsForAWSResource": "true",
    "ec2:CreateAction": "CreateSnapshot",
    "ec2:Attribute": "BlockDeviceMapping",
}
OTHER_KEY = f"arn:aws:kms:{REGION}:{HOME}:key/00000000-0000-0000-0000-000000000000"


def outside(statement: Statement, scope: Scope) -> tuple[str, dict[str, str]]:
    """A resource and changes of the context that are outside of a scope, and otherwise as the statement wants them."""
    known = (statement.narrowings[scope].resources or statement.example_resources)[0]
    return {
        Scope.REGIONS: (filled(example(known)), {REGION_KEY: ELSEWHERE}),
        Scope.TAG: (filled(example(known)), {"aws:ResourceTag/Owner": "somebody"}),
        Scope.BUCKETS: ("arn:aws:s3:::payroll/logs-1", {}),
        Scope.KEYS: (OTHER_KEY, {"kms:ResourceAliases": "alias/payroll"}),
    }[scope]


RESOURCES = sorted({
    "*",
    KEY,
    OTHER_KEY,
    f"arn:aws:ec2:{REGION}:{HOME}:volume/vol-1",
    f"arn:aws:ec2:{REGION}:{OTHER}:volume/vol-1",
    f"arn:aws:ec2:{REGION}::snapshot/snap-1",
    f"arn:aws:ec2:{REGION}:{HOME}:instance/i-1",
    f"arn:aws:ssm:{REGION}:{HOME}:managed-instance/mi-1",
    f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript",
    f"arn:aws:ssm:{REGION}::document/AWS-RunRemoteScript",
    f"arn:aws:ssm:{REGION}:{HOME}:document/Mine",
    f"arn:aws:ecs:{REGION}:{HOME}:task/web/1",
    "arn:aws:s3:::evidence",
    "arn:aws:s3:::evidence/a",
    "arn:aws:s3:::logs-1/a",
    *(filled(name) for group in GROUPS.values() for item in group.statements for name in item.example_resources),
})  # fmt: skip
ACTIONS = sorted({action for group in GROUPS.values() for action in group.actions} | {"iam:PassRole", "s3:PutObject"})
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        key: st.sampled_from((value, "elsewhere", "false", "alias/forensics/1")) for key, value in EVERYTHING.items()
    },
)


@settings(max_examples=1000, deadline=None)
@given(
    form=st.sampled_from([form.values for form in FORMS]),
    action=st.sampled_from(ACTIONS),
    resource=st.sampled_from(RESOURCES),
    context=CONTEXTS,
    own=st.booleans(),
    place=st.integers(min_value=0),
)
def test_narrowing_never_allows_more(
    form: tuple[PermissionGroup, Narrowed],
    action: str,
    resource: str,
    context: dict[str, str],
    own: bool,
    place: int,
) -> None:
    group, to = form
    asked = group.actions[place % len(group.actions)] if own else action
    if allows(policies_of(narrow(group, to)), asked, resource, context):
        assert allows(policies_of(group), asked, resource, context)


@pytest.fixture(scope="module")
def reference() -> ServiceReference:
    return service_reference(action for group in GROUPS.values() for action in group.actions)


@pytest.mark.parametrize(("group", "to"), FORMS)
def test_narrowed_statements_ask_only_for_keys_that_aws_gives_for_every_action(
    group: PermissionGroup, to: Narrowed, reference: ServiceReference
) -> None:
    """A key that AWS does not give for one of the resources that a call needs would deny that call for good."""
    for statement in narrow(group, to).statements:
        for action in (reference.actions[name.lower()] for name in statement.actions):
            for key in _asked_of_resources(statement):
                assert key in action.all_condition_keys, (statement.sid, action.name)
                missing = [kind for kind in _needed(statement, action) if key not in _keys_of(action, kind)]
                assert not missing, (statement.sid, action.name, key)


def _asked_of_resources(statement: Statement) -> set[str]:
    """The keys of the conditions, as the reference spells them; that of the Region is a key of every call."""
    keys = {key for keys in statement.conditions.values() for key in keys if key != REGION_KEY}
    return {re.sub(r"^(aws:ResourceTag|ssm:resourceTag)/.*", r"\1/${TagKey}", key) for key in keys}


def _needed(statement: Statement, action: Action) -> list[str]:
    """The kinds of resources that the action cannot do without and that the statement is about."""
    kinds = [kind for kind in action.resource_types if kind.required]
    return [kind.name for kind in kinds if any(fnmatchcase(_pattern(kind.arn), _plain(r)) for r in statement.resources)]


def _keys_of(action: Action, kind: str) -> set[str]:
    of_kind = next(found for found in action.resource_types if found.name == kind)
    return {*action.condition_keys, *of_kind.condition_keys}


def _pattern(arn: str) -> str:
    """An ARN of the reference with something in its placeholders."""
    known = {"Partition": "aws", "Region": REGION, "Account": HOME}
    return re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], "x"), arn)


def _plain(resource: str) -> str:
    return filled(resource).replace("[", "[[]")


@pytest.mark.parametrize(("group", "to"), FORMS)
def test_a_tag_is_asked_of_nothing_that_is_only_being_made(group: PermissionGroup, to: Narrowed) -> None:
    """A new snapshot has no tags yet when EC2 asks whether it may be made."""
    granted = policies_of(narrow(group, to))
    if "ec2:CreateSnapshot" in group.actions:
        assert allows(granted, "ec2:CreateSnapshot", f"arn:aws:ec2:{REGION}::snapshot/*", {REGION_KEY: REGION})


def test_regions_of_a_statement_are_those_that_it_is_narrowed_to() -> None:
    (statement,) = GROUPS["guardduty"].statements
    assert regions_of(statement) == ()
    for regions in ((REGION,), (REGION, ELSEWHERE)):
        (narrowed,) = narrow(GROUPS["guardduty"], Narrowed(regions=regions)).statements
        assert regions_of(narrowed) == regions
