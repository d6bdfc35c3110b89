"""The linter over the role of a config, with AWS's reference read in. Reads no more than that reference."""

from __future__ import annotations

from rolecall.core.config import Config
from rolecall.core.lint import Finding, Review, review, subject_of, together
from rolecall.errors import Objection, RoleRefused
from rolecall.wiring.service_reference import service_reference

_HINT = (
    "mend them, or set one aside in role.exceptions, with its rule, the statement and a reason; "
    "docs/reference/lint-rules.md tells what each is for"
)


def review_role(config: Config) -> Review:
    """Of the role in the member accounts, and of the management account's, which may do more."""
    reference = service_reference(action for statement in config.role.statements for action in statement.actions)
    bucket = config.deployment.template_bucket is not None
    roles = [config.role.for_members]
    if config.role.groups != roles[0].groups:
        roles.append(config.role)
    return together([review(subject_of(role, reference, template_bucket=bucket)) for role in roles])


def accept_role(config: Config) -> tuple[str, ...]:
    """Raises RoleRefused with all that nothing sets aside; else says which exceptions have no use, a sentence each."""
    reviewed = review_role(config)
    if reviewed.findings:
        many = len(reviewed.findings)
        summary = f"the role {config.role.name} is refused: {many} finding{'' if many == 1 else 's'}"
        raise RoleRefused(summary, tuple(map(_objection, reviewed.findings)), hint=_HINT)
    return tuple(
        f"the exception for {exception.rule}{f' in {exception.statement}' if exception.statement else ''} in "
        "role.exceptions sets nothing aside: take it out, so that it does not hide what comes later"
        for exception in reviewed.unused
    )


def _objection(finding: Finding) -> Objection:
    return Objection(finding.rule, finding.place, finding.message, finding.mend)
