"""Our own templates in a sandbox that authorizes every call."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from rolecall.core import template
from rolecall.core.config import Config
from rolecall.core.desired import MANAGED_TAG
from tests.fakes.cloud import config

from ..conformance.cloud import NAMED_IAM, Deployment
from ..served import ServedSandbox, eventually

ROLE = "CadoResponseRole"
BY_SCP = "with an explicit deny in a service control policy"


def config_of(sandbox: ServedSandbox, role: dict[str, Any] | None = None, **deployment: Any) -> Config:
    """A config that trusts the sandbox's platform."""
    trusted = {"trusted_principals": [sandbox.running.state.platform_role]}
    return config(role={**trusted, **(role or {})}, deployment=deployment)


def stack_set_of(sandbox: ServedSandbox, wanted: Config) -> Deployment:
    return Deployment(sandbox, sandbox.client("cloudformation"), wanted.stack_set_name)


def content(wanted: Config) -> dict[str, Any]:
    """The template, parameters and tags of our stack set."""
    role = wanted.role.for_members
    parameters = template.parameters(role)
    return {
        "TemplateBody": template.render(template.build(role)),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in {**role.tags, **MANAGED_TAG}.items()],
    }


def made(cloudformation: Any, name: str, document: dict[str, Any], **parameters: str) -> str:
    """A stack of one of our templates that was made. Its one output."""
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=template.render(document),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=NAMED_IAM,
    )
    eventually(lambda: described(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE")
    output: str = described(cloudformation, name)["Outputs"][0]["OutputValue"]
    return output


def described(cloudformation: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return found


def refusal(call: Any, /, **params: Any) -> tuple[str, bool]:
    """The action that a call was refused for, and whether a service control policy did it. Fails where it was not."""
    try:
        call(**params)
    except ClientError as error:
        said = error.response["Error"]["Message"]
        assert "is not authorized to perform: " in said, said
        return said.split("to perform: ")[1].split(" ")[0], BY_SCP in said
    raise AssertionError(f"{call} was not refused")
