"""Template tags about mail that arrived."""

from __future__ import annotations

from django import template

from dsar.models import DataSubjectRequest
from notifications.inbox_models import MailState, ReceivedMail

register = template.Library()


@register.simple_tag
def draft_mail(dsr: DataSubjectRequest) -> ReceivedMail | None:
    """The mail that opened this draft, while its rights are not named."""
    return ReceivedMail.objects.filter(reference=dsr.reference, state=MailState.DRAFT).first()
