"""A stack set that somebody made, as the config that describes it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from rolecall.core import template
from rolecall.core.adoption import adopted, config_text
from rolecall.core.config import Config
from rolecall.core.config_reader import read_config
from rolecall.core.desired import desire
from rolecall.core.diff import diff
from rolecall.core.observed import AutoDeployment, InstanceStatus, Observed, StackContent, StackInstance, StackSet
from rolecall.core.permission_groups import GROUPS
from rolecall.core.plan import Action, Change
from rolecall.errors import ConfigError, UsageError
from tests.fakes.cloud import config

from .worlds import AUDIT, BILLING, ROOT, SECURITY, organization

ID = "Forensics:0b5f"
ARN = f"arn:aws:cloudformation:us-east-1:100000000000:stackset/{ID}"


def stack_set(content: StackContent, **changes: Any) -> StackSet:
    made = StackSet("Forensics", ARN, content, (ROOT,), ("us-east-1",), AutoDeployment(True), id=ID)
    return replace(made, **changes)


def written(found: StackSet, logical_id: str | None = None, **given: Any) -> str:
    options: dict[str, Any] = {"call_as": "self", "region": "us-east-1", "assume_profile": None, "management": False}
    options |= given
    return config_text(adopted(found, ROOT, logical_id, management=options["management"]), **options)


def read(found: StackSet, **given: Any) -> Config:
    return read_config(written(found, **given), "rolecall.yaml")


TRUST: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:role/Platform"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalID"}}},
}


def by_hand(*statements: dict[str, Any], role: dict[str, Any] | None = None, trust: Any = TRUST) -> StackContent:
    properties = {
        "RoleName": "CadoResponseRole",
        "AssumeRolePolicyDocument": {"Statement": trust},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}],
        **(role or {}),
    }
    document = {
        "Parameters": {"ExternalID": {"Type": "String", "Default": "a-default"}},
        "Resources": {"CadoRole": {"Type": "AWS::IAM::Role", "Properties": properties}},
    }
    return StackContent(json.dumps(document), {"ExternalID": "canary-5f0c2e"}, {})


OURS: list[dict[str, Any]] = [
    {},
    {"role": {"name": "Other", "path": "/ir/", "max_session_hours": 3}},
    {"role": {"path": "/"}},
    {"role": {"former_external_ids": ["a-former-one"], "tags": {"team": "ir"}}},
    {"role": {"external_id": "none", "external_id_reason": "none was asked for when the stack set was adopted"}},
    {"role": {"permission_groups": ["account-check"], "description": "Ours"}},
    {"deployment": {"auto_deployment": {"enabled": True, "retain_on_removal": True}}},
    {"role": {"permissions_boundary": "bounds/Forensics"}},
    {"role": {"permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess"}},
    {"role": {"trust": {"organization_id": "o-exampleorg1", "source_vpc_endpoints": ["vpce-0123456789abcdef0"]}}},
    {"role": {"trusted_accounts": [{"account": "222222222222", "reason": "theirs"}]}},
    {"role": {"permission_groups": [name for name, group in GROUPS.items() if not group.management_only]}},
]


@pytest.mark.parametrize("changes", OURS, ids=range(len(OURS)))
def test_our_own_stack_set_is_adopted_without_a_change(changes: dict[str, Any]) -> None:
    first = config(**changes, targets={"management_account": False})
    content = StackContent(
        template.render(template.build(first.role)),
        template.parameters(first.role),
        {**first.role.tags, "managed-by": "rolecall"},
    )
    auto = AutoDeployment(True, first.deployment.auto_deployment.retain_on_removal)
    found = stack_set(content, auto_deployment=auto)
    again = read(found)
    wanted = desire(again, organization(), (ROOT,))
    instances = tuple(
        StackInstance(account, "us-east-1", InstanceStatus.CURRENT, "SUCCEEDED", "", ROOT)
        for account in (AUDIT, BILLING)
    )
    observed = Observed(stack_set=replace(found, adopted=True), instances=instances, trusted_access=True)
    assert diff(wanted, observed, platforms_asked=False) == ()


def test_a_role_made_by_hand_is_told_in_our_words() -> None:
    content = by_hand(
        {
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:ListBucket", "s3:ListAllMyBuckets", "s3:RestoreObject"],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"},
        role={
            "MaxSessionDuration": 7201,
            "Path": "/",
            "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        },
    )
    text = written(stack_set(content, unit_ids=(SECURITY,)), assume_profile="platform")
    told = yaml.safe_load(text)
    assert told["role"]["name"] == "CadoResponseRole"
    assert told["role"]["logical_id"] == "CadoRole"
    assert told["role"]["path"] == "/"
    assert told["role"]["external_id"] == "canary-5f0c2e"
    assert told["role"]["max_session_hours"] == 3, "at least as long as it was"
    assert told["role"]["permissions_boundary"] == "arn:aws:iam::aws:policy/PowerUserAccess"
    assert told["role"]["permission_groups"] == ["account-check", "s3"]
    assert "# beyond the groups below, and gone with the first apply: sqs:*" in text
    assert told["targets"] == {"organizational_units": [SECURITY], "management_account": False}
    assert told["deployment"]["adopted_stack_set"] == ID
    assert told["check"] == {"assume_from": {"profile": "platform"}}


def test_who_is_trusted_is_found_in_every_form() -> None:
    arns = ["arn:aws:iam::111111111111:role/A", "arn:aws:iam::111111111111:role/B"]
    trust = [
        {
            **TRUST,
            "Principal": {"AWS": [arns[0]]},
            "Condition": {"StringEquals": {"sts:ExternalId": ["first", "second"]}},
        },
        {
            **TRUST,
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Condition": {"ArnLike": {"aws:PrincipalArn": arns[1]}, "StringEquals": {"sts:ExternalId": "first"}},
        },
        {**TRUST, "Principal": {"AWS": ["222222222222", "AROAEXAMPLE123"]}},
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:TagSession"},
    ]
    found = adopted(stack_set(by_hand(trust=trust)), ROOT)
    assert found.trusted.principals == tuple(arns)
    assert found.trusted.accounts == ("222222222222",)
    assert found.trusted.external_ids == ("first", "second", "canary-5f0c2e")
    assert any("AROAEXAMPLE123" in remark for remark in found.remarks)
    role = read(stack_set(by_hand(trust=trust))).role
    assert role.former_external_ids == ["second", "canary-5f0c2e"]


def test_what_cannot_be_told_is_said() -> None:
    content = by_hand(role={"RoleName": None, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
    document = json.loads(content.template)
    del document["Resources"]["CadoRole"]["Properties"]["RoleName"]
    found = stack_set(replace(content, template=json.dumps(document)), regions=("us-east-1", "eu-west-1"))
    text = written(found)
    assert "# note: the template gives the role no name" in text
    assert "# note: it has instances in us-east-1, eu-west-1" in text
    assert "ReadOnlyAccess" in text
    assert read(found).role.name == "CadoResponseRole"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "cannot be read"),
        ("Resources: {A: {Type: 'AWS::SNS::Topic'}}", "makes no role"),
        ("Resources: {A: {Type: 'AWS::IAM::Role'}, B: {Type: 'AWS::IAM::Role'}}", "makes 2 roles"),
    ],
)
def test_a_stack_set_that_is_no_roles_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        written(stack_set(StackContent(text, {}, {})))


def test_one_of_several_roles_is_named() -> None:
    text = "Resources: {A: {Type: 'AWS::IAM::Role', Properties: {RoleName: X}}, B: {Type: 'AWS::IAM::Role'}}"
    assert adopted(stack_set(StackContent(text, {}, {})), ROOT, "A").name == "X"
    with pytest.raises(UsageError, match="no role C"):
        adopted(stack_set(StackContent(text, {}, {})), ROOT, "C")


def test_a_role_that_trusts_nobody_is_a_config_that_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        read(stack_set(by_hand(trust=[])))
    assert any("trusted_principals" in problem.key for problem in caught.value.problems)


def test_self_managed_and_delegated_stack_sets_say_so() -> None:
    delegated = yaml.safe_load(written(stack_set(by_hand()), call_as="delegated-admin"))
    assert delegated["deployment"]["call_as"] == "delegated-admin"


def test_only_the_very_stack_set_of_the_config_is_ours() -> None:
    content = by_hand()
    wanted = desire(read(stack_set(content)), organization(), (ROOT,))
    changes = diff(wanted, Observed(stack_set=stack_set(content), trusted_access=True), platforms_asked=False)
    assert {change.action.value for change in changes} == {"blocked"}
    assert "`rolecall adopt`" in changes[0].detail


def allowed(*statements: dict[str, Any], **changes: Any) -> tuple[str, ...]:
    """The groups of the config, but for account-check, which is always there."""
    return adopted(stack_set(by_hand(*statements, **changes)), ROOT).coverage.whole[1:]


S3 = {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}


def test_a_group_is_covered_only_where_its_every_question_is_allowed() -> None:
    assert allowed(S3) == ("s3",)
    assert allowed({**S3, "Resource": ["arn:aws:s3:::one", "arn:aws:s3:::one/*"]}) == ()
    assert allowed({**S3, "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}) == ()
    assert allowed(S3, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}) == ()
    assert allowed({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})[:2] == ("s3", "s3-encrypted")


def test_what_is_narrower_wider_and_beyond_is_in_comments() -> None:
    one_bucket = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one/*"}
    others = {"Effect": "Allow", "Action": ["s3:List*", "sqs:ListQueues"], "Resource": "*"}
    text = written(stack_set(by_hand(one_bucket, others, {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"})))
    assert "# s3 is allowed in part: it lacks s3:GetBucketLocation, s3:RestoreObject" in text
    assert "# s3 is allowed of fewer resources (role.scopes narrows): s3:GetObject" in text
    assert "# beyond the groups below, and gone with the first apply: s3:GetObject, s3:List*, sqs:ListQueues" in text
    assert "# note: the template denies lambda:*, which the config cannot" in text
    assert "# wider than the groups below, which the first apply narrows: s3:*" in written(stack_set(by_hand(S3)))


def test_a_template_that_allows_everything_is_a_config_that_is_taken() -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    text = written(stack_set(by_hand(everything)))
    assert "# organizations is allowed too, and left out: it is for the management account's role alone" in text
    assert "organizations" not in read(stack_set(by_hand(everything))).role.permission_groups
    assert "organizations" in read(stack_set(by_hand(everything)), management=True).role.permission_groups


def with_resources(**resources: Any) -> StackContent:
    content = by_hand()
    document = json.loads(content.template)
    document["Resources"] |= resources
    return replace(content, template=json.dumps(document))


def policy(*statements: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [*statements]}, **properties}}


def test_only_the_roles_own_policies_count_and_what_else_the_template_makes_is_told() -> None:
    content = with_resources(
        Mine=policy(S3, Roles=[{"Ref": "CadoRole"}]),
        Theirs=policy({**S3, "Action": "lambda:*"}, Roles=[{"Ref": "Other"}]),
        Other={"Type": "AWS::IAM::Role", "Properties": {}},
    )
    found = adopted(stack_set(content), ROOT, "CadoRole")
    assert found.coverage.whole == ("account-check", "s3")
    (told,) = [remark for remark in found.remarks if "makes other things" in remark]
    assert "Theirs (AWS::IAM::Policy), Other (AWS::IAM::Role)" in told
    assert "Mine" not in told


@pytest.mark.parametrize("given", ["NoExternalIdRequired", "canary-5f0c2e"])
def test_conditions_of_the_template_are_decided_by_its_parameters(given: str) -> None:
    asked = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalID"}}}
    trust = {**TRUST, "Condition": {"Fn::If": ["AsksId", asked, {"Ref": "AWS::NoValue"}]}}
    content = with_resources(Extra={"Type": "AWS::SNS::Topic", "Condition": "AsksNone"})
    document = json.loads(content.template)
    equal = {"Fn::Equals": [{"Ref": "ExternalID"}, "NoExternalIdRequired"]}
    document["Conditions"] = {"AsksNone": equal, "AsksId": {"Fn::Not": [{"Condition": "AsksNone"}]}}
    document["Resources"]["CadoRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"] = trust
    found = stack_set(replace(content, template=json.dumps(document), parameters={"ExternalID": given}))
    asks = given == "canary-5f0c2e"
    assert read(found).role.external_id == (given if asks else "none")
    assert any("Extra (AWS::SNS::Topic)" in remark for remark in adopted(found, ROOT).remarks) is not asks


def test_a_secret_that_aws_does_not_tell_is_a_key_to_fill_in() -> None:
    found = stack_set(replace(by_hand(), parameters={"ExternalID": "****"}))
    assert adopted(found, ROOT).unsaid == ("role.external_id",)
    text = written(found)
    assert '  # external_id: ""   # to fill in' in text
    assert "****" not in text
    filled = text.replace('# external_id: ""', 'external_id: "the-platforms-own"')
    assert read_config(filled, "rolecall.yaml").role.external_id == "the-platforms-own"


def test_a_condition_that_keeps_somebody_out_lets_nobody_in() -> None:
    arn = "arn:aws:iam::111111111111:role/Intruder"
    trust = {**TRUST, "Condition": {**TRUST["Condition"], "ArnNotEquals": {"aws:PrincipalArn": arn}}}
    found = adopted(stack_set(by_hand(trust=trust)), ROOT)
    assert arn not in found.trusted.principals
    assert any("ArnNotEquals of aws:principalarn" in remark for remark in found.remarks)


def test_principals_of_a_list_parameter_and_of_functions_are_found() -> None:
    content = by_hand(trust={**TRUST, "Principal": {"AWS": [{"Ref": "Who"}, joined("B")]}})
    document = json.loads(content.template)
    document["Parameters"]["Who"] = {"Type": "CommaDelimitedList"}
    given = {**content.parameters, "Who": "arn:aws:iam::111111111111:role/A, arn:aws:iam::111111111111:role/C"}
    arn = "arn:aws-us-gov:cloudformation:us-gov-west-1:1:stackset/Forensics:0b5f"
    found = stack_set(replace(content, template=json.dumps(document), parameters=given), arn=arn)
    assert [one.rpartition("/")[2] for one in adopted(found, ROOT).trusted.principals] == ["A", "C", "B"]
    assert adopted(found, ROOT).trusted.principals[2] == "arn:aws-us-gov:iam::111111111111:role/B"


def joined(name: str) -> dict[str, Any]:
    return {"Fn::Join": ["", [{"Fn::Sub": "arn:${AWS::Partition}:iam::"}, "111111111111", f":role/{name}"]]}


@pytest.mark.parametrize("name", ["Path", "Description", "PermissionsBoundary"])
def test_what_stays_a_function_is_told_and_left_out(name: str) -> None:
    found = adopted(stack_set(by_hand(role={name: {"Fn::ImportValue": "elsewhere"}})), ROOT)
    assert any(f"the role's {name} cannot be told" in remark for remark in found.remarks)
    assert "ImportValue" not in written(stack_set(by_hand(role={name: {"Fn::ImportValue": "elsewhere"}})))


def test_a_name_with_the_accounts_id_in_it_is_another_in_each() -> None:
    assert adopted(stack_set(by_hand(role={"RoleName": {"Fn::Sub": "Cado-${AWS::AccountId}"}})), ROOT).name == ""


def in_regions(*regions: str, outdated: str = "") -> tuple[Change, ...]:
    """CURRENT, but for one account's in the Region `outdated`."""
    found = stack_set(by_hand(), adopted=True)
    current, other = InstanceStatus.CURRENT, InstanceStatus.OUTDATED
    instances = tuple(
        StackInstance(account, region, other if (account, region) == (AUDIT, outdated) else current, "", "", ROOT)
        for account in (AUDIT, BILLING)
        for region in regions
    )
    observed = Observed(stack_set=found, instances=instances, trusted_access=True)
    return diff(desire(read(found), organization(), (ROOT,)), observed, platforms_asked=False)


def test_an_adopted_stack_set_of_several_regions_is_blocked_with_the_command_that_mends_it() -> None:
    changes = in_regions("us-east-1", "eu-west-1")
    assert {change.action for change in changes} == {Action.BLOCKED}
    command = (
        "aws cloudformation delete-stack-instances --stack-set-name Forensics --regions eu-west-1 "
        f"--deployment-targets OrganizationalUnitIds={ROOT} --no-retain-stacks --region us-east-1"
    )
    assert command in changes[0].detail
    assert "is away" not in changes[0].detail
    assert "the role is away from then" in in_regions("eu-west-1")[0].detail
    assert "is away" in in_regions("us-east-1", "eu-west-1", outdated="us-east-1")[0].detail
    assert Action.UPDATE_STACK_SET in {change.action for change in in_regions("us-east-1")}
