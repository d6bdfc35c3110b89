"""What a check is given and what it says. Pure data types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rolecall.core.blame import ControlPolicy
from rolecall.core.config import Config
from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import Observed, StackSet
from rolecall.core.plan import Action, Change


class Level(StrEnum):
    """How much a finding weighs.

    BLOCKS: the change cannot succeed, and is blocked with this as its cause. WARNS: shown, and stops nothing.
    UNCHECKED: nobody could look, so that nothing is known either way.
    """

    BLOCKS = "blocks"
    WARNS = "warns"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `id` is the check's; `account` None: it is about the stack set, or about many accounts."""

    id: str
    level: Level
    account: AccountId | None
    message: str
    hint: str = ""

    @property
    def cause(self) -> str:
        """As the detail of a blocked change."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Unknown:
    """In place of a fact that could not be had: why not."""

    reason: str


@dataclass(frozen=True, slots=True)
class FoundRole:
    """A role as GetRole tells it."""

    arn: RoleArn
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: str = ""
    """The trust policy, as JSON."""


@dataclass(frozen=True, slots=True)
class OtherStackSet:
    """A stack set that is not the one of the plan: in another Region, or of another name. None: only its name is
    known."""

    region: str
    name: str
    stack_set: StackSet | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The other stack sets, and the Regions of which nothing is known, each with the reason."""

    stack_sets: Sequence[OtherStackSet]
    unasked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What the checks go by. A fact is None where the plan does not need it, and Unknown where it could not be had."""

    config: Config
    desired: Desired
    observed: Observed
    changes: Sequence[Change]
    """The deployment's, before anything found here blocks them."""
    now: datetime
    roles: Mapping[AccountId, FoundRole | Unknown | None] = field(default_factory=dict)
    """The role of our name in the accounts that were looked into; None: there is none."""
    elsewhere: Elsewhere | None = None
    policies: Sequence[ControlPolicy] | Unknown | None = None
    everything: bool = False
    """Whether every account is asked about, as by doctor, or only those that the plan changes."""

    def accounts_of(self, *actions: Action) -> list[AccountId]:
        return [change.account for change in self.changes if change.action in actions and change.account]

    @property
    def arriving(self) -> list[AccountId]:
        """The accounts in which StackSets are to make the role."""
        return self.accounts_of(Action.CREATE_INSTANCE, Action.RETRY_INSTANCE)


@dataclass(frozen=True, slots=True)
class Check:
    """A check with its stable id. `levels` are those that its findings may have, UNCHECKED aside."""

    id: str
    title: str
    well: str
    """What is so where it finds nothing."""
    why: str
    mend: str
    levels: tuple[Level, ...]
    check: Callable[[Facts], Iterator[Finding]]
