"""Names the service control policies behind a refusal. Only describes and lists, and only when one is to blame."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.core.blame import levels_of, named
from rolecall.core.desired import DesiredAccount
from rolecall.core.preflight.model import Unknown
from rolecall.core.probe import Question
from rolecall.core.roll import Cause, MissingPermission
from rolecall.flows.control_policies import ControlPolicies


async def with_names(
    missing: Sequence[MissingPermission],
    questions: Sequence[Question],
    account: DesiredAccount,
    policies: ControlPolicies,
) -> Sequence[MissingPermission]:
    """The same permissions, with the names of the policies that deny them as far as the caller may read them.

    Else the blame stands without the name: "a service control policy".
    """
    if not any(item.cause is Cause.SCP for item in missing):
        return missing
    found = await policies.service()
    if isinstance(found, Unknown):
        return missing
    return named(missing, questions, levels_of(found, account.account.unit_ids, account.id))
