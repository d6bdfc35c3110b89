"""Two statements have the same Sid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.template.packing import MORE


def _check(subject: Subject) -> Iterator[Finding]:
    """In the policies too: a statement that was cut to fit has parts with Sids of their own."""
    told = Counter(statement.sid for _, statement in subject.statements)
    made = Counter(statement.sid for part in (*subject.policies, subject.inline) for statement in part)
    for sid in sorted(sid for sid, count in (told | made).items() if count > 1):
        groups = sorted({group.id for group, statement in subject.statements if _gives(statement.sid, sid)})
        message = f"is there {max(told[sid], made[sid])} times, in {' and '.join(groups)}"
        yield Finding(RULE.id, f"statement {sid}", message, "give each a Sid of its own", sid)


def _gives(whole: str, sid: str) -> bool:
    """Whether a statement, or a part that it was cut into, has the Sid."""
    return sid.startswith(whole) and set(sid.removeprefix(whole).split(MORE)) == {""}


RULE = Rule(
    id="duplicate-sid",
    title="Two statements have the same Sid",
    why="IAM refuses a policy in which one stands twice, and findings and reasons are told by it.",
    check=_check,
    excusable=False,
)
