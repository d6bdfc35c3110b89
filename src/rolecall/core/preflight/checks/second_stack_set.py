"""Another stack set, here or in another Region, makes the same role."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.diff import is_managed
from rolecall.core.observed import StackSet
from rolecall.core.preflight.model import Check, Facts, Finding, Level, OtherStackSet
from rolecall.core.preflight.words import some
from rolecall.core.template.places import roles_in


def _check(facts: Facts) -> Iterator[Finding]:
    if facts.elsewhere is None:
        return
    unread = [other for other in facts.elsewhere.stack_sets if other.stack_set is None]
    for other in facts.elsewhere.stack_sets:
        if other.stack_set and facts.desired.role_name.lower() in _role_names(other.stack_set):
            yield _same(facts, other, other.stack_set)
    if unread:
        message = f"whether {facts.desired.role_name} is in the stack sets {some(map(_named, unread))}: too many to ask"
        yield Finding(CHECK.id, Level.UNCHECKED, None, message, "see their templates in the CloudFormation console")
    reasons: dict[str, list[str]] = {}
    for region, reason in facts.elsewhere.unasked.items():
        reasons.setdefault(reason, []).append(region)
    for reason, regions in reasons.items():
        message = f"whether another stack set deploys {facts.desired.role_name} in {', '.join(regions)}: {reason}"
        yield Finding(CHECK.id, Level.UNCHECKED, None, message)


def _same(facts: Facts, other: OtherStackSet, stack_set: StackSet) -> Finding:
    there = bool(stack_set.regions or stack_set.unit_ids)
    message = f"stack set {_named(other)} deploys {facts.desired.role_name} too, and IAM is global"
    if not there:
        message = f"stack set {_named(other)} would deploy {facts.desired.role_name} too; it has no instances yet"
    blocks = there and facts.observed.stack_set is None
    return Finding(CHECK.id, Level.BLOCKS if blocks else Level.WARNS, None, message, _mend(facts, other, stack_set))


def _role_names(stack_set: StackSet) -> frozenset[str]:
    """In lower case: IAM tells none apart by capitals."""
    names = roles_in(stack_set.content.template, stack_set.content.parameters).values()
    return frozenset(name.lower() for name in names)


def _mend(facts: Facts, other: OtherStackSet, stack_set: StackSet) -> str:
    if not is_managed(stack_set.content):
        return f"take it over with `rolecall --region {other.region} adopt {other.name}`, or delete it there"
    if other.region == facts.desired.region:
        return f"put deployment.stack_set_name back to {other.name}, or `rolecall destroy` with that name first"
    return f"put deployment.region back to {other.region}, or `rolecall destroy` with that Region first"


def _named(other: OtherStackSet) -> str:
    return f"{other.name} in {other.region}"


CHECK = Check(
    id="second-stack-set",
    title="Another stack set of the same account deploys the same role",
    well="no other stack set deploys the role, in any Region",
    why="Stack sets are of a Region, and a role's name is taken in all of them: the second stack set of a role fails "
    "in every account that the first has reached. All Regions with StackSets are asked, before the first creation and "
    "by `rolecall doctor`; of their stack sets the templates are compared.",
    mend="Take the other one over with `rolecall adopt`, or destroy it where it is.",
    levels=(Level.BLOCKS, Level.WARNS),
    check=_check,
)
