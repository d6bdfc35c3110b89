"""The section `role`: what the role is called, who may assume it and what it may do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator

from rolecall.core import permission_groups
from rolecall.core.config.base import (
    Distinct,
    PrincipalArnText,
    ReasonText,
    RoleNameText,
    Section,
    TagKeyText,
    TagValueText,
)
from rolecall.core.config.groups import group_problems, known_groups, own_groups, problem, scope_problems
from rolecall.core.config.scopes import ScopeSection
from rolecall.core.config.trust import ExternalIdText, TrustedAccountSection, TrustSection
from rolecall.core.ids import partition_of
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.permission_groups.scoping import narrow

NO_EXTERNAL_ID = "none"
_WORDS_FOR_NONE = (NO_EXTERNAL_ID, "noexternalidrequired")
"""The second is the platform's own, in the parameter `ExternalID` of its StackSet template."""

_BREAK_GLASS = r"^arn:aws[a-z-]*:iam::(\d{12}|\*):(role|user)/[A-Za-z0-9_+=,.@/*?-]*[A-Za-z0-9_+=,.@-][*?]*$"
"""With a letter in the last part of its path, so that it is not everybody; without policy variables."""
SECOND = "Second"
"""With what the names within the template of a role in the second place, and of its policies, begin."""
DESCRIPTION = "Assumed by the forensics platform. Deployed and checked by rolecall."


class ExceptionSection(Section):
    """A rule of the linter that does not hold here, and why."""

    rule: Annotated[str, Field(description="The rule's id; see docs/reference/lint-rules.md")]
    statement: Annotated[str | None, Field(description="The Sid of the statement; all of them unless given")] = None
    reason: ReasonText


