"""Reading template text: formats, short forms, and the refusals of what is not a template."""

from __future__ import annotations

import json

import pytest

from rolecall.sandbox.stacks.template.parse import parse
from rolecall.sandbox.wire import WireError

RESOURCE = "Resources: {Role: {Type: AWS::IAM::Role, Properties: %s}}"


def properties(yaml: str) -> object:
    return parse(RESOURCE % yaml).resources["Role"].properties


def refusal(body: str) -> str:
    with pytest.raises(WireError) as caught:
        parse(body)
    assert caught.value.code == "ValidationError"
    return caught.value.message


def test_short_forms_become_functions() -> None:
    assert properties("{A: !Ref AWS::Region, B: !Sub 'x', C: !Join ['-', [a, b]]}") == {
        "A": {"Ref": "AWS::Region"},
        "B": {"Fn::Sub": "x"},
        "C": {"Fn::Join": ["-", ["a", "b"]]},
    }


def test_short_get_att_is_split_at_its_first_dot() -> None:
    body = "Resources: {A: {Type: T, Properties: {X: !GetAtt B.Endpoint.Port}}, B: {Type: T}}"
    assert parse(body).resources["A"].properties == {"X": {"Fn::GetAtt": ["B", "Endpoint.Port"]}}


def test_unquoted_dates_stay_text() -> None:
    assert properties("{Version: 2012-10-17}") == {"Version": "2012-10-17"}


def test_json_and_yaml_give_the_same_template() -> None:
    data = {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x"}}}}
    assert parse(json.dumps(data)) == parse("Resources: {Role: {Type: AWS::IAM::Role, Properties: {RoleName: x}}}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("just text", "Template format error: unsupported structure."),
        ("{}", "Template format error: At least one Resources member must be defined."),
        ("a: [", "Template format error: YAML not well-formed. (line 1, column 5)"),
        ('{"a": }', "Template format error: JSON not well-formed. (line 1, column 7)"),
        (
            "Parameters: {P: {Type: Text}}\nResources: {A: {Type: T}}",
            "Template format error: Unrecognized parameter type: Text",
        ),
        (
            "Parameters: {P: {Type: String, AllowedPattern: '['}}\nResources: {A: {Type: T}}",
            "Template format error: [/Parameters/P/AllowedPattern] is not a regular expression.",
        ),
        (
            "Resources: {A: {Type: T, Properties: {X: [{Y: null}]}}}",
            "Template format error: [/Resources/A/Properties/X/0/Y] 'null' values are not allowed in templates",
        ),
        ("Foo: 1\nResources: {A: {Type: T}}", "Invalid template property or properties [Foo]"),
        ("Resources: {A: {Type: T, Foo: 1}}", "Invalid template resource property 'Foo'"),
        ("Resources: {A-B: {Type: T}}", "Template format error: Resource name A-B is non alphanumeric."),
        (
            "Resources: {A: {}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (
            "Parameters: {P: {Default: x}}\nResources: {A: {Type: T}}",
            "Template format error: Every Parameters object must contain a Type member.",
        ),
        (
            "Resources: {A: &a {Type: T}, B: *a}",
            "Template error: YAML aliases are not allowed in CloudFormation templates",
        ),
        ("Resources: {A: {Type: T, DeletionPolicy: Keep}}", "Template error: Unrecognized DeletionPolicy Keep"),
    ],
)
def test_what_is_not_a_template_is_refused_in_awss_words(body: str, message: str) -> None:
    assert refusal(body) == message


def test_a_transform_is_refused() -> None:
    assert "Transform" in refusal("Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: T}}")


def test_creation_order_follows_references_and_depends_on() -> None:
    body = """
    Resources:
      A: {Type: T, Properties: {X: !Sub "${B.Arn} ${AWS::Region} ${!C}"}}
      B: {Type: T, DependsOn: C}
      C: {Type: T}
    """
    assert parse(body).order == ("C", "B", "A")


def test_a_circle_is_refused() -> None:
    body = "Resources: {A: {Type: T, Properties: {X: !Ref B}}, B: {Type: T, DependsOn: [A]}}"
    assert refusal(body).startswith("Circular dependency between resources: [")


@pytest.mark.parametrize("value", ["!Ref Nobody", "!GetAtt Nobody.Arn", "!Sub '${Nobody.Arn}'"])
def test_a_reference_to_nothing_is_refused(value: str) -> None:
    assert refusal(RESOURCE % f"{{X: {value}}}") == (
        "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template"
    )


def test_an_unknown_condition_is_refused() -> None:
    assert "Unresolved condition dependency Nope" in refusal(RESOURCE % "{X: !If [Nope, 1, 2]}")


def test_a_policy_documents_condition_is_no_condition_of_the_template() -> None:
    assert properties("{Condition: {StringEquals: {a: b}}}") == {"Condition": {"StringEquals": {"a": "b"}}}
