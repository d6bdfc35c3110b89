"""AWS Organizations over the sandbox's own organization. Memory only.

https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

from rolecall.sandbox.organizations import (
    accounts,
    closing,
    founding,
    handshakes,
    listings,
    policies,
    services,
    tags,
    units,
)
from rolecall.sandbox.organizations.invitations import Invitations
from rolecall.sandbox.wire import Handlers
from rolecall.sandbox.world import World


def handlers(world: World) -> Handlers:
    """Every operation of the service that the sandbox has. What the world's accounts are in the middle of goes on."""
    invitations = Invitations(world)
    return {
        **listings.handlers(world),
        **accounts.handlers(world, invitations),
        **closing.handlers(world),
        **founding.handlers(world),
        **handshakes.handlers(world, invitations),
        **services.handlers(world),
        **units.handlers(world),
        **tags.handlers(world),
        **policies.handlers(world),
    }
