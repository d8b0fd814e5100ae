"""Asks the person for proof, on a recorded doubt alone, and keeps the question open until something sufficient has arrived.

GDPR Art. 12(6), LAW R-21 to R-31: the doubt and its words are told to the person; what would be enough starts with ways that
need no document; the time limit pauses from the day the question left to the day the sufficient proof arrived; what is not
enough ends nothing; nobody is closed silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from dsar.controller import Documents, controller
from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import IDENTITY_DOUBTS, MANDATE_DOUBTS, Compared
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    AT_ONCE,
    ActorKind,
    Doubt,
    EventKind,
    Outcome,
    PauseKind,
    Status,
    TokenPurpose,
)
from dsar.labels import label, told
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.selectors import today_at_seat
from dsar.selectors.identity import last_asked_at, open_question, pending_proofs, waiting_parts
from dsar.services import moves, on_file, papers, pause, tell, tokens
from identity import vault

LONGEST_WORDS = 2000
_DIGITS = re.compile(r"\d(?:[\s.\-/]?\d){2,}")  # three digits and more, however they are written
_ADDRESS = re.compile(r"[^\s<>()]+@[^\s<>()]+")


class DoubtNeeded(DsarError):
    fr = "Un justificatif ne se demande que sur un doute : choisissez-le et écrivez pourquoi (RGPD, art. 12(6))."
    en = "Proof may only be asked for because of a doubt: choose it and write why (GDPR Art. 12(6))."


class RevealsTheFile(DsarError):
    fr = "Ces mots peuvent révéler ce que nos fichiers contiennent : « {found} ». Dites le doute sans numéro, adresse ni donnée."
    en = "These words may reveal what is on file: “{found}”. Tell the doubt without any number, address or item of data."


class DocumentsNever(DsarError):
    fr = "Votre organisme ne demande pas de pièce d’identité (controller.toml). Proposez les autres moyens."
    en = "Your organisation does not ask for identity documents (controller.toml). Offer the other ways."


class NothingToAsk(DsarError):
    fr = "Ce dossier n’attend aucune preuve d’identité. Rechargez la page."
    en = "This case is not waiting for any proof of identity. Reload the page."


class NoQuestion(DsarError):
    fr = "Aucune question n’est ouverte sur ce dossier : posez-la d’abord."
    en = "No question is open on this case: ask it first."


class ArrivedInTheFuture(DsarError):
    fr = "Le jour d’arrivée est dans le futur : donnez un jour jusqu’à aujourd’hui."
    en = "The day of arrival is in the future: give a day up to today."


@transaction.atomic
def ask_identity(
    *, dsr_id: UUID, officer: User, doubt: Doubt | None, words: str, now: datetime, document: bool | None = None
) -> RequestEvent:
    """Ask who this is, on a recorded doubt. `document` asks for an upload link; None takes the controller's policy."""
    dsr = moves.locked(dsr_id)
    may = controller().identity.documents is not Documents.NEVER
    if document and not may:
        raise DocumentsNever
    words = _checked(dsr, officer, doubt, IDENTITY_DOUBTS, words)
    assert doubt is not None  # _checked refused that
    return _ask(dsr, doubt, officer, words, now, document=may if document is None else document)


@transaction.atomic
def ask_mandate(
    *, dsr_id: UUID, officer: User, doubt: Doubt | None, words: str, now: datetime, missing: Sequence[Compared] = ()
) -> RequestEvent:
    """Ask for the mandate, the parental authority or the tie to the deceased; the same effect on the clock (LAW R-31)."""
    dsr = moves.locked(dsr_id)
    words = _checked(dsr, officer, doubt, MANDATE_DOUBTS, words)
    assert doubt is not None
    return _ask(dsr, doubt, officer, words, now, document=True, missing=missing)


@transaction.atomic
def ask_again(*, dsr_id: UUID, officer: User, words: str, now: datetime) -> None:
    """What arrived is not enough, or nothing did: say why, and ask once more. It ends no pause and starts none."""
    dsr = moves.locked(dsr_id)
    question = open_question(dsr)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if question is None:
        raise NoQuestion
    doubt = Doubt(question.data["doubt"])
    words = _checked(dsr, officer, doubt, tuple(Doubt), words)
    proofs = pending_proofs(dsr)
    if proofs:
        event = RequestEvent.objects.record(
            dsr,
            EventKind.PROOF_INSUFFICIENT,
            at=now,
            actor=officer,
            data={"kind": PauseKind.IDENTITY.value, "proofs": len(proofs)},
            text=words,
        )
    else:
        data = {"asks": PauseKind.IDENTITY.value}
        event = RequestEvent.objects.record(dsr, EventKind.MESSAGE_TO_SUBJECT, at=now, actor=officer, data=data, text=words)
    papers.destroy_all(dsr, now=now, officer=officer)
    document = doubt in MANDATE_DOUBTS or controller().identity.documents is not Documents.NEVER
    _tell(dsr, doubt, words, now, late=bool(question.data.get("late")), document=document, occasion=event.sequence)


