"""Ways to call the roll. Each is a function of a Work and a Stopwatch that returns how many accounts answered well.

Nothing is imported before it runs: a contestant's process pays for its own imports only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contestant:
    """`function` as pkgutil.resolve_name reads it. `asks_external_id`: roles ask for one and refuse all others.

    `slow`: minutes for a thousand accounts, so it runs once, whatever the number of rounds.
    """

    title: str
    function: str
    asks_external_id: bool = False
    slow: bool = False


CONTESTANTS = (
    Contestant("rolecall's engine", "bench.contestants.engine:run"),
    Contestant("boto3, one client, credentials swapped", "bench.contestants.swapped_credentials:run"),
    Contestant("boto3, a session per account (one round)", "bench.contestants.session_per_account:run", slow=True),
    Contestant("rolecall check, in full (more work)", "bench.contestants.engine:run_full", asks_external_id=True),
)
