"""Mail that arrived: which of it a member of staff may see, and what waits for a person."""

from __future__ import annotations

from django.db.models import QuerySet

from dsar.domain.vocabulary import RequestType, Status
from dsar.models import DataSubjectRequest, RequestPart, User
from notifications.inbox_models import MailKind, MailState, ReceivedMail

MAIL_VIEWS = ("new", "aside", "joined", "done")


def mails_of(user: User) -> QuerySet[ReceivedMail]:
    """Mail of the cases that the user may see; mail without a case has no site and is for all-site staff."""
    if not user.is_authenticated or not user.may_read_cases:
        return ReceivedMail.objects.none()
    if user.all_sites:
        return ReceivedMail.objects.filter(is_copy=False)
    mine = DataSubjectRequest.objects.visible_to(user).values("reference")
    return ReceivedMail.objects.filter(is_copy=False, reference__in=mine)


def mails(user: User, view: str) -> QuerySet[ReceivedMail]:
    """One of the four lists, in the order of arrival: what waits oldest first, what is done newest first."""
    found = mails_of(user)
    match view:
        case "aside":
            return found.filter(state=MailState.SET_ASIDE).order_by("received_at")
        case "joined":
            return found.filter(state=MailState.JOINED).order_by("-received_at")
        case "done":
            return found.filter(state__in=[MailState.REGISTERED, MailState.DISCARDED]).order_by("-received_at")
    return found.filter(state=MailState.DRAFT, reference__in=_unread()).order_by("received_at")


def _unread() -> QuerySet[RequestPart, str]:
    """References of requests whose rights nobody has named, here or on the case page."""
    unread = RequestPart.objects.filter(right=RequestType.UNSPECIFIED).exclude(step=Status.CLOSED)
    return unread.values_list("dsr__reference", flat=True)


def unread_answers() -> QuerySet[ReceivedMail]:
    """Messages of people that joined a case by themselves and that nobody has marked as read."""
    return ReceivedMail.objects.filter(state=MailState.JOINED, settled_at__isnull=True).exclude(kind=MailKind.BOUNCE)


def mails_waiting(user: User) -> int:
    """How many messages wait for a person."""
    unread = unread_answers().filter(pk__in=mails_of(user).values("pk"))
    return mails(user, "new").count() + mails(user, "aside").count() + unread.count()


def case_is_visible(user: User, reference: str) -> bool:
    """Whether a page may link to this case."""
    return bool(reference) and DataSubjectRequest.objects.visible_to(user).filter(reference=reference).exists()
