"""A test case an account, for the test reports of a CI.

A target that is not ready failed; one of which nobody could tell anything is an error; what is no target was skipped.
The form is the strictest in use: https://github.com/windyroad/JUnit-Schema.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rolecall.core.verdicts import Verdict
from rolecall.reports.facts import Json, is_missing, is_target, not_proven

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, however it is escaped. https://www.w3.org/TR/xml/#charsets"""


def render(report: dict[str, Any]) -> str:
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", _suite(report))
    properties = SubElement(suite, "properties")
    for name, value in _properties(report).items():
        SubElement(properties, "property", {"name": name, "value": _xml(value)})
    for row in report["accounts"]:
        _add_case(suite, row)
    SubElement(suite, "system-out").text = _xml("\n".join([not_proven(report), *(report["notes"] or ())]))
    SubElement(suite, "system-err")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(report: Json) -> dict[str, str]:
    rows = report["accounts"]
    unknown = sum(row["verdict"] == Verdict.UNKNOWN for row in rows)
    return {
        "name": "rolecall check",
        "package": "rolecall",
        "id": "0",
        "timestamp": report["taken"].removesuffix("Z"),
        "hostname": "localhost",
        "tests": str(len(rows)),
        "failures": str(sum(map(is_missing, rows)) - unknown),
        "errors": str(unknown),
        "skipped": str(sum(not is_target(row) for row in rows)),
        "time": "0",
    }


def _properties(report: Json) -> dict[str, str]:
    organization = report["organization"]
    return {
        "rolecall": report["rolecall"],
        "organization": organization["id"],
        "management_account": organization["management_account"],
        "role": report["role"],
        "interrupted": str(bool(report["interrupted"])).lower(),
        "not_proven": report["not_proven"],
    }


def _add_case(suite: Element, row: Json) -> None:
    name = _xml(f"{row['name']} ({row['id']})")
    case = SubElement(suite, "testcase", {"name": name, "classname": _xml(row["path"]), "time": "0"})
    reason = _xml(row["reason"])
    if not is_target(row):
        SubElement(case, "skipped", {"message": reason})
    elif is_missing(row):
        tag = "error" if row["verdict"] == Verdict.UNKNOWN else "failure"
        found = SubElement(case, tag, {"message": reason, "type": row["verdict"]})
        found.text = _xml("\n".join(_lines(row)))


def _lines(row: Json) -> list[str]:
    since = [f"not ready since {row['not_ready_since']}"] if row["not_ready_since"] else []
    return [f"{row['verdict']}: {row['reason']}", *since]


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
