"""Template tags about mail that arrived."""

from __future__ import annotations

from django import template

from dsar import selectors
from dsar.models import DataSubjectRequest
from notifications.inbox_models import MailState, ReceivedMail

register = template.Library()


@register.simple_tag
def draft_mail(dsr: DataSubjectRequest) -> ReceivedMail | None:
    """The mail that opened this draft, while its rights are not named."""
    return ReceivedMail.objects.filter(reference=dsr.reference, state=MailState.DRAFT).first()


@register.simple_tag
def unread_mails(dsr: DataSubjectRequest) -> list[ReceivedMail]:
    """Answers of the person that joined this case and that nobody has read."""
    return list(selectors.unread_answers().filter(reference=dsr.reference).order_by("received_at"))
