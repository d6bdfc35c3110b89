"""Which service control policies deny what the simulation says that "an SCP" denies. Pure.

The simulation never names an SCP, so the ones that apply are read from Organizations and evaluated here.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rolecall.core.ids import AccountId, UnitId
from rolecall.core.policy import MalformedPolicy, Outcome, Policy, PolicySet, Request, evaluate
from rolecall.core.probe import Question
from rolecall.core.roll import Cause, MissingPermission

EVERYWHERE = frozenset({"*"})
"""The targets of a policy that is attached to every root, unit and account."""


@dataclass(frozen=True, slots=True)
class ControlPolicy:
    """A service or resource control policy and what it is attached to: ids of roots, units and accounts."""

    id: str
    name: str
    document: str
    targets: frozenset[str]
    """Or `EVERYWHERE`."""
    kind: str = "scp"
    """Or "rcp"."""

    def covers(self, place: str) -> bool:
        """Whether it is attached to that root, unit or account itself."""
        return place in self.targets or self.targets == EVERYWHERE


@dataclass(frozen=True, slots=True)
class Level:
    """The policies at one level. `whole` unless one that is attached there is beyond us."""

    policies: tuple[Policy, ...]
    whole: bool = True


Levels = tuple[Level, ...]
"""From the root to the account."""

EVERYTHING = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, source="everything"
)


def levels_of(policies: Iterable[ControlPolicy], unit_ids: Sequence[UnitId], account: AccountId) -> Levels:
    """What applies to an account. A document that we cannot read is left out, so that it is never named."""
    parsed = [(policy, _parsed(policy)) for policy in policies]
    return tuple(_level(read for policy, read in parsed if policy.covers(place)) for place in (*unit_ids, account))


def _level(attached: Iterable[Policy | None]) -> Level:
    found = tuple(attached)
    return Level(tuple(policy for policy in found if policy), whole=None not in found)


def named(
    missing: Iterable[MissingPermission], questions: Sequence[Question], levels: Levels
) -> list[MissingPermission]:
    """The same permissions, those that an SCP denies with the names of the policies that do."""
    return [
        replace(item, policies=_deniers(item, questions, levels)) if item.cause is Cause.SCP else item
        for item in missing
    ]


def _deniers(item: MissingPermission, questions: Sequence[Question], levels: Levels) -> tuple[str, ...]:
    found = {
        name
        for question in questions
        if item.action in question.actions and question.context["aws:RequestedRegion"] == item.region
        for resource in question.resources
        for level in levels
        for name in _deniers_at(level, _request(item.action, resource, question))
    }
    return tuple(sorted(found))


def _request(action: str, resource: str, question: Question) -> Request:
    return Request(action, resource, {key: (value,) for key, value in question.context.items()})


def _deniers_at(level: Level, request: Request) -> Iterable[str]:
    """The policies of one level that deny explicitly; where none does and none allows, all that are attached there.

    One that we cannot read may be the one that allows, and then the others are not to blame.
    """
    verdict = evaluate(request, PolicySet(identity=(EVERYTHING,), scp_levels=(level.policies,)))
    if verdict.outcome is Outcome.EXPLICIT_DENY:
        return {matched.source for matched in verdict.matched}
    if verdict.outcome is Outcome.IMPLICIT_DENY and level.whole:
        return {policy.source for policy in level.policies}
    return ()


def _parsed(policy: ControlPolicy) -> Policy | None:
    try:
        return Policy.parse(policy.document, source=policy.name, type=policy.kind)
    except MalformedPolicy:
        return None
