"""The known ways from an action to more rights than were given, as data. Pure.

Collected from the published research on the subject:
https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/ and https://pathfinding.cloud/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rolecall.core.permission_groups.model import Conditions

PASS_ROLE = "iam:PassRole"  # noqa: S105  # an action
ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class Escalation:
    """One way. It is open where `action` is allowed, and `beside` too where that is given, each by any statement.

    `but_for` are conditions under which the action is no way to more: a statement that has them, or narrower ones.
    """

    action: str
    how: str
    beside: str | None = None
    but_for: Conditions = field(default_factory=dict)


_ALONE = {
    "gives a service any role that is allowed to pass": [PASS_ROLE],
    "becomes any role that trusts the account": [ASSUME_ROLE],
    "is handed the credentials of a role or user": [
        *("ssm:GetAccessToken", "ssm:StartAccessRequest", "deadline:AssumeQueueRoleForUser"),
        *("deadline:AssumeFleetRoleForWorker", "deadline:AssumeQueueRoleForWorker", "redshift:GetClusterCredentials"),
        *("redshift:GetClusterCredentialsWithIAM", "redshift-serverless:GetCredentials"),
    ],
    "becomes another account's root user": ["sts:AssumeRoot"],
    "rewrites what a policy allows": ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"],
    "gives a policy to a user, group or role": [
        *("iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"),
        *("iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:AddUserToGroup"),
    ],
    "takes away what bounds a user or role": [
        *("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"),
        *("iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"),
        *("iam:DeleteRolePolicy", "iam:DeleteUserPolicy", "iam:DeleteGroupPolicy"),
        *("iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:DetachGroupPolicy"),
    ],
    "makes credentials of another user": [
        *("iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"),
        *("iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"),
        *("iam:UploadSigningCertificate", "iam:UploadSSHPublicKey"),
        *("iam:DeactivateMFADevice", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice"),
    ],
    "decides who may become a role": [
        *("iam:UpdateAssumeRolePolicy", "iam:CreateRole", "iam:CreateUser", "iam:AddRoleToInstanceProfile"),
        *("iam:CreateSAMLProvider", "iam:UpdateSAMLProvider", "iam:CreateOpenIDConnectProvider"),
        *("iam:AddClientIDToOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"),
        *("rolesanywhere:CreateTrustAnchor", "rolesanywhere:UpdateTrustAnchor"),
        *("cognito-identity:SetIdentityPoolRoles", "eks:CreatePodIdentityAssociation"),
        "eks:UpdatePodIdentityAssociation",
    ],
    "assigns people and their rights in IAM Identity Center": [
        *("sso:CreateAccountAssignment", "sso:CreatePermissionSet", "sso:UpdatePermissionSet"),
        *("sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"),
        *("sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "sso:ProvisionPermissionSet"),
        *("identitystore:CreateGroupMembership", "identitystore:CreateUser", "identitystore:UpdateUser"),
    ],
    "makes itself an administrator of the cluster": [
        *("eks:CreateAccessEntry", "eks:UpdateAccessEntry", "eks:AssociateAccessPolicy"),
    ],
    "runs code as the role of a function": [
        *("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
        *("lambda:PublishLayerVersion", "lambda:CreateEventSourceMapping"),
    ],
    "runs code as the role of an instance or container": [
        *("ssm:SendCommand", "ssm:StartSession", "ssm:ResumeSession", "ssm:StartAutomationExecution"),
        *("ssm:CreateAssociation", "ssm:UpdateAssociation", "ssm:UpdateDocument", "ecs:ExecuteCommand"),
        *("ssm:CreateDocument", "ssm:StartChangeRequestExecution", "ec2:CreateReplaceRootVolumeTask"),
        *("codedeploy:CreateDeployment", "elasticbeanstalk:UpdateEnvironment", "ecs:UpdateTaskSet"),
        *("ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
    ],
    "runs code as the role of a job, build, notebook or state machine": [
        *("glue:UpdateDevEndpoint", "glue:UpdateJob", "codebuild:StartBuild", "codebuild:StartBuildBatch"),
        *("codebuild:UpdateProject", "states:UpdateStateMachine", "apprunner:UpdateService"),
        *("elasticmapreduce:AddJobFlowSteps", "batch:SubmitJob", "datapipeline:PutPipelineDefinition"),
        *("sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:CreatePresignedDomainUrl"),
        *("sagemaker:UpdateNotebookInstanceLifecycleConfig", "sagemaker:CreateNotebookInstanceLifecycleConfig"),
        *("glue:StartJobRun", "cloud9:CreateEnvironmentEC2"),
        "bedrock-agentcore:InvokeCodeInterpreter",
    ],
    "makes whatever a template says, as the role of a stack or stack set": [
        *("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:CreateChangeSet"),
        *("cloudformation:ExecuteChangeSet", "cloudformation:CreateStackSet", "cloudformation:UpdateStackSet"),
        *("cloudformation:CreateStackInstances", "cloudformation:UpdateStackInstances"),
        *("cloudformation:ImportStacksToStackSet", "servicecatalog:ProvisionProduct"),
        *("cloudformation:CreateResource", "cloudformation:UpdateResource", "cloudformation:RollbackStack"),
        *("cloudformation:ExecuteStackRefactor",),
    ],
    "lets others in by the resource's own policy": [
        *("kms:PutKeyPolicy", "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutAccessPointPolicy"),
        *("secretsmanager:PutResourcePolicy", "ecr:SetRepositoryPolicy", "dynamodb:PutResourcePolicy"),
        *("lambda:AddPermission", "lambda:AddLayerVersionPermission", "sns:AddPermission", "sqs:AddPermission"),
        *("events:PutPermission", "backup:PutBackupVaultAccessPolicy", "glue:PutResourcePolicy"),
        *("ram:CreateResourceShare", "ram:AssociateResourceShare"),
    ],
    "changes what holds for the whole organization": [
        *("organizations:AttachPolicy", "organizations:DetachPolicy", "organizations:CreatePolicy"),
        *("organizations:UpdatePolicy", "organizations:DeletePolicy", "organizations:EnablePolicyType"),
        *("organizations:DisablePolicyType", "organizations:PutResourcePolicy", "organizations:DeleteResourcePolicy"),
        *("organizations:RegisterDelegatedAdministrator", "organizations:DeregisterDelegatedAdministrator"),
        *("organizations:EnableAWSServiceAccess", "organizations:DisableAWSServiceAccess"),
        *("organizations:EnableAllFeatures", "organizations:CreateAccount", "organizations:CreateGovCloudAccount"),
        *("organizations:InviteAccountToOrganization", "organizations:AcceptHandshake"),
        *("organizations:MoveAccount", "organizations:CloseAccount", "organizations:LeaveOrganization"),
        *("organizations:RemoveAccountFromOrganization", "organizations:DeleteOrganization"),
        *("organizations:CreateOrganization", "organizations:CreateOrganizationalUnit"),
        *("organizations:DeleteOrganizationalUnit", "organizations:UpdateOrganizationalUnit"),
    ],
}
"""How -> the actions that do so alone."""

_WITH_A_ROLE = (
    *("lambda:CreateFunction", "ec2:RunInstances", "ec2:AssociateIamInstanceProfile", "ec2:RequestSpotInstances"),
    *("ec2:ReplaceIamInstanceProfileAssociation", "ec2:CreateLaunchTemplateVersion", "ecs:RunTask", "ecs:StartTask"),
    *("ecs:CreateService", "ecs:UpdateService", "ecs:RegisterTaskDefinition", "glue:CreateDevEndpoint"),
    *("glue:CreateJob", "glue:CreateSession", "sagemaker:CreateNotebookInstance", "sagemaker:CreateTrainingJob"),
    *("sagemaker:CreateProcessingJob", "codebuild:CreateProject", "states:CreateStateMachine", "events:PutTargets"),
    *("scheduler:CreateSchedule", "apprunner:CreateService", "batch:RegisterJobDefinition"),
    *("elasticmapreduce:RunJobFlow", "datapipeline:CreatePipeline", "rolesanywhere:CreateProfile"),
    *("autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup", "codepipeline:CreatePipeline"),
    *("imagebuilder:CreateInfrastructureConfiguration", "bedrock-agentcore:CreateCodeInterpreter"),
    *("airflow:CreateEnvironment", "greengrass:CreateDeployment", "amplify:CreateApp"),
)
"""What runs code as a role that is passed to it."""


def _escalations() -> Iterator[Escalation]:
    for how, actions in _ALONE.items():
        yield from (Escalation(action, how) for action in actions)
    for action in _WITH_A_ROLE:
        yield Escalation(action, f"runs code as a role that {PASS_ROLE} gives it", beside=PASS_ROLE)
    yield Escalation(
        "kms:CreateGrant",
        "lets others use a key",
        but_for={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
    yield Escalation(
        "ec2:ModifyInstanceAttribute",
        "runs code as the role of an instance, by its user data",
        but_for={"StringEquals": {"ec2:Attribute": "BlockDeviceMapping"}},
    )


ESCALATIONS = tuple(_escalations())
