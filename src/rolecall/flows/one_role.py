"""The roll called of one role after another, as they come: for a registry, which knows roles and no organization.

Calls what `rolecall.flows.proving` calls; changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from rolecall.core.config import Config
from rolecall.core.desired import DesiredAccount, Via
from rolecall.core.ids import RoleArn, UnitId
from rolecall.core.organization import Account, AccountState
from rolecall.core.roll import Proof
from rolecall.errors import CredentialsError
from rolecall.flows.control_policies import ControlPolicies
from rolecall.flows.proving import Prover, unknown
from rolecall.ports import ProvingPorts

_POLICIES_SECONDS = 600.0
"""How long the organization's policies are taken to be as they were read."""
_FORMS = 50
"""How many names of roles are kept in mind: mostly there is one."""


@dataclass(frozen=True, slots=True)
class RegisteredRole:
    """A role to be proven. `unit_ids` leads to its account, as far as that is known; `management`: it is in the
    management account, which gets permission groups of its own."""

    role: RoleArn
    account_name: str
    unit_ids: tuple[UnitId, ...] = ()
    management: bool = False


@dataclass
class RoleCaller:
    """Proves roles of any name by the permission groups, Regions and external id of a config."""

    config: Config
    ports: ProvingPorts
    _provers: OrderedDict[tuple[str, str], Prover] = field(default_factory=OrderedDict)
    _policies: ControlPolicies | None = None
    _read_at: float = 0.0

    async def prove(self, registered: RegisteredRole) -> Proof:
        """An error that tells nothing of the role, also of our own credentials, makes it `unknown`."""
        prover = self._prover(registered.role)
        prover.policies = self._fresh_policies()
        try:
            return await prover.prove(_desired(registered))
        except CredentialsError as error:
            return unknown(error)

    def _prover(self, role: RoleArn) -> Prover:
        """The role's name and path stand in what is asked of it."""
        form = (role.path, role.name)
        if form not in self._provers:
            section = self.config.role.model_copy(update={"path": role.path, "name": role.name})
            self._provers[form] = Prover(self.config.model_copy(update={"role": section}), self.ports)
        self._provers.move_to_end(form)
        if len(self._provers) > _FORMS:
            self._provers.popitem(last=False)
        return self._provers[form]

    def _fresh_policies(self) -> ControlPolicies:
        now = self.ports.clock.monotonic()
        if self._policies is None or now - self._read_at > _POLICIES_SECONDS:
            self._policies, self._read_at = ControlPolicies(self.ports.organizations), now
        return self._policies


def _desired(registered: RegisteredRole) -> DesiredAccount:
    account = Account(registered.role.account, registered.account_name, AccountState.ACTIVE, registered.unit_ids)
    via = Via.STACK if registered.management else Via.STACK_SET
    return DesiredAccount(account=account, path="", via=via, role=registered.role, names={})
