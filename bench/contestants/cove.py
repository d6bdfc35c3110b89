"""botocove, as its README says to use it: a decorated function, which is called with a session for each account.

It is given the accounts, since its caller is in no organization here: a listing would count against its roll.
"""

from __future__ import annotations

import boto3
from botocove import cove  # type: ignore[import-not-found]  # in a venv of its own: bench/peers

from bench.contestants.boto import sdk_config
from bench.contestants.requests import all_allowed, simulation
from bench.contestants.stopwatch import Stopwatch
from bench.workload import REGION, ROLE, SESSION_NAME, Work


def run(work: Work, watch: Stopwatch) -> int:
    assuming, config = boto3.Session(region_name=REGION), sdk_config(work)
    for service in ("sts", "organizations"):
        assuming.client(service)  # the session keeps their models, so that the roll does not pay for reading them

    @cove(
        target_ids=list(work.account_ids()),
        rolename=ROLE,
        role_session_name=SESSION_NAME,
        assuming_session=assuming,
        regions=[REGION],
        thread_workers=work.concurrency,
    )  # type: ignore[untyped-decorator]
    def ask(session: boto3.Session) -> bool:
        account_id = session.session_information["Id"]
        answer = session.client("iam", config=config).simulate_principal_policy(**simulation(account_id, work.actions))
        return all_allowed(answer, work.actions)

    with watch:
        told = ask()
    return sum(result["Result"] for result in told["Results"])
