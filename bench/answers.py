"""AWS's answers on the wire, element for element as AWS sends them. Pure.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_STS = "https://sts.amazonaws.com/doc/2011-06-15/"
_IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
_REQUEST_ID = "c6104cbe-af31-11e0-8154-cbc7ccf896c7"
_TOKEN = "IQoJb3JpZ2luX2VjE" + "Examp1e+" * 80
"""About as long as AWS's session tokens, which every later request carries and signs."""


def assume_role(account: str, role: str, session: str) -> bytes:
    return _document(
        "AssumeRole",
        _STS,
        f"""    <AssumedRoleUser>
      <AssumedRoleId>AROAEXAMPLEEXAMPLE123:{escape(session)}</AssumedRoleId>
      <Arn>arn:aws:sts::{escape(account)}:assumed-role/{escape(role)}/{escape(session)}</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAEXAMPLE{escape(account)}</AccessKeyId>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>
      <SessionToken>{_TOKEN}</SessionToken>
      <Expiration>2099-01-01T00:00:00Z</Expiration>
    </Credentials>
""",
    )


def simulate_principal_policy(role: str, actions: Sequence[str], resource: str) -> bytes:
    """Every action allowed, by the one managed policy of the role."""
    results = "".join(_result(role, action, resource) for action in actions)
    return _document(
        "SimulatePrincipalPolicy",
        _IAM,
        f"    <IsTruncated>false</IsTruncated>\n    <EvaluationResults>\n{results}    </EvaluationResults>\n",
    )


def query_answer(operation: str, result: Mapping[str, Any]) -> bytes:
    """Of the query protocol, from JSON: a list's items are `member`, a boolean is `true` or `false`."""
    metadata = _element("ResponseMetadata", {"RequestId": _REQUEST_ID})
    return f"<{operation}Response>{_element(f'{operation}Result', result)}{metadata}</{operation}Response>".encode()


def query_error(code: str, message: str) -> bytes:
    told = {"Type": "Sender", "Code": code, "Message": message}
    return f"<ErrorResponse>{_element('Error', told)}<RequestId>{_REQUEST_ID}</RequestId></ErrorResponse>".encode()


def json_answer(result: Mapping[str, Any]) -> bytes:
    """Of the JSON protocol that Organizations speaks."""
    return json.dumps(result, separators=(",", ":")).encode()


def json_error(code: str, message: str) -> bytes:
    return json_answer({"__type": code, "Message": message})


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(key, item) for key, item in value.items())
    elif isinstance(value, list):
        inner = "".join(_element("member", item) for item in value)
    else:
        inner = escape(str(value).lower() if isinstance(value, bool) else value)
    return f"<{name}>{inner}</{name}>"


def _result(role: str, action: str, resource: str) -> str:
    return f"""      <member>
        <MatchedStatements>
          <member>
            <SourcePolicyId>{escape(role)}-1</SourcePolicyId>
            <SourcePolicyType>IAM Policy</SourcePolicyType>
            <EndPosition>
              <Column>1873</Column>
              <Line>1</Line>
            </EndPosition>
            <StartPosition>
              <Column>41</Column>
              <Line>1</Line>
            </StartPosition>
          </member>
        </MatchedStatements>
        <MissingContextValues/>
        <EvalResourceName>{escape(resource)}</EvalResourceName>
        <EvalDecision>allowed</EvalDecision>
        <EvalActionName>{escape(action)}</EvalActionName>
        <OrganizationsDecisionDetail>
          <AllowedByOrganizations>true</AllowedByOrganizations>
        </OrganizationsDecisionDetail>
      </member>
"""


def _document(operation: str, namespace: str, result: str) -> bytes:
    return (
        f'<{operation}Response xmlns="{namespace}">\n  <{operation}Result>\n{result}  </{operation}Result>\n'
        f"  <ResponseMetadata>\n    <RequestId>{_REQUEST_ID}</RequestId>\n  </ResponseMetadata>\n</{operation}Response>"
    ).encode()
