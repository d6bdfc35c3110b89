"""The section `role.trust` and what stands beside it: who may assume the role, and what must come with it. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rolecall.core.config.base import AccountIdText, Distinct, PrincipalArnText, ReasonText, Section, TagKeyText

ExternalIdText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@:/-]+$", min_length=2, max_length=1224)]
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""

_PATTERN = r"^[\w+=,.@*?-]{1,64}$"


class TrustedAccountSection(Section):
    """An account that is trusted as a whole: whoever may assume roles there may assume this one."""

    account: Annotated[AccountIdText, Field(description="Its id")]
    reason: ReasonText


class TrustSection(Section):
    """What else is asked of who assumes the role. Every key that is given must hold."""

    organization_id: Annotated[
        str | None,
        Field(pattern=r"^o-[a-z0-9]{10,32}$", description="The organization that the platform's account is in"),
    ] = None
    source_identity: Annotated[
        list[Annotated[str, Field(pattern=_PATTERN)]],
        Field(max_length=10, description="A source identity must be set that is like one of these; * is any"),
    ] = []
    session_tags: Annotated[
        dict[TagKeyText, Annotated[str, Field(pattern=r"^[\w .:/=+@*?-]*$", max_length=256)]],
        Distinct,
        Field(max_length=10, description="Session tags that must come with it, and no others; * is any value"),
    ] = {}
    source_vpc_endpoints: Annotated[
        list[Annotated[str, Field(pattern=r"^vpce-[0-9a-f]{8,17}$")]],
        Field(max_length=10, description="STS endpoints of the platform's VPC, one of which it must come through"),
    ] = []
    principal_ids: Annotated[
        dict[PrincipalArnText, Annotated[str, Field(pattern=r"^A(RO|ID)A[A-Z0-9]{12,}$")]],
        Field(description="trusted principal: its unique id (AROA…), so that `check` tells when it was made anew"),
    ] = {}
