"""The sandbox's store of AWS resources: moto, behind one object. Memory only.

moto's store is imported here and in `store_names`, and its wire models in `protocol` and `rest`.

moto keeps its resources in module-level tables, so a process has one store at a time: making a new one empties what an
earlier one held.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

import moto.backends
from moto.backend_index import backend_url_patterns
from moto.core.request import Request as MotoRequest
from moto.events.models import events_backends
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.iam.utils import ACCOUNT_OFFSET, AWS_ROLE_ALPHABET, generate_access_key_id_from_account_id
from moto.moto_api._internal import mock_random, moto_api_backends
from moto.sqs.models import sqs_backends
from werkzeug.exceptions import HTTPException

from rolecall.sandbox.iam_writes import IamWrites
from rolecall.sandbox.store_wire import iam_write, parsed, serialized, service_model
from rolecall.sandbox.stored import (
    HttpRequest,
    HttpResponse,
    PolicyUse,
    StoredGroup,
    StoredKey,
    StoredPolicy,
    StoredRole,
    StoredRule,
    StoredUser,
)
from rolecall.sandbox.wire import WireError

PARTITION = "aws"
_ACCOUNT_HEADER = "x-moto-account-id"
_GLOBAL_HOSTS = {"budgets": "budgets.amazonaws.com", "cloudfront": "cloudfront.amazonaws.com"}
_ID_LENGTH = 21
_LISTS_POLICIES = re.compile(rb"(?:^|&)Action=ListPolicies(?:&|$)")
_AWS_POLICY = re.compile(r"arn:aws:iam::aws:policy/[\w+=,.@/-]+")

RoleWritten = Callable[[str, str, str, StoredRole | None], None]
"""Told of every role that a call wrote: its account, the action, its name, and what it was."""

Route = Callable[[MotoRequest, str, Any], tuple[int, Mapping[str, Any], str | bytes]]


class Store:
    """AWS resources of every account. One a process; a new one forgets what the former held.

    `seed` decides the ids that moto draws at random (role ids, policy ids, access keys).
    """

    def __init__(self, *, seed: int = 0) -> None:
        if "MOTO_ACCOUNT_ID" in os.environ:
            raise RuntimeError("MOTO_ACCOUNT_ID is set: moto would ignore which account a call is for")
        moto_api_backends["global"].reset()
        mock_random.seed(seed)
        self._writes = IamWrites(self)
        self.on_role_written: RoleWritten = _nobody
        self._routes: dict[str, list[tuple[re.Pattern[str], Route]]] = {}

    def call(
        self, service: str, action: str, params: Mapping[str, Any], *, account_id: str, region: str = "us-east-1"
    ) -> dict[str, Any]:
        """One API call as `account_id`. `service` and `action` are botocore's names (`iam`, `CreateRole`).

        The answer is shaped as botocore's model says; policy documents are percent-encoded, as on the wire, and a
        streaming body is text. Raises WireError for what AWS would refuse.
        """
        operation = service_model(service).operation_model(action)
        request = serialized(operation, params, f"https://{_host(service, region)}", region)
        response = self.forward(request, service=service, account_id=account_id, region=region)
        return parsed(operation, response)

    def forward(self, request: HttpRequest, *, service: str, account_id: str, region: str) -> HttpResponse:
        """Hand an HTTP request to the store as `account_id`. `service` is the name it was signed for.

        Raises WireError where moto lacks the service or the operation, or fails in a way of its own.
        """
        form = iam_write(request) if service == "iam" else {}
        action = form.get("Action", "")
        name = form.get("RoleName")
        former = self.role(account_id, name) if name else None
        deleted = self._writes.before(account_id, action, form) if form else None
        response = self._forward(request, service, account_id, region)
        if form and response.status < 300:
            self._give_id(account_id, action, form)
            self._writes.after(account_id, action, form, deleted)
            if name:
                self.on_role_written(account_id, action, name, former)
        return response

    def _forward(self, request: HttpRequest, service: str, account_id: str, region: str) -> HttpResponse:
        host = _host(service, region)
        url = f"https://{host}{request.target}"
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        headers |= {"Host": host, _ACCOUNT_HEADER: account_id}
        self._provide_aws_policies(request.body, service, account_id)
        prepared = MotoRequest.from_primitives(request.method, url, headers, request.body)
        try:
            status, answer_headers, body = self._route(host, url)(prepared, prepared.raw_url, prepared.headers)
        except HTTPException as error:
            status, answer_headers, body = error.code or 500, dict(error.get_headers()), str(error.get_body())
        except NotImplementedError as error:
            raise WireError("NotImplemented", f"The sandbox does not have this operation: {error}", 501) from error
        except Exception as error:
            raise WireError("InternalFailure", f"The sandbox's store failed: {error!r}", 500) from error
        text_headers = {name: str(value) for name, value in answer_headers.items() if name.lower() != "status"}
        return HttpResponse(int(status), text_headers, body.encode() if isinstance(body, str) else body)

    def role(self, account_id: str, role_name: str) -> StoredRole | None:
        """The role with its policies, straight from the store, or None."""
        found = next((role for role in self._iam(account_id).roles.values() if role.name == role_name), None)
        return None if found is None else self._stored_role(account_id, found)

    def role_by_arn(self, arn: str) -> StoredRole | None:
        """As `role`. A wrong path in the ARN is another role, so None."""
        parts = arn.split(":", 5)
        if len(parts) != 6 or not parts[5].startswith("role/"):
            return None
        role = self.role(parts[4], parts[5].rsplit("/", 1)[-1])
        return role if role is not None and role.arn == arn else None

    def user(self, account_id: str, user_name: str) -> StoredUser | None:
        """The user with its own and its groups' policies, or None."""
        iam = self._iam(account_id)
        user = iam.users.get(user_name)
        if user is None:
            return None
        groups = iam.get_groups_for_user(user_name)
        by_groups = (replace(policy, group=group.name) for group in groups for policy in _policies_of(group))
        boundary = self._boundary(account_id, user)
        policies = (*_policies_of(user), *by_groups)
        return StoredUser(account_id, user.name, user.arn, user.id, policies, boundary, _tags(user.tags or ()))

    def group(self, account_id: str, group_name: str) -> StoredGroup | None:
        group = self._iam(account_id).groups.get(group_name)
        return group and StoredGroup(account_id, group.name, group.arn, group.id, _policies_of(group))

    def access_key(self, access_key_id: str) -> StoredKey | None:
        """An IAM user's access key, or None. The key's own characters tell its account, as on AWS."""
        account_id = account_of_key(access_key_id)
        if account_id is None or account_id not in iam_backends:
            return None
        key = self._iam(account_id).access_keys.get(access_key_id)
        if key is None or key.user_name is None:
            return None
        return StoredKey(access_key_id, key.secret_access_key, account_id, key.user_name, key.status == "Active")

    def set_user_boundary(self, account_id: str, user_name: str, policy_arn: str | None) -> None:
        """None takes it away. Raises WireError NoSuchEntity (404) for a user or a policy that is not there."""
        user = self._iam(account_id).users.get(user_name)
        if user is None:
            raise WireError("NoSuchEntity", f"The user with name {user_name} cannot be found.", 404)
        if policy_arn is not None:
            self._writes.check_boundary(account_id, policy_arn)
        kind = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": policy_arn}
        user.permissions_boundary = kind if policy_arn else None  # as moto's roles have it, which it tells of users too

    def role_used(self, account_id: str, role_name: str, at: datetime, region: str) -> None:
        """Nothing where the role is gone: its sessions outlive it. `at` is aware."""
        role = next((role for role in self._iam(account_id).roles.values() if role.name == role_name), None)
        if role is not None:
            role.last_used, role.last_used_region = at.astimezone(UTC).replace(tzinfo=None), region

    def names(self, account_id: str, kind: str) -> Iterable[str]:
        """Of all of a kind: `role`, `user`, `group`, `instance-profile`, or `policy` without AWS's own."""
        iam = self._iam(account_id)
        local = (policy for policy in iam.managed_policies.values() if not isinstance(policy, AWSManagedPolicy))
        tables = {"role": iam.roles, "user": iam.users, "group": iam.groups, "instance-profile": iam.instance_profiles}
        return [held.name for held in (local if kind == "policy" else tables[kind].values())]

    def policy_use(self, account_id: str, policy_arn: str) -> PolicyUse | None:
        """None for a policy that is not there."""
        iam = self._iam(account_id)
        policy = iam.managed_policies.get(policy_arn)
        if policy is None:
            return None
        principals = [*iam.roles.values(), *iam.users.values()]
        attached = sum(policy_arn in holder.managed_policies for holder in [*principals, *iam.groups.values()])
        bounds = sum(_boundary_arn(holder) == policy_arn for holder in principals)
        return PolicyUse(attached + bounds, len(policy.versions))

    def key_count(self, account_id: str, user_name: str) -> int:
        """How many access keys a user has."""
        user = self._iam(account_id).users.get(user_name)
        return len(user.access_keys) if user else 0

    def mfa_devices(self, account_id: str, user_name: str) -> frozenset[str]:
        """The serial numbers of a user's devices."""
        user = self._iam(account_id).users.get(user_name)
        return frozenset(user.mfa_devices) if user else frozenset()

    def create_role(
        self, account_id: str, role_name: str, trust: str, *, path: str = "/", managed_policies: Iterable[str] = ()
    ) -> None:
        """A role, made without a request: many accounts get one when a world is built."""
        iam = self._iam(account_id)
        iam.create_role(
            role_name=role_name,
            assume_role_policy_document=trust,
            path=path,
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )
        for arn in managed_policies:
            self._provide_aws_policy(arn, account_id)
            iam.attach_role_policy(arn, role_name)

    def role_count(self, account_id: str) -> int:
        return len(self._iam(account_id).roles)

    def replace_trust(self, account_id: str, role_name: str, trust: str) -> None:
        """As UpdateAssumeRolePolicy, without its checks."""
        for role in self._iam(account_id).roles.values():
            if role.name == role_name:
                role.assume_role_policy_document = trust

    def rules(self, account_id: str, region: str, bus: str) -> list[StoredRule]:
        """The rules of an event bus that are on and wait for events. One that only keeps a schedule matches none.

        PutEvents would not do for AWS's own events: the store's envelope leaves the account out, and has few targets.
        """
        # Asked with brackets, the table would make what it lacks, for every account that something is told of.
        backend = events_backends[account_id].get(region) if account_id in events_backends else None
        found = backend.event_buses.get(bus) if backend else None
        rules: Iterable[Any] = tuple(found.rules.values()) if found else ()
        return [_rule(rule) for rule in rules if rule.state != "DISABLED" and rule.event_pattern.get_pattern()]

    def queue_wait(self, account_id: str, region: str, name: str) -> int:
        """For how many seconds a queue keeps a call waiting that does not say. 0 for a queue that is not there."""
        backend = sqs_backends[account_id].get(region) if account_id in sqs_backends else None
        queue = backend.queues.get(name) if backend else None
        return int(getattr(queue, "receive_message_wait_time_seconds", 0))

    def policy_document(self, account_id: str, policy_arn: str) -> StoredPolicy | None:
        """The default version of a managed policy, customer's or AWS's, or None."""
        self._provide_aws_policy(policy_arn, account_id)
        policy = self._iam(account_id).managed_policies.get(policy_arn)
        return None if policy is None else _managed(policy)

    def access_key_id(self, account_id: str, prefix: str) -> str:
        """A new key id (`AKIA…`, `ASIA…`) that tells its account, as AWS's do."""
        return str(generate_access_key_id_from_account_id(account_id, prefix=prefix))

    def _give_id(self, account_id: str, action: str, form: Mapping[str, str]) -> None:
        """moto's ids of users and groups are not of AWS's form, by which trust policies know what was deleted.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        """
        iam = self._iam(account_id)
        if action == "CreateUser":
            iam.users[form["UserName"]].id = generate_access_key_id_from_account_id(account_id, "AIDA", _ID_LENGTH)
            self.set_user_boundary(account_id, form["UserName"], form.get("PermissionsBoundary"))
        elif action == "CreateGroup":
            iam.groups[form["GroupName"]].id = generate_access_key_id_from_account_id(account_id, "AGPA", _ID_LENGTH)

    def _stored_role(self, account_id: str, role: Any) -> StoredRole:
        return StoredRole(
            account_id=account_id,
            name=role.name,
            arn=role.arn,
            path=role.path,
            id=role.id,
            trust=role.assume_role_policy_document,
            policies=_policies_of(role),
            boundary=self._boundary(account_id, role),
            tags=_tags(role.tags or ()),
            max_session_seconds=int(role.max_session_duration or 3600),
        )

    def _boundary(self, account_id: str, holder: Any) -> StoredPolicy | None:
        arn = _boundary_arn(holder)
        return self.policy_document(account_id, arn) if arn else None

    def _iam(self, account_id: str) -> Any:
        # Subscribing the table walks all its keys, so an account that it has is taken by `get`.
        return (iam_backends.get(account_id) or iam_backends[account_id])[PARTITION]

    def _provide_aws_policies(self, body: bytes, service: str, account_id: str) -> None:
        # moto knows AWS's own policies only if every account loads all of them; here an account has those it asks for.
        if service != "iam":
            return
        if _LISTS_POLICIES.search(body) and b"Scope=Local" not in body:
            for name, data in _aws_policies().items():
                self._provide_aws_policy(f"arn:{PARTITION}:iam::aws:policy{data['Path']}{name}", account_id)
        if b"aws%3Apolicy" in body:
            for arn in set(_AWS_POLICY.findall(unquote_plus(body.decode("ascii", "replace")))):
                self._provide_aws_policy(arn, account_id)

    def _provide_aws_policy(self, arn: str, account_id: str) -> None:
        known = self._iam(account_id).managed_policies
        if arn in known or not arn.startswith(f"arn:{PARTITION}:iam::aws:policy/"):
            return
        name = arn.rsplit("/", 1)[-1]
        data = _aws_policies().get(name)
        if data is not None:
            policy = AWSManagedPolicy.from_data(name, account_id, "us-east-1", data)
            known[policy.arn] = policy

    def _route(self, host: str, url: str) -> Route:
        if host not in self._routes:
            self._routes[host] = [(re.compile(pattern), route) for pattern, route in _routes_of(host)]
        clean_url = url.split("?", 1)[0]
        for pattern, route in self._routes[host]:
            if pattern.match(clean_url):
                return route
        raise NotImplementedError(clean_url)


