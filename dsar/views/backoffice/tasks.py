"""What a colleague does by hand in a system, and confirms."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar import selectors
from dsar.access import ACTORS, EVERY_ROLE, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import RequestType, Role
from dsar.forms import office
from dsar.labels import label
from dsar.language import language
from dsar.models import DataSubjectRequest, HandTask
from dsar.services import execute
from dsar.views.backoffice import steps
from dsar.views.backoffice.case_page import Returned, opened, render_case
from dsar.views.backoffice.common import REFUSED, back_to, find, find_case, say
from dsar.views.backoffice.timeline import source_name

CONFIRMING = EVERY_ROLE - {Role.AUDITOR}


@dataclass(frozen=True)
class MyTask:
    """One task: what is asked, of whom, in which system, until when."""

    task: HandTask
    dsr: DataSubjectRequest
    right: str
    system: str
    instructions: str
    days_left: int
    theirs: bool  # given to the signed-in person's own address
    form: forms.BaseForm


@roles(*CONFIRMING)
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    return _page(request)


@roles(*CONFIRMING)
@require_POST
def confirm(request: StaffRequest, task_id: int) -> HttpResponse:
    """Say that it is done; the case page and the list of tasks both send here."""
    task = next((task for task in selectors.hand_tasks_of(request.user) if task.pk == task_id), None)
    if task is None:
        raise Http404
    form = office.ConfirmTaskForm(request.POST, prefix=f"confirm-{task.pk}")
    refusal = ""
    if form.is_valid():
        try:
            execute.confirm_task(
                task_id=task.pk,
                officer=request.user,
                items_changed=form.cleaned_data["items_changed"],
                report=form.cleaned_data["report"],
                now=timezone.now(),
            )
        except DsarError as error:
            refusal = error.sentence(language())
        else:
            say(request, _("Confirmed. Thank you."))
            if request.POST.get("from") == "case":
                return back_to(task.part.dsr, "tasks")
            return HttpResponseRedirect(reverse("backoffice:tasks"))
    if request.POST.get("from") == "case":
        case = find_case(request, task.part.dsr.reference)
        return render_case(request, case, Returned({f"confirm:{task.pk}": form}, refusal, REFUSED))
    return _page(request, returned=(task.pk, form), refusal=refusal)


@roles(*ACTORS)
@require_POST
def reassign(request: StaffRequest, reference: str, task_id: int) -> HttpResponse:
    dsr = find(request, reference)
    task = get_object_or_404(HandTask, pk=task_id, part__dsr=dsr)
    officer, now = request.user, timezone.now()
    return steps.by_form(
        request,
        dsr,
        f"reassign:{task.pk}",
        office.ReassignForm(request.POST, prefix=f"reassign-{task.pk}"),
        lambda given: execute.reassign_task(task_id=task.pk, officer=officer, owner_email=given["owner_email"], now=now),
        said=lambda given: _("The task is now with %(who)s, who has been told.") % {"who": given["owner_email"]},
        anchor="tasks",
    )


def _page(request: StaffRequest, *, returned: tuple[int, forms.BaseForm] | None = None, refusal: str = "") -> HttpResponse:
    today = selectors.today_at_seat(timezone.now())
    lines = []
    for task in selectors.hand_tasks_of(request.user):
        form: forms.BaseForm = office.ConfirmTaskForm(prefix=f"confirm-{task.pk}")
        if returned and returned[0] == task.pk:
            form = returned[1]
        lines.append(
            MyTask(
                task=task,
                dsr=task.part.dsr,
                right=str(label(RequestType(task.part.right))),
                system=source_name(task.source_key),
                instructions=opened(task.part.dsr, task.instructions),
                days_left=(task.due_date - today).days,
                theirs=task.owner_email.casefold() == request.user.email.casefold(),
                form=form,
            )
        )
    context = {
        "here": "tasks",
        "mine": [line for line in lines if line.theirs],
        "others": [line for line in lines if not line.theirs],
        "returned": returned[1] if returned else None,
        "refusal": refusal,
    }
    return render(request, "backoffice/tasks.html", context, status=REFUSED if returned else 200)
