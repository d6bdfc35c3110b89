"""Dependencies between stack sets: `AutoDeployment.DependsOn`. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_AutoDeployment.html

AWS documents the limits and not the errors, nor what it does about a circle; here all are ValidationError.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rolecall.sandbox.stacks.errors import invalid

MAX_PER_SET = 10
MAX_PER_ACCOUNT = 100

Graph = Mapping[str, Collection[str]]
"""The ARN of each stack set -> the ARNs of those that it depends on."""


def check(arn: str, wanted: Collection[str], others: Graph) -> None:
    """Whether the stack set `arn` may depend on `wanted`. `others` are the administrator's stack sets in the Region.

    Raises WireError `ValidationError`.
    """
    unknown = [other for other in wanted if other not in others]
    if unknown:
        raise invalid(f"DependsOn: {', '.join(unknown)} is no stack set of this account and Region")
    if len(wanted) > MAX_PER_SET:
        raise invalid(f"A stack set can depend on {MAX_PER_SET} others at most")
    graph = {**others, arn: wanted}
    if sum(map(len, graph.values())) > MAX_PER_ACCOUNT:
        raise invalid(f"The stack sets of an account can have {MAX_PER_ACCOUNT} dependencies at most")
    if arn in wanted or arn in _reached(wanted, graph):
        raise invalid("DependsOn: the stack set would depend on itself")


def first(graph: Graph) -> list[str]:
    """The keys in an order in which each comes after those of its values that are keys too."""
    ordered: dict[str, None] = {}

    def visit(arn: str) -> None:
        if arn in graph and arn not in ordered:
            for other in graph[arn]:
                visit(other)
            ordered[arn] = None

    for arn in graph:
        visit(arn)
    return list(ordered)


def _reached(start: Collection[str], graph: Graph) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        arn = waiting.pop()
        if arn not in found:
            found.add(arn)
            waiting += graph.get(arn, ())
    return found
