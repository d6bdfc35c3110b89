"""A registry with something on every page: awkward names, all states, an organization with holes."""

from __future__ import annotations

from datetime import timedelta

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import add_account
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.models import CheckRow, MemberRow, UnitRow
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.terms import NewPipeline, SubtaskState, User
from tests.registry.work import ISSUE, Work

ORGANIZATION = "management (000000000000)"
SCRIPT = "<script>alert('1')</script> \"quoted\""
LONG_NAME = "n" * 255
LONG_ROLE = f"arn:aws:iam::444455556666:role/{'p' * 400}/{'R' * 64}"
ISSUES = [
    ISSUE,
    ISSUE | {"service": "ec2", "issue": "ec2:CreateSnapshot is denied by " + "x" * 200, "mend": "y" * 200},
]
_UNITS = [
    ("r-ab12", "Root", None),
    ("ou-prod", "Prod", "r-ab12"),
    ("ou-deep", "u" * 128, "ou-prod"),
    ("ou-none", "Empty", "r-ab12"),
]


def fill(work: Work) -> None:
    """Thirty accounts of an organization of forty, and two with awkward names; account 1 has issues."""
    now = work.services.now()
    names = [SCRIPT, LONG_NAME, *(f"sandbox-{number:02} ({number:012})" for number in range(2, 32)), ORGANIZATION]
    with work.services.database.transaction() as session:
        for number, name in enumerate(names):
            role = LONG_ROLE if name == LONG_NAME else f"arn:aws:iam::{number:012}:role/CadoResponseRole"
            row = add_account(session, name, RoleArn.parse(role), now - timedelta(days=number))
            row.check_result = ("failure", "success", None, "cancelled")[number % 4]
            row.checked_at = now if row.check_result else None
        for result, verdict, issues in [("success", "ready", []), ("failure", "restricted", ISSUES)]:
            reason = "2 permissions are missing" if issues else "the role answers"
            session.add(
                CheckRow(
                    account_id=1,
                    pipeline_id=1,
                    ended_at=now,
                    result=result,
                    verdict=verdict,
                    reason=reason,
                    issues=issues,
                )
            )
        session.add_all(UnitRow(organization=ORGANIZATION, id=id, name=name, parent_id=up) for id, name, up in _UNITS)
        for number in range(40):
            unit = ("r-ab12", "ou-prod", "ou-deep")[number % 3]
            state = "SUSPENDED" if number % 10 == 9 else "ACTIVE"
            name = (SCRIPT, LONG_NAME)[number] if number < 2 else f"member-{number:02}"
            session.add(
                MemberRow(
                    organization=ORGANIZATION, id=f"{number:012}", name=name, state=state, unit_id=unit, seen_at=now
                )
            )
    ended = _begun(work, check_pipeline([SCRIPT, LONG_NAME]))
    work.take(ended, ["Assumed the role", "z" * 200])
    work.end(ended, SubtaskState.FAILURE)
    work.take(_begun(work, check_pipeline(names)), [SCRIPT, LONG_NAME])
    _begun(work, discovery_pipeline(ORGANIZATION, "CadoResponseRole"))


def _begun(work: Work, new: NewPipeline) -> int:
    with work.services.database.transaction() as session:
        row = store.begin(session, new, User(1, LONG_NAME), work.services.now())
        assert row
        return row.id
