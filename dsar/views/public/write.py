"""Words and files to the data protection team, from the status page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from dsar.domain.errors import DsarError
from dsar.forms.follow import MessageForm
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.services import attachments
from dsar.views.public import unsent
from dsar.views.public.arrived import arrived
from dsar.views.public.shared import now, posted, say, too_often, wait
from dsar.views.public.status import for_subject, show
from identity.documents import DocumentError
from identity.models import Purpose

MESSAGES_PER_HOUR = 30


@for_subject
@posted("public:status")
def write(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A message, with files or without; kept sealed on the case. Each file that is refused says why."""
    came = arrived(request, "file", reference=dsr.reference, purpose=Purpose.ATTACHMENT)
    if came.again and not (came.files or request.POST.get("words", "").strip()):
        return redirect("public:status")  # the answer to the first time was lost on the way
    form = MessageForm(request.POST, came.files)
    if too_often(request, "messages", per_hour=MESSAGES_PER_HOUR):
        form.errors.clear()
        form.add_error("words", wait())
        form.kept = came.numbers
        return show(request, dsr, form, status=429)
    if came.refusal:
        form.add_error("file", came.refusal.sentence(language()))
    if not form.is_valid():
        form.kept = came.numbers
        return show(request, dsr, form)
    words = form.cleaned_data["words"]
    try:
        with came.used(now()):
            sent = attachments.send(dsr_id=dsr.pk, words=words, files=form.cleaned_data["file"], now=now())
    except DsarError as refusal:
        form.add_error("words", refusal.sentence(language()))
        return show(request, dsr, form)
    why = [f"{_('File %(n)s:') % {'n': number}} {document.why(language())}" for number, document in sent.refused]
    if not words and not sent.taken:
        for sentence in why:
            form.add_error("file", sentence)
        return show(request, dsr, form)
    unsent.drop(request)
    say(request, " ".join([_("Your message has reached us."), *why]))
    return redirect("public:status")


@for_subject
@posted("public:status")
def remove_file(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """Take a file back; possible until somebody opened it."""
    try:
        attachments.remove(dsr_id=dsr.pk, document_id=UUID(request.POST.get("file", "")), now=now())
    except ValueError:
        return redirect("public:status")
    except DocumentError as refusal:
        say(request, refusal.sentence(language()))
        return redirect("public:status")
    say(request, _("The file is removed and destroyed."))
    return redirect("public:status")
