"""The steps of the ladder between the address given and a document, each recorded with who, when and what it shows.

A code goes to a contact that the *sources* hold, whatever address was typed; facts are compared with a source by an officer. Both
are gentler than a paper (GDPR Art. 12(6)). Nobody outside learns whether an address exists, nor which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import FACTS_MEANS, Compared
from dsar.domain.vocabulary import (
    Act,
    ActorKind,
    ApprovalState,
    EventKind,
    Ground,
    IdentityMeans,
    Outcome,
    PauseKind,
    TokenPurpose,
)
from dsar.models import AccessToken, Approval, DataSubjectRequest, RequestEvent, User
from dsar.selectors.identity import waiting_parts
from dsar.services import ask, decide, moves, on_file, tell, tokens, verify
from dsar.services.bell import ring_for

CODES_PER_DAY = 3  # to a contact on file, which may be a stranger's mailbox


class FactsNeeded(DsarError):
    fr = "Cochez ce que vous avez comparé, et écrivez en quelques mots comment."
    en = "Tick what you compared, and write in a few words how."


class NoSuchAddress(DsarError):
    fr = "Cette adresse ne figure plus dans nos fichiers. Rechargez la page."
    en = "This address is no longer on file. Reload the page."


class EnoughCodes(DsarError):
    fr = "Assez de codes sont partis aujourd’hui. Proposez un autre moyen."
    en = "Enough codes have been sent today. Offer another way."


class AlreadyProposed(DsarError):
    fr = "Un refus attend déjà une deuxième personne. Rechargez le dossier."
    en = "A refusal is already waiting for a second person. Reload the case."


@transaction.atomic
def check_facts(
    *,
    dsr_id: UUID,
    officer: User,
    means: IdentityMeans,
    compared: Sequence[Compared],
    fits: bool,
    words: str,
    now: datetime,
) -> RequestEvent:
    """An officer compared facts with a source: by calling back, at a counter, by known details. Codes are kept, no values."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.identified_at or not waiting_parts(dsr):
        raise ask.NothingToAsk
    if means not in FACTS_MEANS or not compared or not words.strip():
        raise FactsNeeded
    return verify.record_facts(dsr, officer, means, compared, fits=fits, words=words, now=now)


# A code to a contact on file


def want_code(*, dsr_id: UUID, now: datetime) -> None:
    """The person asks for a code to the contact that we hold. The worker looks for one, so that the answer tells nothing."""
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at or not waiting_parts(dsr):
            return
        if _sent_since(dsr, now - timedelta(seconds=tokens.RESEND_SECONDS)) or _wanted(dsr) is not None:
            return  # one is on its way
        _note_code(dsr, now, wanted=True)
        moves.look_at(dsr, now)
        ring_for(dsr.pk)


def send_wanted_code(*, dsr_id: UUID, now: datetime) -> None:
    """In the worker: send what the person asked for, when exactly one person's files are found and an address is among them."""
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    if dsr.identified_at or _wanted(dsr) is None:
        return
    found = on_file.files(dsr)
    addresses = () if on_file.several_people(found) else on_file.addresses(found)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at or _wanted(dsr) is None:
            return
        if not addresses or _codes_today(dsr, now) >= CODES_PER_DAY:
            _note_code(dsr, now, sent=False)
        else:
            _send(dsr, addresses[0], None, now)


