"""The letter of an answered part, made from what is stored whenever it is asked for; for whoever prints and posts."""

from __future__ import annotations

from django.utils import translation

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.vocabulary import Outcome, RequestType
from dsar.labels import label
from dsar.models import RequestPart
from dsar.packaging.letter import outcome_letter
from dsar.services import execute
from identity import vault

NEGATIVE = frozenset({Outcome.PARTLY_GRANTED, Outcome.REFUSED, Outcome.CANNOT_IDENTIFY})


def part_letter(part: RequestPart) -> bytes:
    """PDF in the person's language. The part is answered."""
    dsr, who = part.dsr, controller()
    pack = rule_pack(who.rule_pack)
    outcome = Outcome(part.outcome)
    decided_at = part.decided_at or part.answered_at
    if decided_at is None:
        raise ValueError(f"part {part.pk} is not answered")
    with translation.override(dsr.language):
        return outcome_letter(
            language=dsr.language,
            controller=who,
            reference=dsr.reference,
            rights=[str(label(RequestType(part.right)))],
            received_on=local_date(dsr.received_at, pack),
            decided_on=local_date(decided_at, pack),
            outcome_label=str(label(outcome)),
            grounds=[str(label(ground)) for ground in execute.grounds_of(part)],
            facts=vault.open_text(dsr.key_name, bytes(part.reasons)) if part.reasons else "",
            granted_part=str(label(outcome)) if outcome is Outcome.PARTLY_GRANTED else "",
            recipient_name=dsr.data_subject_name,
            postal_address=dsr.postal_address,
            refusal=outcome in NEGATIVE,
        )
