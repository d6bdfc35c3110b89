"""What the flows need of the world, as protocols. All async; adapters in `aws`, `platforms` and the tests' fakes.

Every method raises only errors of `rolecall.errors`. Iterators page lazily and stop when the caller stops.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rolecall.core.blame import ControlPolicy
from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.ledger import Entry
from rolecall.core.observed import (
    AutoDeployment,
    DeploymentTargets,
    Operation,
    OperationResult,
    Registration,
    ResourceDrift,
    Stack,
    StackContent,
    StackInstance,
    StackSet,
    StackSetSummary,
)
from rolecall.core.organization import Account, OrganizationalUnit, OrganizationIdentity
from rolecall.core.preflight.model import FoundRole
from rolecall.core.probe import Answer, AssumedRole, Caller, HarmlessCall, Question, Refusal
from rolecall.core.read_back import ReadBack


class Clock(Protocol):
    """Time. `now` is aware, in UTC; `monotonic` and `sleep` are in seconds."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class Organizations(Protocol):
    """AWS Organizations, read only. https://docs.aws.amazon.com/organizations/latest/APIReference/"""

    async def identity(self) -> OrganizationIdentity: ...
    def accounts(self) -> AsyncIterator[Account]:
        """Every account, in any state, with the units above it."""
        ...

    async def roots(self) -> Sequence[OrganizationalUnit]: ...
    async def units_under(self, parent: UnitId) -> Sequence[OrganizationalUnit]:
        """The units directly under a root or unit."""
        ...

    async def tags(self, account: AccountId) -> Mapping[str, str]:
        """One call an account."""
        ...

    async def delegated_administrators(self) -> Sequence[AccountId]:
        """The accounts that are delegated administrators of StackSets."""
        ...

    async def control_policies(self) -> Sequence[ControlPolicy]:
        """Every service control policy with what it is attached to: two calls a policy."""
        ...

    async def resource_policies(self) -> Sequence[ControlPolicy]:
        """Every resource control policy, but AWS's own, which allows everything: two calls a policy."""
        ...


class StackSets(Protocol):
    """CloudFormation StackSets as one caller sees them (CallAs and the permission model are the adapter's).

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
    Operation ids are idempotency tokens: the same id twice is one operation.
    """

    @property
    def delegated(self) -> bool:
        """Whether they are used as a delegated administrator's, which every call has to say."""
        ...

    async def account(self) -> AccountId:
        """Whose credentials these are: with self-managed permissions, where the stack set is."""
        ...

    async def trusted_access(self) -> bool: ...
    async def activate_trusted_access(self) -> None: ...
    def stack_sets(self) -> AsyncIterator[StackSetSummary]:
        """Those that are there, of this Region; deleted ones are left out."""
        ...

    async def describe(self, name: str) -> StackSet | None: ...
    def instances(self, name: str, *, drifted: bool = False) -> AsyncIterator[StackInstance]:
        """`drifted`: only those that the last drift detection found DRIFTED."""
        ...

    async def create(self, name: str, content: StackContent, auto_deployment: AutoDeployment) -> None: ...
    async def update(
        self,
        name: str,
        content: StackContent,
        auto_deployment: AutoDeployment,
        *,
        operation_id: str,
        targets: DeploymentTargets | None = None,
        region: str = "",
    ) -> str:
        """Content and auto-deployment, in every instance. Returns the operation's id.

        With `targets` only in the instances there, in `region`: those elsewhere become OUTDATED, and auto-deployment
        stays as it is.
        """
        ...

    async def create_instances(self, name: str, *, targets: DeploymentTargets, region: str, operation_id: str) -> str:
        """Where they are missing or OUTDATED; the others are left. Returns the operation's id."""
        ...

    async def update_instances(
        self, name: str, *, targets: DeploymentTargets, region: str, overrides: Mapping[str, str], operation_id: str
    ) -> str:
        """The same content once more, with these parameters in place of the stack set's. Returns the operation's id.

        An override that is left out is reset (UpdateStackInstances).
        """
        ...

    async def delete_instances(
        self,
        name: str,
        *,
        targets: DeploymentTargets,
        region: str,
        retain_stacks: bool,
        operation_id: str,
    ) -> str: ...
    async def import_stacks(
        self, name: str, *, stack_ids: Sequence[str], unit_ids: Sequence[UnitId], operation_id: str
    ) -> str:
        """Stacks that exist become instances: at most ten at a time; `unit_ids` hold their accounts."""
        ...

    async def detect_drift(self, name: str, *, operation_id: str) -> str: ...
    async def resource_drifts(self, name: str, instance: StackInstance, operation_id: str) -> Sequence[ResourceDrift]:
        """What that detection found of one instance: a call a page, two a second."""
        ...

    async def stop(self, name: str, operation_id: str) -> None:
        """What has begun ends, the rest is cancelled. One that is over already is no error."""
        ...

    async def delete(self, name: str) -> None: ...
    async def operation(self, name: str, operation_id: str) -> Operation: ...
    def operations(self, name: str) -> AsyncIterator[Operation]:
        """Newest first."""
        ...

    def results(self, name: str, operation_id: str, *, status: str = "") -> AsyncIterator[OperationResult]:
        """Those with `status` alone where it is given: a call a hundred of them, and one at least."""
        ...


