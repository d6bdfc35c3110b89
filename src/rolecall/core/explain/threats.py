"""What somebody with a stolen session of the role could do, from what each of its actions can be used for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rolecall.core.config import RoleSection
from rolecall.core.explain.consequences import CONSEQUENCES
from rolecall.core.explain.granted import Grant, by_action, matches
from rolecall.core.explain.model import UNKNOWN_LEVEL, Consequence, Harm, Threat
from rolecall.core.service_reference import CHANGING

_CHANGING = {*CHANGING, UNKNOWN_LEVEL}


def threats(grants: tuple[Grant, ...]) -> tuple[Threat, ...]:
    """By kind of harm, the gravest first; actions that no consequence knows are told as they are."""
    found = by_action(grants)
    known = [threat for consequence in CONSEQUENCES if (threat := _threat(consequence, found))]
    told = {action for threat in known for action in threat.actions}
    rest = {action: those for action, those in found.items() if action not in told}
    unsorted = [*known, *_others(rest)]
    return tuple(sorted(unsorted, key=lambda threat: list(Harm).index(threat.harm)))


def session(role: RoleSection) -> tuple[str, ...]:
    """How long it lives, what does not help against it, and what does."""
    return (
        f"{_life(role)} Who can use the trusted principal's own credentials begins new ones.",
        "Trusted principals, external id and everything else of the trust policy are asked when a session begins, and "
        "never again: they do not stop a stolen one.",
        "It ends, within a minute or so, when the role's sessions are revoked (Revoke active sessions in the IAM "
        "console), when the stack's parameter AccessUntil is set to a time that is over, or when the role is deleted.",
    )


def _life(role: RoleSection) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining"""
    hours = f"{role.max_session_hours} hour{'s' if role.max_session_hours > 1 else ''}"
    longest = f"A stolen session lives for up to {hours} (role.max_session_hours)"
    if role.max_session_hours == 1:
        return f"{longest}."
    if not role.trusted_accounts and all(":role/" in principal for principal in role.trusted_principals):
        return (
            "A stolen session lives for up to 1 hour: AWS ends by then what one role begins as another, and every "
            f"trusted principal is a role (role.max_session_hours, {role.max_session_hours}, is for users)."
        )
    return f"{longest}, up to 1 hour where the platform came to the role from another role."


def _threat(consequence: Consequence, found: Mapping[str, tuple[Grant, ...]]) -> Threat | None:
    needed = [action for action in found if matches(action, consequence.needs)]
    either = [action for action in found if matches(action, consequence.any_of)]
    if len(needed) < len(consequence.needs) or (consequence.any_of and not either):
        return None
    also = [action for action in found if matches(action, consequence.also)]
    actions = tuple(dict.fromkeys((*needed, *either, *also)))
    limits = _limits({action: found[action] for action in dict.fromkeys((*needed, *either))})
    return Threat(consequence.id, consequence.harm, consequence.words, actions, limits)


def _others(rest: Mapping[str, tuple[Grant, ...]]) -> Iterator[Threat]:
    changing = {action: those for action, those in rest.items() if those[0].level in _CHANGING}
    reading = {action: those for action, those in rest.items() if action not in changing}
    if changing:
        words = "Change what these actions change; rolecall knows no more of them."
        yield Threat("other-changes", Harm.CHANGE, words, tuple(changing), _limits(changing))
    if reading:
        words = "Read what these actions show; rolecall knows no more of them."
        yield Threat("other-reads", Harm.READ, words, tuple(reading), _limits(reading))


def _limits(actions: Mapping[str, tuple[Grant, ...]]) -> tuple[str, ...]:
    """Within which each action is allowed; without the actions' names where it is the same for all of them."""
    told = {action: _terms(those) for action, those in actions.items()}
    by_terms: dict[str, list[str]] = {}
    for action, terms in told.items():
        by_terms.setdefault(terms, []).append(action)
    if len(by_terms) == 1:
        return tuple(terms for terms in by_terms if terms)
    return tuple(f"{', '.join(names)}: {terms or 'without limit'}" for terms, names in by_terms.items())


def _terms(those: Sequence[Grant]) -> str:
    """Empty where one of the grants has none: the others then limit nothing."""
    told = dict.fromkeys(str(grant.terms) for grant in those)
    return "" if "" in told else "; and ".join(told)
