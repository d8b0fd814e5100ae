"""The person's own secret for a copy of high stake: asked at the download besides the code, known to nobody here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import BY_PACKAGE, ActorKind, EventKind, Outcome, PackageState, RequestType, Status, TokenPurpose
from dsar.models import AccessToken, DataSubjectRequest, Package, RequestEvent
from dsar.selectors import today_at_seat
from dsar.services import moves, tell, tokens

LEAST, LEAST_WORDS, LONGEST = 12, 4, 200
WAIT = timedelta(hours=24)  # before another one counts: time for the person to see the mail


class TooShort(DsarError):
    fr = "Choisissez au moins 12 caractères, ou 4 mots."
    en = "Choose at least 12 characters, or 4 words."


class TooEasy(DsarError):
    fr = "Cette phrase se devine : votre nom, votre adresse, une suite de touches. Choisissez-en une autre."
    en = "This one is easy to guess: your name, your address, a row of keys. Choose another."


class AlreadyChosen(DsarError):
    fr = "Une phrase secrète est déjà choisie. Pour en choisir une autre, demandez un code."
    en = "A pass-phrase is chosen already. To choose another, ask for a code."


class NotChosen(DsarError):
    """Fail closed: a copy of high stake does not open before a pass-phrase exists."""

    fr = "Cette copie contient des données sensibles : choisissez d’abord une phrase secrète."
    en = "This copy holds sensitive data: first choose a pass-phrase."


class NotYet(DsarError):
    fr = "Votre nouvelle phrase secrète sert à partir du {day} à {time}. Rien ne peut être téléchargé avant."
    en = "Your new pass-phrase works from {day} at {time}. Nothing can be downloaded before."


class WrongPhrase(DsarError):
    fr = "Cette phrase secrète n’est pas la bonne. Essais restants : {left}."
    en = "This pass-phrase is not right. Tries left: {left}."


class Frozen(DsarError):
    fr = "Trop d’essais avec une phrase secrète fausse. Demandez un nouveau code."
    en = "Too many tries with a wrong pass-phrase. Ask for a new code."


@dataclass(frozen=True)
class Standing:
    """What the pages say about it: to the person, and to staff, who see no more than this."""

    needed: bool  # the copy that is made or open holds data of high stake
    possible: bool  # a copy that is still to be made may hold some
    chosen: bool
    waits_until: datetime | None = None

    @property
    def missing(self) -> bool:
        return self.needed and not self.chosen


def standing(dsr: DataSubjectRequest, *, now: datetime) -> Standing:
    copy = next((one for one in dsr.packages.all() if one.state in (PackageState.READY, PackageState.RELEASED)), None)
    waits = dsr.pass_phrase_from if dsr.pass_phrase_from and now < dsr.pass_phrase_from else None
    return Standing(
        needed=copy is not None and needed(copy),
        possible=copy is None and _possible(dsr),
        chosen=bool(dsr.pass_phrase),
        waits_until=waits,
    )


def needed(package: Package) -> bool:
    """Whether the copy holds a row of a category that the register calls high stake; one that it no longer knows counts."""
    known = controller().categories
    held = [line["category"] for line in package.inventory if line["rows"]]
    return any(key not in known or known[key].high_stake for key in held)


def word_of(dsr: DataSubjectRequest, package: Package) -> str:
    """For mails about the copy: "" when none is needed, else "chosen" or "missing"."""
    return ("chosen" if dsr.pass_phrase else "missing") if needed(package) else ""


def _possible(dsr: DataSubjectRequest) -> bool:
    open_parts = dsr.parts.filter(right__in=BY_PACKAGE).exclude(step__in=[Status.ANSWERED, Status.CLOSED])
    rights = set(open_parts.exclude(outcome__in=[Outcome.REFUSED, Outcome.NOTHING_HELD]).values_list("right", flat=True))
    whole = RequestType.ACCESS in rights
    return bool(rights) and any(one.high_stake and (one.portable or whole) for one in controller().categories.values())


@transaction.atomic
def choose(*, dsr_id: UUID, phrase: str, now: datetime) -> None:
    """The first pass-phrase of a request, which counts at once. Raises `TooShort`, `TooEasy`, `AlreadyChosen`."""
    dsr = moves.locked(dsr_id)
    if dsr.pass_phrase:
        raise AlreadyChosen
    _set(dsr, _acceptable(dsr, phrase), now, counts_from=now)


def replace(*, dsr_id: UUID, code: str, phrase: str, now: datetime) -> None:
    """Another one, by a fresh code to the address that the answer goes to; it counts 24 hours later, and nothing opens before.

    Raises `TooShort`, `TooEasy` (the code is kept), `TokenRefused`.
    """
    kept = _acceptable(DataSubjectRequest.objects.get(pk=dsr_id), phrase)
    token = tokens.find(purpose=TokenPurpose.PASS_PHRASE, now=now, dsr_id=dsr_id, code=code)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        tokens.spend(token, now=now)
        tokens.end(dsr, TokenPurpose.DOWNLOAD, now=now)
        _set(dsr, kept, now, counts_from=now + WAIT, again=True)


def _set(dsr: DataSubjectRequest, phrase: str, now: datetime, *, counts_from: datetime, again: bool = False) -> None:
    dsr.pass_phrase, dsr.pass_phrase_from = make_password(phrase), counts_from
    dsr.save(update_fields=["pass_phrase", "pass_phrase_from"])
    event = RequestEvent.objects.record(
        dsr, EventKind.PASS_PHRASE_SET, at=now, actor_kind=ActorKind.DATA_SUBJECT, data={"again": again}
    )
    tell.tell(
        dsr,
        "pass_phrase_set",
        now=now,
        occasion=f"event-{event.sequence}",
        changed_date=today_at_seat(now),
        again=again,
        usable_from=today_at_seat(counts_from),
        usable_time=f"{timezone.localtime(counts_from):%H:%M}",
    )


def require_usable(dsr: DataSubjectRequest, package: Package, *, now: datetime) -> None:
    """Raises `NotChosen` or `NotYet` when the copy needs a pass-phrase that does not count yet."""
    if not needed(package):
        return
    if not dsr.pass_phrase:
        raise NotChosen
    if dsr.pass_phrase_from and now < dsr.pass_phrase_from:
        local = timezone.localtime(dsr.pass_phrase_from)
        raise NotYet(day=f"{local:%d/%m/%Y}", time=f"{local:%H:%M}")


def tried(dsr: DataSubjectRequest, package: Package, phrase: str, *, token: AccessToken, now: datetime) -> DsarError | None:
    """Why the phrase does not open the copy, or None. Runs in the caller's transaction, with the request locked.

    Returned and not raised, so that the try stays counted: five end every code that is out, and the person is told.
    """
    if not needed(package):
        return None
    token.refresh_from_db()
    if token.used_at:
        return tokens.TokenRefused("used")
    if check_password(_tidy(phrase), dsr.pass_phrase):
        return None
    token.tries += 1
    token.save(update_fields=["tries"])
    if token.tries < tokens.TRIES:
        return WrongPhrase(left=tokens.TRIES - token.tries)
    tokens.end(dsr, TokenPurpose.DOWNLOAD, now=now)
    event = RequestEvent.objects.record(dsr, EventKind.PASS_PHRASE_FROZEN, at=now, actor_kind=ActorKind.DATA_SUBJECT)
    tell.tell(dsr, "pass_phrase_frozen", now=now, occasion=f"event-{event.sequence}", frozen_date=today_at_seat(now))
    return Frozen()


def _acceptable(dsr: DataSubjectRequest, phrase: str) -> str:
    """The phrase as it is hashed. No rules of composition: length, and nothing that anybody would try first."""
    kept = _tidy(phrase)
    words = [word for word in kept.split(" ") if len(word) > 1]
    if (len(kept) < LEAST and len(words) < LEAST_WORDS) or len(kept) > LONGEST:
        raise TooShort
    bare = kept.casefold().replace(" ", "")
    theirs = (dsr.data_subject_name, dsr.email, dsr.delivery_email, dsr.reference, dsr.reference.replace("-", ""))
    if len(set(bare)) < 5 or bare in {one.casefold().replace(" ", "") for one in theirs}:
        raise TooEasy
    try:
        CommonPasswordValidator().validate(bare)
    except ValidationError as common:
        raise TooEasy from common
    return kept


def _tidy(phrase: str) -> str:
    """One spelling for what looks the same: a phone composes accents otherwise, and adds spaces."""
    return " ".join(unicodedata.normalize("NFKC", phrase).split())
