"""Organizations' refusals that tell a reason beside their message. Pure.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html#API_CreateAccount_Errors
"""

from __future__ import annotations

from rolecall.sandbox.wire import WireError


def constraint(message: str, reason: str, *, code: str = "ConstraintViolationException") -> WireError:
    """A limit or a rule that the request would break."""
    return WireError(code, message, fields={"Reason": reason})


def invalid_input(message: str, reason: str) -> WireError:
    """A parameter with a value that it cannot have."""
    return WireError("InvalidInputException", message, fields={"Reason": reason})


def access_denied() -> WireError:
    return WireError("AccessDeniedException", "You don't have permissions to access this resource.")


def policy_type_not_available() -> WireError:
    message = "The sandbox has service and resource control policies only."
    return WireError("PolicyTypeNotAvailableForOrganizationException", message)
