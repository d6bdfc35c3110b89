"""The section `role.scopes`: what a permission group is narrowed to. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rolecall.core.config.base import Distinct, RegionText, Section, TagKeyText
from rolecall.core.permission_groups.scoping import Narrowed

_BUCKET = r"^[a-z0-9*?][a-z0-9.*?-]{1,62}$"
_KEY = r"^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_*?-]+)$"


class ScopeSection(Section):
    """What a permission group is narrowed to. Which keys a group takes: `rolecall permissions`."""

    regions: Annotated[list[RegionText], Field(description="Regions in which it may be used")] = []
    tag: Annotated[
        dict[TagKeyText, Annotated[str, Field(max_length=256)]],
        Distinct,
        Field(description="Tags that its resources must carry"),
    ] = {}
    buckets: Annotated[
        list[Annotated[str, Field(pattern=_BUCKET)]], Field(description="Names of buckets; * is any number of letters")
    ] = []
    keys: Annotated[
        list[Annotated[str, Field(pattern=_KEY)]], Field(description="KMS keys: ARNs, or alias/… in whichever account")
    ] = []

    @property
    def narrowed(self) -> Narrowed:
        return Narrowed(tuple(self.regions), dict(self.tag), tuple(self.buckets), tuple(self.keys))
