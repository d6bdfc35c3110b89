"""What ECS's calls need: clusters, services and tasks, which are named after their cluster. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_ecs.html
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms import forms
from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import Names, Need, arn, texts
from rolecall.sandbox.wire import Call

_DEFAULT = "default"
"""The cluster that is meant where a call names none."""
_PARTS = {
    "DescribeClusters": (("clusters", "cluster/{name}"),),
    "DescribeServices": (("services", "service/{cluster}/{name}"),),
    "DescribeTasks": (("tasks", "task/{cluster}/{name}"),),
    "ExecuteCommand": (("cluster", "cluster/{name}"), ("task", "task/{cluster}/{name}")),
}
"""Operation -> the parameters that name what it is about, and the form of that."""


def needs(call: Call, names: Names) -> Iterator[Need]:
    if call.action not in _PARTS:
        yield from forms.needs(call, names)
        return
    for parameter, form in _PARTS[call.action]:
        default = (_DEFAULT,) if parameter.startswith("cluster") else ()
        for name in texts(call.params.get(parameter)) or default:
            yield Need(action_of(call), _resource(call, form, name))


def _resource(call: Call, form: str, name: str) -> str:
    """A task may be named by its id, and the cluster by its name or its ARN."""
    if name.startswith("arn:"):
        return name
    cluster = str(call.params.get("cluster") or _DEFAULT).rsplit("/", 1)[-1]
    return arn(call, form.format(cluster=cluster, name=name))
