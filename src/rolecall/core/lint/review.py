"""All rules over one role, and what is set aside with a reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.config.role import ExceptionSection
from rolecall.core.lint.model import Finding, Subject
from rolecall.core.lint.rules import RULES
from rolecall.core.service_reference import ServiceReference
from rolecall.core.template.role import inline_statements, managed_policies


@dataclass(frozen=True, slots=True)
class Review:
    """`findings` refuse the role; `excused` are set aside, each with its reason: ours or the config's.

    `unused` are the config's exceptions that set nothing aside.
    """

    findings: tuple[Finding, ...]
    excused: tuple[tuple[Finding, str], ...] = ()
    unused: tuple[ExceptionSection, ...] = ()


def review(subject: Subject) -> Review:
    """Every rule is asked; a finding is set aside by its statement's own reason or by one of the config."""
    found = [finding for rule in RULES.values() for finding in rule.check(subject)]
    reasons = [(finding, _reason(subject, finding)) for finding in found]
    return Review(
        findings=tuple(finding for finding, reason in reasons if reason is None),
        excused=tuple((finding, reason) for finding, reason in reasons if reason is not None),
        unused=tuple(
            exception
            for exception in subject.role.exceptions
            if not any(_can_be_excused(finding) and _is_about(exception, finding) for finding in found)
        ),
    )


def together(reviews: Sequence[Review]) -> Review:
    """Of several roles of one config: what is found in any, and what none of them has a use for."""
    return Review(
        findings=tuple(dict.fromkeys(finding for one in reviews for finding in one.findings)),
        excused=tuple(dict.fromkeys(excused for one in reviews for excused in one.excused)),
        unused=tuple(found for found in reviews[0].unused if all(found in one.unused for one in reviews)),
    )


def subject_of(role: RoleSection, reference: ServiceReference, *, template_bucket: bool = False) -> Subject:
    """What the rules are given of a configured role."""
    document = template.build(role)
    properties = document["Resources"][role.logical_id]["Properties"]
    return Subject(
        role=role,
        groups=role.groups,
        trust=properties["AssumeRolePolicyDocument"],
        policies=managed_policies(role),
        inline=inline_statements(role),
        inline_documents=properties["Policies"],
        template_bytes=len(template.render(document).encode()),
        reference=reference,
        statements=[(group, statement) for group in role.groups for statement in group.statements],
        template_bucket=template_bucket,
        rules={rule.id: rule.excusable for rule in RULES.values()},
    )


def _reason(subject: Subject, finding: Finding) -> str | None:
    if not _can_be_excused(finding):
        return None
    if finding.reason:
        return finding.reason
    return _ours(subject, finding) or _of_the_config(subject.role, finding)


def _can_be_excused(finding: Finding) -> bool:
    return RULES[finding.rule].excusable and not finding.final


def _ours(subject: Subject, finding: Finding) -> str | None:
    """A group of the user's gives no reasons of its own: those stand in the config, where they show in every plan."""
    for group, statement in subject.statements:
        if (group.id, statement.sid) == (finding.group, finding.statement) and not group.own:
            return statement.accepted.get(finding.rule)
    return None


def _of_the_config(role: RoleSection, finding: Finding) -> str | None:
    return next((exception.reason for exception in role.exceptions if _is_about(exception, finding)), None)


def _is_about(exception: ExceptionSection, finding: Finding) -> bool:
    return exception.rule == finding.rule and exception.statement in (None, finding.statement)
