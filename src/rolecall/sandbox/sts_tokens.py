"""AWS STS's credentials for users: GetSessionToken, GetFederationToken, and whose a key is. Memory only.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rolecall.sandbox.authorize import require
from rolecall.sandbox.identities import Identities
from rolecall.sandbox.session_requests import packed_size, session_policies, tags_of
from rolecall.sandbox.store import account_of_key
from rolecall.sandbox.wire import Call, Caller, Handlers, Params, WireError
from rolecall.sandbox.world import World

_SECONDS = 43_200
_NOTHING = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"none:None","Resource":"arn:aws:none:::none"}]}'
)
"""A session of GetFederationToken that is given no policies may do nothing."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    world: World
    identities: Identities

    def get_session_token(self, call: Call) -> Params:
        _check_long_term(call)
        caller = replace(call.caller, mfa=checked_mfa(self.world, call))
        session = self.identities.mint(caller, call.params.get("DurationSeconds", _SECONDS))
        return {"Credentials": session.credentials()}

    def get_federation_token(self, call: Call) -> Params:
        _check_long_term(call)
        tags, packed = tags_of(call.params), packed_size(call.params)
        policies = session_policies(self.world, call.params, call.caller.account_id) or (_NOTHING,)
        if tags and self.world.enforcement == "all":
            require(self.world, replace(call, action="TagSession"))
        name = call.params["Name"]
        arn = f"arn:aws:sts::{call.caller.account_id}:federated-user/{name}"
        caller = replace(call.caller, arn=arn, session_policies=policies, session_tags=tags)
        session = self.identities.mint(caller, call.params.get("DurationSeconds", _SECONDS))
        user = {"FederatedUserId": f"{caller.account_id}:{name}", "Arn": arn}
        sized = {"PackedPolicySize": packed} if packed is not None else {}
        return {"Credentials": session.credentials(), "FederatedUser": user, **sized}

    def get_access_key_info(self, call: Call) -> Params:
        account_id = account_of_key(call.params["AccessKeyId"])
        if account_id is None:
            raise WireError("ValidationError", "Specified value for AccessKeyId is invalid")
        return {"Account": account_id}


def handlers(world: World, identities: Identities) -> Handlers:
    tokens = _Tokens(world, identities)
    return {
        ("sts", "GetSessionToken"): tokens.get_session_token,
        ("sts", "GetFederationToken"): tokens.get_federation_token,
        ("sts", "GetAccessKeyInfo"): tokens.get_access_key_info,
    }


def checked_mfa(world: World, call: Call) -> bool:
    """Whether a call tells of a second factor. The device must be the caller's; any six digits pass for its code."""
    serial = call.params.get("SerialNumber")
    if serial is None:
        return False
    if "TokenCode" not in call.params or serial not in _devices(world, call.caller):
        said = (
            "unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
        )
        raise WireError("AccessDenied", f"MultiFactorAuthentication failed, {said}", 403)
    return True


def _devices(world: World, caller: Caller) -> frozenset[str]:
    is_user = ":user/" in caller.arn
    return world.store.mfa_devices(caller.account_id, caller.arn.rsplit("/", 1)[-1]) if is_user else frozenset()


def _check_long_term(call: Call) -> None:
    if call.caller.is_temporary:
        raise WireError("AccessDenied", f"Cannot call {call.action} with session credentials", 403)
