"""The lean client is a client of AWS like any other: moto's server, which is not ours, answers it too."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.credentials import ReadOnlyCredentials
from moto.server import ThreadedMotoServer

from rolecall.aws import query
from rolecall.aws.operator import Services
from rolecall.aws.probe import assumed, caller_of
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import RoleArn

KEYS = ReadOnlyCredentials("AKIDEXAMPLE", "secret", None, None)
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_it_assumes_roles_and_reads_them(moto: str) -> None:
    iam = boto3.Session("AKIDEXAMPLE", "secret", region_name="us-east-1").client("iam", endpoint_url=moto)
    made = iam.create_role(RoleName="CadoResponseRole", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    sts = Endpoint(moto, "sts", "us-east-1", "2011-06-15")
    async with query.connect() as http:
        client = QueryClient(http)
        services = Services(client, sts, Endpoint(moto, "iam", "us-east-1", "2010-05-08"))
        session = await assumed(client, sts, RoleArn.parse(made["Arn"]), KEYS, {"ExternalId": "x"})
        keys = ReadOnlyCredentials(session.access_key, session.secret_key, session.session_token, None)
        caller = await caller_of(client, sts, keys)
        read = await services.role("CadoResponseRole", KEYS)
        assert await services.role("Nobody", KEYS) is None
    iam.delete_role(RoleName="CadoResponseRole")
    assert caller.arn.endswith(":assumed-role/CadoResponseRole/rolecall")
    assert read is not None
    assert (str(read.arn), json.loads(read.trust)) == (made["Arn"], TRUST)
