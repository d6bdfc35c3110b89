"""What resource control policies deny a role, which AWS's simulation does not know. Pure.

Only what is denied whatever the request is: a condition on something that nobody knows beforehand proves nothing.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rolecall.core.blame import ControlPolicy
from rolecall.core.config import Config
from rolecall.core.denying import Denial
from rolecall.core.desired import Desired, DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.organization import Account
from rolecall.core.policy import Request
from rolecall.core.policy.rcp_services import supports_rcps
from rolecall.core.preflight.control_policies import context_of, denials
from rolecall.core.roll import Cause, Inquiry, MissingPermission, Proof, groups_of, with_missing


def weighed(
    config: Config,
    desired: Desired,
    policies: Sequence[ControlPolicy],
    proofs: Mapping[AccountId, Proof],
    now: datetime,
) -> dict[AccountId, Proof]:
    """The same proofs; those of roles that were assumed with what the policies deny them."""
    if not policies:
        return dict(proofs)
    inquiry = Inquiry.of(config.role.for_members, config.check_regions)
    assumed = [account for account, proof in proofs.items() if proof.assumed and account in desired.accounts]

    def ask(account: Account) -> Iterator[Request]:
        return _requests(desired, inquiry, desired.accounts[account.id], now)

    weighed = dict(proofs)
    for found, accounts in denials(desired.organization, policies, assumed, ask).items():
        missing = _missing(config, found)
        for account in accounts:
            weighed[account] = with_missing(proofs[account], missing)
    return weighed


def _requests(desired: Desired, inquiry: Inquiry, account: DesiredAccount, now: datetime) -> Iterator[Request]:
    known = context_of(desired.organization, account.account, str(account.role))
    for question in inquiry.questions(account.role, now):
        context = known | {key: (value,) for key, value in question.context.items()}
        for action in filter(supports_rcps, question.actions):
            for resource in question.resources:
                yield Request(action, resource, context)


def _missing(config: Config, found: Iterable[Denial]) -> list[MissingPermission]:
    by_action: dict[str, set[str]] = defaultdict(set)
    for denial in found:
        if denial.certain and denial.explicit:
            by_action[denial.action].add(denial.policy)
    return [
        MissingPermission(action, groups_of(config.role, action), Cause.RCP, "", tuple(sorted(names)))
        for action, names in by_action.items()
    ]
