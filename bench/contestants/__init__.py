"""Ways to call the roll. Each is a function of a Work and a Stopwatch that returns how many accounts answered well.

Nothing is imported before it runs: a contestant's process pays for its own imports only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contestant:
    """`function` as pkgutil.resolve_name reads it. `peer`: it runs in that venv of its own (bench/peers).

    `asks_external_id`: roles ask for one and refuse all others. `slow`: minutes for a thousand accounts, so that it
    runs once and on fewer.
    """

    name: str
    title: str
    function: str
    peer: str | None = None
    asks_external_id: bool = False
    slow: bool = False


ROLECALL = Contestant("rolecall", "rolecall's engine", "bench.contestants.engine:run")

CONTESTANTS = (
    ROLECALL,
    Contestant(
        "aiobotocore",
        "aiobotocore, one client, credentials swapped",
        "bench.contestants.aiobotocore_swapped:run",
        peer="aiobotocore",
    ),
    Contestant("boto3", "boto3, one client, credentials swapped", "bench.contestants.swapped_credentials:run"),
    Contestant("botocove", "botocove", "bench.contestants.cove:run", peer="botocove", slow=True),
    Contestant("sessions", "boto3, a session per account", "bench.contestants.session_per_account:run", slow=True),
    Contestant("full", "rolecall's engine, in full (more work)", "bench.contestants.engine:run_full", None, True),
)
