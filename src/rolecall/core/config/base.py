"""What the sections share: their strictness, and the checked texts. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rolecall.core.ids import RoleArn, is_unit_id, parse_account_id, parse_principal_arn


class Section(BaseModel):
    """A section of the config file: unknown keys are problems, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _role_arn(value: str) -> str:
    return _without_patterns(str(RoleArn.parse(value)))


def _principal_arn(value: str) -> str:
    return _without_patterns(parse_principal_arn(value))


def _without_patterns(arn: str) -> str:
    if set(arn) & set("*?$"):
        raise ValueError(f"{arn!r} holds a wildcard or variable: a trust policy would trust others too")
    return arn


def _unit(value: str) -> str:
    if is_unit_id(value) or value.startswith("/"):
        return value.rstrip("/") or "/"
    raise ValueError(f"{value!r} is neither an id (r-…, ou-…-…) nor a path such as /Workloads/Prod")


def _distinct(tags: dict[str, str]) -> dict[str, str]:
    """IAM takes keys for one that differ in capitals alone."""
    if len({key.lower() for key in tags}) < len(tags):
        raise ValueError("two keys differ in capitals alone, and IAM takes them for one")
    return tags


AccountIdText = Annotated[str, AfterValidator(parse_account_id)]
RoleArnText = Annotated[str, AfterValidator(_role_arn)]
PrincipalArnText = Annotated[str, AfterValidator(_principal_arn)]
"""The ARN of a role or user."""
UnitText = Annotated[str, AfterValidator(_unit)]
RegionText = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
ReasonText = Annotated[str, Field(pattern=r"\S", description="Why; it shows in every plan")]
TagKeyText = Annotated[str, Field(pattern=r"^[\w .:/=+@-]+$", max_length=128)]
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html"""
TagValueText = Annotated[str, Field(pattern=r"^[\w .:/=+@-]*$", max_length=256)]
AccountTagText = Annotated[str, Field(max_length=256)]
"""The value of an account's tag. https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html"""
Distinct = AfterValidator(_distinct)
RoleNameText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@-]+$", max_length=64)]
