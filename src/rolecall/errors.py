"""The one error tree. Every error that a person may see has a summary, a detail and a hint, and an exit status.

No module prints these but `rolecall.cli.main`, and no adapter lets an error of its library through: it is translated at
the edge, with the library's error chained as the cause.
"""

from __future__ import annotations

from dataclasses import dataclass


class RolecallError(Exception):
    """Something went wrong that a person can mend.

    `summary` is one line without a full stop, `detail` what was seen, `hint` what to do about it. `exit_status` is what
    the command line ends with.
    """

    exit_status = 1

    def __init__(self, summary: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.hint = hint


class UsageError(RolecallError):
    """The command was called wrongly."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a config file: where (file, line from 1, dotted key), what, and how to mend it."""

    file: str
    line: int | None
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(UsageError):
    """The config file cannot be used. All its problems are in `problems`, in the order of the file."""

    def __init__(self, summary: str, problems: tuple[Problem, ...] = (), *, detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that a rule has against the role: the rule's id, where, what, and how to mend it."""

    rule: str
    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.place}: {self.message}"


class RoleRefused(UsageError):
    """The role breaks rules that nothing sets aside. All of it is in `objections`."""

    def __init__(self, summary: str, objections: tuple[Objection, ...], *, hint: str = "") -> None:
        super().__init__(summary, hint=hint)
        self.objections = objections


class AwsError(RolecallError):
    """An AWS call failed. `code` is AWS's own error code ("" where there was no answer), `operation` the API's name."""

    def __init__(self, summary: str, *, code: str = "", operation: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint)
        self.code = code
        self.operation = operation


class CredentialsError(AwsError):
    """No AWS credentials, or ones that AWS does not take."""


class AccessDenied(AwsError):
    """AWS knows the caller and refuses the call."""


class Throttled(AwsError):
    """AWS refused for the rate of calls, and kept refusing for as long as we may retry."""


class NotFound(AwsError):
    """The named AWS object does not exist."""


class OperationInProgress(AwsError):
    """Another operation is running on the stack set; only one may at a time."""


class LimitExceeded(AwsError):
    """A quota of AWS's leaves no room for what was asked."""


class Unreachable(AwsError):
    """No answer from the AWS endpoint: network, DNS, TLS or a wrong endpoint URL."""


class PlatformError(RolecallError):
    """A call of the platform's API failed. `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, summary: str, *, status: int = 0, code: str = "", detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint)
        self.status = status
        self.code = code


class RemovalsRefused(RolecallError):
    """A plan takes the role from more accounts than it may without being told, or follows from a list with gaps."""


class IncompleteList(RolecallError):
    """AWS gave a list that cannot be whole. Nothing is inferred from it."""


class Interrupted(RolecallError):
    """The command was ended from outside while AWS worked for it."""

    exit_status = 130


class PlanRefused(RolecallError):
    """A saved plan cannot be applied: it is stale, unreadable, or of another organization."""
