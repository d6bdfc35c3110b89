"""CloudFormation templates: read, check, resolve. Pure."""