def _checked(dsr: DataSubjectRequest, officer: User, doubt: Doubt | None, doubts: Sequence[Doubt], words: str) -> str:
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.identified_at or not waiting_parts(dsr):
        raise NothingToAsk
    words = words.strip()
    if doubt not in doubts or not words or len(words) > LONGEST_WORDS:
        raise DoubtNeeded
    if found := reveals(dsr, words):
        raise RevealsTheFile(found=found)
    return words


def reveals(dsr: DataSubjectRequest, words: str) -> str:
    """What in these words could tell a stranger what is on file, or "": digits, an address, a value that a source holds."""
    known = {dsr.email.casefold(), controller().dpo.email.casefold()}
    for pattern in (_ADDRESS, _DIGITS):
        for found in pattern.finditer(words):
            if found.group().strip(".,;:").casefold() not in known:
                return found.group()
    said = " ".join([dsr.data_subject_name, dsr.other_names, *map(str, dsr.about.values())]).casefold()
    plain = words.casefold()
    for file in on_file.files(dsr):
        for fact in file.facts:
            value = fact.value.casefold()
            if len(value) > 2 and value not in said and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", plain):
                return fact.value
    return ""


def _ask(
    dsr: DataSubjectRequest,
    doubt: Doubt,
    officer: User,
    words: str,
    now: datetime,
    *,
    document: bool,
    missing: Sequence[Compared] = (),
) -> RequestEvent:
    for part in dsr.parts.filter(step=Status.RECEIVED).exclude(right__in=AT_ONCE):
        part.dsr = dsr
        moves.move(part, Move.ASK_IDENTITY)
    event = pause.pause(dsr, PauseKind.IDENTITY, officer=officer, words=words, now=now, doubt=doubt)
    late = bool(event.data.get("late"))
    _tell(dsr, doubt, words, now, late=late, document=document, occasion=event.sequence, missing=missing)
    return event


def _tell(
    dsr: DataSubjectRequest,
    doubt: Doubt,
    words: str,
    now: datetime,
    *,
    late: bool,
    document: bool,
    occasion: int,
    missing: Sequence[Compared] = (),
) -> None:
    """The question in their language. The old link dies with the new one; a letter carries none."""
    tokens.end(dsr, TokenPurpose.IDENTITY, now=now)
    link = ""
    if dsr.answer_email:
        _, _, secret = tokens.issue(dsr, TokenPurpose.IDENTITY, now=now)
        link = tell.absolute("public:identity_link", dsr.language, secret)
    kind = message_kind(doubt)
    context = question(dsr, doubt, words, now=now, late=late, document=document, link=link, missing=missing)
    if tell.tell(dsr, kind, now=now, occasion=f"event-{occasion}", **context) is None:
        raise tell.NoAddress  # a question that cannot leave pauses nothing


def message_kind(doubt: Doubt) -> str:
    return "mandate_request" if doubt in MANDATE_DOUBTS else "identity_request"


def question(
    dsr: DataSubjectRequest,
    doubt: Doubt,
    words: str,
    *,
    now: datetime,
    late: bool,
    document: bool,
    link: str,
    missing: Sequence[Compared] = (),
) -> dict[str, Any]:
    """What the letter says (LAW section 4), for the preview and for sending alike."""
    today = today_at_seat(now)
    context: dict[str, Any] = {
        "doubt": told(doubt),
        "words": words,
        "link": link,
        "link_days": tokens.LINK_LIVES[TokenPurpose.IDENTITY].days,
        "suspended": not late,
        "asked_date": today,
        "closes_date": closes_on(today),
    }
    if doubt in MANDATE_DOUBTS:
        return {**context, "missing": [MISSING[code][0 if dsr.language == "fr" else 1] for code in missing if code in MISSING]}
    return {**context, "ways": gentle_ways(dsr.language), "document": document}


def closes_on(asked: date) -> date:
    """When a question asked on this day closes the request, should nobody answer."""
    return asked + timedelta(days=controller().identity.unanswered_days)


def gentle_ways(language: str) -> list[str]:
    """What is enough without any document, gentlest first."""
    if language == "fr":
        return [
            "recevoir un code au contact que nous avons déjà pour vous, et le taper sur la page de votre demande",
            "demander que nous vous rappelions au numéro de votre dossier",
            "passer à l’accueil de votre campus",
        ]
    return [
        "get a code at a contact that we already have for you, and type it on the page of your request",
        "ask us to call you back at the number in your file",
        "come to the front desk of your campus",
    ]


