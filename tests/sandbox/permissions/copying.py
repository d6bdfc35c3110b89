"""The real calls of the group `ebs-copy`. EC2 is only asked whether they would be allowed."""

from __future__ import annotations

from .api_call import DRY, call, tagged

EBS_COPY = [
    call(
        "ec2:AttachVolume",
        "ec2",
        "attach_volume",
        lambda at: {"Device": "/dev/sdf", "InstanceId": at["instance"], "VolumeId": at["volume"], **DRY},
    ),
    call(
        "ec2:CopyImage",
        "ec2",
        "copy_image",
        lambda at: {"Name": "copy", "SourceImageId": at["image"], "SourceRegion": "us-east-1", **DRY},
    ),
    call(
        "ec2:CopySnapshot",
        "ec2",
        "copy_snapshot",
        lambda at: {"SourceSnapshotId": at["snapshot"], "SourceRegion": "us-east-1", **DRY},
    ),
    call(
        "ec2:CopySnapshot ec2:CreateTags",
        "ec2",
        "copy_snapshot",
        lambda at: {
            "SourceSnapshotId": at["snapshot"],
            "SourceRegion": "us-east-1",
            **DRY,
            **tagged("snapshot"),
        },
    ),
    call(
        "ec2:CreateSnapshots",
        "ec2",
        "create_snapshots",
        lambda at: {"InstanceSpecification": {"InstanceId": at["instance"]}, **DRY},
    ),
    call(
        "ec2:CreateVolume",
        "ec2",
        "create_volume",
        lambda at: {"AvailabilityZone": "us-east-1a", "SnapshotId": at["snapshot"], **DRY},
    ),
    call(
        "ec2:CreateVolume ec2:CreateTags",
        "ec2",
        "create_volume",
        lambda _: {"AvailabilityZone": "us-east-1a", "Size": 1, **DRY, **tagged("volume")},
    ),
    call("ec2:ImportImage", "ec2", "import_image", lambda _: {"DiskContainers": [{"Format": "vmdk"}], **DRY}),
    call(
        "ec2:ModifySnapshotAttribute",
        "ec2",
        "modify_snapshot_attribute",
        lambda at: {
            "SnapshotId": at["snapshot"],
            "Attribute": "createVolumePermission",
            "OperationType": "add",
            "UserIds": ["111111111111"],
            **DRY,
        },
    ),
    call("ec2:DeleteSnapshot", "ec2", "delete_snapshot", lambda at: {"SnapshotId": at["snapshot"], **DRY}),
    call(
        "ec2:DeleteTags", "ec2", "delete_tags", lambda at: {"Resources": [at["volume"]], "Tags": [{"Key": "x"}], **DRY}
    ),
    call("ec2:DeregisterImage", "ec2", "deregister_image", lambda at: {"ImageId": at["image"], **DRY}),
    call("ec2:TerminateInstances", "ec2", "terminate_instances", lambda at: {"InstanceIds": [at["instance"]], **DRY}),
    call("ec2:StopInstances", "ec2", "stop_instances", lambda at: {"InstanceIds": [at["instance"]], **DRY}),
    call("ec2:StartInstances", "ec2", "start_instances", lambda at: {"InstanceIds": [at["instance"]], **DRY}),
    call(
        "ec2:AssociateAddress",
        "ec2",
        "associate_address",
        lambda at: {"AllocationId": at["address"], "InstanceId": at["instance"], **DRY},
    ),
    call(
        "ec2:ModifyInstanceAttribute",
        "ec2",
        "modify_instance_attribute",
        lambda at: {
            "InstanceId": at["instance"],
            "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": True}}],
            **DRY,
        },
    ),
]
