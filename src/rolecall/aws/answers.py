"""Reading the answers of AWS's query protocol: XML, whose elements may come in any order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from xml.etree import ElementTree

from rolecall.errors import AwsError


@lru_cache(maxsize=1024)
def local(tag: str) -> str:
    """A name without its namespace. Kept: an answer has a thousand elements and a dozen names."""
    return tag.rpartition("}")[2]


def children(element: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """By local name, in whatever order they come: one pass costs a third of a search for each."""
    return {local(child.tag): child for child in element}


def text(parts: Mapping[str, ElementTree.Element], name: str) -> str:
    """What stands in one of the parts. Raises AwsError where it lacks or is empty."""
    told = parts[name].text if name in parts else None
    if not told:
        raise _lacking(name)
    return told


def under(element: ElementTree.Element, *names: str) -> ElementTree.Element:
    """The element that these names lead to, one within the other. Raises AwsError where one lacks."""
    for name in names:
        inner = children(element).get(name)
        if inner is None:
            raise _lacking(name)
        element = inner
    return element


def _lacking(name: str) -> AwsError:
    hint = "check AWS_ENDPOINT_URL and the proxy settings: something else may be answering there"
    return AwsError("AWS's answer lacks a part", detail=f"no {name}", hint=hint)
