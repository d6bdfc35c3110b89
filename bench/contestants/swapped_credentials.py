"""boto3 at its leanest: one IAM client for all accounts, signing with the credentials of whichever thread calls."""

from __future__ import annotations

import threading

import boto3
import botocore.session
from botocore.credentials import Credentials, ReadOnlyCredentials

from bench.contestants.boto import in_threads, sdk_config
from bench.contestants.requests import all_allowed, assumption, simulation
from bench.contestants.stopwatch import Stopwatch
from bench.workload import REGION, Work


class ThreadCredentials(Credentials):  # type: ignore[misc]
    """Each thread's own. The signer asks for them frozen, once a request."""

    def __init__(self) -> None:
        super().__init__("unset", "unset")
        self._thread = threading.local()

    def use(self, access_key: str, secret_key: str, token: str) -> None:
        self._thread.frozen = ReadOnlyCredentials(access_key, secret_key, token, None)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return self._thread.frozen


def run(work: Work, watch: Stopwatch) -> int:
    config = sdk_config(work)
    credentials = ThreadCredentials()
    core = botocore.session.Session()
    core._credentials = credentials
    sts = boto3.Session(region_name=REGION).client("sts", config=config)
    iam = boto3.Session(botocore_session=core, region_name=REGION).client("iam", config=config)

    def ask(account_id: str) -> bool:
        keys = sts.assume_role(**assumption(account_id))["Credentials"]
        credentials.use(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return all_allowed(iam.simulate_principal_policy(**simulation(account_id, work.actions)), work.actions)

    return in_threads(work, watch, ask)
