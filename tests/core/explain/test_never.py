"""What is told as "never" is denied, whatever the resource and the circumstances; and is not told when it is not."""

from __future__ import annotations

import re

import pytest

from rolecall.core.config import RoleSection
from rolecall.core.explain.capabilities import CAPABILITIES
from rolecall.core.explain.documents import policies
from rolecall.core.explain.model import Capability
from rolecall.core.explain.never import actions_of
from rolecall.core.policy import PolicySet, Request, evaluate
from rolecall.core.service_reference import Action, ServiceReference
from rolecall.errors import RolecallError
from tests.core.explain.roles import SCOPES, explained, own_group, reference_of, role, with_all_groups

REFERENCE = reference_of(with_all_groups())


def resources_of(action: Action) -> list[str]:
    """One of each kind that it takes, in the example account, named as the groups name what they let in."""
    filled = [re.sub(r"\$\{[^}]*\}", "CadoResponseRole", kind.arn) for kind in action.resource_types]
    return ["*", *(re.sub(r"CadoResponseRole(?=:)", "123456789012", arn, count=2) for arn in filled)]


@pytest.mark.parametrize(
    "of", [role(), with_all_groups(), with_all_groups(scopes=SCOPES)], ids=["default", "all", "scoped"]
)
def test_the_evaluator_denies_every_action_on_each_kind_of_resource(of: RoleSection) -> None:
    """With every condition key of the groups set as the groups ask for it."""
    context = {key: (value,) for found in of.statements for key, value in found.example_context.items()}
    documents = PolicySet(identity=policies(of))
    never = explained(of).never
    asked = 0
    for capability in (found for found in CAPABILITIES if found.words in never):
        for name in actions_of(capability, REFERENCE):
            for resource in resources_of(REFERENCE.actions[name.lower()]):
                asked += 1
                assert not evaluate(Request(name, resource, context), documents).allowed, (name, resource)
    assert asked > 1000


def test_the_same_question_comes_out_as_allowed_where_it_is() -> None:
    """The test above can fail."""
    documents = PolicySet(identity=policies(role()))
    assert evaluate(Request("s3:GetObject", "arn:aws:s3:::evidence/disk.raw"), documents).allowed
    named = "arn:aws:iam::123456789012:role/CadoResponseRole"
    assert evaluate(Request("iam:GetRole", named), documents).allowed
    assert not evaluate(Request("iam:GetRole", named + "2"), documents).allowed


def test_the_default_groups_can_do_none_of_it() -> None:
    told = explained(role())
    assert told.never == tuple(capability.words for capability in CAPABILITIES)
    assert told.not_never == ()


def test_ebs_copy_takes_from_the_list_what_it_allows() -> None:
    lost = {allowance.id: allowance.actions for allowance in explained(with_all_groups()).not_never}
    assert lost == {
        "delete-snapshots": ("ec2:DeleteSnapshot", "ec2:DeregisterImage"),
        "share-disks": ("ec2:ModifySnapshotAttribute",),
        "launch-instances": ("ec2:StartInstances",),
        "end-instances": ("ec2:StopInstances", "ec2:TerminateInstances"),
        "change-instances": ("ec2:ModifyInstanceAttribute", "ec2:AttachVolume"),
        "change-networks": ("ec2:AssociateAddress",),
    }


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda capability: capability.id)
def test_an_own_group_with_any_of_its_actions_takes_a_capability_from_the_list(capability: Capability) -> None:
    names = actions_of(capability, REFERENCE)
    for name in {names[0], names[-1]}:
        told = explained(role(own_group(name), permission_groups=["account-check"]))
        assert capability.words not in told.never
        assert name in {
            found for allowance in told.not_never if allowance.id == capability.id for found in allowance.actions
        }
        assert name in {found for threat in told.threats for found in threat.actions}


@pytest.mark.parametrize(
    "statement",
    [
        {"resources": ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/old-*",)},
        {"conditions": {"StringEquals": {"aws:ResourceTag/old": "yes"}}},
    ],
    ids=["on one resource", "under a condition"],
)
def test_denied_on_everything_is_no_proof(statement: dict[str, object]) -> None:
    of = role(own_group("iam:DeleteRole", **statement))
    assert not evaluate(Request("iam:DeleteRole"), PolicySet(identity=policies(of))).allowed
    assert [allowance.id for allowance in explained(of).not_never] == ["change-iam"]


@pytest.mark.parametrize("name", ["IAM:deleterole", "iam:*", "iam:Del?teRole", "iam:CreateBrandNewThing"])
def test_no_spelling_hides_an_action(name: str) -> None:
    """Wildcards and letters of any case; what AWS does not list may be anything."""
    assert "change-iam" in {allowance.id for allowance in explained(role(own_group(name))).not_never}


def test_a_wildcard_over_reading_actions_takes_nothing() -> None:
    assert explained(role(own_group("iam:Get*"))).not_never == ()


def test_the_capabilities_differ_and_hold_actions() -> None:
    assert len({capability.id for capability in CAPABILITIES}) == len(CAPABILITIES)
    assert all(actions_of(capability, REFERENCE) for capability in CAPABILITIES)
    unknown = [
        name for capability in CAPABILITIES for name in capability.other_than if not list(REFERENCE.matching(name))
    ]
    assert unknown == []


def test_a_reference_without_an_action_is_refused_rather_than_taken_as_proof() -> None:
    with pytest.raises(RolecallError, match="knows no action iam:PassRole"):
        actions_of(Capability("pass-roles", "", ("iam:PassRole",)), ServiceReference("0.1", {}))


def test_what_reaches_around_the_role_is_said() -> None:
    assert "ssm:SendCommand" in explained(role()).caveats[0]
    [only] = explained(role(permission_groups=["account-check", "s3"])).caveats
    assert "whose own policy names this role" in only


def test_the_documents_are_those_of_every_partition() -> None:
    china = role(trusted_principals=["arn:aws-cn:iam::111111111111:role/Platform"], path="/security/")
    named = "arn:aws-cn:iam::123456789012:role/security/CadoResponseRole"
    assert evaluate(Request("iam:GetRole", named), PolicySet(identity=policies(china))).allowed
