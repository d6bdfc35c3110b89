"""What most scripts do: boto3 in a thread pool, with a session and a client of its own for each account."""

from __future__ import annotations

import boto3

from bench.contestants.boto import in_threads, sdk_config
from bench.contestants.requests import all_allowed, assumption, simulation
from bench.contestants.stopwatch import Stopwatch
from bench.workload import REGION, Work


def run(work: Work, watch: Stopwatch) -> int:
    config = sdk_config(work)
    sts = boto3.Session(region_name=REGION).client("sts", config=config)

    def ask(account_id: str) -> bool:
        keys = sts.assume_role(**assumption(account_id))["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
        answer = session.client("iam", config=config).simulate_principal_policy(**simulation(account_id, work.actions))
        return all_allowed(answer, work.actions)

    return in_threads(work, watch, ask)
