"""Puts an account into the organization together with the role that AWS makes in it. Memory only."""

from __future__ import annotations

import json

from rolecall.sandbox.organization import DEFAULT_ROLE, Organization, WorldAccount
from rolecall.sandbox.store import Store

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def add_member(store: Store, organization: Organization, account: WorldAccount, role_name: str | None = None) -> None:
    """A member account, with the role by which the management account administers it.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
    """
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{organization.management_account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    organization.add_account(account)
    store.create_role(account.id, role_name or DEFAULT_ROLE, json.dumps(trust), managed_policies=[_ADMINISTRATOR])
