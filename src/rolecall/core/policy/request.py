"""What is asked of the evaluator: who calls which action on which resource, with which condition keys. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/intro-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. For a session, `arn` and `id` are those of the role (or federating user) behind it.

    `id` is the unique id (`AROA…`, `AIDA…`), or the account id for the root user. `service` is an AWS service's
    name (`ec2.amazonaws.com`) and `federated` an identity provider's ARN or domain, where one of those calls.
    """

    account: str
    arn: str
    id: str
    session_arn: str | None = None
    service: str | None = None
    federated: str | None = None

    @property
    def is_root(self) -> bool:
        """The account's root user, which has full access to its own account."""
        return self.arn.endswith(":root")

    @property
    def is_service_linked(self) -> bool:
        """A role that only an AWS service may assume and change, or a session of it.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
        """
        return ":role/aws-service-role/" in self.arn

    @property
    def is_no_entity(self) -> bool:
        """An AWS service or an identity provider, which is no user or role of an account and has no policies."""
        return self.service is not None or self.federated is not None

    @property
    def speaks_for_another(self) -> bool:
        """Its `arn` names a role or a federating user, while the caller itself is a session of it."""
        return self.session_arn is not None or ":role/" in self.arn


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource. `action` is spelled `service:Action`; `resource` is an ARN, or `*` for none.

    `context` holds the condition keys, in any case; a key that is missing or has no values is absent. Nothing is
    derived from `principal`: whoever wants `aws:PrincipalArn` and its like in conditions puts them in `context`.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    principal: Principal | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The condition keys of one request, by lower-case name: key names are not case-sensitive."""

    values_by_key: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, request: Request) -> Context:
        return cls({key.lower(): values for key, values in request.context.items()})

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a lower-case key. None at all is the same as an absent key."""
        return self.values_by_key.get(key, ())

    def single(self, key: str) -> str | None:
        """The value of a lower-case key that has exactly one: only such a key can be a policy variable."""
        values = self.values(key)
        return values[0] if len(values) == 1 else None
