"""All fakes together: one small world, and the ports to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rolecall.core import template
from rolecall.core.config import Config
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, StackContent
from rolecall.ports import Ports

from .ledger import FakeLedger
from .operator import FakeOperator, FakeRoleInspector
from .organizations import MANAGEMENT, FakeOrganizations
from .platform import FakePlatform
from .probe import FakeRoleProbe
from .progress import RecordingProgress
from .stack_sets import FakeStackSets
from .stacks import FakeStacks
from .time import FakeClock

OTHER_REGIONS = ("eu-west-1", "ap-southeast-2")
EXTERNAL_ID = "5f0cCanaryExternalId42"
ROLE_NAME = "CadoResponseRole"
STACK_SET = "rolecall-CadoResponseRole"


def config(**changes: dict[str, Any] | list[dict[str, Any]]) -> Config:
    """A config of the whole organization and one platform; `changes` go into its sections, or replace lists."""
    document: dict[str, Any] = {
        "version": 1,
        "role": {
            "name": ROLE_NAME,
            "trusted_principals": ["arn:aws:iam::111111111111:role/CadoResponsePlatform"],
            "external_id": EXTERNAL_ID,
            "permission_groups": ["account-check", "s3", "ebs"],
        },
        "targets": {"organizational_units": ["/"]},
        "deployment": {},
        "check": {},
        "platforms": [{"name": "forensics", "url": "https://platform.example.com", "api_key": "env:KEY"}],
    }
    for section, change in changes.items():
        document[section] = {**document[section], **change} if isinstance(change, dict) else change
    return Config.model_validate(document)


@dataclass
class FakeCloud:
    """An organization with its StackSets, stacks, roles, and one platform."""

    organizations: FakeOrganizations = field(default_factory=FakeOrganizations)
    clock: FakeClock = field(default_factory=FakeClock)
    progress: RecordingProgress = field(default_factory=RecordingProgress)
    platform: FakePlatform = field(default_factory=FakePlatform)
    stacks: FakeStacks = field(default_factory=FakeStacks)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    inspector: FakeRoleInspector = field(default_factory=FakeRoleInspector)
    operator: FakeOperator = field(default_factory=FakeOperator)

    def __post_init__(self) -> None:
        self.stack_sets = FakeStackSets(self.organizations)
        self.probe = FakeRoleProbe(self.deployed, self.clock.monotonic)
        self.inspector.deployed = self.deployed
        self.elsewhere = {region: FakeStackSets(self.organizations) for region in OTHER_REGIONS}

    def ports(self) -> Ports:
        return Ports(
            self.organizations,
            self.stack_sets,
            self.stacks,
            self.probe,
            (self.platform,),
            self.clock,
            self.progress,
            self.ledger,
            self.inspector,
            self.operator,
            ("us-east-1", *OTHER_REGIONS),
            self.elsewhere.__getitem__,
        )

    @property
    def retained_content(self) -> StackContent:
        """Of the stacks that were let go of: as the config of `config` has them."""
        section = config().role
        return StackContent("", template.parameters(section.for_members), {})

    def deployed(self, account: AccountId) -> StackContent | None:
        """What is deployed in an account of the stack set or stack that the config of `config` names."""
        if account == MANAGEMENT:
            stack = self.stacks.stacks.get(STACK_SET)
            return stack.content if stack and stack.good else None
        found = self.stack_sets.sets.get(STACK_SET)
        instance = found.instances.get(account) if found else None
        there = instance is not None and instance.status is InstanceStatus.CURRENT
        if account in self.stack_sets.importable.values():  # let go of, and still there
            return self.retained_content
        return found.stack_set.content if found and there else None
