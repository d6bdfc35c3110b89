"""Text to Config: all problems are gathered and told at once, each with line, key and hint. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from pydantic_core import ErrorDetails

from rolecall.core import model_reader, yaml_lines
from rolecall.core.config import Config
from rolecall.core.config.groups import known_groups
from rolecall.core.permission_groups import PermissionGroup
from rolecall.errors import Problem

_HINTS: dict[tuple[str, ...], str] = {
    ("version",): "this release reads version: 1",
    ("deployment", "region"): "IAM is global: name exactly one Region; a second would try to make the role twice",
    ("deployment", "regions"): "it is deployment.region, exactly one: IAM is global",
    ("deployment", "management_profile"): "name a profile of the management account's credentials, or set "
    "targets.management_account: false",
    ("deployment", "permissions"): "service-managed or self-managed",
    ("deployment", "call_as"): "self or delegated-admin; with self-managed permissions it is self",
    ("deployment", "auto_deployment"): "leave it out, or turn it off",
    ("targets", "include_accounts"): "account ids have 12 digits; leave it out to take all under the units",
    ("targets", "account_tags"): "for example {environment: [prod, staging]}; leave it out to take all under the units",
    ("role", "external_id"): "2 to 1,224 letters, digits and +=,.@:/- ; quote it if it is all digits",
    ("role", "trusted_principals"): "the ARN of the role that the platform runs as, arn:aws:iam::<account>:role/<name>",
    ("targets", "exclude_accounts"): "account ids have 12 digits",
    ("targets", "organizational_units"): "for the whole organization give / or the root's id (r-…)",
    ("platforms", "api_key"): "for example env:ROLECALL_PLATFORM_KEY",
    ("platforms", "url"): "for example https://platform.example.com",
}


def read_config(
    text: str, file: str, own_groups: Mapping[str, PermissionGroup] | None = None, before: Iterable[Problem] = ()
) -> Config:
    """Raises ConfigError with every problem of `text`, after those `before` it; `file` is only for the messages.

    `own_groups` are the user's permission groups, by id.
    """
    groups = own_groups or {}
    hint = partial(_hint, known_groups(groups))
    reading = model_reader.read(Config, text, file, hint, writes="write one with `rolecall init`", context=groups)
    problems = (*before, *reading.problems)
    if reading.model is None or problems:
        raise model_reader.refusal(file, problems)
    return reading.model


def groups_folder(text: str) -> str | None:
    """`role.groups_folder` of a config that may have any problem; None where none is to be read."""
    return _named_in_role(text, "groups_folder")


def existing_roles_file(text: str) -> str | None:
    """`role.existing_roles`, likewise."""
    return _named_in_role(text, "existing_roles")


def _named_in_role(text: str, key: str) -> str | None:
    try:
        found = yaml_lines.parse(text).value["role"][key]
    except (yaml_lines.YamlProblem, KeyError, TypeError, IndexError):
        return None
    return found if isinstance(found, str) and found else None


def _hint(groups: Mapping[str, PermissionGroup], details: ErrorDetails) -> str:
    path = tuple(details["loc"])
    names = tuple(part for part in path if isinstance(part, str))
    if "is of partition" in details["msg"]:
        return "name a Region of the principals' partition, such as us-gov-west-1 or cn-north-1"
    if names[:2] in _HINTS:
        return _HINTS[names[:2]]
    if details["type"] == "extra_forbidden":
        return ""
    if names == ("role", "permission_groups"):
        return f"the groups are: {', '.join(groups)}"
    return model_reader.description(Config, path) or "`rolecall init` writes a complete file"
