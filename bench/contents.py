"""What a config deploys, for an estate in which all of it is there already. Reads the config file."""

from __future__ import annotations

from pathlib import Path

from bench.estate import MANAGEMENT, ORGANIZATION, ROOT, Deployed
from rolecall.core.desired import desire
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import Account, AccountState, Organization, OrganizationIdentity
from rolecall.wiring.config_file import load_config


def contents(config_file: Path) -> Deployed:
    """No other account matters to it than the management account."""
    root, management = UnitId(ROOT), AccountId(MANAGEMENT)
    alone = Account(management, "management", AccountState.ACTIVE, (root,))
    organization = Organization(OrganizationIdentity(ORGANIZATION, management), (alone,))
    desired = desire(load_config(config_file), organization, (root,))
    return Deployed(desired.content, desired.management_content)
