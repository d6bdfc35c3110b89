"""The CloudFormation templates: config in, the same bytes out every time. Pure.

What stands in them is bounded by https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html; whether it stays within is
asked by `rolecall.core.lint`.
"""

from rolecall.core.template import admin_role, discovery, execution_role, protect_scp
from rolecall.core.template.comparing import parameters_in, path_in, same_effect
from rolecall.core.template.facts import facts_of
from rolecall.core.template.form import CAPABILITIES, MAX_BODY_BYTES, render
from rolecall.core.template.inputs import REVISION, REVISION_CHARACTERS, filled, parameters
from rolecall.core.template.role import build
from rolecall.core.template.trust import trust_policy

__all__ = [
    "CAPABILITIES",
    "MAX_BODY_BYTES",
    "REVISION",
    "REVISION_CHARACTERS",
    "admin_role",
    "build",
    "discovery",
    "execution_role",
    "facts_of",
    "filled",
    "parameters",
    "parameters_in",
    "path_in",
    "protect_scp",
    "render",
    "same_effect",
    "trust_policy",
]
