"""The list of people whom no advertising may reach: written with the objection itself, in one transaction (GDPR Art. 21(3)).

It holds keyed hashes, from which nobody reads an address. Nothing has to be proven first: to stop advertising harms nobody,
whoever typed the address, while a wait for proof would let the next mailing pass.
"""

from __future__ import annotations

from datetime import date, datetime

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import add_months, local_date
from dsar.domain.vocabulary import EventKind, RequestType
from dsar.models import DataSubjectRequest, RequestEvent, Suppression
from dsar.services.person import THEMSELVES
from identity.vault import keyed_hash
from notifications.address import AddressRefused, normalise


def suppress(dsr: DataSubjectRequest, *, now: datetime) -> int:
    """Enter the addresses of whom a marketing objection is about; how many there were. Runs in the caller's transaction.

    An address that is there already keeps its first day and is kept as long as the latest objection asks.
    """
    if not dsr.parts.filter(right=RequestType.MARKETING_OBJECTION).exists():
        return 0
    hashes = {hash_of(address) for address in _addresses(dsr)}
    if not hashes:
        return 0
    until = add_months(_seat_day(now), 12 * controller().own_retention.suppression_years)
    Suppression.objects.bulk_create(
        [Suppression(address_hash=found, reference=dsr.reference, since=now, until=until) for found in sorted(hashes)],
        update_conflicts=True,
        unique_fields=["address_hash"],
        update_fields=["until"],
    )
    RequestEvent.objects.record(dsr, EventKind.SUPPRESSED, at=now, data={"addresses": len(hashes), "until": until.isoformat()})
    return len(hashes)


def is_suppressed(email: str, *, now: datetime) -> Suppression | None:
    """The entry that forbids advertising to this address, in whatever case it is written; None when there is none.

    Raises `AddressRefused` for what is no address.
    """
    return Suppression.objects.filter(address_hash=hash_of(normalise(email)), until__gte=_seat_day(now)).first()


def forget_old_entries(now: datetime) -> int:
    """Entries whose years are over."""
    gone, _ = Suppression.objects.filter(until__lt=_seat_day(now)).delete()
    return gone


def hash_of(address: str) -> str:
    """The fingerprint of a normalised address; letter case never tells two mailboxes apart here."""
    return keyed_hash(address.lower(), "suppression")


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
