"""Reading the answers of AWS's query protocol: XML, whose elements may come in any order."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from rolecall.errors import AwsError


def children(element: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """By local name, in whatever order they come: one pass costs a third of a search for each."""
    return {child.tag.rpartition("}")[2]: child for child in element}


def text(parts: Mapping[str, ElementTree.Element], name: str) -> str:
    """What stands in one of the parts. Raises AwsError where it lacks or is empty."""
    told = parts[name].text if name in parts else None
    if not told:
        raise _lacking(name)
    return told


def found(element: ElementTree.Element, path: str) -> ElementTree.Element:
    """The first element on a path. Raises AwsError where there is none."""
    first = element.find(path)
    if first is None:
        raise _lacking(path.rpartition("}")[2])
    return first


def _lacking(name: str) -> AwsError:
    hint = "check AWS_ENDPOINT_URL and the proxy settings: something else may be answering there"
    return AwsError("AWS's answer lacks a part", detail=f"no {name}", hint=hint)
