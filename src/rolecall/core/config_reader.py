"""Text to Config: all problems are gathered and told at once, each with line, key and hint. Pure."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from rolecall.core import model_reader, permission_groups
from rolecall.core.config import Config

_HINTS: dict[tuple[str, ...], str] = {
    ("version",): "this release reads version: 1",
    ("deployment", "region"): "IAM is global: name exactly one Region; a second would try to make the role twice",
    ("deployment", "regions"): "it is deployment.region, exactly one: IAM is global",
    ("deployment", "management_profile"): "name a profile of the management account's credentials, or set "
    "targets.management_account: false",
    ("deployment", "permissions"): "this version deploys with service-managed permissions only",
    ("role", "external_id"): "2 to 1,224 letters, digits and +=,.@:/- ; quote it if it is all digits",
    ("role", "trusted_principals"): "the ARN of the role that the platform runs as, arn:aws:iam::<account>:role/<name>",
    ("targets", "exclude_accounts"): "account ids have 12 digits",
    ("targets", "organizational_units"): "for the whole organization give / or the root's id (r-…)",
    ("platforms", "api_key"): "for example env:ROLECALL_PLATFORM_KEY",
    ("platforms", "url"): "for example https://platform.example.com",
}


def read_config(text: str, file: str) -> Config:
    """Raises ConfigError with every problem of `text`; `file` is only for the messages."""
    reading = model_reader.read(Config, text, file, _hint, writes="write one with `rolecall init`")
    if reading.model is None or reading.problems:
        raise model_reader.refusal(file, reading.problems)
    return reading.model


def _hint(details: ErrorDetails) -> str:
    path = tuple(details["loc"])
    names = tuple(part for part in path if isinstance(part, str))
    if names[:2] in _HINTS:
        return _HINTS[names[:2]]
    if details["type"] == "extra_forbidden":
        return ""
    if names == ("role", "permission_groups"):
        return f"the groups are: {', '.join(permission_groups.GROUPS)}"
    if "exclude_accounts cannot hold" in details["msg"]:
        return "turn deployment.auto_deployment.enabled off, or leave the accounts' unit out of organizational_units"
    return model_reader.description(Config, path) or "`rolecall init` writes a complete file"
