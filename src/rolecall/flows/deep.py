"""What a roll call looks at beyond the simulation, in the depth that was asked for: the role read back, calls made.

Reads only, with the role's own credentials: about ten calls of IAM an account, and one a permission group.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property

from rolecall.core.blueprint import Blueprint
from rolecall.core.config import Config, RoleSection
from rolecall.core.depth import SHALLOW, Depth
from rolecall.core.desired import DesiredAccount, Via
from rolecall.core.deviations import Deviations, deviations, with_deviations
from rolecall.core.harmless import GroupCall, Made, calls_of, for_role, with_calls
from rolecall.core.probe import AssumedRole
from rolecall.core.roll import Proof
from rolecall.errors import AwsError
from rolecall.ports import DeepProbe


@dataclass(frozen=True)
class _Kind:
    """What holds for all roles of one form: the members', or the management account's."""

    role: RoleSection
    blueprint: Blueprint
    calls: tuple[GroupCall, ...]


class Deepener:
    """Takes proofs further, for one roll call."""

    def __init__(self, config: Config, probe: DeepProbe, depth: Depth) -> None:
        self._config = config
        self._probe = probe
        self._depth = depth

    @cached_property
    def _members(self) -> _Kind:
        return _kind(self._config, self._config.role.for_members, ours=not self._config.role.keep_existing)

    @cached_property
    def _management(self) -> _Kind:
        return _kind(self._config, self._config.role, ours=True)

    async def deepened(self, account: DesiredAccount, assumed: AssumedRole, proof: Proof) -> Proof:
        """An error that tells nothing of the role is told in the reason, and leaves the proof as it is."""
        if self._depth == SHALLOW:
            return proof
        kind = self._management if account.via is Via.STACK else self._members
        if self._depth.probe:
            proof = await self._really_asked(kind, assumed, proof)
        if self._depth.deep:
            proof = await self._read_back(kind, assumed, proof)
        return proof

    async def _read_back(self, kind: _Kind, assumed: AssumedRole, proof: Proof) -> Proof:
        deployed = kind.blueprint.of(assumed.role)
        try:
            found = await self._probe.read_back(assumed, (deployed.attached or {}).keys())
        except AwsError as error:
            return with_deviations(proof, Deviations((), (f"it could not be read back: {_said(error)}",)), None)
        return with_deviations(proof, deviations(deployed, found), found.role.last_used if found.role else None)

    async def _really_asked(self, kind: _Kind, assumed: AssumedRole, proof: Proof) -> Proof:
        made = await asyncio.gather(*(self._made(call, assumed) for call in kind.calls))
        return with_calls(proof, kind.role, made)

    async def _made(self, of: GroupCall, assumed: AssumedRole) -> Made:
        try:
            refusal = await self._probe.make(assumed, for_role(of.call, assumed.role), of.region)
        except AwsError as error:
            return Made(of, failed=_said(error))
        return Made(of, refused=refusal is not None)


def _kind(config: Config, role: RoleSection, *, ours: bool) -> _Kind:
    return _Kind(role, Blueprint(role, ours=ours), calls_of(role, config.check_regions))


def _said(error: AwsError) -> str:
    return "; ".join(filter(None, [error.summary, error.detail]))
