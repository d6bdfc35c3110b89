"""The role in plain words: what it may do, what it never can, and what a thief of its session could do. Pure.

Knowledge is data (`capabilities`, `consequences`); what holds for a role is worked out from its policies.
"""

from rolecall.core.explain.explaining import as_json, explain, patterns
from rolecall.core.explain.model import Explanation

__all__ = ["Explanation", "as_json", "explain", "patterns"]
