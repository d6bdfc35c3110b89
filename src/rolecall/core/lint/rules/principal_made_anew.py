"""A trust policy names a principal by its unique id: the role or user of that ARN is no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.trusting import statements

_UNIQUE_ID = re.compile(r"A(ROA|IDA|GPA|IPA)[A-Z0-9]{12,}")


def _check(subject: Subject) -> Iterator[Finding]:
    for statement in statements(subject.trust):
        for _, text in statement.principals:
            if _UNIQUE_ID.fullmatch(text):
                message = f"trusts {text}, the id of a role or user that was deleted: one made anew is not trusted"
                mend = "trust its account, with its ARN in aws:PrincipalArn: role.trusted_principals does"
                yield statement.found(RULE, message, mend)


RULE = Rule(
    id="principal-made-anew",
    title="The trust policy names a principal that was deleted",
    why="IAM stores a role's unique id for its ARN as principal. When that role is deleted and made again the ARN is "
    "the same, the id is not, and nobody can assume the role any more. "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    check=_check,
    excusable=False,
)
