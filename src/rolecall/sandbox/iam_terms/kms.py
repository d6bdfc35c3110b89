"""What KMS's calls need: the key behind an id or an alias, and the alias itself where that is changed. Pure.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need, arn, request_tags
from rolecall.sandbox.wire import Call

_ON_ALIASES = {
    "CreateAlias": ("TargetKeyId",),
    "DeleteAlias": ("AliasName",),
    "UpdateAlias": ("AliasName", "TargetKeyId"),
}
"""The operations on aliases -> the parameters that lead to the keys that they concern."""
_ON_GRANTS = ("CreateGrant", "ListGrants", "RevokeGrant")


def needs(call: Call, names: Names) -> Iterator[Need]:
    action, context = action_of(call), _context(call)
    if call.action == "ReEncrypt":
        yield _on_key(call, names, "kms:ReEncryptFrom", "SourceKeyId", context)
        yield _on_key(call, names, "kms:ReEncryptTo", "DestinationKeyId", context)
    elif call.action in _ON_ALIASES:
        yield Need(action, arn(call, str(call.params.get("AliasName"))), context)
        yield from (_on_key(call, names, action, name, context) for name in _ON_ALIASES[call.action])
    else:
        yield _on_key(call, names, action, "KeyId", context)
        if call.action == "CreateKey" and call.params.get("Tags"):
            yield Need("kms:TagResource", ANY, context)


def _on_key(call: Call, names: Names, action: str, parameter: str, context: Context) -> Need:
    """With all aliases of the key: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html"""
    key = _key(call, names, parameter)
    aliases = tuple(names.key_aliases(key)) if ":key/" in key else ()
    return Need(action, key, context | ({"kms:ResourceAliases": aliases} if aliases else {}))


def _key(call: Call, names: Names, parameter: str) -> str:
    """Decrypt and ReEncrypt may leave the key out that something was encrypted with: the ciphertext tells it."""
    given = str(call.params.get(parameter) or "")
    if not given and parameter in ("KeyId", "SourceKeyId"):
        return _sealing_key(call, names) or ANY
    if not given or (given.startswith("arn:") and ":alias/" not in given):
        return given or ANY
    found = names.key_arn(call.caller.account_id, call.region, given)
    unknown = given if given.startswith("arn:") else arn(call, given if given.startswith("alias/") else f"key/{given}")
    return found or unknown


def _sealing_key(call: Call, names: Names) -> str | None:
    blob = call.params.get("CiphertextBlob")
    return names.ciphertext_key_arn(call.caller.account_id, call.region, blob) if isinstance(blob, bytes) else None


def _context(call: Call) -> Context:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    context: Context = {"kms:CallerAccount": (call.caller.account_id,)} | request_tags(call.params.get("Tags"))
    given = str(call.params.get("KeyId") or "").rsplit(":", 1)[-1]
    if given.startswith("alias/"):
        context["kms:RequestAlias"] = (given,)
    if call.action in _ON_GRANTS:
        context["kms:GrantIsForAWSResource"] = ("false",)
    return context
