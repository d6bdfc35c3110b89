"""The work of `rolecall adopt`: reads the stack set, writes the config, and the file of roles where it takes one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from rolecall.cli.files import write_atomically
from rolecall.cli.options import Options
from rolecall.cli.running import with_ports
from rolecall.core.adoption import Adopted, config_text
from rolecall.core.adoption.unnamed import ROLES_FILE
from rolecall.core.config import Config
from rolecall.core.config_reader import read_config
from rolecall.core.existing_roles import Roles, render
from rolecall.core.ids import AccountId
from rolecall.errors import ConfigError, UsageError
from rolecall.flows.adopting import FoundRoles, find_roles, read_stack_set
from rolecall.ports import Ports
from rolecall.wiring.assembly import Credentials, open_readers
from rolecall.wiring.config_file import load_config
from rolecall.wiring.existing_roles import read_roles

_SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """What the command was given. `role` is a logical id, where the template makes several."""

    stack_set: str
    role: str | None
    call_as: str
    assume_profile: str | None
    management_account: bool


def write(given: Options, asked: Asked, *, force: bool) -> None:
    """The config is read before it is written: what it lacks is told, and nothing is left half-written."""
    _refuse_to_overwrite(given.config, force=force)
    found, region = asyncio.run(_read(given, asked))
    text = config_text(
        found,
        call_as=asked.call_as,
        region=region,
        assume_profile=asked.assume_profile,
        management=asked.management_account,
    )
    config = _checked(given, found, text)
    if not found.name:
        file = given.config.parent / ROLES_FILE
        _refuse_to_overwrite(file, force=force)
        if config:
            _write_roles(given, file, _found_in(given, config, found), {})
    write_atomically(given.config, text)
    for remark in found.remarks:
        typer.echo(f"note: {remark}", err=True)
    _say_next(given, found)


def _checked(given: Options, found: Adopted, text: str) -> Config | None:
    """None where a person has to fill in something first. Raises ConfigError for what is wrong in more than that."""
    try:
        return read_config(text, str(given.config))
    except ConfigError as error:
        if any(problem.key not in found.unsaid for problem in error.problems):
            raise
        return None


def _say_next(given: Options, found: Adopted) -> None:
    if found.unsaid:
        then = "" if found.name else f"; then `rolecall adopt {found.stack_set.name} --roles` finds the roles"
        typer.echo(
            f"Wrote {given.config}. To be filled in before anything else: {', '.join(found.unsaid)}{then}", err=True
        )
    else:
        _say(given, f"Wrote {given.config}. Next: rolecall plan, which names all that it would change")


def check_is_of(given: Options, stack_set: str) -> None:
    """Raises UsageError where the config that is there is another stack set's."""
    config = load_config(given.config, roles=False)
    if config.stack_set_name != stack_set:
        hint = "--config names the file of this one, or a new one to write"
        raise UsageError(f"{given.config} is of stack set {config.stack_set_name}", hint=hint)


def find_roles_again(given: Options, role: str | None) -> None:
    """Those of accounts that cannot be asked now stay as they were."""
    config = load_config(given.config, roles=False)
    if not config.role.existing_roles:
        raise UsageError(f"{given.config} has no role.existing_roles", hint="its role has the same name everywhere")
    if not config.role.keep_existing:
        hint = "the stack set has both; the names of the former ones are in the file"
        raise UsageError("the roles are renamed already, or are about to be", hint=hint)
    file = given.config.parent / config.role.existing_roles
    known, _ = read_roles(file)

    async def work(config: Config, ports: Ports) -> FoundRoles:
        found = await read_stack_set(ports.stack_sets, ports.organizations, config.stack_set_name, role)
        return await find_roles(found, ports, config.deployment.region)

    _write_roles(given, file, with_ports(given, work, platforms=False, probe=False, config=config), known)


async def _read(given: Options, asked: Asked) -> tuple[Adopted, str]:
    delegated = asked.call_as == "delegated-admin"
    stack_sets, organizations, region = open_readers(Credentials(given.profile, given.region), delegated=delegated)
    management = asked.management_account
    return await read_stack_set(stack_sets, organizations, asked.stack_set, asked.role, management=management), region


def _found_in(given: Options, config: Config, found: Adopted) -> FoundRoles:
    async def work(config: Config, ports: Ports) -> FoundRoles:
        return await find_roles(found, ports, config.deployment.region)

    return with_ports(given, work, platforms=False, probe=False, config=config)


def _write_roles(given: Options, file: Path, found: FoundRoles, known: Roles) -> None:
    """What was not to be told now stays as it was `known`."""
    roles = {**{account: role for account, role in known.items() if account in found.untold}, **found.roles}
    write_atomically(file, render(roles), never={given.config: "the config file"})
    _show(given, {account: str(role) for account, role in roles.items()})
    for account, why in found.untold.items():
        typer.echo(f"note: what the role in {account} is called nobody could tell: {why}", err=True)
    _say(given, f"Wrote {file}: the roles of {len(roles)} accounts.")


def _show(given: Options, roles: Mapping[AccountId, str]) -> None:
    shown = sorted(roles) if given.verbose else sorted(roles)[:_SHOWN]
    for account in shown:
        _say(given, f"  {account}  {roles[account]}")
    if len(shown) < len(roles):
        _say(given, f"  and {len(roles) - len(shown)} more; --verbose shows all, and the file has them")


def _refuse_to_overwrite(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="--force writes over it; --config names another")


def _say(given: Options, line: str) -> None:
    if not given.quiet:
        typer.echo(line, err=True)
