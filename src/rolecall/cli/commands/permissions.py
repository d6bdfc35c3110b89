"""`rolecall permissions`: the permission groups, or one of them in full. Calls no AWS and needs no config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolecall.core.config import RoleSection
    from rolecall.core.permission_groups import PermissionGroup

_DEFAULT_CONFIG = Path("rolecall.yaml")


def register(app: typer.Typer) -> None:
    app.command("permissions", help="List the permission groups: what the platform may be allowed to do.")(permissions)


def permissions(
    context: typer.Context,
    group: Annotated[str | None, typer.Argument(help="Tell all of this one.")] = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print GROUP as a file, to begin a group of your own with.")
    ] = False,
) -> None:
    from rolecall import __version__
    from rolecall.cli.running import print_json
    from rolecall.cli.views import console, permissions
    from rolecall.core.explain import groups as telling
    from rolecall.core.permission_groups import GROUPS
    from rolecall.wiring.service_reference import service_reference

    given = options.of(context)
    role = _role(given.config)
    known = role.known_groups if role else GROUPS
    found = _named(group, known) if group else None
    if yaml:
        _print_yaml(found, as_json=given.json)
        return
    told = [found] if found else list(known.values())
    reference = service_reference(action for one in told for action in one.actions)
    enabled = role.permission_groups if role else None
    about: dict[str, Any] = {"rolecall": __version__, "kind": "permissions"}
    if found:
        about |= {"group": telling.details(found, reference, enabled)}
    else:
        about |= {"groups": [telling.overview(one, reference, enabled) for one in told]}
    if given.json:
        print_json(about)
    elif found:
        permissions.print_group(console.stdout(given), about)
    else:
        permissions.print_groups(console.stdout(given), about)


def _role(config: Path) -> RoleSection | None:
    """None without a config file, where none was asked for."""
    from rolecall.wiring.config_file import load_config

    if config == _DEFAULT_CONFIG and not config.exists() and not config.is_symlink():
        return None
    return load_config(config).role


def _named(name: str, known: Mapping[str, PermissionGroup]) -> PermissionGroup:
    """Raises UsageError with the nearest name."""
    from difflib import get_close_matches

    if name in known:
        return known[name]
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"the groups are: {', '.join(known)}"
    raise UsageError(f"no permission group is called {name!r}", hint=hint)


def _print_yaml(found: PermissionGroup | None, *, as_json: bool) -> None:
    from rolecall.core.permission_groups.own import write_group

    if found is None:
        raise UsageError("--yaml needs the name of a group", hint="such as `rolecall permissions s3 --yaml`")
    if as_json:
        raise UsageError("--yaml and --json exclude each other", hint="give one of them")
    if not found.own:
        typer.echo(
            "# Save it in role.groups_folder. Give it an id of its own, and its statements other sids where both"
        )
        typer.echo("# groups are to be on.")
    typer.echo(write_group(found), nl=False)
