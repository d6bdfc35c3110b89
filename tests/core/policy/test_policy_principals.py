"""How a Principal or NotPrincipal element names a caller.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import pytest

from rolecall.core.policy.principals import Naming, Principals
from rolecall.core.policy.request import Principal

ACCOUNT = "111111111111"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/path/Platform"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Platform/job"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"

session = Principal(ACCOUNT, ROLE, "AROAPLATFORM00000000", session_arn=SESSION)
user = Principal(ACCOUNT, USER, "AIDAADA0000000000000")
federated_user = Principal(
    ACCOUNT, USER, "AIDAADA0000000000000", session_arn=f"arn:aws:sts::{ACCOUNT}:federated-user/ada"
)
service = Principal(ACCOUNT, "", "", service="ec2.amazonaws.com")
federated = Principal(ACCOUNT, "", "", federated="accounts.google.com")


def aws(*names: str, excluded: bool = False) -> Principals:
    return Principals.parse({"AWS": names}, excluded=excluded)


@pytest.mark.parametrize(
    ("name", "caller", "expected"),
    [
        ("*", session, Naming.CALLER),
        ("*", None, Naming.CALLER),
        (ACCOUNT, session, Naming.ACCOUNT),
        (ROOT, user, Naming.ACCOUNT),
        ("arn:aws-us-gov:iam::111111111111:root", user, Naming.ACCOUNT),
        ("222222222222", user, Naming.NOT),
        (ACCOUNT, None, Naming.NOT),
        (ROLE, session, Naming.ENTITY),
        ("AROAPLATFORM00000000", session, Naming.ENTITY),
        ("AROARECREATED0000000", session, Naming.NOT),
        (SESSION, session, Naming.CALLER),
        (SESSION + "2", session, Naming.NOT),
        (USER, user, Naming.CALLER),
        ("AIDAADA0000000000000", user, Naming.CALLER),
        (USER, federated_user, Naming.ENTITY),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ada", federated_user, Naming.CALLER),
        (USER.replace("ada", "Ada"), user, Naming.NOT),
        (ACCOUNT, service, Naming.NOT),
    ],
)
def test_an_aws_principal_names_account_entity_or_caller(name: str, caller: Principal | None, expected: Naming) -> None:
    assert aws(name).naming(caller) is expected


def test_a_service_is_named_by_its_own_kind() -> None:
    principals = Principals.parse({"Service": ("ec2.amazonaws.com",)}, excluded=False)
    assert principals.naming(service) is Naming.CALLER
    assert principals.naming(user) is Naming.NOT
    assert principals.naming(federated) is Naming.NOT


def test_an_identity_provider_is_named_by_its_own_kind() -> None:
    principals = Principals.parse({"Federated": ("accounts.google.com",)}, excluded=False)
    assert principals.naming(federated) is Naming.CALLER
    assert principals.naming(service) is Naming.NOT


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
@pytest.mark.parametrize(
    ("names", "caller", "spared"),
    [
        ((USER, ROOT), user, True),
        ((USER,), user, False),
        (("AIDAADA0000000000000", ACCOUNT), user, True),
        (("222222222222",), Principal(ACCOUNT, ROOT, ACCOUNT), False),
        ((ROOT,), user, False),
        ((SESSION, ROLE, ROOT), session, True),
        ((ROLE, ROOT), session, False),
        ((USER, ROOT), session, False),
        ((ROOT,), Principal(ACCOUNT, ROOT, ACCOUNT), True),
        ((USER, ROOT), None, False),
        ((USER, ROOT), service, False),
        (("*",), None, True),
    ],
)
def test_not_principal_spares_only_whom_it_lists_with_account_and_session(
    names: tuple[str, ...], caller: Principal | None, spared: bool
) -> None:
    assert aws(*names, excluded=True).naming(caller) is (Naming.NOT if spared else Naming.CALLER)


def test_not_principal_spares_a_listed_service() -> None:
    principals = Principals.parse({"Service": ("ec2.amazonaws.com",)}, excluded=True)
    assert principals.naming(service) is Naming.NOT
    assert principals.naming(user) is Naming.CALLER


def test_not_principal_spares_a_listed_provider() -> None:
    principals = Principals.parse({"Federated": ("accounts.google.com",)}, excluded=True)
    assert principals.naming(federated) is Naming.NOT
    assert principals.naming(service) is Naming.CALLER


@pytest.mark.parametrize("name", ["*", "*.amazonaws.com", "ec?.amazonaws.com"])
def test_a_service_with_wildcards_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a service is named without wildcards"):
        Principals.parse({"Service": (name,)}, excluded=False)


@pytest.mark.parametrize(
    "name",
    [
        "arn:aws:iam::111111111111:role/*",
        "arn:aws:iam::*:root",
        "arn:aws:sts::111111111111:assumed-role/Platform/*",
        "11111111111",
        "Platform",
        "",
        "arn:aws:s3:::bucket",
    ],
)
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a principal"):
        aws(name)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'Account' is none of AWS"):
        Principals.parse({"Account": (ACCOUNT,)}, excluded=False)
