"""What a new session is given beside its role or user: policies and tags, within their limits. Reads the world's store.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html and, for sizes,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

from rolecall.core.policy import MalformedPolicy
from rolecall.sandbox.wire import Params, WireError
from rolecall.sandbox.world import World, parse_policy

MAX_POLICIES = 10
MAX_POLICY_TEXT = 2_048
_PACKED_LIMIT = 2_048
"""AWS tells neither how it packs nor how much fits; here policies and tags are deflated, into so many bytes."""


def tags_of(params: Params) -> dict[str, str]:
    """Raises WireError for keys that AWS reserves, and for two that differ in case at most."""
    given = params.get("Tags", ())
    for key in (tag["Key"] for tag in given):
        if key.lower().startswith("aws:"):
            raise _invalid(f"Tag keys that begin with aws: are reserved: {key}")
    if len({tag["Key"].lower() for tag in given}) < len(given):
        raise _invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return {tag["Key"]: tag["Value"] for tag in given}


def with_inherited(tags: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """The tags given, and those that came along the chain. Raises WireError where one would be overwritten."""
    given = {key.lower() for key in tags}
    overwritten = sorted(key for key in inherited if key.lower() in given)
    if overwritten:
        raise _invalid(f"One of the specified transitive tag keys can't be set: {overwritten[0]} is inherited")
    return {**inherited, **tags}


def transitive_keys(params: Params, tags: Iterable[str]) -> frozenset[str]:
    """The keys, as the tags spell them, that go along a chain of roles. Raises WireError for one that is no tag's."""
    spelled = {key.lower(): key for key in tags}
    wanted = params.get("TransitiveTagKeys", ())
    unknown = sorted(key for key in wanted if key.lower() not in spelled)
    if unknown:
        raise _invalid(f"The transitive tag key {unknown[0]} is not among the tags")
    return frozenset(spelled[key.lower()] for key in wanted)


def session_policies(world: World, params: Params, account_id: str) -> tuple[str, ...]:
    """The documents, of managed policies too. Raises WireError."""
    arns = [given.get("arn", "") for given in params.get("PolicyArns", ())]
    _check_size(params.get("Policy", ""), arns)
    documents = [params["Policy"]] if "Policy" in params else []
    for arn in arns:
        policy = world.store.policy_document(account_id, arn)
        if policy is None:
            raise _invalid(f"Policy {arn} does not exist")
        documents.append(policy.document)
    for document in documents:
        try:
            parse_policy(document, "session policy", "session")
        except MalformedPolicy as error:
            raise WireError("MalformedPolicyDocument", str(error)) from error
    return tuple(documents)


def packed_size(params: Params) -> int | None:
    """Percent of what a session may carry, rounded up; None where it carries nothing. Raises WireError beyond it."""
    tags = [text for tag in params.get("Tags", ()) for text in (tag["Key"], tag["Value"])]
    texts = [params.get("Policy", ""), *(given.get("arn", "") for given in params.get("PolicyArns", ())), *tags]
    if not any(texts):
        return None
    percent = -(-len(zlib.compress("\0".join(texts).encode())) * 100 // _PACKED_LIMIT)
    if percent > 100:
        what = "Packed size of session tags consumes" if tags else "Packed policy consumes"
        raise WireError("PackedPolicyTooLarge", f"{what} {percent}% of allotted space, please use smaller policy.")
    return percent


def _check_size(policy: str, arns: list[str]) -> None:
    """White space counts here."""
    if len(arns) > MAX_POLICIES:
        raise _too_long("policyArns", MAX_POLICIES)
    if len(policy) + sum(map(len, arns)) > MAX_POLICY_TEXT:
        raise _too_long("policy", MAX_POLICY_TEXT)


def _too_long(name: str, limit: int) -> WireError:
    said = f"at '{name}' failed to satisfy constraint: Member must have length less than or equal to {limit}"
    return WireError("ValidationError", f"1 validation error detected: Value {said}")


def _invalid(message: str) -> WireError:
    return WireError("InvalidParameterValue", message)
