"""What is known of an organization whose list was cut short: the accounts listed by then, and what they said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.organization import Organization
from rolecall.core.roll import Access, Proof
from rolecall.core.verdicts import Row, Verdict, verdict_of


@dataclass(frozen=True)
class Listed:
    """Of the organization only the accounts listed by then. What is deployed in them nobody knows."""

    organization: Organization
    role_name: str
    accounts: Mapping[AccountId, DesiredAccount]

    def rows(self, proofs: Mapping[AccountId, Proof]) -> tuple[Row, ...]:
        """One row a listed account."""
        return tuple(_row(account, proofs.get(account.id)) for account in self.accounts.values())


def _row(account: DesiredAccount, proof: Proof | None) -> Row:
    if not account.is_target:
        return Row(account, None, Access.UNKNOWN, None, Verdict.EXCLUDED, account.exclusion)
    if proof is None:
        return Row(account, None, Access.UNKNOWN, None, Verdict.UNKNOWN, "cut short before it was asked")
    verdict = verdict_of(proof.access)
    return Row(account, None, proof.access, None, verdict, proof.reason, proof.missing)
