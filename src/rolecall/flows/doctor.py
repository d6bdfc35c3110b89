"""Looks at everything that has to be right, and says of each how it is. Only reads, but for `fix`.

Each look is taken by itself: what one of them needs and cannot have leaves it unchecked, with the reason, and the
others are taken all the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from rolecall.core.caller import findings as caller_findings
from rolecall.core.config import Config
from rolecall.core.diagnosis import Line, State, bad, failure, good, unchecked
from rolecall.errors import RolecallError
from rolecall.flows.examining import TRUSTED_ACCESS, Examination
from rolecall.ports import Platform, Ports, RoleProbe


@dataclass(frozen=True)
class Reach:
    """What could be opened; in place of what could not, why."""

    ports: Ports | RolecallError
    probe: RoleProbe | RolecallError
    platforms: Mapping[str, Platform | RolecallError]


async def diagnose(config: Config, reach: Reach) -> tuple[Line, ...]:
    """A line for each thing, in the order in which they depend on each other."""
    lines: list[Line] = []
    if isinstance(reach.ports, RolecallError):
        lines.append(failure("credentials", reach.ports))
        lines.append(unchecked("AWS", f"everything else of AWS: {reach.ports.summary}"))
    else:
        examination = Examination(config, reach.ports)
        lines += [line async for line in examination.lines()]
    lines += [await _platform(name, platform) for name, platform in reach.platforms.items()]
    lines += [line async for line in _caller(config, reach.probe)]
    return tuple(lines)


def can_be_fixed(lines: Iterable[Line]) -> bool:
    """Whether `fix` would mend one of them."""
    return any(line.check == TRUSTED_ACCESS and line.state is State.PROBLEM for line in lines)


async def fix(ports: Ports) -> None:
    """Turns trusted access on: the one thing that is mended by one call, and that nothing else depends on being off.

    Raises AwsError where AWS does not let it.
    """
    await ports.stack_sets.activate_trusted_access()


async def _platform(name: str, platform: Platform | RolecallError) -> Line:
    check = f"platform {name}"
    if isinstance(platform, RolecallError):
        return failure(check, platform)
    try:
        await anext(platform.registrations(), None)
    except RolecallError as error:
        return failure(check, error)
    return good(check, "answers with version 3 of the accounts API, and takes the key")


async def _caller(config: Config, probe: RoleProbe | RolecallError) -> AsyncIterator[Line]:
    """Who the roll is called as."""
    check = "platform's role"
    if isinstance(probe, RolecallError):
        yield failure(check, probe)
        return
    try:
        caller = await probe.caller()
    except RolecallError as error:
        yield failure(check, error)
        return
    found = caller_findings(config.role, caller)
    for finding in found:
        yield bad(check, finding)
    if not found:
        yield good(check, f"check.assume_from gives {caller.arn}, which the role trusts")
