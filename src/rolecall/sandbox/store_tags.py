"""How the store's resources are tagged: what `aws:ResourceTag` asks for. Reads moto's tables, and makes none.

Under each service's resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from rolecall.sandbox.store_names import backend

Tags = dict[str, str]


def tags(arn: str, account_id: str) -> Tags:
    """Empty where nothing is known of it. `account_id` is the caller's, for the ARNs that have no account."""
    parts = arn.split(":", 5)
    read = _READERS.get(parts[2]) if len(parts) == 6 else None
    found = backend(parts[2], parts[4] or account_id, parts[3]) if read else None
    return read(found, arn) if read and found else {}


def _ec2(found: Any, arn: str) -> Tags:
    return dict(found.tags.get(arn.rsplit("/", 1)[-1], {}))


def _tagged_by_arn(found: Any, arn: str) -> Tags:
    return dict(found.tagger.get_tag_dict_for_resource(arn))


def _kms(found: Any, arn: str) -> Tags:
    return dict(found.tagger.get_tag_dict_for_resource(arn.rsplit("/", 1)[-1]))


def _eks(found: Any, arn: str) -> Tags:
    return next((dict(cluster.tags) for cluster in found.clusters.values() if cluster.arn == arn), {})


def _lambda(found: Any, arn: str) -> Tags:
    """The tags are the function's, whichever version or alias of it is named."""
    whole = ":".join(arn.split(":")[:7])
    return next((dict(each.tags) for each in found.list_functions() if each.function_arn == whole), {})


def _ecs(found: Any, arn: str) -> Tags:
    clusters: Iterable[Any] = found.clusters.values()
    tasks = chain.from_iterable(of_cluster.values() for of_cluster in found.tasks.values())
    named = {
        **{cluster.arn: cluster for cluster in clusters},
        **{service.arn: service for service in found.services.values()},
        **{task.task_arn: task for task in tasks},
    }
    return {tag["key"]: tag["value"] for tag in (named[arn].tags or () if arn in named else ())}


_READERS: Mapping[str, Callable[[Any, str], Tags]] = {
    "ec2": _ec2,
    "ecr": _tagged_by_arn,
    "ecs": _ecs,
    "eks": _eks,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _tagged_by_arn,
}