@transaction.atomic
def send_code_on_file(*, dsr_id: UUID, officer: User, mark: str, now: datetime) -> None:
    """An officer sends a code to one of the addresses on file, chosen masked."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.identified_at or not waiting_parts(dsr):
        raise ask.NothingToAsk
    address = next((one for one in on_file.addresses(on_file.files(dsr)) if one.mark == mark), None)
    if address is None:
        raise NoSuchAddress
    if _codes_today(dsr, now) >= CODES_PER_DAY:
        raise EnoughCodes
    if _sent_since(dsr, now - timedelta(seconds=tokens.RESEND_SECONDS)):
        raise tokens.TooSoon
    _send(dsr, address, officer, now)


def _send(dsr: DataSubjectRequest, address: on_file.Address, officer: User | None, now: datetime) -> None:
    token, code, _ = tokens.issue(dsr, TokenPurpose.ON_FILE, now=now, to=address.value)
    tell.tell_address(
        dsr,
        "code_on_file",
        to=address.value,
        now=now,
        occasion=f"token-{token.pk}",
        code=code,
        code_minutes=settings.CODE_MINUTES,
    )
    _note_code(dsr, now, officer, sent=True)


def _note_code(dsr: DataSubjectRequest, now: datetime, officer: User | None = None, **codes: bool) -> None:
    by = ActorKind.DATA_SUBJECT if codes.get("wanted") else None
    data: dict[str, str | bool] = {"purpose": TokenPurpose.ON_FILE.value, **codes}
    RequestEvent.objects.record(dsr, EventKind.CODE_ISSUED, at=now, actor=officer, actor_kind=by, data=data)


def _wanted(dsr: DataSubjectRequest) -> RequestEvent | None:
    """The person's wish for a code that no worker has answered yet."""
    last = dsr.events.filter(kind=EventKind.CODE_ISSUED, data__purpose=TokenPurpose.ON_FILE.value).order_by("-sequence").first()
    return last if last is not None and last.data.get("wanted") else None


def _sent_since(dsr: DataSubjectRequest, since: datetime) -> bool:
    return dsr.tokens.filter(purpose=TokenPurpose.ON_FILE, created_at__gt=since).exists()


def _codes_today(dsr: DataSubjectRequest, now: datetime) -> int:
    return dsr.tokens.filter(purpose=TokenPurpose.ON_FILE, created_at__gt=now - timedelta(days=1)).count()


def answer_code_on_file(*, dsr_id: UUID, code: str, now: datetime) -> bool:
    """The person types the code that went to the contact on file. True when that settles it; else a member of staff decides.

    Raises `TokenRefused`.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    token = tokens.find(purpose=TokenPurpose.ON_FILE, now=now, dsr_id=dsr.pk, code=code)
    one_person = not on_file.several_people(on_file.files(dsr))
    return _answered(token, one_person, now)


@transaction.atomic
def _answered(token: AccessToken, one_person: bool, now: datetime) -> bool:
    dsr = moves.locked(token.dsr_id)
    tokens.spend(token, now=now)
    ask.proof_arrived(dsr_id=dsr.pk, how="code_on_file", arrived_at=now, now=now)
    alone = dsr.subject_kind in verify.RECOGNISED_ALONE and one_person and dsr.identified_at is None
    if not alone or not verify.settles_by_itself(dsr, IdentityMeans.EMAIL_ON_FILE):
        return False
    verify.establish(dsr, IdentityMeans.EMAIL_ON_FILE, None, "", now)
    return True


# Refusing takes two people


@transaction.atomic
def propose_refusal(*, dsr_id: UUID, officer: User, means: IdentityMeans, reason: str, now: datetime) -> Approval:
    """Propose to answer that we cannot identify the person (GDPR Art. 11(2), 12(2)); a second one agrees, then they are told."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.identified_at or not waiting_parts(dsr):
        raise ask.NothingToAsk
    if not reason.strip():
        raise verify.ReasonNeeded
    if verify.open_refusals(dsr).filter(state=ApprovalState.PROPOSED, expires_at__gt=now).exists():
        raise AlreadyProposed
    payload = {
        "about": PauseKind.IDENTITY.value,
        "means": means.value,
        "outcome": Outcome.CANNOT_IDENTIFY.value,
        "grounds": [Ground.ART_11_2.value],
    }
    return decide.propose(dsr, Act.REFUSE, officer=officer, payload=payload, reason=reason.strip(), now=now)
