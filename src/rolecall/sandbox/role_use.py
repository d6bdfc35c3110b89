"""Keeps when and where each role was last used, as GetRole tells. Writes to the world's store.

AWS tells it some hours later; here it is told at once.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

from rolecall.sandbox.exchange import Exchange, Listener
from rolecall.sandbox.world import World


def keep_role_use(world: World) -> Listener:
    """Counts every request of a role's session that was understood, refused ones too."""

    def keep(exchange: Exchange) -> None:
        call = exchange.call
        if call is not None and call.caller.is_session:
            name = call.caller.principal_arn.rsplit("/", 1)[-1]
            world.store.role_used(call.caller.account_id, name, exchange.time, call.region)

    return keep
