"""The IAM policy evaluator: identity, boundary, session, resource-based and trust policies, SCPs and RCPs. Pure.

`Policy.parse` checks a document once; `evaluate` and `evaluate_assume_role` decide any number of requests with it.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from rolecall.core.policy.document import Effect, MalformedPolicy, Policy, Statement
from rolecall.core.policy.evaluation import (
    MatchedStatement,
    Outcome,
    PolicySet,
    Verdict,
    evaluate,
    evaluate_assume_role,
)
from rolecall.core.policy.request import Principal, Request

__all__ = [
    "Effect",
    "MalformedPolicy",
    "MatchedStatement",
    "Outcome",
    "Policy",
    "PolicySet",
    "Principal",
    "Request",
    "Statement",
    "Verdict",
    "evaluate",
    "evaluate_assume_role",
]