class RoleSection(Section):
    """The role, the same in every account."""

    name: Annotated[RoleNameText, Field(description="The role's name, in every account")]
    former_name: Annotated[
        RoleNameText | None,
        Field(description="For the time of a renaming: the role's name until now, under which it stays there too"),
    ] = None
    path: Annotated[
        str,
        Field(
            pattern=r"^/([A-Za-z0-9_+=,.@/-]+/)?$",
            max_length=512,
            description="The role's IAM path; what is given stands in the template, / too",
        ),
    ] = "/"
    logical_id: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9]{1,255}$",
            description="The role's name within the template: of an adopted stack set that which it has, since under "
            "another CloudFormation would make a second role beside it",
        ),
    ] = "Role"
    template_place: Annotated[
        Literal["first", "second"] | None,
        Field(
            description="Which of the template's two places for a role this one has, where `rolecall template` has to "
            "be told; `apply` finds it deployed. See docs/guides/rotation.md"
        ),
    ] = None
    existing_roles: Annotated[
        str | None,
        Field(
            min_length=1,
            description="The file, beside this one, of roles that have another name in each account, since an adopted "
            "template gives them none: account,role_arn. Without it they are taken out; see docs/guides/adoption.md",
        ),
    ] = None
    keep_existing: Annotated[
        bool,
        Field(
            description="Those roles stay all that there is, under the names that they have; false makes one of `name` "
            "beside each"
        ),
    ] = False
    description: Annotated[
        str, Field(pattern=r"^[\x20-\x7e\xa1-\xff]*$", max_length=1000, description="The role's description")
    ] = DESCRIPTION
    trusted_accounts: Annotated[
        list[TrustedAccountSection], Field(max_length=10, description="Accounts that are trusted as a whole")
    ] = []
    trusted_principals: Annotated[
        list[PrincipalArnText],
        Field(max_length=10, description="The roles (or users) that may assume it: the platform's"),
    ]
    external_id: Annotated[
        ExternalIdText,
        Field(
            description="What the platform must present; `none` (with external_id_reason), or the platform's "
            "own word NoExternalIdRequired, asks for nothing",
        ),
    ]
    external_id_reason: Annotated[str, Field(description="Why no external id is asked for", validate_default=True)] = ""
    former_external_ids: Annotated[
        list[ExternalIdText],
        Field(max_length=3, description="Taken too, for the time of a rotation; the roll is called with external_id"),
    ] = []
    trust: Annotated[TrustSection, Field(description="What else is asked of who assumes it")] = TrustSection()
    max_session_hours: Annotated[int, Field(ge=1, le=12, description="MaxSessionDuration, in hours")] = 12
    permissions_boundary: Annotated[
        str | None,
        Field(
            pattern=r"^(arn:aws[a-z-]*:iam::aws:policy/|/)?([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}$",
            description="A managed policy that bounds the role: its name (with path) in every account, or an AWS "
            "managed policy's ARN",
        ),
    ] = None
    groups_folder: Annotated[
        str | None,
        Field(description="A folder of permission groups of your own, a YAML file each; from this file's place"),
    ] = None
    permission_groups: Annotated[
        list[str], Field(min_length=1, description="What the platform may do; see docs/guides/permission-groups.md")
    ] = list(permission_groups.DEFAULTS)
    scopes: Annotated[dict[str, ScopeSection], Field(description="permission group: what it is narrowed to")] = {}
    exceptions: Annotated[list[ExceptionSection], Field(description="Rules of the linter that do not hold here")] = []
    break_glass_principals: Annotated[
        list[Annotated[str, Field(pattern=_BREAK_GLASS, max_length=600)]],
        Field(max_length=20, description="Who may change the role although `template --for protect-scp` is in force"),
    ] = []
    tags: Annotated[
        dict[TagKeyText, TagValueText],
        Distinct,
        Field(max_length=40, description="Tags of the role, its policies and stacks"),
    ] = {}

    _own_groups: Mapping[str, PermissionGroup] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any) -> None:
        self._own_groups = own_groups(context)

    @field_validator("former_name")
    @classmethod
    def _another_name(cls, former: str | None, info: ValidationInfo) -> str | None:
        if former and former.lower() == str(info.data.get("name")).lower():
            raise ValueError("is the name itself: to IAM capitals make no other name")
        return former

    @field_validator("logical_id")
    @classmethod
    def _no_second_place(cls, logical_id: str) -> str:
        if logical_id.startswith(SECOND):
            raise ValueError(f"begins with {SECOND}, as what stands in the template's second place does")
        return logical_id

    @field_validator("existing_roles")
    @classmethod
    def _one_renaming(cls, existing: str | None, info: ValidationInfo) -> str | None:
        if existing and info.data.get("former_name"):
            raise ValueError("cannot stand beside former_name: finish the one renaming, then the other")
        return existing

    @field_validator("keep_existing")
    @classmethod
    def _known_by_a_file(cls, keep: bool, info: ValidationInfo) -> bool:
        if keep and not info.data.get("existing_roles"):
            raise ValueError("needs existing_roles, the file that says which they are")
        return keep

    @field_validator("trusted_principals")
    @classmethod
    def _somebody_of_one_partition(cls, principals: list[str], info: ValidationInfo) -> list[str]:
        if not principals and not info.data.get("trusted_accounts"):
            raise ValueError("names nobody: no one could assume the role")
        if len({partition_of(principal) for principal in principals}) > 1:
            raise ValueError("name principals of two partitions: a role can only be assumed from its own")
        return principals

    @field_validator("external_id")
    @classmethod
    def _one_word_for_none(cls, external_id: str) -> str:
        return NO_EXTERNAL_ID if external_id.lower() in _WORDS_FOR_NONE else external_id

    @field_validator("external_id_reason")
    @classmethod
    def _reason_for_no_external_id(cls, reason: str, info: ValidationInfo) -> str:
        if info.data.get("external_id") == NO_EXTERNAL_ID and not reason.strip():
            raise ValueError("is needed with external_id: none: anybody whom the trusted role serves could use it")
        return reason

    @field_validator("former_external_ids")
    @classmethod
    def _former_ones_differ(cls, former: list[str], info: ValidationInfo) -> list[str]:
        present = info.data.get("external_id")
        if former and (present == NO_EXTERNAL_ID or any(one.lower() in _WORDS_FOR_NONE for one in former)):
            raise ValueError("cannot hold with no external id at all")
        return [one for one in dict.fromkeys(former) if one != present]

    @field_validator("trust")
    @classmethod
    def _ids_of_the_trusted(cls, trust: TrustSection, info: ValidationInfo) -> TrustSection:
        trusted = info.data.get("trusted_principals", ())
        problems = [
            problem(("principal_ids", arn), "is no trusted principal")
            for arn in trust.principal_ids
            if arn not in trusted
        ]
        if problems and trusted:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return trust

    @field_validator("tags")
    @classmethod
    def _not_awss_own(cls, tags: dict[str, str]) -> dict[str, str]:
        if any(key.lower().startswith("aws:") for key in tags):
            raise ValueError("keys that begin with aws: are AWS's own")
        return tags

    @field_validator("permissions_boundary")
    @classmethod
    def _none_of_our_own_policies(cls, boundary: str | None, info: ValidationInfo) -> str | None:
        names = filter(None, (info.data.get("name"), info.data.get("former_name")))
        if boundary and (name := next((one for one in names if boundary.rsplit("/", 1)[-1].startswith(f"{one}-")), "")):
            raise ValueError(f"is named as the role's own policies are, {name}-…: who may change those could change it")
        return boundary

    @field_validator("break_glass_principals")
    @classmethod
    def _of_the_roles_partition(cls, exempt: list[str], info: ValidationInfo) -> list[str]:
        trusted = info.data.get("trusted_principals")
        if trusted and {partition_of(arn) for arn in exempt} - {partition_of(trusted[0])}:
            raise ValueError("name principals of another partition than the role's")
        return list(dict.fromkeys(exempt))

    @field_validator("permission_groups")
    @classmethod
    def _fitting_groups(cls, names: list[str], info: ValidationInfo) -> list[str]:
        names = list(dict.fromkeys(names))
        if problems := list(group_problems(names, known_groups(info.context))):
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return names

    @field_validator("scopes")
    @classmethod
    def _fitting_scopes(cls, scopes: dict[str, ScopeSection], info: ValidationInfo) -> dict[str, ScopeSection]:
        enabled = info.data.get("permission_groups")
        if enabled is not None and (problems := list(scope_problems(scopes, enabled, known_groups(info.context)))):
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return scopes

    @property
    def known_groups(self) -> Mapping[str, PermissionGroup]:
        """Ours and those of `groups_folder`, by id, enabled or not."""
        return {**permission_groups.GROUPS, **self._own_groups}

    @property
    def groups(self) -> tuple[PermissionGroup, ...]:
        """The enabled groups, narrowed as `scopes` says, ours first, in one order however the file names them."""
        enabled = [group for group in self.known_groups.values() if group.id in self.permission_groups]
        return tuple(
            narrow(group, self.scopes[group.id].narrowed) if group.id in self.scopes else group for group in enabled
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of the enabled groups, in their order."""
        return tuple(statement for group in self.groups for statement in group.statements)

    @property
    def for_members(self) -> RoleSection:
        """The role in the accounts that are not the management account: without the groups that only that one gets."""
        groups = [group.id for group in self.groups if not group.management_only]
        return self.model_copy(update={"permission_groups": groups})

    @property
    def names(self) -> tuple[str, ...]:
        """The present name, and the former one while both are there."""
        return (self.name, self.former_name) if self.former_name else (self.name,)

    @property
    def is_second(self) -> bool:
        """Whether the role of the present name stands in the template's second place: beside a former one, unless told
        otherwise."""
        return self.template_place == "second" or (self.template_place is None and self.former_name is not None)

    @property
    def says_its_path(self) -> bool:
        """Whether the template does. To CloudFormation `/` is another path than none, and another path another role.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
        """
        return "path" in self.model_fields_set

    @property
    def asks_external_id(self) -> bool:
        return self.external_id != NO_EXTERNAL_ID

    @property
    def external_ids(self) -> tuple[str, ...]:
        """All that are taken, the present one first; none where none is asked for."""
        return (self.external_id, *self.former_external_ids) if self.asks_external_id else ()

    @property
    def partition(self) -> str:
        """That of the principals; `aws` where only accounts are trusted."""
        return partition_of(self.trusted_principals[0]) if self.trusted_principals else "aws"
