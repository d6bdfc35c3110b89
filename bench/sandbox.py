"""How long the sandbox takes to start, and rolecall's commands on it. Starts processes; works in a temporary folder."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from socket import create_server
from typing import Any

import botocore.config
import botocore.session

from bench.processes import SCRIPTS, environment
from bench.table import render
from rolecall.sandbox.process import SandboxProcess, Settings

_COMMANDS = (("plan",), ("apply", "--yes"), ("check",), ("destroy", "--yes"))
_IDLE_SECONDS = 3600.0
_POLL_SECONDS = 0.2
_PATIENT = botocore.config.Config(read_timeout=600, retries={"total_max_attempts": 1})
_STATEMENT = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
_TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
_TEMPLATE = {
    "Resources": {
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [_STATEMENT]}},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "BenchRole",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [_TRUST]},
                "ManagedPolicyArns": [{"Ref": "Policy"}],
            },
        },
    }
}


def report(sizes: Sequence[int]) -> str:
    """Seconds, a column a size. The sandbox's operations take no time of their own (speed 0): only work is measured."""
    columns = [_measured(accounts) for accounts in sizes]
    rows = [(step, *(f"{column[step]:.1f}" for column in columns)) for step in columns[0]]
    header = ("seconds", *(f"{accounts:,} accounts" for accounts in sizes))
    return render("Sandbox: a stack set by boto3, then whole commands, one run", header, rows)


def _measured(accounts: int) -> Mapping[str, float]:
    began = time.perf_counter()
    sandbox = SandboxProcess.start(Settings(accounts=accounts, port=_free_port(), speed=0, idle_seconds=_IDLE_SECONDS))
    seconds = {"start the sandbox": time.perf_counter() - began}
    try:
        seconds |= _deployment(sandbox)
        seconds["MB that the sandbox held at most by then"] = _peak_megabytes(sandbox.state.pid)
        with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as folder:
            variables = environment(**sandbox.environment())
            _command(("init",), Path(folder), variables)
            return seconds | {
                f"rolecall {command[0]}": _command(command, Path(folder), variables) for command in _COMMANDS
            }
    finally:
        sandbox.stop()


def _deployment(sandbox: SandboxProcess) -> Mapping[str, float]:
    """From CreateStackInstances to the operation's end, and how long a call waited meanwhile.

    Raises RuntimeError where an account failed.
    """
    cloudformation, organizations = (_client(sandbox, service) for service in ("cloudformation", "organizations"))
    root = organizations.list_roots()["Roots"][0]["Id"]
    named = {"StackSetName": "bench"}
    cloudformation.create_stack_set(
        **named,
        TemplateBody=json.dumps(_TEMPLATE),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    began = time.perf_counter()
    operation_id = cloudformation.create_stack_instances(
        **named,
        DeploymentTargets={"OrganizationalUnitIds": [root]},
        Regions=[sandbox.state.region],
        OperationPreferences={"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100},
    )["OperationId"]
    operation: dict[str, Any] = {"Status": "RUNNING"}
    longest = 0.0
    while operation["Status"] == "RUNNING":
        time.sleep(_POLL_SECONDS)
        asked = time.perf_counter()
        operation = cloudformation.describe_stack_set_operation(**named, OperationId=operation_id)["StackSetOperation"]
        longest = max(longest, time.perf_counter() - asked)
    if operation["Status"] != "SUCCEEDED" or operation["StatusDetails"]["FailedStackInstancesCount"]:
        raise RuntimeError(f"The stack set was not deployed to all: {operation}")
    return {
        "stack set of two resources to all": time.perf_counter() - began,
        "longest wait of another call meanwhile": longest,
    }


def _client(sandbox: SandboxProcess, service: str) -> Any:
    variables = sandbox.environment()
    session = botocore.session.Session()
    session.set_config_variable("config_file", variables["AWS_CONFIG_FILE"])
    session.set_config_variable("credentials_file", variables["AWS_SHARED_CREDENTIALS_FILE"])
    session.set_config_variable("profile", variables["AWS_PROFILE"])
    return session.create_client(service, endpoint_url=sandbox.endpoint, config=_PATIENT)


def _peak_megabytes(pid: int) -> float:
    """The largest resident size of a process so far; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _command(arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str]) -> float:
    """Seconds. Raises RuntimeError, with what the command said, for any exit status but 0."""
    began = time.perf_counter()
    command = [str(SCRIPTS / "rolecall"), *arguments, "--quiet"]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"rolecall {arguments[0]} ended with exit status {done.returncode}: {done.stderr.strip()}")
    return time.perf_counter() - began


def _free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port
