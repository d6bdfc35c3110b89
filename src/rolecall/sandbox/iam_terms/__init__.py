"""A call in the words of IAM policies: the actions and resources that it needs, all of them. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

Services that have their own rules have a module here; `forms` is a table for the rest. Where a call's resource is not
known it is `*`: a policy that allows less refuses the call, and one that denies less does not see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rolecall.sandbox.iam_terms import (
    cloudformation,
    dynamodb,
    ec2,
    ecs,
    forms,
    iam,
    kms,
    organizations,
    passed_roles,
    s3,
    secretsmanager,
    ssm,
)
from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need
from rolecall.sandbox.wire import Call

__all__ = ["ANY", "Context", "Names", "Need", "needs"]

_SERVICES: Mapping[str, Callable[[Call, Names], Iterable[Need]]] = {
    "cloudformation": cloudformation.needs,
    "dynamodb": dynamodb.needs,
    "ec2": ec2.needs,
    "ecs": ecs.needs,
    "iam": iam.needs,
    "kms": kms.needs,
    "organizations": organizations.needs,
    "s3": s3.needs,
    "secretsmanager": secretsmanager.needs,
    "ssm": ssm.needs,
}


def needs(call: Call, names: Names) -> tuple[Need, ...]:
    """At least one. The call's own action comes first."""
    own = tuple(_SERVICES.get(call.service, forms.needs)(call, names))
    return (*(own or (Need(action_of(call)),)), *passed_roles.needs(call, names))
