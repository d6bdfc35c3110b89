"""A role that is renamed: what is desired, seen with what is deployed and registered. Pure.

The former role is there as long as the config names it, and beyond that as long as a platform is registered with it.
See docs/adr/0019-rotation.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from rolecall.core.config import Config, RoleSection
from rolecall.core.counting import accounts as counted
from rolecall.core.desired import Desired, content_of
from rolecall.core.observed import Observed, Registration, StackContent
from rolecall.core.plan import Action, Change
from rolecall.core.registrations import has_our_name
from rolecall.core.template.places import as_deployed, names_in, roles_in


def settled(config: Config, desired: Desired, observed: Observed) -> Desired:
    """With each role in the place of the template in which it is deployed, and a former one that is still in use."""
    members, management = _contents(observed)
    kept = _kept_name(config.role, desired, observed)
    changed = replace(
        desired,
        content=_content(config.role.for_members, members, kept),
        management_content=_content(config.role, management, kept),
        kept_name=kept,
    )
    if not kept:
        return changed
    accounts = {
        found.id: replace(found, former_role=replace(found.role, name=kept)) for found in desired.accounts.values()
    }
    return replace(changed, accounts=accounts, former_name=kept)


def withheld(desired: Desired, observed: Observed) -> Iterator[Change]:
    """A former role that the config has no longer, and that cannot go since a platform would lose its access."""
    if not desired.kept_name:
        return
    count = Counter(found.platform for found in _registered(desired, observed, desired.kept_name))
    where = ", ".join(f"{platform} in {counted(found)}" for platform, found in sorted(count.items()))
    detail = (
        f"role.former_name was taken out, and the role is still registered with {where}: it stays until all are "
        "registered anew, and the apply after that takes it out"
    )
    yield Change(Action.BLOCKED, f"role {desired.kept_name}", None, detail)


def renamed_at_once(desired: Desired, current: StackContent) -> str:
    """The deployed role's name where none that is desired is that of a deployed one; else nothing."""
    names = _names(current)
    return "" if names & _names(desired.content) else min(names, default="")


def renaming_notes(desired: Desired, observed: Observed) -> Iterator[str]:
    """What only a person can see to."""
    contents = [found for found in _contents(observed) if found]
    going = {name for content in contents for name in _names(content)} - set(desired.role_names)
    if contents and going:
        yield from _untold(desired, observed, min(going))
    if not contents:
        yield from _left(desired, observed)


def _untold(desired: Desired, observed: Observed, going: str) -> Iterator[str]:
    """Of a role that goes, where a platform does not tell whether it has it."""
    untold = Counter(found.platform for found in _ours(desired, observed) if found.role is None)
    for platform, count in untold.items():
        yield (
            f"role {going} goes, and platform {platform} does not say with which role it has {counted(count)}: see "
            "there, before apply, that it is not this one"
        )


def _left(desired: Desired, observed: Observed) -> Iterator[str]:
    """Where nothing is deployed under our stack set's name, and the platforms have another role under our names."""
    told = ((found.platform, found.role.name) for found in _ours(desired, observed) if found.role)
    others = Counter((platform, name) for platform, name in told if name not in desired.role_names)
    for (platform, name), count in others.items():
        yield (
            f"platform {platform} has {counted(count)} with another role, {name}, under the names that we give. If "
            "that is this role until now, put deployment.stack_set_name back and name it in role.former_name: then it "
            "is moved and taken out. Else it stays where it is"
        )


def _content(role: RoleSection, current: StackContent | None, kept: str) -> StackContent:
    if current is None:
        return content_of(role)
    if kept and kept in names_in(role, current.template, current.parameters):
        role = role.model_copy(update={"former_name": kept})
    return content_of(as_deployed(role, current.template, current.parameters))


def _kept_name(role: RoleSection, desired: Desired, observed: Observed) -> str:
    """Where both roles are deployed: a name that was changed at once has nothing to be kept beside it."""
    if role.former_name:
        return ""
    for content in filter(None, _contents(observed)):
        names = names_in(role, content.template, content.parameters)
        former = next((name for name in names if name not in ("", role.name)), "")
        if former and role.name in names and _registered(desired, observed, former):
            return former
    return ""


def _contents(observed: Observed) -> tuple[StackContent | None, StackContent | None]:
    stack_set, stack = observed.stack_set, observed.management_stack
    return (stack_set.content if stack_set else None), (stack.content if stack else None)


def _names(content: StackContent) -> frozenset[str]:
    return frozenset(roles_in(content.template, content.parameters).values())


def _registered(desired: Desired, observed: Observed, name: str) -> list[Registration]:
    """In accounts of the organization, with the role of that name."""
    return [
        found
        for found in observed.registrations
        if found.account in desired.accounts and found.role and found.role.name == name
    ]


def _ours(desired: Desired, observed: Observed) -> list[Registration]:
    """By the name that we give the account."""
    return [
        found
        for found in observed.registrations
        if found.account and (account := desired.accounts.get(found.account)) and has_our_name(account, found)
    ]
