"""One role's proof: assumed as the platform would, refused as a stranger would be, and its rights simulated.

Calls AssumeRole up to three times and SimulatePrincipalPolicy a few times an account; changes nothing. What it does
beyond that, where more is asked for, is in `rolecall.flows.deep`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rolecall.core.config import Config, RoleSection
from rolecall.core.depth import SHALLOW, Depth
from rolecall.core.desired import DesiredAccount, Via
from rolecall.core.ids import RoleArn
from rolecall.core.probe import Answer, AssumedRole, Question
from rolecall.core.roll import Access, Cause, Inquiry, Proof, judge, missing_permissions, not_simulated
from rolecall.core.scope import is_turn
from rolecall.errors import AccessDenied, AwsError, CredentialsError
from rolecall.flows.control_policies import ControlPolicies
from rolecall.flows.deep import Deepener
from rolecall.flows.policy_names import with_names
from rolecall.ports import ProvingPorts, RoleProbe

WRONG_EXTERNAL_ID = "rolecall-negative-proof"
"""Presented where a refusal is wanted; a fixed value, so that those who watch CloudTrail know it."""

_LONGEST_PAUSE = 8.0
"""Seconds between two tries of a role that is still refused."""


@dataclass
class Prover:
    """Proves one role after another. `patience`, in seconds: how long a refusal is asked again."""

    config: Config
    ports: ProvingPorts
    patience: float = 0
    depth: Depth = SHALLOW

    def __post_init__(self) -> None:
        self._deepener = Deepener(self.config, self.ports.probe, self.depth)
        self.policies = ControlPolicies(self.ports.organizations)
        regions = self.config.check_regions
        self._members = Inquiry.of(self.config.role.for_members, regions)
        self._management = Inquiry.of(self.config.role, regions)

    async def prove(self, account: DesiredAccount) -> Proof:
        """An error that tells nothing of the role makes it `unknown`, with the error as reason.

        Raises CredentialsError.
        """
        if account.untold:
            return Proof(Access.UNKNOWN, account.untold)
        clock = self.ports.clock
        deadline = clock.monotonic() + self.patience
        wait = 1.0
        while True:
            try:
                proof = await self._prove_once(account)
            except CredentialsError:
                raise
            except AwsError as error:
                return unknown(error)
            left = deadline - clock.monotonic()
            if left <= 0 or not _may_pass(proof):
                return proof
            await clock.sleep(min(wait, left))
            wait = min(2 * wait, _LONGEST_PAUSE)

    async def _prove_once(self, account: DesiredAccount) -> Proof:
        section, role = self.config.role, account.role
        external_id = section.external_id if section.asks_external_id else None
        answer = await self.ports.probe.assume(role, external_id=external_id)
        if not isinstance(answer, AssumedRole):
            reason = f"the role cannot be assumed: {answer.message}"
            return Proof(Access.REFUSED, reason, message=answer.message)
        asks_refusals = bool(external_id) and self._asks_refusals(account)
        if opening := await _opening(self.ports.probe, role) if asks_refusals else "":
            why = f"the role answers {opening}: anybody who knows its ARN may use the platform"
            proof = Proof(Access.OPEN, why, (), True)
        else:
            answers = "external id enforced" if asks_refusals else _not_refused(section)
            proof = await self._simulate(account, answer)
            proof = replace(proof, reason=f"{answers}; {proof.reason}", entry=answers)
        return await self._deepener.deepened(account, answer, proof)

    def _asks_refusals(self, account: DesiredAccount) -> bool:
        negative = self.config.check.negative
        if negative == "sampled":
            return is_turn(account.id, self.ports.clock.now().toordinal())
        return negative

    async def _simulate(self, account: DesiredAccount, assumed: AssumedRole) -> Proof:
        inquiry = self._management if account.via is Via.STACK else self._members
        to_ask = inquiry.questions(assumed.role, self.ports.clock.now())
        asked: list[tuple[Question, Sequence[Answer]]] = []
        for question in to_ask:
            try:
                asked.append((question, await self.ports.probe.simulate(assumed, question)))
            except AccessDenied as error:
                return not_simulated(inquiry.role, error.detail)
            except CredentialsError as error:
                return Proof(Access.UNKNOWN, f"its session is not taken: {error.detail}", (), True)
        missing = await with_names(missing_permissions(inquiry.role, asked), to_ask, account, self.policies)
        return judge(missing, len({action for question in to_ask for action in question.actions}))


def unknown(error: AwsError) -> Proof:
    return Proof(Access.UNKNOWN, "; ".join(filter(None, [error.summary, error.detail])))


def _may_pass(proof: Proof) -> bool:
    """Whether it is what a change looks like that IAM does not yet know everywhere: an older role, or none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
    """
    of_the_role = any(item.cause in (Cause.ROLE, Cause.UNANSWERED) for item in proof.missing)
    return proof.access in (Access.REFUSED, Access.OPEN) or of_the_role


def _not_refused(section: RoleSection) -> str:
    if not section.asks_external_id:
        return f"no external id is asked for ({section.external_id_reason})"
    return "external id accepted (that it is enforced was not asked: check.negative)"


async def _opening(probe: RoleProbe, role: RoleArn) -> str:
    """How the role answers when it should not, or nothing: the negative proofs."""
    for external_id, words in ((None, "without the external id"), (WRONG_EXTERNAL_ID, "with a wrong external id")):
        if isinstance(await probe.assume(role, external_id=external_id), AssumedRole):
            return words
    return ""
