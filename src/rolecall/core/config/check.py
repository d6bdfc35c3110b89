"""The section `check`: how the roll is called. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from rolecall.core.config.base import Distinct, RegionText, RoleArnText, Section, TagKeyText, TagValueText


class AssumeFromSection(Section):
    """Who the platform is. Neither key: the credentials that the command runs with."""

    profile: Annotated[str | None, Field(description="A profile of the AWS config file")] = None
    role_arn: Annotated[RoleArnText | None, Field(description="A role to assume first")] = None
    source_identity: Annotated[
        str | None, Field(pattern=r"^[\w+=,.@-]{2,64}$", description="The source identity that the platform sets")
    ] = None
    session_tags: Annotated[
        dict[TagKeyText, TagValueText],
        Distinct,
        Field(description="Session tags that it gives"),
    ] = {}

    @field_validator("role_arn")
    @classmethod
    def _one_of(cls, role_arn: str | None, info: ValidationInfo) -> str | None:
        if role_arn and info.data.get("profile"):
            raise ValueError("give profile or role_arn, not both")
        return role_arn


class CheckSection(Section):
    """How the roll is called."""

    assume_from: AssumeFromSection = AssumeFromSection()
    regions: Annotated[
        list[RegionText],
        Field(description="Regions whose use is simulated; deployment.region unless given"),
    ] = []
    concurrency: Annotated[int, Field(ge=1, le=500, description="How many accounts are asked at a time")] = 50
    rate: Annotated[
        float | None,
        Field(gt=0, description="How many accounts are asked a second at most; else as AWS lets"),
    ] = None
    negative: Annotated[
        bool | Literal["sampled"],
        Field(
            description="Whether roles are also asked without the external id and with a wrong one, which they must "
            "refuse; `sampled`: a tenth of the accounts a day, each once in ten days"
        ),
    ] = True
    session_seconds: Annotated[
        int, Field(ge=900, le=43200, description="How long a session the platform asks for, which a role may refuse")
    ] = 900