class Stacks(Protocol):
    """Plain CloudFormation stacks in the management account."""

    async def account(self) -> AccountId:
        """The account that they are really in: whose credentials these are."""
        ...

    async def describe(self, name: str) -> Stack | None: ...
    async def create(self, name: str, content: StackContent) -> None: ...
    async def update(self, name: str, content: StackContent) -> None: ...
    async def delete(self, name: str) -> None: ...


class RoleInspector(Protocol):
    """Looks up roles by IAM GetRole. Changes nothing."""

    async def management_role(self, name: str) -> FoundRole | None:
        """With the management account's credentials; None where there is none of that name."""
        ...

    async def role_in(self, account: AccountId, name: str) -> FoundRole | None:
        """With a session of `deployment.inspect_role` in a member account. Raises AccessDenied where there is none."""
        ...


class Operator(Protocol):
    """The credentials that the command runs with."""

    async def caller(self) -> Caller:
        """STS GetCallerIdentity."""
        ...

    async def role(self, name: str) -> FoundRole | None:
        """The role of that name in the caller's own account, by IAM GetRole."""
        ...

    async def simulate(self, caller: Caller, question: Question) -> Sequence[Answer]:
        """IAM SimulatePrincipalPolicy on the caller, whose role's path is looked up by GetRole. One answer an action.

        Raises AccessDenied where the caller may not ask, and AwsError for a root user, who has no policies.
        """
        ...


class RoleProbe(Protocol):
    """Asks of a role what the platform would ask, with the platform's credentials."""

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        """STS AssumeRole. A refusal is an answer, not an error; errors are those that tell nothing of the role."""
        ...

    async def caller(self) -> Caller:
        """STS GetCallerIdentity: whose credentials these are."""
        ...

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        """IAM SimulatePrincipalPolicy on the role itself, with its own credentials. One answer an action."""
        ...


class DeepProbe(RoleProbe, Protocol):
    """Asks what a roll call in depth wants to know too, with the credentials of the role. Reads only."""

    async def read_back(self, assumed: AssumedRole, policies: Collection[str]) -> ReadBack:
        """The role and its policies as it may read them itself; of its managed policies the documents of `policies`.

        A refusal is an answer, not an error.
        """
        ...

    async def make(self, assumed: AssumedRole, call: HarmlessCall, region: str) -> Refusal | None:
        """The call with the role's own credentials; None where it was answered."""
        ...


class OrganizationReader(Protocol):
    """Reads the organization with the role of its management account, or of a delegated administrator's."""

    async def organization(self, assumed: AssumedRole) -> tuple[Sequence[Account], Sequence[OrganizationalUnit]]:
        """Every account in any state, and the roots and units. Units are called by their ids where the role may list
        accounts but no units, and then those that hold no account are not known."""
        ...


class Platform(Protocol):
    """The platform's accounts API, version 3."""

    @property
    def name(self) -> str: ...
    def registrations(self) -> AsyncIterator[Registration]: ...
    async def add(self, account_name: str, role: RoleArn) -> None: ...
    async def remove(self, account_name: str) -> None: ...


class Ledger(Protocol):
    """What was left behind and AWS can no longer tell. Read whole, and written whole or not at all."""

    async def read(self) -> tuple[Entry, ...]:
        """Raises ConfigError for one that is broken, or not ours."""
        ...

    async def write(self, entries: Sequence[Entry]) -> None:
        """In place of what is there. Raises ConfigError, and leaves it, where that could not be read."""
        ...


class Progress(Protocol):
    """Where a flow says how far it is. Talk for people, never data."""

    def begin(self, title: str, total: int | None) -> None:
        """A stage of `total` steps begins; None where nobody can tell how many."""
        ...

    def reached(self, done: int, note: str = "") -> None: ...
    def tally(self, found: Mapping[str, int]) -> None:
        """What the stage has found so far: how many of each word of `rolecall.core.roll.Access`."""
        ...

    def end(self) -> None: ...
    def say(self, line: str) -> None:
        """One line that stays on the screen."""
        ...


class ProvingPorts(Protocol):
    """What the proof of a role needs. `organizations` is asked for names of policies, and may refuse to tell them."""

    @property
    def probe(self) -> DeepProbe: ...
    @property
    def organizations(self) -> Organizations: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class RegistryPorts:
    """All that the registry may touch beside its own database, with the platform's credentials."""

    probe: DeepProbe
    organizations: Organizations
    clock: Clock
    reader: OrganizationReader


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a flow may touch."""

    organizations: Organizations
    stack_sets: StackSets
    stacks: Stacks
    probe: DeepProbe
    platforms: tuple[Platform, ...]
    clock: Clock
    progress: Progress
    ledger: Ledger
    inspector: RoleInspector
    operator: Operator
    regions: tuple[str, ...]
    """Where StackSets are, in the partition of the deployment."""
    stack_sets_in: Callable[[str], StackSets]
    """The stack sets of another Region, as the same caller sees them."""
