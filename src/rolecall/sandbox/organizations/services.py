"""Which AWS services work in the organization, and which members administer them. Memory only.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
"""

from __future__ import annotations

from dataclasses import dataclass

from rolecall.sandbox.organization import STACK_SETS_MEMBERS
from rolecall.sandbox.organizations.errors import constraint, invalid_input
from rolecall.sandbox.organizations.guards import for_management, for_reader
from rolecall.sandbox.organizations.lookup import existing_account
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.telling import told
from rolecall.sandbox.organizations.views import account_view
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_STACK_SETS = "stacksets.cloudformation.amazonaws.com"
_MAX_ADMINISTRATORS = {STACK_SETS_MEMBERS: 5}
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html"""


@dataclass(frozen=True, slots=True)
class _Services:
    world: World

    def enable(self, call: Call) -> Params:
        """The stack sets' member principal is taken, yet StackSets' own trusted access stays as it is: field evidence.

        https://github.com/pepperize/cdk-organizations/issues/1718
        """
        self.world.organization.service_access.setdefault(_service(call), self.world.now())
        return {}

    def disable(self, call: Call) -> Params:
        service = _service(call)
        if self.world.organization.delegated_administrators(service):
            message = "You must deregister all delegated administrators of the service first."
            raise constraint(message, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
        self.world.organization.service_access.pop(service, None)
        return {}

    def list_enabled(self, call: Call) -> Params:
        enabled = dict(self.world.organization.service_access)
        if self.world.trusted_access:
            enabled.setdefault(STACK_SETS_MEMBERS, self.world.founded_at)
        return paged(
            self.world,
            call,
            "EnabledServicePrincipals",
            sorted(enabled.items()),
            lambda item: {"ServicePrincipal": item[0], "DateEnabled": item[1]},
        )

    def register(self, call: Call) -> Params:
        account, service = existing_account(self.world, call.params["AccountId"]), _service(call)
        organization = self.world.organization
        if account.id == organization.management_account:
            message = "You cannot register the management account as a delegated administrator."
            raise constraint(message, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
        if not self.world.usable(account.id):
            message = "You cannot register a suspended account as a delegated administrator."
            raise constraint(message, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
        if not self._accessible(service):
            message = "Enable the service's access to your organization first."
            raise constraint(message, "SERVICE_ACCESS_NOT_ENABLED")
        known = organization.delegations.setdefault(service, {})
        if account.id in known:
            message = "The account is a delegated administrator for this service already."
            raise WireError("AccountAlreadyRegisteredException", message)
        if len(known) >= _MAX_ADMINISTRATORS.get(service, 10):
            message = "You have as many delegated administrators of this service as you may."
            raise constraint(message, "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED")
        known[account.id] = self.world.now()
        return {}

    def deregister(self, call: Call) -> Params:
        account, service = existing_account(self.world, call.params["AccountId"]), _service(call)
        if account.id not in self.world.organization.delegations.get(service, {}):
            message = "The account is no delegated administrator of this service."
            raise WireError("AccountNotRegisteredException", message)
        del self.world.organization.delegations[service][account.id]
        return {}

    def list_administrators(self, call: Call) -> Params:
        wanted = call.params.get("ServicePrincipal")
        delegations = self.world.organization.delegations
        found = {
            account_id: since
            for service, members in delegations.items()
            if wanted in (None, service)
            for account_id, since in members.items()
        }
        return paged(self.world, call, "DelegatedAdministrators", sorted(found.items()), self._administrator)

    def list_services(self, call: Call) -> Params:
        account = existing_account(self.world, call.params["AccountId"])
        delegations = self.world.organization.delegations
        found = [(service, members[account.id]) for service, members in delegations.items() if account.id in members]
        if not found:
            message = "The account is no delegated administrator."
            raise WireError("AccountNotRegisteredException", message)
        return paged(
            self.world,
            call,
            "DelegatedServices",
            sorted(found),
            lambda item: {"ServicePrincipal": item[0], "DelegationEnabledDate": item[1]},
        )

    def _accessible(self, service: str) -> bool:
        if service == STACK_SETS_MEMBERS:
            return self.world.trusted_access
        return service in self.world.organization.service_access

    def _administrator(self, item: tuple[str, object]) -> Params:
        account_id, since = item
        view = account_view(self.world, existing_account(self.world, account_id))
        return {name: value for name, value in view.items() if name != "Paths"} | {"DelegationEnabledDate": since}


def handlers(world: World) -> Handlers:
    services = _Services(world)
    changes = {
        "EnableAWSServiceAccess": services.enable,
        "DisableAWSServiceAccess": services.disable,
        "RegisterDelegatedAdministrator": services.register,
        "DeregisterDelegatedAdministrator": services.deregister,
    }
    questions = {
        "ListAWSServiceAccessForOrganization": services.list_enabled,
        "ListDelegatedAdministrators": services.list_administrators,
        "ListDelegatedServicesForAccount": services.list_services,
    }
    table = {action: for_management(world, told(world, handler)) for action, handler in changes.items()}
    table |= {action: for_reader(world, handler) for action, handler in questions.items()}
    return {("organizations", action): handler for action, handler in table.items()}


def _service(call: Call) -> str:
    """Raises WireError for what is not a service's name, StackSets' plain one among it: AWS knows only the members'."""
    service: str = call.params["ServicePrincipal"]
    if service == _STACK_SETS or not service.endswith(".amazonaws.com"):
        message = "You specified an unrecognized service principal."
        raise invalid_input(message, "UNRECOGNIZED_SERVICE_PRINCIPAL")
    return service
