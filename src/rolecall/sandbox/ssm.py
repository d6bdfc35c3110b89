"""What AWS Systems Manager tells of instances, which the store has not: there are none that it manages.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
"""

from __future__ import annotations

from rolecall.sandbox.wire import Call, Handlers, Params


def _instance_information(call: Call) -> Params:  # noqa: ARG001 - whoever asks
    return {"InstanceInformationList": []}


def handlers() -> Handlers:
    return {("ssm", "DescribeInstanceInformation"): _instance_information}
