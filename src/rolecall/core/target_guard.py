"""Account filters together with auto-deployment are refused, with the units that say the same, if any do. Pure.

AWS ignores the filters for accounts that come later: an account that joins a target unit, or is moved away and back,
would get the role against the config's words. Even where the targets are all of some units just now, the words are not
the same (a new account would be a target by the units and not by the list), so that it is for a person to choose them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence

from rolecall.core.config import Config
from rolecall.core.ids import UnitId
from rolecall.core.organization import Account, Organization, path_of
from rolecall.core.targets import Targets
from rolecall.errors import ConfigError

_PLAIN = re.compile(r"/[A-Za-z0-9 _./-]*[A-Za-z0-9_/-]|/|[a-z0-9-]+")
_SHOWN = 5


def refuse_filters_with_auto_deployment(config: Config, targets: Targets) -> None:
    """Raises ConfigError, saying what to write instead."""
    if not (targets.filters and config.deployment.auto_deployment.enabled):
        return
    keys = " and ".join(f"targets.{key}" for key in targets.filters)
    raise ConfigError(
        f"{keys} cannot hold with deployment.auto_deployment.enabled",
        detail="AWS ignores account filters for accounts that come later: they would get the role",
        hint=f"turn auto-deployment off (deployment: {{auto_deployment: {{enabled: false}}}}){_instead(keys, targets)}",
    )


def cover(targets: Targets) -> tuple[list[UnitId], list[UnitId]]:
    """The fewest units under which are all accounts that the filters leave, and no other; else the units in the way.

    Those in the way hold, directly, an account that is meant, and lie over or hold one that is not. Accounts that are
    not active count as what they would be if they were.
    """
    under = [account for account in targets.organization.accounts if targets.is_under(account)]
    meant = {account.id: not targets.passed_over(account) for account in under}
    mixed = {unit for account in under if not meant[account.id] for unit in account.unit_ids}
    found: dict[UnitId, None] = {}
    in_the_way: dict[UnitId, None] = {}
    for account in under:
        if meant[account.id]:
            whole = next((unit for unit in _at_or_below(targets, account) if unit not in mixed), None)
            if whole:
                found[whole] = None
            else:
                in_the_way[account.unit_ids[-1]] = None
    return ([], list(in_the_way)) if in_the_way else (list(found), [])


def _instead(keys: str, targets: Targets) -> str:
    units, in_the_way = cover(targets)
    organization = targets.organization
    if units:
        lines = f"organizational_units: [{', '.join(_names(units, organization))}]"
        if organization.management_account in targets.section.exclude_accounts:
            lines += ", management_account: false"
        return f"; or name the units that hold just these accounts now, in place of {keys}: {lines}"
    if in_the_way:
        names = ", ".join(_names(in_the_way[:_SHOWN], organization)) + (", …" if len(in_the_way) > _SHOWN else "")
        return f"; no units say the same, since accounts that are meant and others are together in {names}"
    return "; no account under the units is left by the filters"


def _at_or_below(targets: Targets, account: Account) -> Sequence[UnitId]:
    """The units over an account, from the topmost target unit down."""
    top = next(place for place, unit in enumerate(account.unit_ids) if unit in targets.units)
    return account.unit_ids[top:]


def _names(units: Sequence[UnitId], organization: Organization) -> list[str]:
    """As they are written in YAML: by path where that says which unit is meant."""
    known = organization.units
    paths = {unit.id: path_of(unit, known) or "/" for unit in known.values()}
    times = Counter(paths.values())
    return [_written(paths[unit] if times[paths.get(unit, "")] == 1 else unit) for unit in units]


def _written(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
