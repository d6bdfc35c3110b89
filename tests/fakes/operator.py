"""The operator's own credentials, and the roles that they can look up, as planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import StackContent
from rolecall.core.policy import Outcome
from rolecall.core.preflight import FoundRole
from rolecall.core.probe import Answer, Caller, Question
from rolecall.errors import AccessDenied, AwsError

from .organizations import MANAGEMENT

ADMINISTRATOR = Caller(f"arn:aws:iam::{MANAGEMENT}:user/operator", "AIDAOPERATOREXAMPLE")


@dataclass
class FakeRoleInspector:
    """The `RoleInspector` port. `roles` are those that are there, by account and name, beside what is `deployed`;
    `closed` accounts let nobody in.

    `asked` are the accounts that were looked into.
    """

    roles: dict[tuple[AccountId, str], FoundRole] = field(default_factory=dict)
    closed: set[AccountId] = field(default_factory=set)
    asked: list[AccountId] = field(default_factory=list)
    deployed: Callable[[AccountId], StackContent | None] = lambda account: None

    async def management_role(self, name: str) -> FoundRole | None:
        return await self.role_in(MANAGEMENT, name)

    async def role_in(self, account: AccountId, name: str) -> FoundRole | None:
        self.asked.append(account)
        if account in self.closed:
            raise AccessDenied("AWS refused AssumeRole", code="AccessDenied", operation="AssumeRole")
        content = self.deployed(account)
        if content and content.parameters["RoleName"] == name:
            return FoundRole(RoleArn("aws", account, "/", name), content.tags, "{}")
        return self.roles.get((account, name))

    def plant(self, role: FoundRole) -> None:
        self.roles[role.arn.account, role.arn.name] = role


@dataclass
class FakeOperator:
    """The `Operator` port. Everything is allowed but the actions in `denied`; `error` is raised in place of answers."""

    identity: Caller = ADMINISTRATOR
    denied: set[str] = field(default_factory=set)
    error: AwsError | None = None
    may_simulate: bool = True
    questions: list[Question] = field(default_factory=list)
    roles: dict[str, FoundRole] = field(default_factory=dict)

    async def role(self, name: str) -> FoundRole | None:
        return self.roles.get(name)

    async def caller(self) -> Caller:
        if self.error:
            raise self.error
        return self.identity

    async def simulate(self, caller: Caller, question: Question) -> Sequence[Answer]:
        self.questions.append(question)
        if not self.may_simulate:
            raise AccessDenied("AWS refused SimulatePrincipalPolicy", code="AccessDenied", detail="AccessDenied: no")
        return [
            Answer(action, Outcome.IMPLICIT_DENY if action in self.denied else Outcome.ALLOWED)
            for action in question.actions
        ]
