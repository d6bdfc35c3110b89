"""Every rule by its id, in the order in which they are asked and documented."""

from rolecall.core.lint.model import Rule
from rolecall.core.lint.rules import (
    account_check_off,
    account_without_principal_arn,
    attachments,
    duplicate_sid,
    exception_of_nothing,
    free_tagging,
    inline_size,
    malformed_condition,
    missing_external_id,
    permissions_management,
    policy_size,
    principal_made_anew,
    privilege_escalation,
    resource_not_taken,
    scope_defeated,
    template_size,
    trust_action,
    trust_size,
    unknown_action,
    unknown_condition_key,
    wildcard_action,
    wildcard_principal,
    write_without_condition,
)

RULES: dict[str, Rule] = {
    module.RULE.id: module.RULE
    for module in (
        # who may assume the role
        wildcard_principal,
        account_without_principal_arn,
        missing_external_id,
        principal_made_anew,
        trust_action,
        # what it may do
        privilege_escalation,
        permissions_management,
        write_without_condition,
        wildcard_action,
        free_tagging,
        scope_defeated,
        # whether it may do what it says
        unknown_action,
        unknown_condition_key,
        malformed_condition,
        resource_not_taken,
        duplicate_sid,
        account_check_off,
        # whether AWS takes it
        policy_size,
        inline_size,
        trust_size,
        attachments,
        template_size,
        # the exceptions themselves
        exception_of_nothing,
    )
}
