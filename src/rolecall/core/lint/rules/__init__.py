"""Every rule by its id, in the order in which they are asked and documented."""

from rolecall.core.lint.model import Rule
from rolecall.core.lint.rules import write_without_condition

RULES: dict[str, Rule] = {module.RULE.id: module.RULE for module in (write_without_condition,)}
