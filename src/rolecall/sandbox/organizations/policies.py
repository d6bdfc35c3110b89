"""Organizations' operations on policies: create, change, attach, list. Memory only.

Service and resource control policies count in authorization; the other types are not offered. Sources:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from rolecall.core.policy import Effect, MalformedPolicy, Policy
from rolecall.sandbox.organization import (
    FULL_ACCESS,
    POLICY_TYPES,
    RESOURCE_CONTROL_POLICY,
    SERVICE_CONTROL_POLICY,
    OrganizationPolicy,
)
from rolecall.sandbox.organizations.errors import constraint, invalid_input, policy_type_not_available
from rolecall.sandbox.organizations.guards import for_management, for_reader
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.tags import read_tags
from rolecall.sandbox.organizations.telling import told
from rolecall.sandbox.organizations.views import arn, policy_view
from rolecall.sandbox.seeded import seeded_id
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World, parse_policy

_KINDS = {SERVICE_CONTROL_POLICY: "scp", RESOURCE_CONTROL_POLICY: "rcp"}
_MAX_CHARACTERS = {SERVICE_CONTROL_POLICY: 10_240, RESOURCE_CONTROL_POLICY: 5_120}
_MAX_ATTACHED = {SERVICE_CONTROL_POLICY: 10, RESOURCE_CONTROL_POLICY: 5}


@dataclass(frozen=True, slots=True)
class _Policies:
    world: World
    numbers: Iterator[int] = field(default_factory=count)

    def create(self, call: Call) -> Params:
        params, tags = call.params, read_tags(call)
        self._check(params["Name"], params["Type"], params["Content"])
        policy_id = "p-" + seeded_id(self.world.seed, f"policy/{params['Name']}/{next(self.numbers)}", 8)
        policy = OrganizationPolicy(
            policy_id, params["Name"], params["Type"], params["Content"], params.get("Description", "")
        )
        self.world.organization.policies[policy_id] = policy
        self.world.organization.set_tags(policy_id, tags)
        return {"Policy": self._full_view(policy)}

    def update(self, call: Call) -> Params:
        policy = self._own_policy(call)
        changed = replace(
            policy,
            name=call.params.get("Name", policy.name),
            content=call.params.get("Content", policy.content),
            description=call.params.get("Description", policy.description),
        )
        self._check(changed.name, changed.type, changed.content, ignored_id=policy.id)
        self.world.organization.policies[policy.id] = changed
        return {"Policy": self._full_view(changed)}

    def describe(self, call: Call) -> Params:
        return {"Policy": self._full_view(self._policy(call))}

    def delete(self, call: Call) -> Params:
        policy = self._own_policy(call)
        if self.world.organization.targets_of(policy.id):
            raise WireError("PolicyInUseException", "The policy is attached to one or more entities.")
        self.world.organization.remove_policy(policy.id)
        return {}

    def attach(self, call: Call) -> Params:
        policy, attached = self._policy(call), self._attachments(call)
        if policy.id in attached:
            message = "The selected policy is already attached to the specified target."
            raise WireError("DuplicatePolicyAttachmentException", message)
        self._check_enabled(policy.type)
        same_type = self.world.organization.policies_of(call.params["TargetId"], policy.type)
        if len(same_type) >= _MAX_ATTACHED[policy.type]:
            message = "You have attached the maximum number of policies."
            raise constraint(message, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
        attached.append(policy.id)
        return {}

    def detach(self, call: Call) -> Params:
        policy, attached = self._policy(call), self._attachments(call)
        if policy.id not in attached:
            message = "The policy isn't attached to the specified target."
            raise WireError("PolicyNotAttachedException", message)
        if policy.id == FULL_ACCESS[RESOURCE_CONTROL_POLICY]:
            raise invalid_input("You can't detach this AWS managed policy.", "NON_DETACHABLE_POLICY")
        if len(self.world.organization.policies_of(call.params["TargetId"], policy.type)) == 1:
            message = "At least one policy of this type must stay attached to the target."
            raise constraint(message, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
        attached.remove(policy.id)
        return {}

    def list_all(self, call: Call) -> Params:
        wanted = call.params["Filter"]
        policies = [policy for policy in self.world.organization.policies.values() if policy.type == wanted]
        return self._summaries(call, policies)

    def list_for_target(self, call: Call) -> Params:
        self._attachments(call)
        policies = self.world.organization.policies_of(call.params["TargetId"], call.params["Filter"])
        return self._summaries(call, policies)

    def list_targets(self, call: Call) -> Params:
        targets = self.world.organization.targets_of(self._policy(call).id)
        return paged(self.world, call, "Targets", targets, self._target_view)

    def _check(self, name: str, policy_type: str, content: str, ignored_id: str = "") -> None:
        if policy_type not in POLICY_TYPES:
            raise policy_type_not_available()
        if len(content) > _MAX_CHARACTERS[policy_type]:
            message = f"A policy of this type has at most {_MAX_CHARACTERS[policy_type]} characters."
            raise constraint(message, "POLICY_CONTENT_LIMIT_EXCEEDED")
        policies = self.world.organization.policies.values()
        if any(policy.name == name and policy.type == policy_type and policy.id != ignored_id for policy in policies):
            raise WireError("DuplicatePolicyException", "A policy with the same name already exists.")
        try:
            _check_document(content, name, policy_type)
        except MalformedPolicy as error:
            raise WireError("MalformedPolicyDocumentException", str(error)) from error

    def _check_enabled(self, policy_type: str) -> None:
        if policy_type not in self.world.organization.enabled_policy_types:
            raise WireError("PolicyTypeNotEnabledException", "The policy type isn't enabled in this root.")

    def _policy(self, call: Call) -> OrganizationPolicy:
        policy = self.world.organization.policies.get(call.params["PolicyId"])
        if policy is None:
            raise WireError("PolicyNotFoundException", "You specified a policy that doesn't exist.")
        return policy

    def _own_policy(self, call: Call) -> OrganizationPolicy:
        policy = self._policy(call)
        if policy.aws_managed:
            raise invalid_input("You can't change or delete a policy that AWS manages.", "IMMUTABLE_POLICY")
        return policy

    def _attachments(self, call: Call) -> list[str]:
        attached = self.world.organization.attachments.get(call.params["TargetId"])
        if attached is None:
            message = "You specified a root, OU or account that doesn't exist."
            raise WireError("TargetNotFoundException", message)
        return attached

    def _full_view(self, policy: OrganizationPolicy) -> Params:
        return {"PolicySummary": policy_view(self.world, policy), "Content": policy.content}

    def _summaries(self, call: Call, policies: Sequence[OrganizationPolicy]) -> Params:
        return paged(self.world, call, "Policies", policies, lambda policy: policy_view(self.world, policy))

    def _target_view(self, target_id: str) -> Params:
        kind, name = self.world.organization.describe_target(target_id)
        path = {"ACCOUNT": "account", "ROOT": "root", "ORGANIZATIONAL_UNIT": "ou"}[kind]
        return {"TargetId": target_id, "Arn": arn(self.world, path, target_id), "Name": name, "Type": kind}


def handlers(world: World) -> Handlers:
    policies = _Policies(world)
    changes = {
        "CreatePolicy": policies.create,
        "UpdatePolicy": policies.update,
        "DeletePolicy": policies.delete,
        "AttachPolicy": policies.attach,
        "DetachPolicy": policies.detach,
    }
    questions = {
        "DescribePolicy": policies.describe,
        "ListPolicies": policies.list_all,
        "ListPoliciesForTarget": policies.list_for_target,
        "ListTargetsForPolicy": policies.list_targets,
    }
    table = {action: for_management(world, told(world, handler)) for action, handler in changes.items()}
    table |= {action: for_reader(world, handler) for action, handler in questions.items()}
    return {("organizations", action): handler for action, handler in table.items()}


def _check_document(content: str, name: str, policy_type: str) -> None:
    """Raises MalformedPolicy for what is no policy of its type."""
    policy = parse_policy(content, name, _KINDS[policy_type])
    if policy_type != RESOURCE_CONTROL_POLICY:
        return
    if json.loads(content).get("Version") != "2012-10-17":
        raise MalformedPolicy(f"{name}: Version: must be 2012-10-17")
    for place, problem in _rcp_problems(policy):
        raise MalformedPolicy(f"{name}: Statement[{place}]: {problem}")


def _rcp_problems(policy: Policy) -> Iterator[tuple[int, str]]:
    """What a customer's resource control policy may not say; only AWS's own allows."""
    for statement in policy.statements:
        if statement.effect is not Effect.DENY:
            yield statement.index, "Effect must be Deny"
        if statement.excludes_actions:
            yield statement.index, "NotAction is not supported"
        if not {"*", "*:*"}.isdisjoint(statement.actions.names):
            yield statement.index, "Action must name a service"
