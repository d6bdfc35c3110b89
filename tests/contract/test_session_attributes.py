"""What the platform brings besides the external id, where the role's trust asks for it: on the adapter."""

from __future__ import annotations

import json

import pytest

from rolecall.aws import query
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials, endpoints
from rolecall.core.ids import RoleArn
from rolecall.core.probe import AssumedRole, SessionAttributes
from rolecall.core.template import trust_policy
from tests.core.template.roles import resolved, section
from tests.sandbox.served import ServedSandbox

from .stage import EXTERNAL_ID, REGION, ROLE_NAME

TRUST = {"source_identity": ["rolecall*"], "session_tags": {"case": "IR-*", "team": "*"}}


@pytest.fixture
def asked(sandbox: ServedSandbox) -> RoleArn:
    """A role with our trust policy, deployed by hand."""
    role = section(name=ROLE_NAME, external_id=EXTERNAL_ID, trust=TRUST)
    document = json.dumps(resolved(trust_policy(role), role, "aws"))
    made = sandbox.client_of("iam", "audit").create_role(RoleName=role.name, AssumeRolePolicyDocument=document)
    return RoleArn.parse(made["Role"]["Arn"])


@pytest.mark.parametrize(
    ("attributes", "answers"),
    [
        (SessionAttributes("rolecall", {"case": "IR-7", "team": "ir"}), True),
        (SessionAttributes("rolecall", {"case": "IR-7"}), False),
        (SessionAttributes("somebody", {"case": "IR-7", "team": "ir"}), False),
        (SessionAttributes(None, {"case": "IR-7", "team": "ir"}), False),
        (SessionAttributes("rolecall", {"case": "7", "team": "ir"}), False),
        (SessionAttributes(), False),
    ],
    ids=["all", "a tag less", "another identity", "no identity", "another tag", "nothing"],
)
async def test_a_role_that_asks_for_them_answers_only_to_them(
    sandbox: ServedSandbox, asked: RoleArn, attributes: SessionAttributes, answers: bool
) -> None:
    platform = sandbox.session("platform")
    sts, iam = endpoints(platform, REGION)
    async with query.connect() as http:
        probe = AwsRoleProbe(query.QueryClient(http), SessionCredentials(platform), sts, iam, attributes)
        answer = await probe.assume(asked, external_id=EXTERNAL_ID)
    assert isinstance(answer, AssumedRole) is answers
