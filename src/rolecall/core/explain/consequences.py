"""What a thief could do with an action: the knowledge behind `rolecall explain`. Data.

`words` begin in capitals and say what an unrestricted permission gives; within which limits the role has it is added
from its statements. Every page named is AWS's.
"""

from __future__ import annotations

from rolecall.core.explain.model import Consequence, Harm

# Each lets its user raise its own rights: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
_ESCALATING = (
    *("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:UpdateAssumeRolePolicy"),
    *("iam:Put*Policy", "iam:Attach*Policy", "iam:AddUserToGroup", "iam:CreatePolicyVersion"),
    *("iam:SetDefaultPolicyVersion", "iam:Delete*PermissionsBoundary"),
)

CONSEQUENCES: tuple[Consequence, ...] = (
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html
    Consequence(
        "run-commands",
        Harm.ACT,
        "Run any command as root or SYSTEM on every instance that Systems Manager manages, read its instance role's "
        "credentials there, and so do whatever that role may.",
        needs=("ssm:SendCommand",),
        also=("ssm:GetCommandInvocation", "ssm:DescribeInstanceInformation"),
    ),
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-ssm-user-permissions.html
    Consequence(
        "open-shells",
        Harm.ACT,
        "Open a shell on every instance that Systems Manager manages, with administrator rights unless the account "
        "took them from ssm-user, and tunnel through it into its network.",
        needs=("ssm:StartSession",),
    ),
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    Consequence(
        "enter-containers",
        Harm.ACT,
        "Run any command in every container whose task was started with ECS Exec on, and act as its task role.",
        needs=("ecs:ExecuteCommand",),
    ),
    Consequence(
        "become-administrator",
        Harm.ACT,
        "Become an administrator of the account, or make somebody else one.",
        any_of=_ESCALATING,
    ),
    Consequence(
        "assume-roles",
        Harm.ACT,
        "Become every other role that trusts this one or its account.",
        any_of=("sts:AssumeRole", "sts:AssumeRoot"),
    ),
    Consequence(
        "pass-roles",
        Harm.ACT,
        "Hand a stronger role to a service that runs the thief's work, and act as it.",
        needs=("iam:PassRole",),
    ),
    Consequence(
        "invoke-functions",
        Harm.ACT,
        "Run functions of the account, with whatever their roles may do.",
        any_of=("lambda:InvokeFunction*", "lambda:InvokeAsync", "lambda:UpdateFunctionCode"),
    ),
    Consequence(
        "read-objects",
        Harm.READ,
        "Read every S3 object, in every bucket whose own policy does not refuse it.",
        needs=("s3:GetObject",),
        also=("s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetBucketLocation"),
    ),
    # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html
    Consequence(
        "read-disks",
        Harm.READ,
        "Read every disk: snapshot a volume, also of a running instance, and read the files, password hashes and keys "
        "on it.",
        needs=("ec2:CreateSnapshot", "ebs:GetSnapshotBlock"),
        also=("ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks"),
    ),
    Consequence(
        "read-snapshots",
        Harm.READ,
        "Read every snapshot that there is already, old ones too.",
        needs=("ebs:GetSnapshotBlock",),
        also=("ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks"),
    ),
    Consequence(
        "decrypt",
        Harm.READ,
        "Decrypt what is under every KMS key whose key policy leaves that to IAM, as most do: the encryption of "
        "objects and disks does not stop this thief.",
        needs=("kms:Decrypt",),
        also=("kms:GenerateDataKey", "kms:DescribeKey"),
    ),
    Consequence("read-secrets", Harm.READ, "Read secrets in Secrets Manager.", any_of=("secretsmanager:*SecretValue",)),
    Consequence(
        "read-parameters",
        Harm.READ,
        "Read Systems Manager parameters, where passwords often are.",
        any_of=("ssm:GetParameter*",),
    ),
    Consequence(
        "read-function-code",
        Harm.READ,
        "Download the code of every Lambda function, with its settings.",
        needs=("lambda:GetFunction",),
    ),
    # https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
    Consequence(
        "read-function-settings",
        Harm.READ,
        "Read every Lambda function's environment variables, where secrets often are: the list of functions shows "
        "them.",
        needs=("lambda:ListFunctions",),
    ),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html
    Consequence(
        "read-user-data",
        Harm.READ,
        "Read every instance's user data, where start-up scripts often hold secrets.",
        needs=("ec2:DescribeInstanceAttribute",),
    ),
    Consequence(
        "read-images",
        Harm.READ,
        "Download every container image in ECR, with whatever was built into it.",
        needs=("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        also=("ecr:GetAuthorizationToken",),
    ),
    Consequence(
        "read-logs",
        Harm.READ,
        "Read every log in CloudWatch Logs, with what applications wrote into it.",
        any_of=("logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"),
    ),
    # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
    Consequence(
        "share-snapshots",
        Harm.CHANGE,
        "Share any snapshot with any AWS account, or with everybody: whole disks leave the account, and copies of them "
        "cannot be called back. (One under the default aws/ebs key cannot be shared.)",
        needs=("ec2:ModifySnapshotAttribute",),
    ),
    Consequence(
        "copy-disks",
        Harm.CHANGE,
        "Make snapshots, volumes and images without number, at the account's cost.",
        any_of=(
            *("ec2:CreateSnapshot", "ec2:CreateSnapshots", "ec2:CopySnapshot", "ec2:CopyImage", "ec2:CreateVolume"),
            "ec2:ImportImage",
        ),
    ),
    Consequence(
        "attach-volumes",
        Harm.CHANGE,
        "Attach volumes, copies of other disks too, to any instance and read or change them there.",
        needs=("ec2:AttachVolume",),
    ),
    Consequence(
        "end-instances",
        Harm.CHANGE,
        "Start, stop or terminate instances.",
        any_of=("ec2:TerminateInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:RebootInstances"),
    ),
    Consequence(
        "delete-snapshots",
        Harm.CHANGE,
        "Delete snapshots and machine images, collected evidence too.",
        any_of=("ec2:DeleteSnapshot", "ec2:DeregisterImage"),
    ),
    Consequence(
        "change-instances",
        Harm.CHANGE,
        "Change an instance's attributes or its public address.",
        any_of=("ec2:ModifyInstanceAttribute", "ec2:AssociateAddress"),
    ),
    Consequence(
        "tag",
        Harm.CHANGE,
        "Put tags on EC2 resources or take them off, which moves whatever policies go by tags.",
        any_of=("ec2:CreateTags", "ec2:DeleteTags"),
    ),
    # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    Consequence(
        "grant-keys",
        Harm.CHANGE,
        "Make grants on KMS keys. A grant outlives the stolen session, until somebody revokes it.",
        needs=("kms:CreateGrant",),
    ),
    Consequence(
        "encrypt",
        Harm.CHANGE,
        "Encrypt with the account's keys, and move data from one key to another, the thief's own included.",
        any_of=("kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKeyPair*"),
        also=("kms:GenerateDataKeyWithoutPlaintext",),
    ),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
    Consequence(
        "restore-objects",
        Harm.CHANGE,
        "Restore archived S3 objects, at the account's cost, and then read them.",
        needs=("s3:RestoreObject",),
    ),
    Consequence(
        "end-sessions",
        Harm.CHANGE,
        "End Session Manager sessions, those of the people who hunt the thief included.",
        needs=("ssm:TerminateSession",),
    ),
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
    Consequence(
        "read-trail",
        Harm.LEARN,
        "See who did what in the last 90 days, the investigation included.",
        needs=("cloudtrail:LookupEvents",),
    ),
    Consequence(
        "read-findings",
        Harm.LEARN,
        "See what GuardDuty has found, and so whether the theft was noticed.",
        any_of=("guardduty:GetFindings", "guardduty:ListFindings"),
        also=("guardduty:ListDetectors",),
    ),
    Consequence(
        "list-accounts",
        Harm.LEARN,
        "Know every account of the organization: in each one this role has the same name.",
        needs=("organizations:ListAccounts",),
        also=("organizations:ListTagsForResource",),
    ),
    Consequence(
        "read-inventory",
        Harm.LEARN,
        "Know every instance, disk, image, network and firewall rule.",
        any_of=("ec2:Describe*",),
    ),
    Consequence(
        "read-instances",
        Harm.LEARN,
        "Know which instances Systems Manager reaches, and read the output of every command that anybody ran on them.",
        any_of=("ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation"),
    ),
    Consequence(
        "read-containers",
        Harm.LEARN,
        "Know every container cluster, service and task, and where each cluster's control plane is (what may be done "
        "inside a Kubernetes cluster is its own to say).",
        any_of=("ecs:List*", "ecs:Describe*", "eks:List*", "eks:Describe*"),
    ),
    Consequence(
        "read-profiles",
        Harm.LEARN,
        "Know which role each instance has.",
        needs=("iam:GetInstanceProfile",),
    ),
    Consequence(
        "read-iam",
        Harm.LEARN,
        "Read roles and policies, and so know what they may do.",
        any_of=("iam:GetRole*", "iam:GetPolic*", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
        also=("iam:SimulatePrincipalPolicy",),
    ),
    Consequence(
        "read-keys", Harm.LEARN, "Know which KMS keys there are.", any_of=("kms:ListAliases", "kms:DescribeKey")
    ),
)
"""In the order in which they are told, by kind of harm."""
