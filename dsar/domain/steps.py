"""What may follow what: the one table of moves. Nothing else changes a status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import AT_ONCE, BY_PACKAGE, RequestType, Status


class Move(StrEnum):
    """A step that a part takes."""

    ASK_IDENTITY = "ask_identity"
    START_AT_ONCE = "start_at_once"  # marketing objection, withdrawal: no identity document, no waiting
    IDENTIFY = "identify"
    COLLECT = "collect"
    RECOLLECT = "recollect"
    DECIDE = "decide"
    ANSWER_NOW = "answer_now"  # nothing held, cannot identify, or an answer that needs no execution
    PROPOSE = "propose"
    APPROVE = "approve"
    APPROVE_REFUSAL = "approve_refusal"
    SEND_BACK = "send_back"
    EXECUTE = "execute"
    WITHDRAW_RELEASE = "withdraw_release"
    REFUSE_IDENTITY = "refuse_identity"
    VOID_IDENTITY = "void_identity"  # the address for the answer was changed: who asks is open again (SECURITY T2)
    CLOSE = "close"
    REOPEN = "reopen"


class StepRefused(DsarError):
    """The table has no such step; `right`, `step` and `move` say which."""

    fr = "Cette étape n’est pas possible maintenant : la demande en est à « {step} ». Rechargez la page."
    en = "This step is not possible now: the request stands at “{step}”. Reload the page."

    _steps_fr = {
        Status.RECEIVED: "à prendre",
        Status.IDENTIFYING: "à identifier",
        Status.COLLECTING: "collecte",
        Status.REVIEWING: "relecture",
        Status.APPROVING: "à valider",
        Status.EXECUTING: "exécution",
        Status.ANSWERED: "répondue",
        Status.CLOSED: "close",
    }

    def __init__(self, *, right: RequestType, step: Status, move: Move) -> None:
        self.right, self.step, self.move = right, step, move
        super().__init__(step=step.value)

    def sentence(self, language: str) -> str:
        return self.fr.format(step=self._steps_fr[self.step]) if language == "fr" else self.en.format(step=self.step.value)


EVERY_RIGHT = frozenset(RequestType)
DECIDED = EVERY_RIGHT - AT_ONCE  # these pass through identity, review and decision
CARRIED_OUT = DECIDED - {RequestType.UNSPECIFIED}  # free wording is qualified, refused or closed; it cannot be carried out
_OPEN_AND_ANSWERED = frozenset(Status) - {Status.CLOSED}


@dataclass(frozen=True)
class Rule:
    """One row of the table: from these steps, for these rights, to that step."""

    before: frozenset[Status]
    after: Status
    rights: frozenset[RequestType] = DECIDED


def _from(*steps: Status) -> frozenset[Status]:
    return frozenset(steps)


TABLE: dict[Move, tuple[Rule, ...]] = {
    Move.ASK_IDENTITY: (Rule(_from(Status.RECEIVED), Status.IDENTIFYING),),
    Move.START_AT_ONCE: (Rule(_from(Status.RECEIVED), Status.EXECUTING, AT_ONCE),),
    Move.IDENTIFY: (
        Rule(_from(Status.RECEIVED, Status.IDENTIFYING), Status.COLLECTING, BY_PACKAGE),
        Rule(_from(Status.RECEIVED, Status.IDENTIFYING), Status.REVIEWING, DECIDED - BY_PACKAGE),
    ),
    Move.COLLECT: (Rule(_from(Status.COLLECTING), Status.REVIEWING),),
    Move.RECOLLECT: (Rule(_from(Status.REVIEWING), Status.COLLECTING),),
    Move.DECIDE: (Rule(_from(Status.REVIEWING), Status.EXECUTING, CARRIED_OUT),),
    Move.ANSWER_NOW: (Rule(_from(Status.REVIEWING), Status.ANSWERED),),
    Move.PROPOSE: (Rule(_from(Status.REVIEWING), Status.APPROVING),),
    Move.APPROVE: (Rule(_from(Status.APPROVING), Status.EXECUTING, CARRIED_OUT),),
    Move.APPROVE_REFUSAL: (Rule(_from(Status.APPROVING), Status.ANSWERED),),
    Move.SEND_BACK: (Rule(_from(Status.APPROVING), Status.REVIEWING),),
    Move.EXECUTE: (Rule(_from(Status.EXECUTING), Status.ANSWERED, CARRIED_OUT | AT_ONCE),),
    Move.WITHDRAW_RELEASE: (Rule(_from(Status.ANSWERED), Status.EXECUTING, BY_PACKAGE),),
    Move.REFUSE_IDENTITY: (Rule(_from(Status.RECEIVED, Status.IDENTIFYING), Status.ANSWERED),),
    Move.VOID_IDENTITY: (
        Rule(_from(Status.RECEIVED, Status.COLLECTING, Status.REVIEWING, Status.APPROVING, Status.EXECUTING), Status.IDENTIFYING),
    ),
    Move.CLOSE: (Rule(_OPEN_AND_ANSWERED, Status.CLOSED, EVERY_RIGHT),),
    Move.REOPEN: (Rule(_from(Status.CLOSED), Status.RECEIVED, EVERY_RIGHT),),
}


def next_step(*, right: RequestType, step: Status, move: Move) -> Status:
    """Where `move` leads a part for `right` that stands at `step`. Raises `StepRefused` when the table has no such row."""
    for rule in TABLE[move]:
        if step in rule.before and right in rule.rights:
            return rule.after
    raise StepRefused(right=right, step=step, move=move)


def allowed(right: RequestType, step: Status) -> tuple[Move, ...]:
    """The moves open to a part, in the table's order."""
    return tuple(move for move, rules in TABLE.items() if any(step in r.before and right in r.rights for r in rules))


def request_status(steps: Iterable[Status]) -> Status:
    """The least advanced open part; answered when none is open; closed when all are closed."""
    stands: Sequence[Status] = list(steps)
    order = list(Status)
    open_steps = [step for step in stands if step not in (Status.ANSWERED, Status.CLOSED)]
    if open_steps:
        return min(open_steps, key=order.index)
    if not stands:
        return Status.RECEIVED
    return Status.CLOSED if all(step is Status.CLOSED for step in stands) else Status.ANSWERED
