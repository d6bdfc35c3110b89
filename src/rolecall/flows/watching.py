"""Follows one operation of a stack set: how far it is, and what fails in which account, as it happens.

Only describes and lists, and that rarely: StackSets take two calls of a kind a second, over all that work on the
account's stack sets. Asked for are the operation's description, every five seconds, and the results in their pages of a
hundred: at first all, then those that are still to come, ever more rarely the more there are. For 10,000 accounts
tests/flows/test_watching.py counts the calls.

https://docs.aws.amazon.com/general/latest/gr/cfn.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rolecall.core.causes import Kind, cause_of, explained
from rolecall.core.ids import AccountId
from rolecall.core.observed import Operation, OperationResult, OperationStatus
from rolecall.core.report import Failure
from rolecall.ports import Ports

TOLD_OF_A_CAUSE = 3
"""Accounts of the same cause that are told one by one; those after them are only counted."""
_A_LOOK = 300
"""Accounts for which a look at the results waits a tick longer."""


@dataclass
class Watch:
    """What is known of a running operation. `total` is how many accounts it is about, as far as AWS has told."""

    ports: Ports
    stack_set: str
    operation_id: str
    title: str
    total: int = 0
    ahead: int = 0
    failed: dict[AccountId, OperationResult] = field(default_factory=dict)
    told: Counter[Kind] = field(default_factory=Counter)
    _ticks: int = 0

    async def look(self, operation: Operation) -> None:
        """At a tick: the results where it is time for them, those that failed wherever there are new ones."""
        due = self._ticks % (1 + self.total // _A_LOOK) == 0
        self._ticks += 1
        if due or not self.total:
            await self._count()
        if due or operation.failed_count > len(self.failed):
            self._fail(await self._results("FAILED"))

    async def end(self, operation: Operation) -> tuple[Failure, ...]:
        """Every account in which it failed or that it did not reach. SUCCEEDED may have failures: they all count."""
        if not self.total:
            await self._count()
        self.ahead = 0
        self._fail(await self._results("FAILED"))
        cancelled = await self._results("CANCELLED")
        self._show()
        for kind, count in self.told.items():
            if count > TOLD_OF_A_CAUSE:
                self.ports.progress.say(f"  failed in {count - TOLD_OF_A_CAUSE} more accounts alike ({kind})")
        return _failures(self.stack_set, operation, [*self.failed.values(), *cancelled])

    async def _count(self) -> None:
        """At first all, then those that are still to come: fewer and fewer."""
        if not self.total:
            results = await self._results()
            self.total = len(results)
            self.ahead = sum(result.status in ("PENDING", "RUNNING") for result in results)
        else:
            self.ahead = sum([len(await self._results(status)) for status in ("PENDING", "RUNNING")])
        self._show()

    async def _results(self, status: str = "") -> list[OperationResult]:
        found = self.ports.stack_sets.results(self.stack_set, self.operation_id, status=status)
        return [result async for result in found]

    def _show(self) -> None:
        self.ports.progress.begin(self.title, self.total)
        count = len(self.failed)
        self.ports.progress.reached(self.total - self.ahead, f"{count} failed" if count else "")

    def _fail(self, results: Iterable[OperationResult]) -> None:
        """Says each that is new, up to a few of a cause."""
        for result in results:
            if result.account in self.failed:
                continue
            self.failed[result.account] = result
            kind = cause_of(result.reason).kind
            self.told[kind] += 1
            if self.told[kind] <= TOLD_OF_A_CAUSE:
                said = explained(result.reason) or result.status
                self.ports.progress.say(f"  failed in {result.account}: {said}")


def _failures(stack_set: str, operation: Operation, results: list[OperationResult]) -> tuple[Failure, ...]:
    subject = f"stack set {stack_set}, {operation.action} operation"
    failures = [
        Failure(result.account, subject, explained(result.reason) or result.status, str(cause_of(result.reason).kind))
        for result in results
    ]
    untold = operation.failed_count - sum(result.status == "FAILED" for result in results)
    if untold > 0:  # the list of results is eventually consistent, the operation itself is not
        failures.append(Failure(None, subject, f"failed in {untold} more accounts, of which AWS does not yet tell"))
    if not failures and operation.status is not OperationStatus.SUCCEEDED:
        failures.append(Failure(None, subject, f"{operation.status}: {operation.reason}"))
    return tuple(failures)
