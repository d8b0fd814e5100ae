"""What every page of the back office does the same way: find the case or answer 404, act, and say how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.mfa.base.internal.flows import post_authentication
from csp.decorators import csp_update
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsar import accounts, selectors
from dsar.access import StaffRequest, View
from dsar.domain.errors import DsarError
from dsar.forms.account import MFAReauthenticateForm
from dsar.language import language
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.services import moves

REFUSED = 422
STALE = 409


class ChangedMeanwhile(DsarError):
    """A second writer is told before saving; nothing that was typed is lost."""

    fr = "{who} a modifié ce dossier depuis que vous l’avez ouvert. Relisez-le, puis renvoyez : votre texte est gardé."
    en = "{who} has changed this case since you opened it. Read it again, then send once more: your text is kept."


def pictures_within(view: View) -> View:
    """Let a page carry its pictures in itself; no other page may."""
    return cast("View", csp_update({"img-src": ["data:"]})(cast("Any", view)))


def find(request: StaffRequest, reference: str) -> DataSubjectRequest:
    """The case, if it is this user's to see; a foreign case answers like a missing one."""
    case = selectors.case(request.user, reference, today=selectors.today_at_seat(timezone.now()))
    if case is None:
        raise Http404
    return case.dsr


def find_case(request: StaffRequest, reference: str) -> selectors.Case:
    case = selectors.case(request.user, reference, today=selectors.today_at_seat(timezone.now()))
    if case is None:
        raise Http404
    return case


def back_to(dsr: DataSubjectRequest, anchor: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("backoffice:case", args=[dsr.reference]) + (f"#{anchor}" if anchor else ""))


def refuse_stale(request: StaffRequest, dsr: DataSubjectRequest) -> None:
    """Raise `ChangedMeanwhile` when another member of staff acted after the page was opened."""
    seen = request.POST.get("seen", "")
    if not seen.isdigit():
        return
    later = RequestEvent.objects.filter(dsr=dsr, sequence__gt=int(seen), actor__isnull=False).exclude(actor=request.user)
    event = later.select_related("actor").order_by("-sequence").first()
    if event is not None:
        raise ChangedMeanwhile(who=str(event.actor))


def act(request: StaffRequest, dsr: DataSubjectRequest, step: Callable[[], Any]) -> tuple[str, int]:
    """Do one step on the case as it was read. Returns ("", 200), or the refusal in the reader's language and its status."""
    try:
        with transaction.atomic():
            moves.locked(dsr.pk)
            refuse_stale(request, dsr)
            step()
    except ChangedMeanwhile as refusal:
        return refusal.sentence(language()), STALE
    except DsarError as refusal:
        return refusal.sentence(language()), REFUSED
    return "", 200


def say(request: StaffRequest, sentence: str) -> None:
    messages.success(request, sentence)


class FreshProof:
    """The code field of a form that wants a proof of the last five minutes; absent when the proof is fresh already."""

    def __init__(self, request: StaffRequest) -> None:
        self.request = request
        self.fresh = accounts.is_fresh(request)
        given = request.POST if request.method == "POST" and not self.fresh else None
        self.form = None if self.fresh else MFAReauthenticateForm(data=given, user=request.user)
        if self.form is not None:
            self.form.fields["code"].help_text = _("This step asks for a fresh code. Each code works once.")

    def accepted(self) -> bool:
        """Whether the session is fresh, or has just been made so by the code that was sent along."""
        if self.fresh or self.form is None:
            return True
        if not self.form.is_valid():
            return False
        post_authentication(self.request, self.form.authenticator, reauthenticated=True)
        return True


def errors_of(*groups: forms.BaseForm | None) -> list[tuple[str, str]]:
    """Every mistake as (id of the field, sentence), for one summary over several forms."""
    found = []
    for form in groups:
        if form is None or not form.is_bound:
            continue
        found += [("", str(error)) for error in form.non_field_errors()]
        found += [(str(field.id_for_label), str(error)) for field in form for error in field.errors]
    return found
