"""Letters and messages as they read, made from what is stored whenever they are asked for; for whoever prints and posts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.utils import timezone, translation

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import AT_ONCE, Channel, EventKind, Outcome, ReceiptEvidence, RequestType, Status, SubjectKind
from dsar.labels import asked, label
from dsar.models import DataSubjectRequest, RequestPart
from dsar.packaging.letter import mandate_letter, notice_letter, outcome_letter, receipt_letter
from dsar.selectors import today_at_seat
from dsar.services import execute, intake, tell
from identity import vault
from notifications.kinds import LANGUAGES
from notifications.models import Message

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


def receipt(dsr: DataSubjectRequest, *, now: datetime) -> bytes:
    """The receipt as a PDF in the person's language, the same at the counter, online and years later (LAW R-04).

    Rights and dates are those of the day of receipt: what changed since, the person was told by the notice of that change.
    """
    received = dsr.events.filter(kind=EventKind.RECEIVED).earliest("sequence")
    dates, today = intake.promised_dates(dsr.received_at), today_at_seat(now)
    with translation.override(dsr.language):
        return receipt_letter(
            language=dsr.language,
            controller=controller(),
            reference=dsr.reference,
            written_on=today,
            channel=Channel(dsr.channel),
            forwarded=received.data.get("evidence") == ReceiptEvidence.FORWARDED,
            rights=[str(asked(RequestType(right))) for right in received.data["rights"]],
            for_whom=SubjectKind(dsr.subject_kind),
            without_delay={RequestType(right) for right in received.data["rights"]} <= AT_ONCE,
            stopped=dsr.events.filter(kind=EventKind.SUPPRESSED).exists(),
            received_on=dates.receipt_date,
            working_date=dates.working_date,
            legal_limit=dates.legal_limit,
            late=dates.working_date < today and dsr.status not in (Status.ANSWERED, Status.CLOSED),
            moved=dsr.waiting_since is not None or dsr.legal_limit != dates.legal_limit,
            addressee=dsr.data_subject_name,
            postal_address=dsr.postal_address,
            follow_url=tell.absolute("public:follow", dsr.language) if dsr.answer_email else "",
        )


@cache
def mandate_model(language: str) -> bytes:
    """The mandate that a person can fill in, sign and give to whoever asks for them; made once in a process."""
    return mandate_letter(language=language, controller=controller(), written_on=today_at_seat(timezone.now()))


class WordsGone(DsarError):
    fr = "Ce message ne peut plus être lu : sa clé a été détruite, ou il n’est écrit qu’au départ."
    en = "This message can no longer be read: its key was destroyed, or it is written only when it leaves."


@dataclass(frozen=True)
class Shown:
    """A message as it was sent; only what would open something is covered."""

    subject: str
    text: str
    html: str


_CODE = re.compile(r"^\d{6}$", re.MULTILINE)
_CODE_IN_HTML = re.compile(r'(<p class="code">)\d{6}(</p>)')
_LINK_TOKEN = re.compile(r"(https?://[^\s<>\"]*/)[\w-]{24,}(?=/|\b)")
COVERED = "••••••"


def opened(message: Message) -> Shown:
    """What the message says. Codes and links that let somebody in are covered: no colleague may use them in the person's name.

    Raises `WordsGone`.
    """
    if not message.content:
        raise WordsGone
    try:
        stored = json.loads(vault.open_text(message.key_name, bytes(message.content)))
    except vault.KeyDestroyed:
        raise WordsGone from None
    html = _CODE_IN_HTML.sub(rf"\g<1>{COVERED}\g<2>", _covered(stored["html"]))
    return Shown(stored["subject"], _CODE.sub(COVERED, _covered(stored["text"])), html)


def _covered(words: str) -> str:
    return _LINK_TOKEN.sub(rf"\g<1>{COVERED}", words)


def message_letter(dsr: DataSubjectRequest, message: Message) -> bytes:
    """A message as a letter in the person's language, made from what is stored. Raises `WordsGone`."""
    shown = opened(message)
    inside = re.search(r"<main>(.*)</main>", shown.html, re.DOTALL)
    return notice_letter(
        language=message.language if message.language in LANGUAGES else "en",
        controller=controller(),
        reference=dsr.reference,
        written_on=today_at_seat(message.created_at),
        subject=shown.subject,
        body=inside[1] if inside else "",
        addressee=dsr.data_subject_name,
        postal_address=dsr.postal_address,
        identifier=f"{dsr.reference}/{message.pk}",
    )
