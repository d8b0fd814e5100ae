"""Messages that a person must see to: letters to print and post, mails that could not be delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from dsar.models import DataSubjectRequest, User
from notifications.models import Message, MessageState

TO_SEE_TO = Q(state=MessageState.TO_POST) | Q(state=MessageState.UNDELIVERABLE, settled_at__isnull=True)


@dataclass(frozen=True)
class MailToSeeTo:
    """How many messages of one case wait for a person."""

    letters: int = 0
    undelivered: int = 0


def undelivered() -> QuerySet[Message]:
    """Mails that could not be delivered and that nobody has dealt with."""
    return Message.objects.filter(state=MessageState.UNDELIVERABLE, settled_at__isnull=True)


def attach_mail(requests: Iterable[DataSubjectRequest]) -> None:
    """Bring along what waits for each of many requests, in one query for all."""
    requests = list(requests)
    found: dict[str, dict[str, int]] = {}
    waiting = Message.objects.filter(TO_SEE_TO, reference__in=[dsr.reference for dsr in requests])
    for reference, state, count in waiting.values_list("reference", "state").annotate(n=Count("pk")).order_by():
        found.setdefault(reference, {})[state] = count
    for dsr in requests:
        of = found.get(dsr.reference, {})
        dsr.__dict__["mail"] = MailToSeeTo(of.get(MessageState.TO_POST, 0), of.get(MessageState.UNDELIVERABLE, 0))


def mail_to_see_to(dsr: DataSubjectRequest) -> MailToSeeTo:
    """What waits for this request, asked once."""
    if "mail" not in dsr.__dict__:
        attach_mail([dsr])
    found: MailToSeeTo = dsr.__dict__["mail"]
    return found


def post_room(user: User) -> list[tuple[DataSubjectRequest, Message]]:
    """Every message of this user's cases that waits for a person, the oldest first."""
    waiting = Message.objects.filter(TO_SEE_TO).order_by("created_at")
    cases = DataSubjectRequest.objects.visible_to(user).filter(reference__in=waiting.values("reference"))
    by_reference = {dsr.reference: dsr for dsr in cases}
    return [(by_reference[message.reference], message) for message in waiting if message.reference in by_reference]


def post_room_count(user: User) -> int:
    """How many messages wait, for the navigation."""
    visible = DataSubjectRequest.objects.visible_to(user)
    return Message.objects.filter(TO_SEE_TO, reference__in=visible.values("reference")).count()
