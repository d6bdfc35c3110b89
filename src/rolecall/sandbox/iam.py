"""Operations of AWS IAM that the store has not, or answers otherwise than AWS. Works on the world's store.

https://docs.aws.amazon.com/IAM/latest/APIReference/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rolecall.sandbox.wire import Call, Handlers, Params
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class _Iam:
    world: World

    def create_user(self, call: Call) -> Params:
        """Told as it is kept: the store's own answer still has an id of the store's form."""
        self._store(call, call.action, call.params)
        return {"User": self._store(call, "GetUser", {"UserName": call.params["UserName"]})["User"]}

    def create_group(self, call: Call) -> Params:
        """As `create_user`."""
        self._store(call, call.action, call.params)
        return {"Group": self._store(call, "GetGroup", {"GroupName": call.params["GroupName"]})["Group"]}

    def put_user_boundary(self, call: Call) -> Params:
        arn = call.params["PermissionsBoundary"]
        self.world.store.set_user_boundary(call.caller.account_id, call.params["UserName"], arn)
        return {}

    def delete_user_boundary(self, call: Call) -> Params:
        self.world.store.set_user_boundary(call.caller.account_id, call.params["UserName"], None)
        return {}

    def _store(self, call: Call, action: str, params: Params) -> dict[str, Any]:
        return self.world.store.call("iam", action, params, account_id=call.caller.account_id, region=call.region)


def handlers(world: World) -> Handlers:
    iam = _Iam(world)
    return {
        ("iam", "CreateUser"): iam.create_user,
        ("iam", "CreateGroup"): iam.create_group,
        ("iam", "PutUserPermissionsBoundary"): iam.put_user_boundary,
        ("iam", "DeleteUserPermissionsBoundary"): iam.delete_user_boundary,
    }
