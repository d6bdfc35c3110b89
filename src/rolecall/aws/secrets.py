"""AWS Secrets Manager, for keys that the config names by ARN.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

import boto3

from rolecall.aws.client import Client


async def secret_value(session: boto3.Session, arn: str) -> str:
    """The secret's string. Raises AwsError."""
    region = arn.split(":")[3] if arn.count(":") >= 6 else None
    answer = await Client(session, "secretsmanager", region).call("GetSecretValue", SecretId=arn)
    return str(answer.get("SecretString", ""))
