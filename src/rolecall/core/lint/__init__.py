"""The linter of the role: our own rules, a module each, over what the template would let into an account. Pure."""

from rolecall.core.lint.model import Finding, Rule, Subject, Trust
from rolecall.core.lint.review import Review, review, subject_of, together
from rolecall.core.lint.rules import RULES

__all__ = ["RULES", "Finding", "Review", "Rule", "Subject", "Trust", "review", "subject_of", "together"]
