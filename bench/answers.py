"""STS's and IAM's answers as XML, element for element as AWS sends them. Pure.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
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


@lru_cache(maxsize=64)
def simulate_principal_policy(role: str, actions: Sequence[str], resource: str) -> bytes:
    """Every action allowed, by the one managed policy of the role."""
    results = "".join(_result(role, action, resource) for action in actions)
    return _document(
        "SimulatePrincipalPolicy",
        _IAM,
        f"    <IsTruncated>false</IsTruncated>\n    <EvaluationResults>\n{results}    </EvaluationResults>\n",
    )


def error(code: str, message: str) -> bytes:
    return f"""<ErrorResponse xmlns="{_STS}">
  <Error>
    <Type>Sender</Type>
    <Code>{escape(code)}</Code>
    <Message>{escape(message)}</Message>
  </Error>
  <RequestId>{_REQUEST_ID}</RequestId>
</ErrorResponse>""".encode()


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
