"""What `rolecall doctor` says: a line for each thing that has to be right. Pure."""

from rolecall.core.diagnosis.model import Line, State, bad, failure, good, told, unchecked

__all__ = ["Line", "State", "bad", "failure", "good", "told", "unchecked"]
