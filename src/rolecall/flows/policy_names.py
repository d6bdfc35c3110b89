"""Names the service control policies behind a refusal. Only describes and lists, and only when one is to blame."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rolecall.core.blame import ControlPolicy, levels_of, named
from rolecall.core.desired import DesiredAccount
from rolecall.core.probe import Question
from rolecall.core.roll import Cause, MissingPermission
from rolecall.errors import AccessDenied, AwsError
from rolecall.ports import Organizations


class PolicyNames:
    """The organization's control policies, read once for a whole roll call, at the first need."""

    def __init__(self, organizations: Organizations) -> None:
        self._organizations = organizations
        self._policies: Sequence[ControlPolicy] | None = None
        self._lock = asyncio.Lock()

    async def name(
        self, missing: Sequence[MissingPermission], questions: Sequence[Question], account: DesiredAccount
    ) -> Sequence[MissingPermission]:
        """The same permissions, with the names of the policies that deny them as far as the caller may read them."""
        if not any(item.cause is Cause.SCP for item in missing):
            return missing
        levels = levels_of(await self._read(), account.account.unit_ids, account.id)
        return named(missing, questions, levels)

    async def _read(self) -> Sequence[ControlPolicy]:
        async with self._lock:
            if self._policies is None:
                try:
                    self._policies = await self._organizations.control_policies()
                except AccessDenied:  # the blame stands without the name: "a service control policy"
                    self._policies = ()
                except AwsError:  # so it does here, and the next account asks again
                    return ()
            return self._policies
