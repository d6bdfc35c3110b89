"""Plain stacks in memory, whose changes take polls."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from rolecall.core.ids import AccountId
from rolecall.core.observed import Stack, StackContent
from rolecall.errors import AwsError

from .organizations import MANAGEMENT


@dataclass
class FakeStacks:
    """The `Stacks` port, in the account of `credentials`.

    A change ends when the stack was looked at `polls` times; `failing` is why it fails.
    """

    credentials: AccountId = MANAGEMENT
    polls: int = 2
    failing: str = ""
    log: list[str] = field(default_factory=list)
    stacks: dict[str, Stack] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)

    async def account(self) -> AccountId:
        return self.credentials

    async def describe(self, name: str) -> Stack | None:
        stack = self.stacks.get(name)
        if stack is not None and stack.working:
            self.waiting[name] -= 1
            if self.waiting[name] <= 0:
                self._end(stack)
        return self.stacks.get(name)

    async def create(self, name: str, content: StackContent) -> None:
        self._log("CreateStack", name, "CREATE_IN_PROGRESS", content)

    async def update(self, name: str, content: StackContent) -> None:
        if name not in self.stacks:
            raise AwsError("AWS refused UpdateStack", code="ValidationError")
        self._log("UpdateStack", name, "UPDATE_IN_PROGRESS", content)

    async def delete(self, name: str) -> None:
        if name in self.stacks:
            self._log("DeleteStack", name, "DELETE_IN_PROGRESS", self.stacks[name].content)

    def _log(self, call: str, name: str, status: str, content: StackContent) -> None:
        if call == "CreateStack" and name in self.stacks:
            raise AwsError("AWS refused CreateStack", code="AlreadyExistsException")
        self.log.append(call)
        self.stacks[name] = Stack(name, status, content)
        self.waiting[name] = self.polls

    def _end(self, stack: Stack) -> None:
        if stack.status == "DELETE_IN_PROGRESS" and not self.failing:
            del self.stacks[stack.name]
            return
        verb = stack.status.removesuffix("_IN_PROGRESS")
        failed = {"CREATE": "ROLLBACK_COMPLETE", "UPDATE": "UPDATE_ROLLBACK_COMPLETE", "DELETE": "DELETE_FAILED"}
        status = failed[verb] if self.failing else f"{verb}_COMPLETE"
        self.stacks[stack.name] = replace(stack, status=status, reason=self.failing)
