"""What a template allows its role, as statements that can be asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.adoption.values import Untold, Values
from rolecall.core.policy.document import Effect, MalformedPolicy, Policy
from rolecall.core.policy.judging import Inquiry, judge
from rolecall.core.policy.request import Request
from rolecall.core.template.resolving import listed

POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy")
Document = Mapping[str, Any]
Resources = Mapping[str, Document]


@dataclass(frozen=True)
class Granted:
    """`allowed` are the actions of the Allow statements, with wildcards as they stand; `policies` hold one statement
    each, `own` are the logical ids of the policies that are the role's."""

    policies: tuple[Policy, ...]
    allowed: tuple[str, ...]
    own: tuple[str, ...]
    remarks: tuple[str, ...]

    def allows(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        request = Request(action, resource, {key: (value,) for key, value in context.items()})
        inquiry = Inquiry.of(request, bounded=False)
        found = [judge(policy, inquiry) for policy in self.policies]
        return any(one.grants for one in found) and not any(one.denies for one in found)

    def names(self, action: str) -> bool:
        """Whether a statement allows the action at all, of whatever resources and under whatever conditions."""
        return any(
            found.effect is Effect.ALLOW and found.actions.match(action.lower()) is not found.excludes_actions
            for policy in self.policies
            for found in policy.statements
        )


def granted(resources: Resources, role_id: str, values: Values) -> Granted:
    """`values` know the pseudo parameters of some account: AWS gives them each account's own."""
    role = resources[role_id].get("Properties") or {}
    own = [name for name, found in resources.items() if _is_of(name, found, role_id, role, values)]
    statements = [*_inline(role), *(one for name in own for one in _statements(resources[name].get("Properties")))]
    policies, remarks = [], list(_attached(role, own, values))
    for statement in statements:
        try:
            filled = {"Version": "2012-10-17", "Statement": [values.filled(statement)]}
            policies.append(Policy.parse(filled, source="the template"))
        except (Untold, MalformedPolicy):
            remarks.append("a statement of the permissions cannot be told from the template: it is left out of account")
    remarks += [_denied(found, values) for found in statements if _effect(found) == "Deny"]
    allowed = [action for found in statements if _effect(found) == "Allow" for action in _actions(found, values)]
    return Granted(tuple(policies), tuple(dict.fromkeys(allowed)), tuple(own), tuple(dict.fromkeys(remarks)))


def _is_of(name: str, found: Document, role_id: str, role: Document, values: Values) -> bool:
    if found["Type"] not in POLICIES:
        return False
    properties = found.get("Properties") or {}
    holders = [*listed(properties.get("Roles") or []), properties.get("RoleName")]
    by_name = values.text(role["RoleName"]) if "RoleName" in role else None
    holds = {"Ref": role_id} in holders or (by_name is not None and by_name in map(values.text, holders))
    return holds or {"Ref": name} in listed(role.get("ManagedPolicyArns") or [])


def _inline(role: Document) -> Iterator[Any]:
    for inline in listed(role.get("Policies") or []):
        yield from _statements(inline)


def _statements(holder: Any) -> Iterator[Any]:
    document = holder.get("PolicyDocument") if isinstance(holder, Mapping) else None
    yield from listed(document.get("Statement") or []) if isinstance(document, Mapping) else ()


def _effect(statement: Any) -> str:
    return str(statement.get("Effect")) if isinstance(statement, Mapping) else ""


def _actions(statement: Document, values: Values) -> Iterator[str]:
    if "NotAction" in statement:
        yield f"all but {', '.join(filter(None, values.each(statement['NotAction'])))}"
    yield from filter(None, values.each(statement.get("Action") or []))


def _denied(statement: Document, values: Values) -> str:
    named = ", ".join(_actions(statement, values)) or "something"
    return f"the template denies {named}, which the config cannot: the first apply takes that out"


def _attached(role: Document, own: list[str], values: Values) -> Iterator[str]:
    others = [arn for arn in listed(role.get("ManagedPolicyArns") or []) if arn not in [{"Ref": name} for name in own]]
    if others:
        names = ", ".join(told for arn in others for told in values.each(arn) if told) or "unknown ones"
        yield (
            "policies are attached that the template does not make, and of which no permission group knows "
            f"({names}): the first apply detaches them"
        )
