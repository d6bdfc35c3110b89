"""What a discovery is, as a pipeline. No I/O: whoever begins it writes it."""

from __future__ import annotations

from rolecall.registry.pipelines.terms import Kind, NewPipeline, NewSubtask, PipelineType


def discovery_pipeline(organization_account_name: str, role_name: str) -> NewPipeline:
    """Lists the organization with the role of a registered account, and registers the role of that name in each."""
    parameters = {"organization": organization_account_name, "role": role_name}
    return NewPipeline(
        type=PipelineType.ACCOUNT_DISCOVERY,
        name=f"Account discovery with {organization_account_name}",
        subtasks=(NewSubtask(Kind.LIST, "List the organization", parameters),),
        parameters=parameters,
    )
