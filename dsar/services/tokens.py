"""One-time codes and links: for one purpose, one request and one address; a GET never spends them, a POST does."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import ActorKind, EventKind, TokenPurpose
from dsar.labels import label
from dsar.models import AccessToken, DataSubjectRequest, RequestEvent
from dsar.services import tell
from identity.vault import keyed_hash

TRIES = 5
RESEND_SECONDS = 60
CODES_PER_HOUR = 6
NOBODY = UUID(int=0)  # the request of who asked for an unknown one: its codes are looked for all the same
LINK_VIEWS = {
    TokenPurpose.CONFIRM_EMAIL: "public:confirm",
    TokenPurpose.FOLLOW: "public:follow_link",
}
# Typed on the page that asked for it.
CODE_ALONE = frozenset({TokenPurpose.DOWNLOAD, TokenPurpose.CHANGE_ADDRESS, TokenPurpose.PASS_PHRASE})
LINK_LIVES = {TokenPurpose.IDENTITY: timedelta(days=14)}  # a paper is not found in half an hour (SECURITY T3)
SENT_ELSEWHERE = frozenset({TokenPurpose.ON_FILE})  # to a contact that the sources hold, whatever address was given


class TokenRefused(DsarError):
    """A code or link that does not open anything; `reason` is wrong, expired, used or too_many."""

    _sentences = {
        "wrong": (
            "Ce code n’est pas le bon. Vérifiez les 6 chiffres du dernier e-mail.",
            "This code is not right. Check the 6 digits of the latest email.",
        ),
        "expired": (
            "Ce code ou ce lien n’est plus valable. Demandez-en un nouveau.",
            "This code or link is no longer valid. Ask for a new one.",
        ),
        "used": (
            "Ce code ou ce lien a déjà servi. Demandez-en un nouveau.",
            "This code or link has already been used. Ask for a new one.",
        ),
        "too_many": (
            "Trop d’essais avec un mauvais code. Demandez-en un nouveau.",
            "Too many tries with a wrong code. Ask for a new one.",
        ),
    }

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()

    def sentence(self, language: str) -> str:
        return self._sentences[self.reason][0 if language == "fr" else 1]


class TooSoon(DsarError):
    fr = "Un code vient d’être envoyé. Attendez une minute avant d’en demander un autre ; regardez aussi les indésirables."
    en = "A code has just been sent. Wait a minute before you ask for another; look in your spam folder too."


class TooManyCodes(TooSoon):
    """Said before anything is sent: a code that leaves an hour late opens nothing (SECURITY T14)."""

    fr = "Beaucoup de messages sont déjà partis vers cette adresse. Le prochain code peut partir le {day} à {time} ; ceux d’avant restent valables 15 minutes."  # noqa: E501
    en = "Many messages have already been sent to this address. The next code can be sent on {day} at {time}; those from before stay valid for 15 minutes."  # noqa: E501


def issue(dsr: DataSubjectRequest, purpose: TokenPurpose, *, now: datetime, to: str = "") -> tuple[AccessToken, str, str]:
    """A fresh token for the request's address; returns it with the code (6 digits) and the link's secret (192 random bits).

    `to` is another address that it is sent to. The new link replaces the older ones of the request and purpose, which open
    nothing any more; an older code stays valid to its own limit, so that mails that cross do not lock anyone out.
    """
    dsr.tokens.filter(purpose=purpose, used_at__isnull=True, link_expires_at__gt=now).update(link_expires_at=now)
    code, link = f"{secrets.randbelow(1_000_000):06d}", secrets.token_urlsafe(24)
    token = AccessToken.objects.create(
        dsr=dsr,
        purpose=purpose,
        audience_hash=keyed_hash(to.lower(), "audience") if to else _audience(dsr),
        code_hash=_code_hash(dsr.pk, purpose, code),
        link_hash=_link_hash(purpose, link),
        created_at=now,
        code_expires_at=now + timedelta(minutes=settings.CODE_MINUTES),
        link_expires_at=now + LINK_LIVES.get(purpose, timedelta(minutes=settings.LINK_MINUTES)),
    )
    return token, code, link


@transaction.atomic
def send_code(*, dsr: DataSubjectRequest, purpose: TokenPurpose, now: datetime, at_once: bool = False) -> None:
    """Mail a fresh code (and link) to the request's address, at once. Raises `TooSoon` within a minute or over six an hour.

    Raises `TooManyCodes` when a mailbox that nobody confirmed has had its mails of the hour or the day: who asks for a code
    gets it in time, or reads when to ask again. What a member of staff causes leaves in any case (`at_once`).
    """
    DataSubjectRequest.objects.select_for_update().get(pk=dsr.pk)
    # What went to another address keeps nobody waiting at this one, nor a change of address from being made.
    recent = dsr.tokens.filter(purpose=purpose, audience_hash=_audience(dsr), created_at__gt=now - timedelta(hours=1))
    if recent.filter(created_at__gt=now - timedelta(seconds=RESEND_SECONDS)).exists() or recent.count() >= CODES_PER_HOUR:
        raise TooSoon
    if not dsr.email_confirmed_at and not at_once and (after := tell.code_budget(dsr.answer_email, now)):
        local = timezone.localtime(after)
        raise TooManyCodes(day=f"{local:%d/%m/%Y}", time=f"{local:%H:%M}")
    token, code, link = issue(dsr, purpose, now=now)
    tell.tell(
        dsr,
        "code",
        now=now,
        within_budget=False,
        occasion=f"token-{token.pk}",
        code=code,
        link="" if purpose in CODE_ALONE else tell.absolute(LINK_VIEWS[purpose], dsr.language, link),
        code_minutes=settings.CODE_MINUTES,
        purpose_label=label(purpose),
    )
    RequestEvent.objects.record(
        dsr, EventKind.CODE_ISSUED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data={"purpose": purpose.value}
    )


def find(*, purpose: TokenPurpose, now: datetime, dsr_id: UUID | None = None, code: str = "", link: str = "") -> AccessToken:
    """The live token behind a code (with its request) or a link. Raises `TokenRefused`; a wrong code counts as a try.

    Call it outside of a transaction: the try must stay counted when the caller gives up. A wrong code costs the same two
    queries whether the request exists or not (SECURITY T16).
    """
    if link:
        token = AccessToken.objects.filter(link_hash=_link_hash(purpose, link), purpose=purpose).select_related("dsr").first()
        if token is None:
            raise TokenRefused("wrong")
        return _live(token, token.link_expires_at, now)
    digits = re.sub(r"\D", "", code)  # spaces, hyphens and what else groups them
    sent = AccessToken.objects.filter(dsr_id=dsr_id or NOBODY, purpose=purpose)
    tokens = list(sent.select_related("dsr"))
    digest = _code_hash(dsr_id or NOBODY, purpose, digits)
    for token in tokens:
        if compare_digest(token.code_hash, digest) and token.tries < TRIES:
            return _live(token, token.code_expires_at, now)
    sent.filter(used_at__isnull=True, tries__lt=TRIES).update(tries=F("tries") + 1)
    raise TokenRefused("too_many" if tokens and all(token.tries >= TRIES for token in tokens) else "wrong")


def spend(token: AccessToken, *, now: datetime) -> None:
    """Use the token up, once whatever happens at the same time. Raises `TokenRefused("used")` for every other claimant."""
    if not AccessToken.objects.filter(pk=token.pk, used_at__isnull=True).update(used_at=now):
        raise TokenRefused("used")


def end(dsr: DataSubjectRequest, *purposes: TokenPurpose, now: datetime) -> None:
    """Codes and links of these purposes open nothing any more."""
    dsr.tokens.filter(purpose__in=purposes, used_at__isnull=True).update(used_at=now)


def redeem(
    *, purpose: TokenPurpose, now: datetime, dsr_id: UUID | None = None, code: str = "", link: str = ""
) -> DataSubjectRequest:
    """Find and spend in one go, for a page that only opens something. Raises `TokenRefused`."""
    token = find(purpose=purpose, now=now, dsr_id=dsr_id, code=code, link=link)
    spend(token, now=now)
    return token.dsr


def peek_link(link: str, purpose: TokenPurpose, now: datetime) -> DataSubjectRequest | None:
    """Whose link it is, for the page with one button; changes nothing, however often a mail scanner opens it."""
    try:
        return find(purpose=purpose, now=now, link=link).dsr
    except TokenRefused:
        return None


def _live(token: AccessToken, limit: datetime, now: datetime) -> AccessToken:
    if token.used_at:
        raise TokenRefused("used")
    moved = token.audience_hash != _audience(token.dsr) and token.purpose not in SENT_ELSEWHERE
    if now >= limit or moved:  # a changed address kills what was sent to the old one
        raise TokenRefused("expired")
    return token


def _audience(dsr: DataSubjectRequest) -> str:
    return keyed_hash(dsr.answer_email.lower(), "audience")


def _code_hash(dsr_id: UUID, purpose: TokenPurpose, code: str) -> str:
    return keyed_hash(f"{dsr_id}:{purpose}:{code}", "code")


def _link_hash(purpose: TokenPurpose, link: str) -> str:
    return keyed_hash(f"{purpose}:{link}", "link")
