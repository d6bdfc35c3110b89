"""A trust policy lets in an account as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.trusting import statements

_ACCOUNT = re.compile(r"(?:arn:(?:[a-z-]+|\$\{AWS::Partition\}):iam::)?(\d{12}|\$\{AWS::AccountId\})(?::root)?")
_UNKNOWN = re.compile(r"\$\{[^}]*\}")
_PRINCIPAL_ARN = "aws:PrincipalArn"


def _check(subject: Subject) -> Iterator[Finding]:
    reasons = {trusted.account: trusted.reason for trusted in subject.role.trusted_accounts}
    for statement in statements(subject.trust):
        if statement.named(_PRINCIPAL_ARN):
            continue
        for kind, text in statement.principals:
            account = _ACCOUNT.fullmatch(text) or _UNKNOWN.fullmatch(text)
            if account and kind == "AWS":
                named = account[1] if account.re is _ACCOUNT else text
                message = f"trusts the whole account {named}: no {_PRINCIPAL_ARN} names who of it"
                mend = "name the role in role.trusted_principals, or give a reason in role.trusted_accounts"
                yield statement.found(RULE, message, mend, reasons.get(named))


RULE = Rule(
    id="account-without-principal-arn",
    title="The trust policy lets in an account as a whole",
    why="Whoever administers anything in that account, or breaks into it, could then assume the role. The reason in "
    "role.trusted_accounts sets this aside.",
    check=_check,
)
