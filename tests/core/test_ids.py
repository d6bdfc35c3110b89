from __future__ import annotations

import pytest

from rolecall.core.ids import RoleArn, is_unit_id, parse_account_id


@pytest.mark.parametrize("text", ["123456789012", "000000000000", "012345670123"])
def test_twelve_digits_are_an_account_id(text: str) -> None:
    assert parse_account_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "12345678901", "1234567890123", "12345678901a", "123456789012\n", "١٢٣٤٥٦٧٨٩٠١٢", "１２３４５６７８９０１２"],
)
def test_anything_else_is_not(text: str) -> None:
    with pytest.raises(ValueError, match="12 digits"):
        parse_account_id(text)


@pytest.mark.parametrize("text", ["r-ab12", "ou-ab12-12345678", "r-" + "a" * 32])
def test_unit_ids_are_of_roots_and_units(text: str) -> None:
    assert is_unit_id(text)


@pytest.mark.parametrize(
    "text", ["", "r-abc", "r-AB12", "ou-ab12", "ou-ab12-1234567", "/Workloads", "ou-ab12-12345678\n"]
)
def test_other_texts_are_no_unit_ids(text: str) -> None:
    assert not is_unit_id(text)


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        ("arn:aws:iam::111111111111:role/Platform", "/", "Platform"),
        ("arn:aws-us-gov:iam::111111111111:role/a/b/Platform", "/a/b/", "Platform"),
        ("arn:aws-cn:iam::111111111111:role/x/+=,.@_-", "/x/", "+=,.@_-"),
    ],
)
def test_a_role_arn_is_taken_apart_and_put_together_again(text: str, path: str, name: str) -> None:
    role = RoleArn.parse(text)
    assert (role.path, role.name, role.account) == (path, name, "111111111111")
    assert str(role) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Platform",
        "arn:aws:iam::111111111111:user/Platform",
        "arn:aws:sts::111111111111:assumed-role/Platform/session",
        "arn:aws:iam::111111111111:role/",
        "arn:aws:iam::11111111111:role/Platform",
        "arn:aws:iam::111111111111:role/Plat*form",
        "arn:aws:iam::111111111111:role/" + "x" * 65,
        "arn:aws:iam::111111111111:role/Platform\n",
        "arn:azure:iam::111111111111:role/Platform",
    ],
)
def test_other_texts_are_no_role_arns(text: str) -> None:
    with pytest.raises(ValueError, match="not the ARN of an IAM role"):
        RoleArn.parse(text)
