"""Why a deployment failed in an account: each cause with what it means, its mend, and what the same try would do. Pure.

The one place that reads AWS's words for a failure. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-troubleshooting.html
has some of them; where there is another source, it stands with the cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from rolecall.core.reasons import concise

RETRY = "then `rolecall apply --retry-blocked`"
AGAIN = "then apply again"


class Kind(StrEnum):
    """A cause's stable name, as it stands in the JSON."""

    OWN_STACK = "own-stack"
    STACK_GONE = "stack-gone"
    STUCK = "stuck"
    NAME_TAKEN = "name-taken"
    CONTROL_POLICY = "control-policy"
    PERMISSIONS = "permissions"
    EXECUTION_ROLE = "execution-role"
    SUSPENDED = "suspended"
    REGION = "region"
    CAPABILITY = "capability"
    QUOTA = "quota"
    PRINCIPAL = "principal"
    POLICY_DOCUMENT = "policy-document"
    THROTTLED = "throttled"
    CANCELLED = "cancelled"
    INTERNAL = "internal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cause:
    """`means` in a few words, `mend` what a person does, empty where nothing is left to do but to try again.

    `may_pass`: whether the same try can succeed with nothing changed. What cannot is blocked until somebody says that
    the cause is gone; see docs/adr/0016-repair.md.
    """

    kind: Kind
    means: str
    mend: str
    may_pass: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """A cause and the words by which it is known; `{}` in the mend is what the words' group caught."""

    kind: Kind
    words: re.Pattern[str]
    means: str
    mend: str = ""
    may_pass: bool = False


def _rule(kind: Kind, words: str, means: str, mend: str = "", *, may_pass: bool = False) -> _Rule:
    return _Rule(kind, re.compile(words), means, mend, may_pass)


_RULES = (
    _rule(
        Kind.OWN_STACK,
        r"already exists in stack (\S*:stack/StackSet-\S+?)\.?$",
        "a stack that a stack set let go of has it",
        f"delete that stack in the account, {RETRY}",
    ),
    _rule(  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
        Kind.STUCK,
        r"Stack:(\S+) is in UPDATE_ROLLBACK_FAILED state",
        "an update failed there, and so did its rollback",
        f"in the account, `aws cloudformation continue-update-rollback --stack-name {{}}`, {RETRY}",
    ),
    _rule(
        Kind.NAME_TAKEN,
        r"already exists|AlreadyExists",
        "blocked by something that rolecall did not make",
        f"rename or remove it there, {RETRY}",
    ),
    _rule(
        Kind.CONTROL_POLICY,
        r"not authorized to perform:? (\S+)[\s\S]*explicit deny in a (?:service|resource) control policy",
        "an organization's policy denies {}",
        f"except the roles stacksets-exec-* from it, or leave the account out, {RETRY}",
    ),
    _rule(
        Kind.PERMISSIONS,
        r"not authorized to perform:? (\S+)",
        "StackSets' role there may not {}",
        "see what its policies and permissions boundary allow",
        may_pass=True,
    ),
    _rule(
        Kind.EXECUTION_ROLE,
        r"should have 'stacksets-exec-[^']*' role with trust",
        "StackSets cannot get in",
        "AWS makes this role; where it was deleted, take the account's stack instance out and apply again",
        may_pass=True,
    ),
    _rule(
        Kind.EXECUTION_ROLE,
        r"should have '[^']+' role with trust relationship to Role",
        "StackSets cannot get in",
        f"make it there with `rolecall template --for execution-role`, {AGAIN}",
        may_pass=True,
    ),
    _rule(
        Kind.EXECUTION_ROLE,
        r"should have '[^']+' role with trust",
        "StackSets cannot begin",
        f"make it there with `rolecall template --for admin-role`, {AGAIN}",
        may_pass=True,
    ),
    _rule(
        Kind.SUSPENDED,
        r"account is (?:suspended|closed)|SKIPPED_SUSPENDED_ACCOUNT",
        "the account was suspended",
        "",
        may_pass=True,
    ),
    _rule(
        Kind.REGION,
        r"[Rr]egion \S+ is (?:disabled|not enabled|not supported)|OptInRequired|opt-in",
        "the Region is not enabled there",
        f"enable deployment.region in the account's settings, {RETRY}",
    ),
    _rule(
        Kind.CAPABILITY,
        r"Requires capabilities|InsufficientCapabilities",
        "the stack set was last updated without CAPABILITY_NAMED_IAM",
        f"update it with that capability, {RETRY}",
    ),
    _rule(
        Kind.QUOTA,
        r"Cannot exceed quota for (\w+)|LimitExceeded\b|ServiceLimitExceeded",
        "a quota of the account is used up",
        f"raise it there under Service Quotas, or make room, {RETRY}",
    ),
    _rule(
        Kind.PRINCIPAL,
        r"Invalid principal in policy",
        "a principal that the trust names does not exist",
        f"look at role.trusted_principals and role.trusted_accounts, {AGAIN}",
    ),
    _rule(
        Kind.POLICY_DOCUMENT,
        r"MalformedPolicy",
        "IAM does not take a policy of the role",
        f"see the groups of your own, {AGAIN}",
    ),
    _rule(Kind.THROTTLED, r"[Rr]ate exceeded|Throttl|TooManyRequests", "AWS was asked too much at once", may_pass=True),
    _rule(Kind.CANCELLED, r"[Cc]ancelled", "it was not reached", may_pass=True),
    _rule(
        Kind.STACK_GONE,
        r"[Ss]tack\S* \S+ does not exist|DELETE_COMPLETE|StackNotFound",
        "its stack was deleted there",
        may_pass=True,
    ),
    _rule(
        Kind.INTERNAL,
        r"[Ii]nternal ?(?:[Ff]ailure|[Ee]rror)|ServiceUnavailable|NotStabilized|GeneralServiceException",
        "AWS failed by itself",
        may_pass=True,
    ),
)
"""In the order in which they are looked for: a narrow one stands before the wide one that would catch it too."""

_OTHER = Cause(Kind.OTHER, "", "", may_pass=True)


def cause_of(reason: str, status: str = "") -> Cause:
    """Of AWS's words for a failure, and the detailed status of the instance where that says more."""
    for rule in _RULES:
        if found := rule.words.search(reason) or (rule.words.search(status) if status.isupper() else None):
            caught = next(filter(None, found.groups()), "")
            return Cause(rule.kind, rule.means.replace("{}", caught), rule.mend.replace("{}", caught), rule.may_pass)
    return _OTHER


def explained(reason: str, status: str = "") -> str:
    """The service's own sentence, what it means, and the mend, for people."""
    cause = cause_of(reason, status)
    said = concise(reason) or status
    meant = f"{cause.means}: {said}" if cause.means and said else cause.means or said
    return f"{meant}; {cause.mend}" if cause.mend else meant


def stack_in_the_way(reason: str) -> str:
    """The id of the stack which, as CloudFormation says, has what the failed one would make; else nothing.

    Only of stacks that StackSets made: anybody else's is not ours to touch.
    """
    found = _RULES[0].words.search(concise(reason))
    return found[1] if found else ""
