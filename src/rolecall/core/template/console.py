"""Links into AWS's console. Pure."""

from __future__ import annotations

from urllib.parse import quote, urlencode

_HOSTS = {"aws-us-gov": "console.amazonaws-us-gov.com", "aws-cn": "console.amazonaws.cn"}


def quick_create_link(template_url: str, stack_name: str, region: str, partition: str = "aws") -> str:
    """The page that makes one stack of a template in S3, with its parameters filled in; there is none for stack sets.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html
    """
    host = _HOSTS.get(partition, "console.aws.amazon.com")
    asked = urlencode({"templateURL": template_url, "stackName": stack_name}, quote_via=quote)
    return f"https://{host}/cloudformation/home?region={region}#/stacks/create/review?{asked}"
