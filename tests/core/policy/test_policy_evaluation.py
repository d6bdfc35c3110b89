"""AWS's documented evaluation logic, case by case. Pages are of https://docs.aws.amazon.com/IAM/latest/UserGuide/."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from rolecall.core.policy import (
    MatchedStatement,
    Outcome,
    Policy,
    PolicySet,
    Principal,
    Request,
    evaluate,
    evaluate_assume_role,
)

Elements = dict[str, Any]
Keys = dict[str, tuple[str, ...]]

HOME, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{HOME}:role/Platform"
ROLE_ID = "AROAPLATFORM00000000"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/Platform/job"
USER = f"arn:aws:iam::{HOME}:user/carlos"
OBJECT = "arn:aws:s3:::logs/a"
TARGET = f"arn:aws:iam::{OTHER}:role/CadoResponseRole"
EXTERNAL_ID = "5f0c"

session = Principal(HOME, ROLE, ROLE_ID, session_arn=SESSION)
user = Principal(HOME, USER, "AIDACARLOS0000000000")
root = Principal(HOME, f"arn:aws:iam::{HOME}:root", HOME)
service = Principal(HOME, "", "", service="ec2.amazonaws.com")
federated = Principal(HOME, "", "", federated="accounts.google.com")
linked = Principal(
    HOME, f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "AROALINKED0000000000"
)


def policy(*statements: dict[str, Any], type: str = "identity", source: str | None = None) -> Policy:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Policy.parse(document, source=source or type, type=type)


def allow(action: str | list[str] = "s3:*", resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: str | list[str] = "s3:*", resource: str = "*", **elements: Any) -> dict[str, Any]:
    return allow(action, resource, **elements) | {"Effect": "Deny"}


def to(*names: str) -> dict[str, Any]:
    return {"Principal": {"AWS": list(names)}}


FULL = policy(allow("*"), type="scp", source="FullAWSAccess")
FULL_RCP = policy(allow("*", Principal="*"), type="rcp", source="RCPFullAWSAccess")
NO_S3_RCP = policy(deny("s3:*", Principal="*"), type="rcp", source="NoS3")
SERVICE = {"Service": "ec2.amazonaws.com"}
EC2_ONLY = policy(allow("ec2:*"), type="scp", source="Ec2Only")
NO_S3 = policy(deny("s3:*", Sid="NoS3"), type="scp", source="NoS3")
S3 = policy(allow())
EC2 = policy(allow("ec2:*"))


@dataclass(frozen=True)
class Case:
    id: str
    policies: PolicySet
    expected: Outcome
    principal: Principal | None = user
    resource_policy: Policy | None = None
    same_account: bool = True
    context: Keys = field(default_factory=dict)


def resource(*statements: dict[str, Any]) -> Policy:
    return policy(*statements, type="resource")


def boundary(*statements: dict[str, Any]) -> Policy:
    return policy(*statements, type="boundary")


def session_policy(*statements: dict[str, Any]) -> tuple[Policy, ...]:
    return (policy(*statements, type="session"),)


ALLOWED, EXPLICIT, IMPLICIT = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY
NOTHING = PolicySet()

NOT_IAM: Elements = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
NOT_S3: Elements = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
NOT_IAM_OR_S3: Elements = {"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}
NOT_MINE: Elements = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::logs/${aws:username}"}
NOT_LOGS: Elements = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::logs/*"}
NOT_BOOKS: Elements = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::books/*"}
ONLY_CARLOS: Elements = {"NotPrincipal": {"AWS": [USER, f"arn:aws:iam::{HOME}:root"]}}
FROM_OFFICE: Elements = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
NOT_FROM_OFFICE: Elements = {"Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
MANY_KEYS: Elements = {
    "Condition": {"StringEquals": {"aws:username": ["ada", "carlos"], "aws:RequestedRegion": "us-east-1"}}
}
CARLOS_IN_REGION: Keys = {"aws:username": ("carlos",), "aws:requestedregion": ("us-east-1",)}


def org(*levels: tuple[Policy, ...], identity: tuple[Policy, ...] = (S3,)) -> PolicySet:
    return PolicySet(identity=identity, scp_levels=levels)


CASES = [
    # reference_policies_evaluation-logic_policy-eval-denyallow.html: all requests are denied by default, except root's
    Case("no policy at all", NOTHING, IMPLICIT),
    Case("another action", PolicySet(identity=(EC2,)), IMPLICIT),
    Case("an allow", PolicySet(identity=(EC2, S3)), ALLOWED),
    Case("the third of three policies allows", PolicySet(identity=(EC2, EC2, S3)), ALLOWED),
    Case("a deny over an allow", PolicySet(identity=(S3, policy(deny("s3:Get*")))), EXPLICIT),
    Case("a deny of another action", PolicySet(identity=(S3, policy(deny("s3:Put*")))), ALLOWED),
    Case("root without policies", NOTHING, ALLOWED, root),
    Case("root under an SCP", PolicySet(scp_levels=((FULL, NO_S3),)), EXPLICIT, root),
    # reference_policies_elements_notaction.html, reference_policies_elements_notresource.html
    Case("not-action of another service", PolicySet(identity=(policy(NOT_IAM),)), ALLOWED),
    Case("not-action of this service", PolicySet(identity=(policy(NOT_S3),)), IMPLICIT),
    Case("not-action of two services", PolicySet(identity=(policy(NOT_IAM_OR_S3),)), IMPLICIT),
    Case("not-resource of a variable without value", PolicySet(identity=(policy(NOT_MINE),)), ALLOWED),
    Case("not-resource of another bucket", PolicySet(identity=(policy(NOT_BOOKS),)), ALLOWED),
    Case("not-resource of this bucket", PolicySet(identity=(policy(NOT_LOGS),)), IMPLICIT),
    # reference_policies_condition-logic-multiple-context-keys-or-values.html: values are or, keys are and
    Case("all keys match", PolicySet(identity=(policy(allow(**MANY_KEYS)),)), ALLOWED, context=CARLOS_IN_REGION),
    Case(
        "one key does not match",
        PolicySet(identity=(policy(allow(**MANY_KEYS)),)),
        IMPLICIT,
        context={"aws:username": ("carlos",), "aws:RequestedRegion": ("eu-west-1",)},
    ),
    Case("a condition whose key is absent", PolicySet(identity=(policy(allow(**FROM_OFFICE)),)), IMPLICIT),
    Case("a negated deny whose key is absent", PolicySet(identity=(S3, policy(deny(**NOT_FROM_OFFICE)))), EXPLICIT),
    Case(
        "a negated deny of another value",
        PolicySet(identity=(S3, policy(deny(**NOT_FROM_OFFICE)))),
        ALLOWED,
        context={"AWS:SourceIP": ("203.0.113.7",)},
    ),
    # access_policies_boundaries.html: the intersection of identity policies and boundary
    Case("boundary allows", PolicySet(identity=(S3,), boundary=boundary(allow())), ALLOWED),
    Case("boundary alone", PolicySet(boundary=boundary(allow())), IMPLICIT),
    Case("boundary lacks it", PolicySet(identity=(S3,), boundary=boundary(allow("ec2:*"))), IMPLICIT),
    Case("boundary denies", PolicySet(identity=(S3,), boundary=boundary(allow(), deny())), EXPLICIT),
    # access_policies.html#policies_session: the intersection with session policies; several are a union
    Case("session allows", PolicySet(identity=(S3,), session=session_policy(allow())), ALLOWED, session),
    Case("session lacks it", PolicySet(identity=(S3,), session=session_policy(allow("ec2:*"))), IMPLICIT, session),
    Case("session alone", PolicySet(session=session_policy(allow())), IMPLICIT, session),
    Case("session denies", PolicySet(identity=(S3,), session=session_policy(allow(), deny())), EXPLICIT, session),
    Case("no session policy passed", PolicySet(identity=(S3,), session=()), ALLOWED, session),
    Case(
        "one of two session policies",
        PolicySet(identity=(S3,), session=session_policy(allow("ec2:*")) + session_policy(allow())),
        ALLOWED,
        session,
    ),
    # orgs_manage_policies_scps_evaluation.html (Organizations): an allow at every level, a deny at any
    Case("every level allows", org((FULL,), (FULL,), (FULL,)), ALLOWED),
    Case("the middle level lacks it", org((FULL,), (EC2_ONLY,), (FULL,)), IMPLICIT),
    Case("the root lacks it", org((EC2_ONLY,), (FULL,), (FULL,)), IMPLICIT),
    Case("a level with no policy", org((FULL,), (), (FULL,)), IMPLICIT),
    Case("a level denies", org((FULL,), (FULL, NO_S3), (FULL,)), EXPLICIT),
    Case("an allow list of two policies", org((FULL,), (EC2_ONLY, FULL)), ALLOWED),
    Case("an SCP grants nothing", org((FULL,), (FULL,), identity=()), IMPLICIT),
    Case("the management account has no SCPs", PolicySet(identity=(S3,)), ALLOWED),
    Case("SCP, boundary and identity", PolicySet((S3,), boundary(allow()), scp_levels=((FULL,),)), ALLOWED),
    # orgs_manage_policies_scps.html (Organizations): users and roles, "service-linked roles" excepted
    Case("a service-linked role under a denying SCP", org((FULL, NO_S3)), ALLOWED, linked),
    Case("a service-linked role under an SCP that lacks it", org((EC2_ONLY,)), ALLOWED, linked),
    Case("a service under an SCP", org((FULL, NO_S3)), ALLOWED, service, resource(allow(Principal=SERVICE))),
    Case("a provider's user under an SCP", org((EC2_ONLY,)), ALLOWED, federated, resource(allow(Principal="*"))),
    # orgs_manage_policies_rcps.html (Organizations)
    Case("a service-linked role under an RCP", PolicySet((S3,), rcp_levels=((FULL_RCP, NO_S3_RCP),)), ALLOWED, linked),
    Case(
        "a service under an RCP that lacks it",
        PolicySet(rcp_levels=((policy(allow("ec2:*", Principal="*"), type="rcp"),),)),
        IMPLICIT,
        service,
        resource(allow(Principal=SERVICE)),
    ),
    Case(
        "a service under an RCP",
        PolicySet(rcp_levels=((FULL_RCP, NO_S3_RCP),)),
        EXPLICIT,
        service,
        resource(allow(Principal=SERVICE)),
    ),
    Case("RCP allows", PolicySet(identity=(S3,), rcp_levels=((FULL_RCP,),)), ALLOWED),
    Case(
        "RCP denies",
        PolicySet(identity=(S3,), rcp_levels=((FULL_RCP, policy(deny(Principal="*"), type="rcp")),)),
        EXPLICIT,
    ),
    Case("RCP grants nothing", PolicySet(rcp_levels=((FULL_RCP,),)), IMPLICIT),
    Case("a level without RCP", PolicySet(identity=(S3,), rcp_levels=((FULL_RCP,), ())), IMPLICIT),
    # reference_policies_evaluation-logic_policy-eval-denyallow.html: resource-based policies in the same account,
    # by principal and by what is implicitly denied otherwise
    Case("resource names the user", NOTHING, ALLOWED, user, resource(allow(**to(USER)))),
    Case(
        "resource names the user, boundary lacks it",
        PolicySet(boundary=boundary(allow("ec2:*"))),
        ALLOWED,
        user,
        resource(allow(**to(USER))),
    ),
    Case("resource names the account", NOTHING, IMPLICIT, user, resource(allow(**to(HOME)))),
    Case("resource names account, identity allows", PolicySet((S3,)), ALLOWED, user, resource(allow(**to(HOME)))),
    Case("resource names another user", NOTHING, IMPLICIT, session, resource(allow(**to(USER)))),
    Case(
        "identity alone beside a silent resource policy",
        PolicySet((S3,)),
        ALLOWED,
        session,
        resource(allow(**to(USER))),
    ),
    Case("resource names the role", NOTHING, ALLOWED, session, resource(allow(**to(ROLE)))),
    Case("resource names the role's id", NOTHING, ALLOWED, session, resource(allow(**to(ROLE_ID)))),
    Case(
        "resource names the role, boundary lacks it",
        PolicySet(boundary=boundary(allow("ec2:*"))),
        IMPLICIT,
        session,
        resource(allow(**to(ROLE))),
    ),
    Case(
        "resource names the role, session policy lacks it",
        PolicySet(session=session_policy(allow("ec2:*"))),
        IMPLICIT,
        session,
        resource(allow(**to(ROLE))),
    ),
    Case(
        "resource names the session, boundary and session policy lack it",
        PolicySet(boundary=boundary(allow("ec2:*")), session=session_policy(allow("ec2:*"))),
        ALLOWED,
        session,
        resource(allow(**to(SESSION))),
    ),
    Case(
        "resource names the role itself, boundary lacks it",
        PolicySet(boundary=boundary(allow("ec2:*"))),
        IMPLICIT,
        Principal(HOME, ROLE, ROLE_ID),
        resource(allow(**to(ROLE))),
    ),
    Case(
        "resource names the account, boundary lacks it",
        PolicySet((S3,), boundary(allow("ec2:*"))),
        IMPLICIT,
        user,
        resource(allow(**to(HOME))),
    ),
    Case(
        "resource names the account, session policy lacks it",
        PolicySet((S3,), session=session_policy(allow("ec2:*"))),
        IMPLICIT,
        session,
        resource(allow(**to(HOME))),
    ),
    Case("resource names account and user", NOTHING, ALLOWED, user, resource(allow(**to(HOME)), allow(**to(USER)))),
    # reference_policies_elements_principal.html#principal-anonymous
    Case("resource names everybody", NOTHING, ALLOWED, session, resource(allow(Principal="*"))),
    Case("an anonymous caller", NOTHING, ALLOWED, None, resource(allow(Principal="*"))),
    Case("an anonymous caller not named", NOTHING, IMPLICIT, None, resource(allow(**to(HOME)))),
    Case("resource allows, SCP lacks it", org((EC2_ONLY,), identity=()), IMPLICIT, user, resource(allow(**to(USER)))),
    Case("resource denies", PolicySet((S3,)), EXPLICIT, user, resource(deny(Principal="*"))),
    Case("resource denies another", PolicySet((S3,)), ALLOWED, session, resource(deny(**to(USER)))),
    Case("resource denies the account", PolicySet((S3,)), EXPLICIT, user, resource(deny(**to(HOME)))),
    # reference_policies_elements_notprincipal.html
    Case("everybody but Carlos is denied: Carlos", PolicySet((S3,)), ALLOWED, user, resource(deny(**ONLY_CARLOS))),
    Case("everybody but Carlos is denied: a role", PolicySet((S3,)), EXPLICIT, session, resource(deny(**ONLY_CARLOS))),
    Case(
        "NotPrincipal with Deny always denies one with a boundary",  # access_policies_boundaries.html
        PolicySet((S3,), boundary(allow())),
        EXPLICIT,
        user,
        resource(deny(**ONLY_CARLOS)),
    ),
    # reference_policies_evaluation-logic-cross-account.html: both accounts must allow
    Case("across: both", PolicySet((S3,)), ALLOWED, user, resource(allow(**to(USER))), False),
    Case("across: both, by account", PolicySet((S3,)), ALLOWED, user, resource(allow(**to(HOME))), False),
    Case("across: identity alone", PolicySet((S3,)), IMPLICIT, user, resource(allow(**to(OTHER))), False),
    Case("across: no resource policy", PolicySet((S3,)), IMPLICIT, user, None, False),
    Case("across: resource alone", NOTHING, IMPLICIT, user, resource(allow(**to(USER))), False),
    Case("across: everybody named, resource alone", NOTHING, IMPLICIT, user, resource(allow(Principal="*")), False),
    Case("across: session named, resource alone", NOTHING, IMPLICIT, session, resource(allow(**to(SESSION))), False),
    Case(
        "across: boundary lacks it",
        PolicySet((S3,), boundary(allow("ec2:*"))),
        IMPLICIT,
        user,
        resource(allow(**to(USER))),
        False,
    ),
    Case("across: root", NOTHING, ALLOWED, root, resource(allow(**to(HOME))), False),
    # reference_policies_elements_principal.html#principal-services
    Case(
        "a service that is named",
        NOTHING,
        ALLOWED,
        service,
        resource(allow(Principal={"Service": "ec2.amazonaws.com"})),
        False,
    ),
    Case("a service that is not named", NOTHING, IMPLICIT, service, resource(allow(**to(HOME)))),
    Case("a service without a resource policy", PolicySet((S3,)), IMPLICIT, service),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_evaluation_logic(case: Case) -> None:
    request = Request("s3:GetObject", OBJECT, case.context, case.principal)
    verdict = evaluate(request, case.policies, resource_policy=case.resource_policy, same_account=case.same_account)
    assert verdict.outcome is case.expected, verdict.reason


# reference_policies_evaluation-logic_policy-eval-basics.html: the example of Carlos and his logs bucket
@pytest.mark.parametrize(
    ("action", "arn", "expected"),
    [
        ("s3:PutObject", "arn:aws:s3:::carlossalazar/file", ALLOWED),
        ("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/file", EXPLICIT),
        ("s3:ListAllMyBuckets", "*", IMPLICIT),
        ("s3:GetBucketLocation", "arn:aws:s3:::anything", ALLOWED),
        ("s3:GetObject", "arn:aws:s3:::anything/file", IMPLICIT),
    ],
)
def test_the_guides_example(action: str, arn: str, expected: Outcome) -> None:
    carlos = policy(
        allow(["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "arn:aws:s3:::*"),
        allow("s3:*", "arn:aws:s3:::carlossalazar") | {"Resource": ["arn:aws:s3:::carlossalazar/*"]},
        deny("s3:*", "arn:aws:s3:::*log*"),
    )
    assert evaluate(Request(action, arn), PolicySet(identity=(carlos,))).outcome is expected


# id_roles_create_for-user_externalid.html, reference_policies_evaluation-logic-cross-account.html
ASSUME = policy(allow("sts:AssumeRole"))
MAY_ASSUME = PolicySet(identity=(ASSUME,))
WITH_ID: Elements = {"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
GIVEN: Keys = {"sts:ExternalId": (EXTERNAL_ID,)}
WINDOW: Elements = {"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-02-01T00:00:00Z"}}}
IN_ORG: Elements = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcde12345"}}}
BY_ARN: Elements = {"Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}
NO_ASSUME_RCP = policy(deny("sts:AssumeRole", Principal="*"), type="rcp", source="NoAssume")


def trust(*names: str, **elements: Any) -> Policy:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": list(names)}, **elements}
    return policy(statement, type="trust", source="Target")


@dataclass(frozen=True)
class Assumption:
    id: str
    trust: Policy
    expected: Outcome
    caller: PolicySet = MAY_ASSUME
    context: Keys = field(default_factory=dict)
    same_account: bool = False
    rcp_levels: tuple[tuple[Policy, ...], ...] | None = None
    principal: Principal = session
    action: str = "sts:AssumeRole"


WEB_ACTION = "sts:AssumeRoleWithWebIdentity"
WEB = policy({"Effect": "Allow", "Action": WEB_ACTION, "Principal": {"Federated": "accounts.google.com"}}, type="trust")

ASSUMPTIONS = [
    Assumption("role named", trust(ROLE), ALLOWED),
    Assumption("role's id named", trust(ROLE_ID), ALLOWED),
    Assumption("id of a deleted role of that name", trust("AROADELETED000000000"), IMPLICIT),
    Assumption("account named", trust(HOME), ALLOWED),
    Assumption("another account named", trust(OTHER), IMPLICIT),
    Assumption("everybody named", trust("*"), ALLOWED),
    Assumption("trust alone", trust(ROLE), IMPLICIT, PolicySet()),
    Assumption("identity policy of another role", trust(ROLE), IMPLICIT, PolicySet((policy(allow("sts:Tag*")),))),
    Assumption(
        "identity policy on another resource",
        trust(ROLE),
        IMPLICIT,
        PolicySet((policy(allow("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/Other")),)),
    ),
    Assumption(
        "identity policy on this name in any account",
        trust(ROLE),
        ALLOWED,
        PolicySet((policy(allow("sts:AssumeRole", "arn:aws:iam::*:role/CadoResponseRole")),)),
    ),
    Assumption("external id given", trust(ROLE, **WITH_ID), ALLOWED, context=GIVEN),
    Assumption("external id missing", trust(ROLE, **WITH_ID), IMPLICIT),
    Assumption("external id wrong", trust(ROLE, **WITH_ID), IMPLICIT, context={"sts:ExternalId": ("5F0C",)}),
    Assumption("in its time", trust(ROLE, **WINDOW), ALLOWED, context={"aws:CurrentTime": ("2026-01-31T23:59:59Z",)}),
    Assumption(
        "after its time", trust(ROLE, **WINDOW), IMPLICIT, context={"aws:CurrentTime": ("2026-02-01T00:00:00Z",)}
    ),
    Assumption("in the organization", trust("*", **IN_ORG), ALLOWED, context={"aws:PrincipalOrgID": ("o-abcde12345",)}),
    Assumption("in no organization", trust("*", **IN_ORG), IMPLICIT),
    Assumption(
        "account named, role by condition", trust(HOME, **BY_ARN), ALLOWED, context={"aws:PrincipalArn": (ROLE,)}
    ),
    Assumption("account named, another role", trust(HOME, **BY_ARN), IMPLICIT, context={"aws:PrincipalArn": (USER,)}),
    Assumption("another action", trust(ROLE), IMPLICIT, PolicySet((policy(allow("sts:*")),)), action="sts:TagSession"),
    Assumption(
        "trust denies",
        policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", **to(HOME)},
            {"Effect": "Deny", "Action": "sts:AssumeRole", **to(ROLE)},
            type="trust",
        ),
        EXPLICIT,
    ),
    Assumption(
        "SCP of the caller denies",
        trust(ROLE),
        EXPLICIT,
        PolicySet((ASSUME,), scp_levels=((FULL, policy(deny("sts:*"), type="scp")),)),
    ),
    Assumption("SCP of the caller lacks it", trust(ROLE), IMPLICIT, PolicySet((ASSUME,), scp_levels=((EC2_ONLY,),))),
    Assumption("RCP of the role's account allows", trust(ROLE), ALLOWED, rcp_levels=((FULL_RCP,),)),
    Assumption("RCP of the role's account denies", trust(ROLE), EXPLICIT, rcp_levels=((FULL_RCP, NO_ASSUME_RCP),)),
    Assumption(
        "RCP of the caller's account is not asked",
        trust(ROLE),
        ALLOWED,
        PolicySet((ASSUME,), rcp_levels=((FULL_RCP, NO_ASSUME_RCP),)),
    ),
    # reference_policies_evaluation-logic_policy-eval-denyallow.html: trust policies must always allow
    Assumption("same account, identity alone", trust(OTHER), IMPLICIT, same_account=True),
    Assumption("same account, account named", trust(HOME), ALLOWED, same_account=True),
    Assumption("same account, account named, trust alone", trust(HOME), IMPLICIT, PolicySet(), same_account=True),
    Assumption("same account, role named, trust alone", trust(ROLE), ALLOWED, PolicySet(), same_account=True),
    Assumption(
        "same account, user named, trust alone", trust(USER), ALLOWED, PolicySet(), same_account=True, principal=user
    ),
    Assumption(
        "same account, role named, session policy lacks it",
        trust(ROLE),
        IMPLICIT,
        PolicySet(session=session_policy(allow())),
        same_account=True,
    ),
    # id_roles_create_for-idp.html: identity providers have no policies of their own
    Assumption("a provider named", WEB, ALLOWED, PolicySet(), principal=federated, action=WEB_ACTION),
    Assumption(
        "a provider named, with policies of nobody",
        WEB,
        ALLOWED,
        PolicySet(boundary=boundary(allow("ec2:*"))),
        principal=federated,
        action=WEB_ACTION,
    ),
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: not with root credentials
    Assumption("the root user, account named", trust(HOME), IMPLICIT, principal=root),
    Assumption("the root user, everybody named", trust("*"), IMPLICIT, principal=root, same_account=True),
    Assumption(
        "a service named",
        policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}, type="trust"
        ),
        ALLOWED,
        PolicySet(),
        principal=service,
    ),
]


@pytest.mark.parametrize("case", ASSUMPTIONS, ids=lambda case: case.id)
def test_assume_role(case: Assumption) -> None:
    request = Request(case.action, TARGET, case.context, case.principal)
    verdict = evaluate_assume_role(
        request, case.caller, case.trust, same_account=case.same_account, rcp_levels=case.rcp_levels
    )
    assert verdict.outcome is case.expected, verdict.reason


GET = Request("s3:GetObject", OBJECT, principal=user)


def test_matched_statements_of_an_allow_are_those_that_allow() -> None:
    two = policy(allow("ec2:*"), allow(Sid="Read"), source="Two")
    verdict = evaluate(GET, PolicySet((two, S3), scp_levels=((FULL,),)))
    assert verdict.matched == (
        MatchedStatement("Two", "identity", 1, "Read"),
        MatchedStatement("identity", "identity", 0, None),
    )


def test_matched_statements_of_an_explicit_deny_are_those_that_deny() -> None:
    verdict = evaluate(GET, org((FULL, NO_S3)))
    assert verdict.matched == (MatchedStatement("NoS3", "scp", 0, "NoS3"),)


def test_matched_statements_of_an_allow_are_those_of_every_kind_that_must_allow() -> None:
    limited = PolicySet((S3,), boundary(allow()), session_policy(allow()))
    verdict = evaluate(Request("s3:GetObject", OBJECT, principal=session), limited)
    assert [matched.type for matched in verdict.matched] == ["identity", "boundary", "session"]


def test_matched_statements_of_an_explicit_deny_are_those_of_every_kind() -> None:
    verdict = evaluate(GET, PolicySet((policy(deny()),), boundary(deny()), scp_levels=((NO_S3,),)))
    assert [matched.type for matched in verdict.matched] == ["identity", "boundary", "scp"]


def test_an_implicit_deny_matches_nothing() -> None:
    assert evaluate(GET, PolicySet((S3,), boundary(allow("ec2:*")))).matched == ()


@pytest.mark.parametrize(
    ("levels", "expected"),
    [(None, None), (((FULL,), (FULL,)), True), (((FULL,), (EC2_ONLY,)), False), (((FULL,), (FULL, NO_S3)), False)],
)
def test_organizations_decision_is_of_scps(levels: Any, expected: bool | None) -> None:
    for rcp_levels in ((), ((FULL_RCP, NO_S3_RCP),)):
        verdict = evaluate(GET, PolicySet(scp_levels=levels, rcp_levels=rcp_levels))
        assert verdict.allowed_by_organizations is expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (None, None),
        (boundary(allow()), True),
        (boundary(allow("ec2:*")), False),
        (boundary(allow(), deny()), False),
    ],
)
def test_boundary_decision(limits: Policy | None, expected: bool | None) -> None:
    assert evaluate(GET, PolicySet(boundary=limits)).allowed_by_boundary is expected


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (PolicySet((S3,)), ()),
        (org((FULL, NO_S3)), ()),
        (PolicySet(), ("identity",)),
        (PolicySet((S3,), boundary(allow("ec2:*"))), ("boundary",)),
        (PolicySet(boundary=boundary(allow("ec2:*")), session=session_policy(allow("ec2:*"))),
         ("identity", "boundary", "session")),
        (org((EC2_ONLY,), (EC2_ONLY,)), ("scp",)),
        (PolicySet(scp_levels=((),), rcp_levels=((),)), ("scp", "rcp", "identity")),
    ],
)  # fmt: skip
def test_an_implicit_deny_tells_which_kinds_of_policy_lack_an_allow(
    policies: PolicySet, expected: tuple[str, ...]
) -> None:
    assert evaluate(GET, policies).blocked_by == expected


def test_a_resource_or_trust_policy_that_lacks_an_allow_is_told() -> None:
    assert evaluate(GET, PolicySet((S3,)), same_account=False).blocked_by == ("resource",)
    request = Request("sts:AssumeRole", TARGET, principal=session)
    assert evaluate_assume_role(request, MAY_ASSUME, trust(OTHER), same_account=False).blocked_by == ("trust",)


def test_the_root_user_is_told_that_it_may_not_assume_roles() -> None:
    request = Request("sts:AssumeRole", TARGET, principal=root)
    verdict = evaluate_assume_role(request, PolicySet(), trust(HOME), same_account=False)
    assert verdict.blocked_by == ("root",)
    assert verdict.reason.endswith("is implicitly denied by being the root user, which may not assume roles")


def test_missing_context_is_what_matching_statements_lacked() -> None:
    identity = policy(
        allow(**FROM_OFFICE),
        allow("s3:GetObject", "arn:aws:s3:::logs/${aws:username}"),
        allow("ec2:*", **IN_ORG),
        allow("s3:*", "arn:aws:s3:::books", **BY_ARN),
        deny(Condition={"StringEqualsIfExists": {"AWS:SOURCEIP": "x"}, "Null": {"aws:TokenIssueTime": "false"}}),
    )
    guardrail = policy(allow("*"), deny("s3:*", **IN_ORG), type="scp")
    verdict = evaluate(GET, PolicySet((identity,), scp_levels=((guardrail,),)))
    assert verdict.missing_context == ("aws:SourceIp", "aws:TokenIssueTime", "aws:username")


def test_a_statement_on_another_principal_asks_for_no_context() -> None:
    bucket = resource(allow(**to(OTHER), **FROM_OFFICE), allow(**to(USER), **IN_ORG))
    assert evaluate(GET, NOTHING, resource_policy=bucket).missing_context == ("aws:PrincipalOrgID",)


def test_rcps_ask_for_no_context() -> None:
    guardrail = policy(deny(Principal="*", **FROM_OFFICE), type="rcp")
    assert evaluate(GET, PolicySet((S3,), rcp_levels=((FULL_RCP, guardrail),))).missing_context == ()


def test_a_key_without_values_is_missing() -> None:
    identity = policy(allow("s3:*", "arn:aws:s3:::${aws:username}"))
    request = Request("s3:GetObject", OBJECT, {"aws:username": ()})
    assert evaluate(request, PolicySet((identity,))).missing_context == ("aws:username",)


def test_context_that_is_given_is_not_missing() -> None:
    identity = policy(allow(**FROM_OFFICE))
    request = Request("s3:GetObject", OBJECT, {"AWS:SourceIp": ("198.51.100.1",)})
    assert evaluate(request, PolicySet((identity,))).missing_context == ()


@pytest.mark.parametrize(
    ("policies", "resource_policy", "reason"),
    [
        (PolicySet((S3,)), None, "is allowed by identity policy identity statement 0"),
        (org((FULL, NO_S3)), None, "is explicitly denied by scp policy NoS3 statement 0 (NoS3)"),
        (org((FULL,), (EC2_ONLY,)), None, "SCPs at level 2 of 2 (Ec2Only): no statement allows this action"),
        (org((FULL,), ()), None, "SCPs at level 2 of 2: there is none"),
        (PolicySet((EC2,)), None, "identity policies (identity): no statement allows this action"),
        (
            PolicySet((policy(allow("s3:*", "arn:aws:s3:::books", Sid="Books")),)),
            None,
            "identity policies: identity statement 0 (Books): its resource does not match",
        ),
        (
            PolicySet((policy(allow(**FROM_OFFICE)),)),
            None,
            "identity statement 0: condition IpAddress aws:SourceIp does not hold, the request has no aws:SourceIp",
        ),
        (
            PolicySet((policy(allow(Condition={"StringNotEquals": {"aws:username": "carlos"}})),)),
            None,
            "condition StringNotEquals aws:username does not hold, the request has another value",
        ),
    ],
)
def test_the_reason_names_the_deciding_policy(policies: PolicySet, resource_policy: Policy | None, reason: str) -> None:
    request = Request("s3:GetObject", OBJECT, {"aws:username": ("carlos",)}, user)
    verdict = evaluate(request, policies, resource_policy=resource_policy)
    assert verdict.reason.startswith(f"s3:GetObject on {OBJECT} is ")
    assert reason in verdict.reason


def test_the_reason_of_an_implicit_deny_leaves_denying_statements_out() -> None:
    identity = policy(deny(**FROM_OFFICE), allow("s3:*", "arn:aws:s3:::books"))
    reason = evaluate(GET, PolicySet((identity,))).reason
    assert "statement 1: its resource" in reason
    assert "statement 0" not in reason


@pytest.mark.parametrize(("version", "expected"), [("2012-10-17", ALLOWED), ("2008-10-17", IMPLICIT), (None, IMPLICIT)])
def test_only_version_2012_knows_variables(version: str | None, expected: Outcome) -> None:
    document: dict[str, Any] = {"Statement": allow("s3:*", "arn:aws:s3:::${aws:username}/a")}
    document |= {"Version": version} if version else {}
    request = Request("s3:GetObject", OBJECT, {"aws:username": ("logs",)})
    verdict = evaluate(request, PolicySet((Policy.parse(document, source="p"),)))
    assert verdict.outcome is expected


def test_version_2008_has_no_variables_in_conditions() -> None:
    statement = allow(Condition={"StringEquals": {"x:key": "${x:value}"}})
    old = Policy.parse({"Version": "2008-10-17", "Statement": statement}, source="p")
    request = Request("s3:GetObject", OBJECT, {"x:key": ("a",), "x:value": ("a",)})
    assert not evaluate(request, PolicySet((old,))).allowed


def test_the_reason_of_a_refused_assumption_names_both_sides() -> None:
    verdict = evaluate_assume_role(
        Request("sts:AssumeRole", TARGET, principal=session), PolicySet(), trust(OTHER), same_account=False
    )
    assert "trust policy: Target statement 0: its principal does not match" in verdict.reason
    assert "identity policies: there is none" in verdict.reason
