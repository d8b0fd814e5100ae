"""The list of people whom no advertising may reach: written with the objection itself, in one transaction (GDPR Art. 21(3)).

It holds keyed hashes, from which nobody reads an address. Nothing has to be proven first: to stop advertising harms nobody,
whoever typed the address, while a wait for proof would let the next mailing pass. Their key lies in the vault, so that an
objection outlives a change of SECRET_KEY and of the master keys; older entries, hashed under SECRET_KEY, are moved to it.
"""

from __future__ import annotations

from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import add_months, local_date
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import EventKind, RequestType
from dsar.models import DataSubjectRequest, RequestEvent, Suppression
from dsar.services.person import THEMSELVES
from identity import vault
from notifications.address import AddressRefused, normalise

KEY = "lists/suppression"

logger = structlog.get_logger(__name__)


class ListIncomplete(DsarError):
    """Fail closed: an address that is not found may be among the entries that cannot be compared."""

    fr = "La liste n’est pas complète : la clé de certaines entrées ({count}) n’est plus là. Ne faites pas de publicité."
    en = "The list is not complete: the key of some entries ({count}) is no longer here. Do not advertise."


def suppress(dsr: DataSubjectRequest, *, now: datetime) -> int:
    """Enter the addresses of whom a marketing objection is about; how many there were. Runs in the caller's transaction.

    An address that is there already keeps its first day and is kept as long as the latest objection asks.
    """
    if not dsr.parts.filter(right=RequestType.MARKETING_OBJECTION).exists():
        return 0
    keys = _keys()
    addresses = {address.lower() for address in _addresses(dsr)}
    if not addresses:
        return 0
    for address in addresses:
        _entry(address, keys)
    until = add_months(_seat_day(now), 12 * controller().own_retention.suppression_years)
    Suppression.objects.bulk_create(
        [
            Suppression(address_hash=found, key_mark=keys[0].mark, reference=dsr.reference, since=now, until=until)
            for found in sorted(keys[0].hash(address) for address in addresses)
        ],
        update_conflicts=True,
        unique_fields=["address_hash"],
        update_fields=["until"],
    )
    RequestEvent.objects.record(dsr, EventKind.SUPPRESSED, at=now, data={"addresses": len(addresses), "until": until.isoformat()})
    return len(addresses)


@transaction.atomic
def is_suppressed(email: str, *, now: datetime) -> Suppression | None:
    """The entry that forbids advertising to this address, in whatever case it is written; None when there is none.

    Raises `AddressRefused` for what is no address, `ListIncomplete` when it is not found and could not be compared with all.
    """
    keys, today = _keys(), _seat_day(now)
    entry = _entry(normalise(email).lower(), keys)
    if entry is not None and entry.until >= today:
        return entry
    if blind := _blind(keys).filter(until__gte=today).count():
        raise ListIncomplete(count=blind)
    return None


def forget_old_entries(now: datetime) -> int:
    """Entries whose years are over."""
    gone, _ = Suppression.objects.filter(until__lt=_seat_day(now)).delete()
    return gone


def move_old_entries() -> int:
    """Bring entries under SECRET_KEY to the list's own key, as far as their requests still name the addresses; how many.

    The others stay where they are, and are found as long as SECRET_KEY is the same; a look-up that finds one moves it.
    """
    keys, moved = _keys(), 0
    if blind := _blind(keys).count():
        logger.error("suppression entries under a key that is not here", count=blind)
    references = Suppression.objects.filter(key_mark__in=[key.mark for key in keys[1:]]).values_list("reference", flat=True)
    for dsr in DataSubjectRequest.objects.filter(reference__in=list(references)):
        with transaction.atomic():
            before = _under(keys[0]).count()
            for address in _addresses(dsr):
                _entry(address.lower(), keys)
            moved += _under(keys[0]).count() - before
    return moved


def _keys() -> tuple[vault.HashKey, ...]:
    """The key to write with, then the older ones to look with. An objection is written down whatever became of the vault's."""
    old = vault.secret_hash_key("suppression")
    try:
        return vault.lasting_hash_key(KEY), old
    except vault.VaultError as error:
        logger.error("the suppression list’s key cannot be read", reason=type(error).__name__)
        return (old,)


def _entry(address: str, keys: tuple[vault.HashKey, ...]) -> Suppression | None:
    """The entry of an address under whichever key, brought under the newest; letter case never tells two mailboxes apart here."""
    found = list(Suppression.objects.filter(address_hash__in=[key.hash(address) for key in keys]).order_by("since"))
    if not found:
        return None
    first, *others = found
    if others or first.key_mark != keys[0].mark:
        Suppression.objects.filter(pk__in=[one.pk for one in others]).delete()
        first.until = max(one.until for one in found)
        first.address_hash, first.key_mark = keys[0].hash(address), keys[0].mark
        first.save()
    return first


def _under(key: vault.HashKey) -> QuerySet[Suppression]:
    return Suppression.objects.filter(key_mark=key.mark)


def _blind(keys: tuple[vault.HashKey, ...]) -> QuerySet[Suppression]:
    """Entries that no key of ours can be compared with: SECRET_KEY changed before they were moved, or the vault lost its key."""
    return Suppression.objects.exclude(key_mark__in=[key.mark for key in keys])


def _addresses(dsr: DataSubjectRequest) -> list[str]:
    """What is known of the data subject's own addresses; a parent, a proxy or an heir keeps getting their own mail."""
    typed = list(dsr.identifiers.get("email", []))
    if dsr.subject_kind in THEMSELVES and dsr.email:
        typed.append(dsr.email)
    plain = []
    for address in typed:
        try:
            plain.append(normalise(address))
        except AddressRefused:
            continue  # written down by an officer from a letter: a person reads it
    return plain


def _seat_day(now: datetime) -> date:
    return local_date(now, rule_pack(controller().rule_pack))