def _nobody(account_id: str, action: str, role_name: str, former: StoredRole | None) -> None:
    """Nobody listens."""


def _routes_of(host: str) -> Iterable[tuple[str, Route]]:
    for module, pattern in backend_url_patterns:
        if pattern.match(f"https://{host}"):
            backends: Any = moto.backends.get_backend(module)  # type: ignore[call-overload]  # one overload a name
            regions = next(iter(backends.values()), None) or backends["123456789012"]
            region = "us-east-1" if "us-east-1" in regions else PARTITION
            urls: dict[str, Route] = regions[region].urls
            return urls.items()
    raise NotImplementedError(host)


def _host(service: str, region: str) -> str:
    return _GLOBAL_HOSTS.get(service, f"{service}.{region}.amazonaws.com")


@cache
def _aws_policies() -> dict[str, Any]:
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


def _policies_of(holder: Any) -> tuple[StoredPolicy, ...]:
    inline = (StoredPolicy(name, document) for name, document in holder.policies.items())
    return (*inline, *(_managed(policy) for policy in holder.managed_policies.values()))


def _boundary_arn(holder: Any) -> str | None:
    """Of moto's roles and, by `set_user_boundary`, of its users."""
    boundary = getattr(holder, "permissions_boundary", None)
    return boundary["PermissionsBoundaryArn"] if boundary else None


def _managed(policy: Any) -> StoredPolicy:
    default = next(version for version in policy.versions if version.version_id == policy.default_version_id)
    return StoredPolicy(policy.name, default.document, policy.arn)


def _rule(rule: Any) -> StoredRule:
    return StoredRule(rule.name, rule.arn, tuple(rule.targets), rule.event_pattern.matches_event)


def _tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def account_of_key(access_key_id: str) -> str | None:
    """None for what is no key. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html"""
    try:
        number = int.from_bytes(base64.b32decode(access_key_id[4:12]), "big") - ACCOUNT_OFFSET
        odd = AWS_ROLE_ALPHABET.index(access_key_id[12]) >= 16
    except (ValueError, IndexError):
        return None
    return f"{number * 2 + odd:012d}" if 0 <= number < 10**12 else None
