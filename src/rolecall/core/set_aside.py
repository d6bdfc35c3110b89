"""What of the rules of `rolecall.core.lint` the config sets aside, in words, for every plan. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.config import RoleSection


def set_aside(role: RoleSection) -> tuple[str, ...]:
    """One sentence each, with rule, statement and reason."""
    return tuple(_set_aside(role))


def _set_aside(role: RoleSection) -> Iterator[str]:
    if not role.asks_external_id:
        yield _sentence("missing-external-id", "the whole trust policy", role.external_id_reason)
    for trusted in role.trusted_accounts:
        yield _sentence("account-without-principal-arn", f"the trust of account {trusted.account}", trusted.reason)
    for exception in role.exceptions:
        of = f"statement {exception.statement}" if exception.statement else "the whole role"
        yield _sentence(exception.rule, of, exception.reason)


def _sentence(rule: str, of: str, reason: str) -> str:
    """A reason may run over lines of the file."""
    return f"rule {rule} is set aside for {of}: {' '.join(reason.split())}"
