"""The condition keys that every service has, as data. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

GLOBAL_KEYS = (
    *("aws:AssumedRoot", "aws:CalledVia", "aws:CalledViaAWSMCP", "aws:CalledViaFirst", "aws:CalledViaLast"),
    *("aws:ChatbotSourceArn", "aws:CurrentTime", "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4"),
    *("aws:EpochTime", "aws:FederatedProvider", "aws:IsMcpServiceAction", "aws:MultiFactorAuthAge"),
    *("aws:MultiFactorAuthPresent", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService"),
    *("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"),
    *("aws:PrincipalTag/*", "aws:PrincipalType", "aws:referer", "aws:RequestedRegion", "aws:ResourceAccount"),
    *("aws:ResourceOrgID", "aws:ResourceOrgPaths", "aws:SecureTransport", "aws:SignInSessionArn"),
    *("aws:SourceAccount", "aws:SourceArn", "aws:SourceIdentity", "aws:SourceIp", "aws:SourceOrgID"),
    *("aws:SourceOrgPaths", "aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:TokenIssueTime"),
    *("aws:UserAgent", "aws:userid", "aws:username", "aws:ViaAWSMCPService", "aws:ViaAWSService"),
    *("aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths", "aws:VpcSourceIp"),
)
"""Less `aws:ResourceTag`, `aws:RequestTag` and `aws:TagKeys`: which actions know those, the reference says."""
