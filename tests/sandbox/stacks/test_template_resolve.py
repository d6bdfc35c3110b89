"""Parameters, conditions and intrinsic functions."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.sandbox.stacks.template import parameters
from rolecall.sandbox.stacks.template.conditions import Conditions
from rolecall.sandbox.stacks.template.intrinsics import Scope, resolve
from rolecall.sandbox.stacks.template.parse import parse
from rolecall.sandbox.wire import WireError

from .cloud import parameter

PSEUDO = {"AWS::AccountId": "100000000000", "AWS::Partition": "aws", "AWS::Region": "eu-west-1"}


class Deployed:
    """A resource `Peer` that exists, and no other."""

    def ref(self, logical_id: str) -> str:
        assert logical_id == "Peer"
        return "peer-1"

    def attribute(self, logical_id: str, attribute: str) -> str:
        return f"{logical_id}#{attribute}"


def resolved(value: str, head: str = "", given: list[dict[str, str]] | None = None) -> Any:
    template = parse(f"{head}\nResources: {{Peer: {{Type: T}}, A: {{Type: T, Properties: {{X: {value}}}}}}}")
    values = parameters.values(template, given or [])
    conditions = Conditions(template, values, PSEUDO)
    scope = Scope(template, values, PSEUDO, conditions.holds, Deployed())
    return resolve(template.resources["A"].properties, scope).get("X", "left out")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref Peer", "peer-1"),
        ("!GetAtt Peer.Arn", "Peer#Arn"),
        ("!Sub 'arn:${AWS::Partition}:${Peer}:${Peer.Arn}:${!Literal}'", "arn:aws:peer-1:Peer#Arn:${Literal}"),
        ("!Sub ['${V}-${AWS::Region}', {V: !Ref Peer}]", "peer-1-eu-west-1"),
        ("!Join [',', [a, !Ref Peer, 3]]", "a,peer-1,3"),
        ("!Split ['|', 'a|b']", ["a", "b"]),
        ("!Select [1, !Split ['|', 'a|b']]", "b"),
        ("!Select ['0', [x, y]]", "x"),
        ("!Ref AWS::NoValue", "left out"),
        ("[1, !Ref AWS::NoValue, 2]", [1, 2]),
        ("{Condition: {Bool: {'aws:SecureTransport': true}}}", {"Condition": {"Bool": {"aws:SecureTransport": True}}}),
        ("{Fn::Base64: hi}", "aGk="),
    ],
)
def test_functions(value: str, expected: object) -> None:
    assert resolved(value) == expected


def test_find_in_map() -> None:
    head = "Mappings: {Sizes: {eu-west-1: {small: t3}}}"
    assert resolved("!FindInMap [Sizes, !Ref AWS::Region, small]", head) == "t3"
    with pytest.raises(WireError, match="Unable to get mapping for Sizes::eu-west-1::large"):
        resolved("!FindInMap [Sizes, !Ref AWS::Region, large]", head)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("!Equals [!Ref P, given]", True),
        ("!Not [!Equals [!Ref P, given]]", False),
        ("!And [!Equals [a, a], !Equals [a, b]]", False),
        ("!Or [!Equals [a, a], !Equals [a, b]]", True),
        ("!Not [!Condition Other]", True),
        ("!Equals [true, 'true']", True),
    ],
)
def test_conditions_choose_the_branch_of_if(condition: str, holds: bool) -> None:
    head = f"Parameters: {{P: {{Type: String}}}}\nConditions: {{C: {condition}, Other: !Equals [a, b]}}"
    assert resolved("!If [C, yes!, no!]", head, parameter(P="given")) == ("yes!" if holds else "no!")


def test_conditions_in_a_circle_are_refused() -> None:
    head = "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}"
    with pytest.raises(WireError, match="Circular dependency between conditions"):
        resolved("!If [A, 1, 2]", head)


def test_an_unknown_function_is_refused() -> None:
    with pytest.raises(WireError, match="Fn::ImportValue"):
        resolved("!ImportValue x")


def test_a_list_parameter_is_a_list() -> None:
    head = "Parameters: {P: {Type: CommaDelimitedList, Default: 'a, b'}}"
    assert resolved("!Ref P", head) == ["a", "b"]
    assert resolved("!Join ['+', !Ref P]", head, parameter(P="x,y")) == "x+y"


def refusal(declaration: str, given: list[dict[str, Any]], former: dict[str, str] | None = None) -> str:
    template = parse(f"Parameters: {{P: {declaration}}}\nResources: {{A: {{Type: T}}}}")
    with pytest.raises(WireError) as caught:
        parameters.values(template, given, former)
    return caught.value.message


@pytest.mark.parametrize(
    ("declaration", "value", "message"),
    [
        ("{Type: String, AllowedPattern: '[a-z]+'}", "A1", "Parameter 'P' must match pattern [a-z]+"),
        ("{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'P' must be one of AllowedValues"),
        ("{Type: String, MinLength: 2}", "a", "Parameter 'P' must contain at least 2 characters"),
        ("{Type: String, MaxLength: 2}", "abc", "Parameter 'P' must contain at most 2 characters"),
        ("{Type: Number}", "abc", "Parameter 'P' must be a number"),
        ("{Type: Number, MinValue: 5}", "4", "Parameter 'P' must be a number not less than 5"),
        ("{Type: Number, MaxValue: 5}", "6", "Parameter 'P' must be a number not greater than 5"),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: only letters}",
            "1",
            "Parameter P failed to satisfy constraint: only letters",
        ),
        ("{Type: String}", "x" * 4097, "Parameter 'P' must contain at most 4096 characters"),
    ],
)
def test_values_outside_their_constraints_are_refused(declaration: str, value: str, message: str) -> None:
    assert refusal(declaration, parameter(P=value)) == message


def test_missing_and_unknown_parameters_are_refused() -> None:
    assert refusal("{Type: String}", []) == "Parameters: [P] must have values"
    assert refusal("{Type: String}", parameter(P="x", Q="y")) == "Parameters: [Q] do not exist in the template"


def test_use_previous_value_takes_the_former_one() -> None:
    template = parse("Parameters: {P: {Type: String, Default: d}}\nResources: {A: {Type: T}}")
    kept = [{"ParameterKey": "P", "UsePreviousValue": True}]
    assert parameters.values(template, kept, {"P": "former"}) == {"P": "former"}
    assert "usePreviousValue as true for a parameter key not in" in refusal("{Type: String}", kept, {})
