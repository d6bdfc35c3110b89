"""What each condition operator compares, one request value against one policy value. Pure.

Negated operators (`StringNotEquals`, `NotIpAddress`) are the negation of the whole condition, made in `conditions`.
A value of a policy that is not of the operator's kind (a date that is none) makes the policy malformed; such a value
of a request matches nothing.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from rolecall.core.policy.patterns import Text
from rolecall.core.policy.request import Context

Test = Callable[[str, Text, Context], bool]
"""(a value of the request, a value of the policy, the request's keys) -> do they match."""

_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?", re.ASCII)
# The forms of https://www.w3.org/TR/NOTE-datetime, and those of ISO 8601 that IAM takes besides: no zone (UTC), small
# letters, +hhmm and +hh
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is AWS's spelling. `variables`: policy variables in its values are filled in.

    `takes` tells of a value in a policy whether it is one of the operator's kind.
    """

    name: str
    test: Test
    negated: bool = False
    variables: bool = False
    takes: Callable[[str], bool] = lambda _text: True


def is_truth_value(text: str) -> bool:
    """What `Bool` and `Null` may be given."""
    return text.lower() in ("true", "false")


def find_operator(name: str) -> Operator | None:
    """The operator of that name in any case, without `IfExists` and set operators. `Null` is not among them."""
    return _OPERATORS.get(name.lower())


def _equals(value: str, expected: Text, context: Context) -> bool:
    return expected.equals(value, context)


def _equals_ignoring_case(value: str, expected: Text, context: Context) -> bool:
    literal = expected.literal(context)
    return literal is not None and literal.casefold() == value.casefold()


def _like(value: str, expected: Text, context: Context) -> bool:
    return expected.like(value, context)


def _bool(value: str, expected: Text, context: Context) -> bool:
    literal = expected.literal(context)
    return literal is not None and literal.lower() == value.lower() and is_truth_value(value)


def _arn(value: str, expected: Text, context: Context) -> bool:
    return expected.like_arn(value, context)


def _binary(value: str, expected: Text, _context: Context) -> bool:
    """Both sides are base64, as the policy and the API write binary values."""
    wanted = _decoded(expected.source)
    return wanted is not None and wanted == _decoded(value)


def _ip(value: str, expected: Text, _context: Context) -> bool:
    address, network = _address(value), _network(expected.source)
    return address is not None and network is not None and address in network


def _numeric(compare: Callable[[Decimal, Decimal], bool]) -> Test:
    def test(value: str, expected: Text, _context: Context) -> bool:
        left, right = parse_number(value), parse_number(expected.source)
        return left is not None and right is not None and compare(left, right)

    return test


def _date(compare: Callable[[Decimal, Decimal], bool]) -> Test:
    def test(value: str, expected: Text, _context: Context) -> bool:
        left, right = parse_date(value), parse_date(expected.source)
        return left is not None and right is not None and compare(left, right)

    return test


@lru_cache(maxsize=1024)
def parse_number(text: str) -> Decimal | None:
    """An integer or decimal number, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1024)
def parse_date(text: str) -> Decimal | None:
    """Seconds since 1970 of a date in ISO 8601 (four digits are a year) or in epoch seconds, or None."""
    match = _DATE.fullmatch(text)
    if match is None:
        return parse_number(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
        seconds = (moment - _EPOCH) // timedelta(seconds=1) - _offset(zone)
    except ValueError:
        return None
    return Decimal(f"{seconds}") + Decimal(f"0.{fraction or 0}")


def _offset(zone: str | None) -> int:
    """Seconds east of UTC, which no zone stands for too. Raises ValueError if the zone is a day or more away."""
    if zone is None or zone in "Zz":
        return 0
    sign = -1 if zone[0] == "-" else 1
    away = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:].strip(":") or 0))).utcoffset(None)
    return away // timedelta(seconds=1)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    """In CIDR notation, so that the length of the prefix is a number and no netmask."""
    _, slash, length = text.partition("/")
    if slash and not (length.isascii() and length.isdecimal()):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _is_network(text: str) -> bool:
    return _network(text) is not None


def _is_number(text: str) -> bool:
    return parse_number(text) is not None


def _is_date(text: str) -> bool:
    return parse_date(text) is not None


def _table() -> Mapping[str, Operator]:
    operators = [
        Operator("StringEquals", _equals, variables=True),
        Operator("StringNotEquals", _equals, variables=True, negated=True),
        Operator("StringEqualsIgnoreCase", _equals_ignoring_case, variables=True),
        Operator("StringNotEqualsIgnoreCase", _equals_ignoring_case, variables=True, negated=True),
        Operator("StringLike", _like, variables=True),
        Operator("StringNotLike", _like, variables=True, negated=True),
        Operator("ArnEquals", _arn, variables=True),
        Operator("ArnNotEquals", _arn, variables=True, negated=True),
        Operator("ArnLike", _arn, variables=True),
        Operator("ArnNotLike", _arn, variables=True, negated=True),
        Operator("Bool", _bool, variables=True, takes=is_truth_value),
        Operator("BinaryEquals", _binary),
        Operator("IpAddress", _ip, takes=_is_network),
        Operator("NotIpAddress", _ip, negated=True, takes=_is_network),
    ]
    for family, test, takes in (("Numeric", _numeric, _is_number), ("Date", _date, _is_date)):
        operators += [
            Operator(f"{family}Equals", test(operator.eq), takes=takes),
            Operator(f"{family}NotEquals", test(operator.eq), negated=True, takes=takes),
            Operator(f"{family}LessThan", test(operator.lt), takes=takes),
            Operator(f"{family}LessThanEquals", test(operator.le), takes=takes),
            Operator(f"{family}GreaterThan", test(operator.gt), takes=takes),
            Operator(f"{family}GreaterThanEquals", test(operator.ge), takes=takes),
        ]
    return {entry.name.lower(): entry for entry in operators}


_OPERATORS = _table()
