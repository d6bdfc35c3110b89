"""The sandbox's own words for one AWS call: who calls what, and how a refusal is said.

Every engine of the sandbox is a set of handlers, one an API operation: a handler takes a `Call` with botocore-shaped
parameters and returns a botocore-shaped answer, or raises `WireError`. Only the gateway knows HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

Params = Mapping[str, Any]
"""Request parameters or an answer, shaped as botocore's service model says."""

PrincipalId = NewType("PrincipalId", str)
"""`AIDA…` of a user, `AROA…` of a role, or the account id for root."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials signed a call.

    `arn` is what GetCallerIdentity tells (for a session `arn:aws:sts::…:assumed-role/<role>/<session>`);
    `principal_arn` is the user's or role's own ARN, the value of `aws:PrincipalArn`. `issued_at` is when temporary
    credentials were, and None for long-term ones; `mfa` is whether they came for a second factor. A federated user has
    the ARN and id of the user whose it is.
    """

    account_id: str
    arn: str
    principal_arn: str
    principal_id: PrincipalId
    session_name: str | None = None
    session_policies: tuple[str, ...] = ()
    session_tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: frozenset[str] = frozenset()
    source_identity: str | None = None
    issued_at: datetime | None = None
    mfa: bool = False

    @property
    def is_session(self) -> bool:
        """Of a role."""
        return self.session_name is not None

    @property
    def is_temporary(self) -> bool:
        return self.issued_at is not None

    @property
    def is_federated(self) -> bool:
        """By GetFederationToken."""
        return ":federated-user/" in self.arn

    @property
    def user_id(self) -> str:
        """`aws:userid`. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
        if self.is_federated:
            return f"{self.account_id}:{self.arn.rsplit('/', 1)[-1]}"
        return f"{self.principal_id}:{self.session_name}" if self.is_session else self.principal_id


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a call beside what it asks for, as CloudTrail tells it. `time` is the sandbox's."""

    request_id: str
    time: datetime
    access_key_id: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: botocore's service name and operation name (`cloudformation`, `CreateStackSet`).

    `origin` is None for a call that the sandbox makes up for itself, of which nobody is told.
    """

    service: str
    action: str
    params: Params
    caller: Caller
    region: str
    origin: Origin | None = None


class WireError(Exception):
    """An error as AWS sends it: wire code, message, HTTP status. `fields` are what its model has beside these.

    `reason` is for the sandbox's own log: why a caller was denied, which no caller is told.
    """

    def __init__(
        self, code: str, message: str, status: int = 400, fields: Params | None = None, reason: str | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: Params = fields or {}
        self.reason = reason


Handler = Callable[[Call], Params]
Handlers = Mapping[tuple[str, str], Handler]
"""(service, operation) -> its handler. Handlers are synchronous and run on the gateway's one event loop: no locks.
What takes time is scheduled on the loop and answers later calls, as on AWS."""
