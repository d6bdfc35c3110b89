"""The names in calls, looked up in a world: what `iam_terms` asks for. Reads the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rolecall.sandbox import store_names, store_tags
from rolecall.sandbox.stored import StoredRole, StoredUser
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class WorldNames:
    """As `iam_terms.Names`, and who owns a resource and how it is tagged."""

    world: World

    def iam_arn(self, account_id: str, kind: str, name: str) -> str | None:
        if kind == "instance-profile":
            profile = store_names.instance_profile(account_id, name)
            return str(profile.arn) if profile else None
        if kind == "group":
            group = self.world.store.group(account_id, name)
            return group.arn if group else None
        found = self._principal(account_id, kind, name)
        return found.arn if found else None

    def boundary_arn(self, account_id: str, kind: str, name: str) -> str | None:
        found = self._principal(account_id, kind, name)
        return found.boundary.arn if found and found.boundary else None

    def profile_roles(self, account_id: str, name: str) -> Sequence[str]:
        profile = store_names.instance_profile(account_id, name)
        return [str(role.arn) for role in profile.roles] if profile else []

    def key_arn(self, account_id: str, region: str, key_id: str) -> str | None:
        return store_names.key_arn(account_id, region, key_id)

    def ciphertext_key_arn(self, account_id: str, region: str, blob: bytes) -> str | None:
        return store_names.key_arn(account_id, region, store_names.key_of_ciphertext(blob))

    def key_aliases(self, key_arn: str) -> Sequence[str]:
        return store_names.key_aliases(key_arn)

    def secret_arn(self, account_id: str, region: str, secret_id: str) -> str | None:
        return store_names.secret_arn(account_id, region, secret_id)

    def organization(self) -> tuple[str, str]:
        return self.world.organization_id(), self.world.management_account()

    def policy_path(self, policy_id: str) -> str | None:
        organization_id, management = self.organization()
        policy = self.world.organization.policies.get(policy_id)
        if policy is None:
            return None
        place = "aws:policy" if policy.aws_managed else f"{management}:policy/{organization_id}"
        return f"{place}/{policy.type.lower()}/{policy_id}"

    def owner(self, arn: str) -> str | None:
        """The account of a resource; None where its ARN does not tell one. A bucket that is not there is nobody's."""
        parts = arn.split(":", 5)
        if len(parts) != 6:
            return None
        if parts[2] == "s3":
            return store_names.bucket_owner(parts[5].split("/", 1)[0])
        return parts[4] if parts[4].isdecimal() else None

    def tags(self, arn: str, account_id: str) -> Mapping[str, str]:
        """Of a role, a user, or what the store knows the tags of. `account_id` is the caller's: some ARNs have none."""
        if ":iam::" not in arn:
            return store_tags.tags(arn, account_id)
        principal = self.world.principal(arn)
        return principal.tags if principal else {}

    def _principal(self, account_id: str, kind: str, name: str) -> StoredRole | StoredUser | None:
        store = self.world.store
        return store.role(account_id, name) if kind == "role" else store.user(account_id, name)
