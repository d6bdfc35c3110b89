"""CreateOrganization, DeleteOrganization, and which policy types are on. Memory only.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_create.html
"""

from __future__ import annotations

from dataclasses import dataclass

from rolecall.sandbox.organization import POLICY_TYPES, Unit
from rolecall.sandbox.organizations.errors import invalid_input, policy_type_not_available
from rolecall.sandbox.organizations.guards import for_management
from rolecall.sandbox.organizations.lookup import existing_unit
from rolecall.sandbox.organizations.telling import tell_departed, tell_joined, told
from rolecall.sandbox.organizations.views import organization_view, root_view
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class _Founding:
    world: World

    def create(self, call: Call) -> Params:
        """The one organization of the sandbox can be founded only by the account that is to manage it."""
        organization = self.world.organization
        if organization.founded:
            message = "The AWS account is already a member of an organization."
            raise WireError("AlreadyInOrganizationException", message)
        if call.caller.account_id != organization.management_account:
            message = "The sandbox has one organization, which another account manages."
            raise WireError("AccessDeniedForDependencyException", message)
        if call.params.get("FeatureSet", "ALL") != "ALL":
            raise invalid_input("The sandbox has organizations with all features only.", "INVALID_ENUM")
        organization.founded = True
        tell_joined(self.world, organization.management_account, "INVITED")
        return {"Organization": organization_view(self.world)}

    def delete(self, call: Call) -> Params:  # noqa: ARG002  # a handler's form
        organization = self.world.organization
        if organization.account_count > 1 or len(organization.units) > 1:
            message = "The organization isn't empty. To delete it, remove all accounts except the management account."
            raise WireError("OrganizationNotEmptyException", message)
        organization.founded = False
        tell_departed(self.world, organization.management_account, "LEFT")
        return {}

    def enable_type(self, call: Call) -> Params:
        kind, unit = self._asked(call)
        if kind not in POLICY_TYPES:
            raise policy_type_not_available()
        if kind in self.world.organization.enabled_policy_types:
            raise WireError("PolicyTypeAlreadyEnabledException", "The policy type is enabled in this root already.")
        self.world.organization.enable_policy_type(kind)
        return {"Root": root_view(self.world, unit)}

    def disable_type(self, call: Call) -> Params:
        kind, unit = self._asked(call)
        if kind not in self.world.organization.enabled_policy_types:
            raise WireError("PolicyTypeNotEnabledException", "The policy type isn't enabled in this root.")
        self.world.organization.disable_policy_type(kind)
        return {"Root": root_view(self.world, unit)}

    def _asked(self, call: Call) -> tuple[str, Unit]:
        unit = existing_unit(self.world, call.params["RootId"], "RootNotFoundException")
        return call.params["PolicyType"], unit


def handlers(world: World) -> Handlers:
    founding = _Founding(world)
    guarded = {
        "DeleteOrganization": founding.delete,
        "EnablePolicyType": founding.enable_type,
        "DisablePolicyType": founding.disable_type,
    }
    table = {action: for_management(world, told(world, handler)) for action, handler in guarded.items()}
    table["CreateOrganization"] = told(world, founding.create)
    return {("organizations", action): handler for action, handler in table.items()}
