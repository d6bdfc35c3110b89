"""What may be behind a refusal: the least that the evidence leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.core.blame import ControlPolicy, Levels, levels_of
from rolecall.core.ids import RoleArn
from rolecall.core.preflight import FoundRole, Unknown
from rolecall.core.probe import Caller
from rolecall.core.refusals import Asking, Evidence, Suspect, principal_behind, suspects, told
from tests.core.worlds import AUDIT, ROOT
from tests.fakes.cloud import config

ROLE = RoleArn("aws", AUDIT, "/", "CadoResponseRole")
PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
CALLER = Caller("arn:aws:sts::111111111111:assumed-role/CadoResponsePlatform/rolecall", "AROAPLATFORMEXAMPLE1")
SAID = "AccessDenied: User: x is not authorized to perform: sts:AssumeRole on resource: y"
NOBODY = Unknown("nobody could look")
OPEN = {Suspect.NO_ROLE, Suspect.TRUST, Suspect.EXTERNAL_ID, Suspect.CALLER, Suspect.SCP, Suspect.RCP}


def trusting(principal: str = PLATFORM, external_id: str = "ours", **conditions: Any) -> FoundRole:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}, **conditions},
    }
    return FoundRole(ROLE, {}, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def policy(kind: str, effect: str = "Deny", **more: Any) -> Levels:
    statement = {"Effect": effect, "Action": "sts:AssumeRole", "Resource": "*", **more}
    if kind == "rcp":
        statement["Principal"] = "*"
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return levels_of([ControlPolicy("p-1", "Own", text, frozenset({ROOT}), kind)], (ROOT,), AUDIT)


def found(
    message: str = SAID,
    role: FoundRole | Unknown | None = NOBODY,
    scps: Levels | Unknown | None = NOBODY,
    rcps: Levels | Unknown | None = NOBODY,
) -> set[Suspect]:
    asking = Asking.of(ROLE, CALLER, PLATFORM, "ours", {"aws:PrincipalOrgID": ()})
    return set(suspects(Evidence(message, role, scps, rcps), asking))


def test_without_evidence_everything_is_open() -> None:
    assert found() == OPEN


@pytest.mark.parametrize(
    ("words", "suspect"),
    [
        ("with an explicit deny in a service control policy", Suspect.SCP),
        ("with an explicit deny in a resource control policy", Suspect.RCP),
        ("because no identity-based policy allows the sts:AssumeRole action", Suspect.CALLER),
        ("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", Suspect.SESSION),
        ("exceeds the 1 hour session limit for roles assumed by role chaining.", Suspect.CHAINING),
    ],
)
def test_what_aws_says_itself_leaves_nothing_open(words: str, suspect: Suspect) -> None:
    assert found(f"{SAID} {words}") == {suspect}


def test_a_role_that_is_not_there_is_all_there_is_to_it() -> None:
    assert found(role=None) == {Suspect.NO_ROLE}


def test_a_trust_that_asks_for_another_external_id() -> None:
    assert found(role=trusting(external_id="theirs")) == {Suspect.EXTERNAL_ID}


@pytest.mark.parametrize(
    "principal", ["arn:aws:iam::111111111111:role/Another", "arn:aws:iam::222222222222:root", "AROAGONEEXAMPLE12345"]
)
def test_a_trust_that_names_somebody_else(principal: str) -> None:
    assert found(role=trusting(principal)) == {Suspect.TRUST}


def test_a_trust_that_lets_us_in_is_innocent() -> None:
    assert found(role=trusting()) == {Suspect.CALLER, Suspect.SCP, Suspect.RCP}


def test_a_trust_that_hangs_on_what_nobody_knows_stays_open() -> None:
    of_a_network = trusting(IpAddress={"aws:SourceIp": "192.0.2.0/24"})
    assert found(role=of_a_network) == OPEN - {Suspect.NO_ROLE}


def test_a_trust_of_an_organization_that_the_platform_is_not_in() -> None:
    role = trusting(StringLike={"aws:PrincipalOrgID": "o-*"})
    assert Suspect.TRUST in found(role=role)


def test_policies_that_deny_are_to_blame_and_those_that_do_not_are_innocent() -> None:
    assert found(scps=policy("scp"), rcps=policy("rcp", "Allow")) == {Suspect.SCP}
    assert found(scps=policy("scp", "Allow"), rcps=policy("rcp")) == {Suspect.RCP}
    assert found(scps=policy("scp"), rcps=policy("rcp")) == {Suspect.SCP, Suspect.RCP}
    assert found(scps=None, rcps=None) == OPEN - {Suspect.SCP, Suspect.RCP}


def test_a_policy_whose_condition_nobody_knows_stays_open() -> None:
    unknown = policy("rcp", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert found(role=trusting(), scps=None, rcps=unknown) == {Suspect.CALLER, Suspect.RCP}


def test_a_policy_that_exempts_the_platform_is_innocent() -> None:
    exempt = policy("rcp", Condition={"ArnNotEquals": {"aws:PrincipalArn": PLATFORM}})
    assert found(role=trusting(), scps=None, rcps=exempt) == {Suspect.CALLER}


def test_it_is_told_in_one_sentence() -> None:
    assert told((Suspect.NO_ROLE,), "AccessDenied: x") == (
        "the role cannot be assumed: there is no such role (AccessDenied: x)"
    )
    assert "one of: there is no such role; " in told((Suspect.NO_ROLE, Suspect.TRUST), "AccessDenied: x")


def test_the_role_behind_a_session_has_the_path_that_the_config_tells() -> None:
    section = config(role={"trusted_principals": ["arn:aws:iam::111111111111:role/ops/CadoResponsePlatform"]}).role
    assert principal_behind(section, CALLER) == "arn:aws:iam::111111111111:role/ops/CadoResponsePlatform"
    assert principal_behind(config().role, CALLER) == PLATFORM
    user = Caller("arn:aws:iam::111111111111:user/Somebody", "AIDAEXAMPLE")
    assert principal_behind(section, user) == user.arn
