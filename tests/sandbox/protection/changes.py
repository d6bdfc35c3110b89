"""Every change that an administrator may try on the role, its policies and stacks, and on who is exempt."""

from __future__ import annotations

import json
from typing import Any

from ..conformance.cloud import NAMED_IAM
from ..conformance.cloud import template as of_somebody_else
from ..served import trust

Changes = dict[str, tuple[str, dict[str, Any]]]
"""Action -> method and parameters of the call that needs it."""

ANYBODY = json.dumps(trust("*"))
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TAGS = [{"Key": "team", "Value": "evil"}]


def changes_of_roles(role: str, policy_arn: str) -> Changes:
    boundary = {"PermissionsBoundary": ADMINISTRATOR}
    inline = {"PolicyName": "evil", "PolicyDocument": ALL}
    changes: Changes = {
        "AttachRolePolicy": ("attach_role_policy", {"PolicyArn": ADMINISTRATOR}),
        "CreateRole": ("create_role", {"AssumeRolePolicyDocument": ANYBODY}),
        "DeleteRole": ("delete_role", {}),
        "DeleteRolePermissionsBoundary": ("delete_role_permissions_boundary", {}),
        "DeleteRolePolicy": ("delete_role_policy", {"PolicyName": "account-check"}),
        "DetachRolePolicy": ("detach_role_policy", {"PolicyArn": policy_arn}),
        "PutRolePermissionsBoundary": ("put_role_permissions_boundary", boundary),
        "PutRolePolicy": ("put_role_policy", inline),
        "TagRole": ("tag_role", {"Tags": TAGS}),
        "UntagRole": ("untag_role", {"TagKeys": ["managed-by"]}),
        "UpdateAssumeRolePolicy": ("update_assume_role_policy", {"PolicyDocument": ANYBODY}),
        "UpdateRole": ("update_role", {"MaxSessionDuration": 3600}),
        "UpdateRoleDescription": ("update_role_description", {"Description": "evil"}),
    }
    return {f"iam:{action}": (method, {"RoleName": role, **given}) for action, (method, given) in changes.items()}


def changes_of_policies(arn: str) -> Changes:
    of = {"PolicyArn": arn}
    return {
        "iam:CreatePolicy": ("create_policy", {"PolicyName": arn.rsplit("/", 1)[-1], "PolicyDocument": ALL}),
        "iam:CreatePolicyVersion": ("create_policy_version", {**of, "PolicyDocument": ALL, "SetAsDefault": True}),
        "iam:DeletePolicy": ("delete_policy", of),
        "iam:DeletePolicyVersion": ("delete_policy_version", {**of, "VersionId": "v1"}),
        "iam:SetDefaultPolicyVersion": ("set_default_policy_version", {**of, "VersionId": "v1"}),
        "iam:TagPolicy": ("tag_policy", {**of, "Tags": TAGS}),
        "iam:UntagPolicy": ("untag_policy", {**of, "TagKeys": ["team"]}),
    }


def changes_of_stacks(stack: str) -> Changes:
    body, change = {"TemplateBody": of_somebody_else(), "Capabilities": NAMED_IAM}, {"ChangeSetName": "evil"}
    changes: Changes = {
        "CancelUpdateStack": ("cancel_update_stack", {}),
        "ContinueUpdateRollback": ("continue_update_rollback", {}),
        "CreateChangeSet": ("create_change_set", {**body, **change}),
        "CreateStack": ("create_stack", body),
        "DeleteChangeSet": ("delete_change_set", change),
        "DeleteStack": ("delete_stack", {}),
        "ExecuteChangeSet": ("execute_change_set", change),
        "RollbackStack": ("rollback_stack", {}),
        "SetStackPolicy": ("set_stack_policy", {"StackPolicyBody": ALL}),
        "SignalResource": ("signal_resource", {"LogicalResourceId": "Role", "UniqueId": "x", "Status": "FAILURE"}),
        "UpdateStack": ("update_stack", body),
        "UpdateTerminationProtection": ("update_termination_protection", {"EnableTerminationProtection": True}),
    }
    found = {
        f"cloudformation:{name}": (method, {"StackName": stack, **given}) for name, (method, given) in changes.items()
    }
    refactor = {"StackDefinitions": [{"StackName": stack, "TemplateBody": of_somebody_else()}]}
    return found | {"cloudformation:CreateStackRefactor": ("create_stack_refactor", refactor)}


def changes_of_users(user: str) -> Changes:
    device = {"SerialNumber": "arn:aws:iam::111111111111:mfa/x"}
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "123456"}
    key, certificate = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active"}, {"CertificateBody": "x"}
    changes: Changes = {
        "CreateAccessKey": ("create_access_key", {}),
        "CreateLoginProfile": ("create_login_profile", {"Password": "correct horse"}),
        "CreateUser": ("create_user", {}),
        "DeactivateMFADevice": ("deactivate_mfa_device", device),
        "EnableMFADevice": ("enable_mfa_device", {**device, **codes}),
        "ResyncMFADevice": ("resync_mfa_device", {**device, **codes}),
        "UpdateAccessKey": ("update_access_key", key),
        "UpdateLoginProfile": ("update_login_profile", {"Password": "correct horse"}),
        "UpdateSigningCertificate": ("update_signing_certificate", {"CertificateId": "x" * 24, "Status": "Active"}),
        "UpdateUser": ("update_user", {"NewUserName": "eve"}),
        "UploadSigningCertificate": ("upload_signing_certificate", certificate),
    }
    return {f"iam:{action}": (method, {"UserName": user, **given}) for action, (method, given) in changes.items()}
