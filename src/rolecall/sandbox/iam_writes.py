"""What IAM checks when roles, users and policies are written, which the store does not. Keeps who trusts whom.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (white space does not count) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html: a role or user in a trust
policy must exist, is kept by its unique id, and shows as that id once it is deleted. Every account of twelve digits
exists here, since nobody can ask AWS.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from rolecall.core.policy import MalformedPolicy, Policy
from rolecall.sandbox.stored import LINKED_PATH, PolicyUse, StoredGroup, StoredPolicy, StoredRole, StoredUser
from rolecall.sandbox.trust_documents import ENTITY, entities, renamed
from rolecall.sandbox.wire import WireError

MAX_TRUST = 2_048
MAX_POLICY = 6_144
MAX_ROLES = 1_000
MAX_INLINE = {"role": 10_240, "user": 2_048, "group": 5_120}
"""Characters of all inline policies of one principal."""
MAX_ATTACHED = {"role": 20, "user": 10, "group": 10}
"""Managed policies of one principal."""

_NAMES = {"role": "RoleName", "user": "UserName", "group": "GroupName"}
_TAKEN = {
    "role": "Role with name {} already exists.",
    "user": "User with name {} already exists.",
    "group": "Group with name {} already exists.",
    "instance-profile": "Instance Profile {} already exists.",
    "policy": "A policy called {} already exists. Duplicate names are not allowed.",
}
_PROTECTED = frozenset(
    f"{verb}Role{what}"
    for verb, whats in {
        "Attach": ("Policy",),
        "Delete": ("", "PermissionsBoundary", "Policy"),
        "Detach": ("Policy",),
        "Put": ("PermissionsBoundary", "Policy"),
    }.items()
    for what in whats
) | {"AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "UpdateAssumeRolePolicy"}
"""What may not be done to service-linked roles: those for which AWS's API model has UnmodifiableEntity. Only their
description may be changed: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-service-linked-role.html"""
_AWS_POLICY = "arn:aws:iam::aws:"
_SPACE = re.compile(r"\s+")

Form = Mapping[str, str]
"""The parameters of an IAM call as they are on the wire."""

Check = Callable[[str, Form], None]
"""(account id, form): raises WireError as IAM does."""


class Principals(Protocol):
    """What the checks ask of the store."""

    def role(self, account_id: str, role_name: str) -> StoredRole | None: ...
    def role_by_arn(self, arn: str) -> StoredRole | None: ...
    def user(self, account_id: str, user_name: str) -> StoredUser | None: ...
    def group(self, account_id: str, group_name: str) -> StoredGroup | None: ...
    def names(self, account_id: str, kind: str) -> Iterable[str]: ...
    def role_count(self, account_id: str) -> int: ...
    def key_count(self, account_id: str, user_name: str) -> int: ...
    def policy_document(self, account_id: str, policy_arn: str) -> StoredPolicy | None: ...
    def policy_use(self, account_id: str, policy_arn: str) -> PolicyUse | None: ...
    def replace_trust(self, account_id: str, role_name: str, trust: str) -> None: ...


class IamWrites:
    """One call at a time: `before` refuses it, `after` takes note of what it did."""

    def __init__(self, store: Principals) -> None:
        self._store = store
        self._trusting: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._checks: Mapping[str, tuple[Check, ...]] = self._table()

    def before(self, account_id: str, action: str, form: Form) -> tuple[str, str] | None:
        """Raises WireError as IAM does. Returns ARN and unique id of a principal about to be deleted, for `after`."""
        if action in _PROTECTED:
            self._check_not_linked(account_id, form)
        for check in self._checks.get(action, ()):
            check(account_id, form)
        holder: StoredRole | StoredUser | None = None
        if action in ("DeleteRole", "DeleteServiceLinkedRole"):
            holder = self._store.role(account_id, form.get("RoleName", ""))
        if action == "DeleteUser":
            holder = self._store.user(account_id, form.get("UserName", ""))
        return (holder.arn, holder.id) if holder else None

    def after(self, account_id: str, action: str, form: Form, deleted: tuple[str, str] | None) -> None:
        """The call succeeded. `deleted` is the ARN and the unique id of the principal that it deleted."""
        if action in ("CreateRole", "UpdateAssumeRolePolicy"):
            document = form["AssumeRolePolicyDocument" if action == "CreateRole" else "PolicyDocument"]
            for arn in entities(document):
                self._trusting[arn].add((account_id, form["RoleName"]))
        if deleted is not None:
            self._show_as_id(*deleted)

    def check_boundary(self, account_id: str, policy_arn: str) -> None:
        """Raises WireError NoSuchEntity (404) for a permissions boundary that does not exist."""
        if self._store.policy_document(account_id, policy_arn) is None:
            raise WireError("NoSuchEntity", f"Scope ARN: {policy_arn} does not exist or is not attachable.", 404)

    def id_of(self, arn: str) -> str | None:
        """The unique id of a role or user that exists."""
        match = ENTITY.fullmatch(arn)
        if match is None:
            return None
        account_id, kind, name = match.groups()
        role = self._store.role_by_arn(arn) if kind == "role" else None
        user = self._store.user(account_id, name.rsplit("/", 1)[-1]) if kind == "user" else None
        found = role or (user if user is not None and user.arn == arn else None)
        return found.id if found else None

    def _table(self) -> Mapping[str, tuple[Check, ...]]:
        bounded, own, fits = self._check_given_boundary, self._check_own_policy, self._check_policy_size
        table: dict[str, tuple[Check, ...]] = {
            "CreateGroup": (self._unique("group"),),
            "CreateInstanceProfile": (self._unique("instance-profile", "InstanceProfileName"),),
            "CreatePolicy": (_check_document, fits, self._unique("policy", "PolicyName")),
            "CreatePolicyVersion": (own, _check_document, fits),
            "CreateRole": (self._unique("role"), self._check_new_role, bounded),
            "CreateUser": (self._unique("user"), bounded),
            "DeletePolicy": (own, self._check_unused),
            "DeletePolicyVersion": (own,),
            "DeleteUser": (self._check_keyless,),
            "PutRolePermissionsBoundary": (bounded,),
            "SetDefaultPolicyVersion": (own,),
            "TagPolicy": (own,),
            "UntagPolicy": (own,),
            "UpdateAssumeRolePolicy": (self._check_trust_update,),
            "UpdateRole": (self._check_session_length,),
            "UpdateGroup": (self._unique("group", "NewGroupName"),),
            "UpdateUser": (self._unique("user", "NewUserName"),),
        }
        for kind in _NAMES:
            table[f"Put{kind.capitalize()}Policy"] = (_check_document, self._inline(kind))
            table[f"Attach{kind.capitalize()}Policy"] = (self._attachment(kind),)
        return table

    def _unique(self, kind: str, parameter: str | None = None) -> Check:
        def check(account_id: str, form: Form) -> None:
            """Names that differ in case are the same; the name itself is the store's to refuse."""
            name = form.get(parameter or _NAMES[kind], "")
            others = {other.lower() for other in self._store.names(account_id, kind) if other != name}
            if name.lower() in others:
                raise WireError("EntityAlreadyExists", _TAKEN[kind].format(name), 409)

        return check

    def _inline(self, kind: str) -> Check:
        def check(account_id: str, form: Form) -> None:
            policies = self._own_policies(account_id, kind, form)
            others = (policy for policy in policies if policy.arn is None and policy.name != form.get("PolicyName"))
            if _sum(others) + _size(form.get("PolicyDocument", "")) > MAX_INLINE[kind]:
                name = form.get(_NAMES[kind])
                raise _exceeded(f"Maximum policy size of {MAX_INLINE[kind]} bytes exceeded for {kind} {name}")

        return check

    def _attachment(self, kind: str) -> Check:
        def check(account_id: str, form: Form) -> None:
            attached = {policy.arn for policy in self._own_policies(account_id, kind, form) if policy.arn}
            if form.get("PolicyArn") not in attached and len(attached) >= MAX_ATTACHED[kind]:
                raise _exceeded(f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: {MAX_ATTACHED[kind]}")

        return check

    def _own_policies(self, account_id: str, kind: str, form: Form) -> list[StoredPolicy]:
        """Without those that a user has by its groups. None for who is not there: the store says so."""
        name = form.get(_NAMES[kind], "")
        holder = getattr(self._store, kind)(account_id, name)
        return [policy for policy in holder.policies if policy.group is None] if holder else []

    def _check_not_linked(self, account_id: str, form: Form) -> None:
        role = self._store.role(account_id, form.get("RoleName", ""))
        if role is not None and role.service_linked:
            said = f"Cannot perform the operation on the protected role '{role.name}'"
            raise WireError("UnmodifiableEntity", f"{said} - this role is only modifiable by AWS")

    def _check_session_length(self, account_id: str, form: Form) -> None:
        if "MaxSessionDuration" in form:
            self._check_not_linked(account_id, form)

    def _check_new_role(self, account_id: str, form: Form) -> None:
        if form.get("Path", "").startswith(LINKED_PATH):
            raise WireError("InvalidInput", f"The path {LINKED_PATH} is reserved for service-linked roles")
        if self._store.role_count(account_id) >= MAX_ROLES:
            raise _exceeded(f"Cannot exceed quota for RolesPerAccount: {MAX_ROLES}")
        self._check_trust(form.get("AssumeRolePolicyDocument", ""))

    def _check_trust_update(self, account_id: str, form: Form) -> None:  # noqa: ARG002  # the checks' common form
        self._check_trust(form.get("PolicyDocument", ""))

    def _check_trust(self, document: str) -> None:
        _parse(document, "trust")
        if _size(document) > MAX_TRUST:
            raise _exceeded(f"Cannot exceed quota for ACLSizePerRole: {MAX_TRUST}")
        for arn in entities(document):
            if self.id_of(arn) is None:
                raise WireError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')

    def _check_given_boundary(self, account_id: str, form: Form) -> None:
        if form.get("PermissionsBoundary"):
            self.check_boundary(account_id, form["PermissionsBoundary"])

    def _check_policy_size(self, account_id: str, form: Form) -> None:  # noqa: ARG002  # the checks' common form
        if _size(form.get("PolicyDocument", "")) > MAX_POLICY:
            raise _exceeded(f"Cannot exceed quota for PolicySize: {MAX_POLICY}")

    def _check_own_policy(self, account_id: str, form: Form) -> None:  # noqa: ARG002  # the checks' common form
        if form.get("PolicyArn", "").startswith(_AWS_POLICY):
            raise WireError("AccessDenied", "Policy is outside your own account.", 403)

    def _check_unused(self, account_id: str, form: Form) -> None:
        use = self._store.policy_use(account_id, form.get("PolicyArn", ""))
        if use is not None and use.holders:
            raise _conflict("Cannot delete a policy attached to entities.")
        if use is not None and use.versions > 1:
            rest = "Before you delete a policy, you must delete the policy's versions."
            raise _conflict(f"This policy has more than one version. {rest}")

    def _check_keyless(self, account_id: str, form: Form) -> None:
        """A key that outlived its user would be its namesake's."""
        if self._store.key_count(account_id, form.get("UserName", "")):
            raise _conflict("Cannot delete entity, must delete access keys first.")

    def _show_as_id(self, arn: str, unique_id: str) -> None:
        """Nobody of that name is trusted again, until somebody writes the policy anew."""
        for account_id, role_name in self._trusting.pop(arn, ()):
            role = self._store.role(account_id, role_name)
            if role is not None:
                self._store.replace_trust(account_id, role_name, renamed(role.trust, arn, unique_id))


def _check_document(account_id: str, form: Form) -> None:  # noqa: ARG001  # the checks' common form
    _parse(form.get("PolicyDocument", ""), "identity")


def _parse(document: str, kind: str) -> None:
    """Raises WireError for what AWS would not have taken, so that whatever is stored can be weighed later."""
    try:
        Policy.parse(document, source="trust policy" if kind == "trust" else "policy", type=kind)
    except MalformedPolicy as error:
        raise WireError("MalformedPolicyDocument", str(error)) from error


def _size(document: str) -> int:
    return len(_SPACE.sub("", document))


def _sum(policies: Iterable[StoredPolicy]) -> int:
    return sum(_size(policy.document) for policy in policies)


def _exceeded(message: str) -> WireError:
    return WireError("LimitExceeded", message, 409)


def _conflict(message: str) -> WireError:
    return WireError("DeleteConflict", message, 409)
