"""Scenarios: an organization described in one YAML file, checked whole before anything is made of it."""

from rolecall.sandbox.scenario.checks import Finding
from rolecall.sandbox.scenario.model import (
    AccountSpec,
    LaterSpec,
    OrganizationSpec,
    PlatformSpec,
    RoleSpec,
    Scenario,
    ScpSpec,
    SwitchesSpec,
    UnitSpec,
)
from rolecall.sandbox.scenario.reading import load_scenario, parse_scenario, refusal, shipped_scenarios

__all__ = [
    "AccountSpec",
    "Finding",
    "LaterSpec",
    "OrganizationSpec",
    "PlatformSpec",
    "RoleSpec",
    "Scenario",
    "ScpSpec",
    "SwitchesSpec",
    "UnitSpec",
    "load_scenario",
    "parse_scenario",
    "refusal",
    "shipped_scenarios",
]
