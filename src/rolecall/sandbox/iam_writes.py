"""What IAM checks when roles and policies are written, which the store does not. Keeps who is trusted by which role.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (white space does not count) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html: a role or user in a trust
policy must exist, is kept by its unique id, and shows as that id once it is deleted. Every account of twelve digits
exists here, since nobody can ask AWS.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from rolecall.core.policy import MalformedPolicy, Policy
from rolecall.sandbox.stored import StoredPolicy, StoredRole, StoredUser
from rolecall.sandbox.wire import WireError

MAX_TRUST = 2_048
MAX_INLINE_OF_ROLE = 10_240
MAX_POLICY = 6_144
MAX_POLICIES_PER_ROLE = 20
MAX_ROLES = 1_000
_ENTITY = re.compile(r"arn:[^:]+:iam::(\d{12}):(role|user)/(.+)")
_SPACE = re.compile(r"\s+")

Form = Mapping[str, str]
"""The parameters of an IAM call as they are on the wire."""


class Principals(Protocol):
    """What the checks ask of the store."""

    def role(self, account_id: str, role_name: str) -> StoredRole | None: ...
    def role_by_arn(self, arn: str) -> StoredRole | None: ...
    def user(self, account_id: str, user_name: str) -> StoredUser | None: ...
    def role_count(self, account_id: str) -> int: ...
    def replace_trust(self, account_id: str, role_name: str, trust: str) -> None: ...


class IamWrites:
    """One call at a time: `before` refuses it, `after` takes note of what it did."""

    def __init__(self, store: Principals) -> None:
        self._store = store
        self._trusting: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._checks: Mapping[str, Callable[[str, Form], None]] = {
            "CreateRole": self._check_new_role,
            "UpdateAssumeRolePolicy": self._check_trust_update,
            "PutRolePolicy": self._check_inline,
            "PutUserPolicy": self._check_document,
            "PutGroupPolicy": self._check_document,
            "AttachRolePolicy": self._check_attachment,
            "CreatePolicy": self._check_policy,
            "CreatePolicyVersion": self._check_policy,
        }

    def before(self, account_id: str, action: str, form: Form) -> tuple[str, str] | None:
        """Raises WireError as IAM does. Returns ARN and unique id of a principal about to be deleted, for `after`."""
        check = self._checks.get(action)
        if check is not None:
            check(account_id, form)
        holder: StoredRole | StoredUser | None = None
        if action == "DeleteRole":
            holder = self._store.role(account_id, form.get("RoleName", ""))
        if action == "DeleteUser":
            holder = self._store.user(account_id, form.get("UserName", ""))
        return (holder.arn, holder.id) if holder else None

    def after(self, account_id: str, action: str, form: Form, deleted: tuple[str, str] | None) -> None:
        """The call succeeded. `deleted` is the ARN and the unique id of the principal that it deleted."""
        if action in ("CreateRole", "UpdateAssumeRolePolicy"):
            document = form["AssumeRolePolicyDocument" if action == "CreateRole" else "PolicyDocument"]
            for arn in _entities(document):
                self._trusting[arn].add((account_id, form["RoleName"]))
        if deleted is not None:
            self._show_as_id(*deleted)

    def id_of(self, arn: str) -> str | None:
        """The unique id of a role or user that exists."""
        match = _ENTITY.fullmatch(arn)
        if match is None:
            return None
        account_id, kind, name = match.groups()
        role = self._store.role_by_arn(arn) if kind == "role" else None
        user = self._store.user(account_id, name.rsplit("/", 1)[-1]) if kind == "user" else None
        found = role or (user if user is not None and user.arn == arn else None)
        return found.id if found else None

    def _check_new_role(self, account_id: str, form: Form) -> None:
        if self._store.role_count(account_id) >= MAX_ROLES:
            raise _exceeded(f"Cannot exceed quota for RolesPerAccount: {MAX_ROLES}")
        self._check_trust(form.get("AssumeRolePolicyDocument", ""))

    def _check_trust_update(self, account_id: str, form: Form) -> None:  # noqa: ARG002  # the checks' common form
        self._check_trust(form.get("PolicyDocument", ""))

    def _check_document(self, account_id: str, form: Form) -> None:  # noqa: ARG002  # the checks' common form
        _parse(form.get("PolicyDocument", ""), "identity")

    def _check_trust(self, document: str) -> None:
        _parse(document, "trust")
        if _size(document) > MAX_TRUST:
            raise _exceeded(f"Cannot exceed quota for ACLSizePerRole: {MAX_TRUST}")
        for arn in _entities(document):
            if self.id_of(arn) is None:
                raise WireError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')

    def _check_inline(self, account_id: str, form: Form) -> None:
        self._check_document(account_id, form)
        role = self._store.role(account_id, form.get("RoleName", ""))
        if role is None:
            return  # the store says so
        others = (policy for policy in role.policies if policy.arn is None and policy.name != form.get("PolicyName"))
        if _sum(others) + _size(form.get("PolicyDocument", "")) > MAX_INLINE_OF_ROLE:
            raise _exceeded(f"Maximum policy size of {MAX_INLINE_OF_ROLE} bytes exceeded for role {role.name}")

    def _check_attachment(self, account_id: str, form: Form) -> None:
        role = self._store.role(account_id, form.get("RoleName", ""))
        attached = {policy.arn for policy in role.policies if policy.arn} if role else set()
        if form.get("PolicyArn") not in attached and len(attached) >= MAX_POLICIES_PER_ROLE:
            raise _exceeded(f"Cannot exceed quota for PoliciesPerRole: {MAX_POLICIES_PER_ROLE}")

    def _check_policy(self, account_id: str, form: Form) -> None:
        self._check_document(account_id, form)
        if _size(form.get("PolicyDocument", "")) > MAX_POLICY:
            raise _exceeded(f"Cannot exceed quota for PolicySize: {MAX_POLICY}")

    def _show_as_id(self, arn: str, unique_id: str) -> None:
        """Nobody of that name is trusted again, until somebody writes the policy anew."""
        for account_id, role_name in self._trusting.pop(arn, ()):
            role = self._store.role(account_id, role_name)
            if role is not None:
                self._store.replace_trust(account_id, role_name, _renamed(role.trust, arn, unique_id))


def _parse(document: str, kind: str) -> None:
    """Raises WireError for what AWS would not have taken, so that whatever is stored can be weighed later."""
    try:
        Policy.parse(document, source="trust policy" if kind == "trust" else "policy", type=kind)
    except MalformedPolicy as error:
        raise WireError("MalformedPolicyDocument", str(error)) from error


def _entities(document: str) -> list[str]:
    """The ARNs of roles and users among a trust policy's principals."""
    listed = (_listed(principal["AWS"]) for principal in _principals(json.loads(document)))
    return [name for names in listed for name in names if _ENTITY.fullmatch(name)]


def _renamed(document: str, arn: str, unique_id: str) -> str:
    """The trust policy with `unique_id` in place of a principal's ARN. Conditions that name the ARN keep it."""
    policy = json.loads(document)
    for principal in _principals(policy):
        names = [unique_id if name == arn else name for name in _listed(principal["AWS"])]
        principal["AWS"] = names if isinstance(principal["AWS"], list) else names[0]
    return json.dumps(policy)


def _principals(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The principal elements that name AWS principals, as they stand in the policy."""
    elements = (
        statement.get(name) for statement in _listed(policy["Statement"]) for name in ("Principal", "NotPrincipal")
    )
    return [element for element in elements if isinstance(element, dict) and "AWS" in element]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _size(document: str) -> int:
    return len(_SPACE.sub("", document))


def _sum(policies: Iterable[StoredPolicy]) -> int:
    return sum(_size(policy.document) for policy in policies)


def _exceeded(message: str) -> WireError:
    return WireError("LimitExceeded", message, 409)
