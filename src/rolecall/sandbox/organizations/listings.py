"""Organizations' reading operations on the tree: roots, units, accounts, parents, children. Memory only."""

from __future__ import annotations

from dataclasses import dataclass

from rolecall.sandbox.organization import Unit
from rolecall.sandbox.organizations.guards import for_reader, require_member
from rolecall.sandbox.organizations.lookup import existing_account, existing_unit
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.views import account_view, organization_view, root_view, unit_view
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class _Listings:
    world: World

    def describe_organization(self, call: Call) -> Params:
        require_member(self.world, call)
        return {"Organization": organization_view(self.world)}

    def list_roots(self, call: Call) -> Params:
        root = self.world.organization.units[self.world.organization.root_id]
        return paged(self.world, call, "Roots", [root], lambda unit: root_view(self.world, unit))

    def list_accounts(self, call: Call) -> Params:
        return paged(self.world, call, "Accounts", self.world.accounts(), lambda item: account_view(self.world, item))

    def list_accounts_for_parent(self, call: Call) -> Params:
        parent = existing_unit(self.world, call.params["ParentId"])
        accounts = self.world.organization.accounts_in(parent.id)
        return paged(self.world, call, "Accounts", accounts, lambda item: account_view(self.world, item))

    def describe_account(self, call: Call) -> Params:
        return {"Account": account_view(self.world, existing_account(self.world, call.params["AccountId"]))}

    def describe_organizational_unit(self, call: Call) -> Params:
        unit_id = call.params["OrganizationalUnitId"]
        unit = existing_unit(self.world, unit_id, "OrganizationalUnitNotFoundException")
        return {"OrganizationalUnit": unit_view(self.world, unit)}

    def list_organizational_units_for_parent(self, call: Call) -> Params:
        parent = existing_unit(self.world, call.params["ParentId"])
        units = self.world.organization.units_in(parent.id)
        return paged(self.world, call, "OrganizationalUnits", units, lambda item: unit_view(self.world, item))

    def list_parents(self, call: Call) -> Params:
        parent = self.world.organization.units[self._parent_of(call.params["ChildId"])]
        return paged(self.world, call, "Parents", [parent], _parent_view)

    def list_children(self, call: Call) -> Params:
        parent = existing_unit(self.world, call.params["ParentId"])
        kind = call.params["ChildType"]
        organization = self.world.organization
        children = organization.accounts_in(parent.id) if kind == "ACCOUNT" else organization.units_in(parent.id)
        return paged(self.world, call, "Children", children, lambda child: {"Id": child.id, "Type": kind})

    def _parent_of(self, child_id: str) -> str:
        account = self.world.account(child_id)
        unit = self.world.organization.units.get(child_id)
        parent_id = account.parent_id if account else unit.parent_id if unit else None
        if parent_id is None:
            raise WireError("ChildNotFoundException", "You specified a child that doesn't exist.")
        return parent_id


def handlers(world: World) -> Handlers:
    listings = _Listings(world)
    guarded = {
        "ListRoots": listings.list_roots,
        "ListAccounts": listings.list_accounts,
        "ListAccountsForParent": listings.list_accounts_for_parent,
        "DescribeAccount": listings.describe_account,
        "DescribeOrganizationalUnit": listings.describe_organizational_unit,
        "ListOrganizationalUnitsForParent": listings.list_organizational_units_for_parent,
        "ListParents": listings.list_parents,
        "ListChildren": listings.list_children,
    }
    return {
        ("organizations", "DescribeOrganization"): listings.describe_organization,
        **{("organizations", action): for_reader(world, handler) for action, handler in guarded.items()},
    }


def _parent_view(unit: Unit) -> Params:
    return {"Id": unit.id, "Type": "ROOT" if unit.is_root else "ORGANIZATIONAL_UNIT"}