MISSING: dict[Compared, tuple[str, str]] = {
    Compared.MANDATE_PROXY: (
        "de quoi vérifier qui vous êtes, vous qui agissez",
        "something that shows who you are, since you act for somebody else",
    ),
    Compared.MANDATE_RIGHTS: ("les droits que le mandat couvre", "which rights the mandate covers"),
    Compared.MANDATE_DURATION: ("la durée du mandat", "how long the mandate lasts"),
    Compared.MANDATE_OBJECT: ("son objet précis : quelles données", "exactly what it covers: which data"),
    Compared.MANDATE_RECEIVES: (
        "qui reçoit la réponse : vous ou la personne",
        "who receives the answer: you or the person",
    ),
    Compared.PARENT_TIE: (
        "ce qui montre votre lien avec l’enfant (page du livret de famille, extrait de jugement)",
        "what shows your relationship to the child (a page of the family record book, an extract of a judgment)",
    ),
    Compared.CHILD_AGE: ("l’âge de l’enfant", "the child’s age"),
    Compared.DEATH: ("un acte de décès", "a death certificate"),
    Compared.HEIR_TIE: (
        "ce qui montre votre lien avec la personne décédée",
        "what shows your relationship to the person who died",
    ),
    Compared.DIRECTIVES: (
        "les directives que la personne a laissées, s’il y en a",
        "the directives that the person left, if any",
    ),
}


@transaction.atomic
def proof_arrived(
    *, dsr_id: UUID, how: str, arrived_at: datetime, now: datetime, officer: User | None = None, words: str = ""
) -> RequestEvent:
    """Something arrived that may settle identity: a paper, a letter, a mail, a call. A person judges it; no pause ends here."""
    dsr = moves.locked(dsr_id)
    if officer is not None and not officer.may_act_on_cases:
        raise moves.NotAllowed
    if arrived_at > now:
        raise ArrivedInTheFuture
    return RequestEvent.objects.record(
        dsr,
        EventKind.PROOF_RECEIVED,
        at=now,
        actor=officer,
        actor_kind=None if officer else ActorKind.DATA_SUBJECT,
        data={"kind": PauseKind.IDENTITY.value, "how": how, "arrived_at": arrived_at.isoformat()},
        text=words,
    )


def close_unanswered(now: datetime) -> int:
    """Close, with a notice, the requests whose question about identity nobody answered for as long as the controller waits."""
    limit = today_at_seat(now) - timedelta(days=controller().identity.unanswered_days)
    waiting = DataSubjectRequest.objects.open().filter(
        waiting_for=PauseKind.IDENTITY, waiting_since__lte=limit, identified_at__isnull=True
    )
    return sum(_close_one(dsr_id, limit, now) for dsr_id in waiting.values_list("pk", flat=True))


@transaction.atomic
def _close_one(dsr_id: UUID, limit: date, now: datetime) -> bool:
    dsr = moves.locked(dsr_id)
    asked = last_asked_at(dsr)
    if dsr.identified_at or asked is None or today_at_seat(asked) > limit or pending_proofs(dsr):
        return False  # asked again since, answered meanwhile, or something waits for us
    if dsr.events.filter(kind=EventKind.REOPENED, at__gt=asked).exists():
        return False  # somebody took it up again: it is theirs until they ask once more
    for part in dsr.parts.filter(step__in=[Status.RECEIVED, Status.IDENTIFYING]).exclude(right__in=AT_ONCE):
        part.dsr = dsr
        part.outcome, part.decided_at, part.answered_at = Outcome.CANNOT_IDENTIFY, now, now
        part.reasons = vault.seal_text(dsr.key_name, str(label(Outcome.CANNOT_IDENTIFY)))
        moves.move(part, Move.REFUSE_IDENTITY)
        moves.move(part, Move.CLOSE)
    tokens.end(dsr, TokenPurpose.IDENTITY, TokenPurpose.ON_FILE, now=now)
    papers.destroy_all(dsr, now=now)
    if dsr.status == Status.CLOSED:
        dsr.closed_at, dsr.next_at = now, None
        dsr.save(update_fields=["closed_at", "next_at"])
    days = controller().identity.unanswered_days
    event = RequestEvent.objects.record(dsr, EventKind.CLOSED, at=now, data={"because": "no_proof", "days": days})
    tell.tell(
        dsr,
        "closed_without_proof",
        now=now,
        occasion=f"event-{event.sequence}",
        asked_date=today_at_seat(asked),
        unanswered_days=days,
    )
    return True
