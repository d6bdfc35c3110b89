"""The store: one AWS call at a time as any account, and the cheap views of principals."""

from __future__ import annotations

import json

import pytest

from rolecall.sandbox.store import Store
from rolecall.sandbox.wire import WireError

from .served import allow, trust

ACCOUNT, OTHER = "222233334444", "555566667777"
TRUST = json.dumps(trust("*"))


@pytest.fixture
def store() -> Store:
    return Store(seed=1)


def create_role(store: Store, account_id: str = ACCOUNT, name: str = "R") -> None:
    store.call("iam", "CreateRole", {"RoleName": name, "AssumeRolePolicyDocument": TRUST}, account_id=account_id)


def test_accounts_are_apart(store: Store) -> None:
    create_role(store)
    assert store.call("iam", "ListRoles", {}, account_id=OTHER)["Roles"] == []
    assert store.role(OTHER, "R") is None
    assert store.role_by_arn(f"arn:aws:iam::{ACCOUNT}:role/R") == store.role(ACCOUNT, "R")


def test_an_error_has_awss_code_and_status(store: Store) -> None:
    create_role(store)
    with pytest.raises(WireError) as caught:
        create_role(store)
    assert (caught.value.code, caught.value.status) == ("EntityAlreadyExists", 409)
    assert caught.value.message == "Role with name R already exists."


def test_missing_parameters_are_a_validation_error(store: Store) -> None:
    with pytest.raises(WireError, match="ValidationError"):
        store.call("iam", "CreateRole", {}, account_id=ACCOUNT)


def test_an_operation_that_moto_lacks_is_not_implemented(store: Store) -> None:
    with pytest.raises(WireError) as caught:
        store.call("iam", "GetContextKeysForCustomPolicy", {"PolicyInputList": ["{}"]}, account_id=ACCOUNT)
    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)


def test_a_service_that_moto_lacks_is_not_implemented(store: Store) -> None:
    with pytest.raises(WireError, match="NotImplemented"):
        store.call("amplify", "ListApps", {}, account_id=ACCOUNT)


def test_a_new_store_forgets_the_former() -> None:
    create_role(Store())
    assert Store().role(ACCOUNT, "R") is None


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = set()
    for _ in range(2):
        store = Store(seed=5)
        create_role(store)
        role = store.role(ACCOUNT, "R")
        assert role is not None
        ids.add(role.id)
    assert len(ids) == 1


def test_a_role_shows_its_policies_boundary_and_tags(store: Store) -> None:
    boundary = store.call(
        "iam", "CreatePolicy", {"PolicyName": "Edge", "PolicyDocument": json.dumps(allow("s3:*"))}, account_id=ACCOUNT
    )["Policy"]["Arn"]
    params = {
        "RoleName": "R",
        "Path": "/ir/",
        "AssumeRolePolicyDocument": TRUST,
        "MaxSessionDuration": 43200,
        "PermissionsBoundary": boundary,
        "Tags": [{"Key": "owner", "Value": "security"}],
    }
    store.call("iam", "CreateRole", params, account_id=ACCOUNT)
    inline = {"RoleName": "R", "PolicyName": "in", "PolicyDocument": json.dumps(allow("ec2:*"))}
    store.call("iam", "PutRolePolicy", inline, account_id=ACCOUNT)
    aws_policy = "arn:aws:iam::aws:policy/SecurityAudit"
    store.call("iam", "AttachRolePolicy", {"RoleName": "R", "PolicyArn": aws_policy}, account_id=ACCOUNT)
    role = store.role(ACCOUNT, "R")
    assert role is not None
    assert (role.arn, role.path, role.max_session_seconds) == (f"arn:aws:iam::{ACCOUNT}:role/ir/R", "/ir/", 43200)
    assert [(policy.name, policy.arn) for policy in role.policies] == [("in", None), ("SecurityAudit", aws_policy)]
    assert role.boundary is not None
    assert (role.boundary.arn, dict(role.tags), role.trust) == (boundary, {"owner": "security"}, TRUST)
    assert store.role_by_arn(f"arn:aws:iam::{ACCOUNT}:role/R") is None


def test_the_default_version_of_a_managed_policy_counts(store: Store) -> None:
    create_role(store)
    arn = store.call(
        "iam", "CreatePolicy", {"PolicyName": "P", "PolicyDocument": json.dumps(allow("s3:*"))}, account_id=ACCOUNT
    )["Policy"]["Arn"]
    store.call("iam", "AttachRolePolicy", {"RoleName": "R", "PolicyArn": arn}, account_id=ACCOUNT)
    newer = {"PolicyArn": arn, "PolicyDocument": json.dumps(allow("ec2:*")), "SetAsDefault": True}
    store.call("iam", "CreatePolicyVersion", newer, account_id=ACCOUNT)
    role = store.role(ACCOUNT, "R")
    assert role is not None
    assert json.loads(role.policies[0].document) == json.loads(json.dumps(allow("ec2:*")))


def test_a_user_has_its_groups_policies_too(store: Store) -> None:
    document = json.dumps(allow("ec2:*"))
    for action, params in (
        ("CreateUser", {"UserName": "ada"}),
        ("CreateGroup", {"GroupName": "responders"}),
        ("AddUserToGroup", {"UserName": "ada", "GroupName": "responders"}),
        ("PutGroupPolicy", {"GroupName": "responders", "PolicyName": "g", "PolicyDocument": document}),
    ):
        store.call("iam", action, params, account_id=ACCOUNT)
    user = store.user(ACCOUNT, "ada")
    assert user is not None
    assert [policy.name for policy in user.policies] == ["g"]


@pytest.mark.parametrize("account_id", ["000000000001", "222233334444", "999999999998", "999999999999"])
def test_an_access_key_tells_its_account(store: Store, account_id: str) -> None:
    store.call("iam", "CreateUser", {"UserName": "ada"}, account_id=account_id)
    made = store.call("iam", "CreateAccessKey", {"UserName": "ada"}, account_id=account_id)["AccessKey"]
    key = store.access_key(made["AccessKeyId"])
    assert key is not None
    assert (key.account_id, key.secret, key.active) == (account_id, made["SecretAccessKey"], True)


@pytest.mark.parametrize("garbage", ["", "AKIA", "AKIA????????????????", "AKIAIOSFODNN7EXAMPLE"])
def test_an_unknown_key_is_none(store: Store, garbage: str) -> None:
    assert store.access_key(garbage) is None
