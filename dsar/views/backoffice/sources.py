"""The systems that hold people's data: how the search of a case goes in each, and how each stands in general."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.controller import SourceConfig, controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Role
from dsar.forms import office
from dsar.language import language
from dsar.models import PartFile
from dsar.services import collect, review
from dsar.services.inspect import inspect_source
from dsar.views.backoffice import steps
from dsar.views.backoffice.case_page import Returned, render_case
from dsar.views.backoffice.common import find, find_case
from dsar.views.backoffice.timeline import source_name

ROWS_SHOWN = 50


@roles(*ACTORS)
@require_POST
def retry(request: StaffRequest, reference: str, task_id: int) -> HttpResponse:
    dsr = find(request, reference)
    task = get_object_or_404(dsr.source_tasks, pk=task_id)
    return steps.by_button(
        request,
        dsr,
        lambda: collect.retry_source(task_id=task.pk, officer=request.user, now=timezone.now()),
        said=_("%(source)s is searched again.") % {"source": source_name(task.source_key)},
        anchor="sources",
    )


@roles(*ACTORS)
@require_POST
def skip(request: StaffRequest, reference: str, task_id: int) -> HttpResponse:
    dsr = find(request, reference)
    task = get_object_or_404(dsr.source_tasks, pk=task_id)
    return steps.by_form(
        request,
        dsr,
        f"skip:{task.pk}",
        office.SkipForm(request.POST, prefix=f"skip-{task.pk}"),
        lambda given: collect.skip_source(task_id=task.pk, officer=request.user, reason=given["reason"], now=timezone.now()),
        said=_("%(source)s is left out, with your reason.") % {"source": source_name(task.source_key)},
        anchor="sources",
    )


@roles(*ACTORS)
@require_POST
def justify(request: StaffRequest, reference: str) -> HttpResponse:
    """A reason for answering although this was not searched or not mapped."""
    dsr = find(request, reference)
    gap = request.POST.get("gap", "")[:240]
    officer, now = request.user, timezone.now()
    return steps.by_form(
        request,
        dsr,
        f"gap:{gap}",
        office.ReasonForm(request.POST, prefix=f"gap-{gap}"),
        lambda given: review.justify_gap(dsr_id=dsr.pk, officer=officer, gap=gap, reason=given["reason"], now=now),
        said=_("Your reason is noted."),
        anchor="gaps",
    )


@roles(*READERS)
@require_POST
def rows(request: StaffRequest, reference: str, part_file_id: int) -> HttpResponse:
    """The first rows of a collection. A POST, since the look is written down before a byte is read."""
    case = find_case(request, reference)
    part = get_object_or_404(PartFile, pk=part_file_id, task__dsr=case.dsr)
    try:
        found = review.view_rows(part_file_id=part.pk, officer=request.user, now=timezone.now(), limit=ROWS_SHOWN)
    except DsarError as refusal:
        return render_case(request, case, Returned(refusal=refusal.sentence(language()), status=422))
    columns = list(found[0]) if found else []
    context = {
        "here": "queue",
        "dsr": case.dsr,
        "part": part,
        "columns": columns,
        "rows": [[row.get(column) for column in columns] for row in found],
        "shown": len(found),
    }
    return render(request, "backoffice/rows.html", context)


@dataclass(frozen=True)
class SystemLine:
    """One system of sources.yml: whether it answers now, and what in it the data map does not know."""

    source: SourceConfig
    name: str
    problem: str
    tables: int
    unmapped_tables: tuple[str, ...]
    unmapped_columns: tuple[str, ...]


@roles(*READERS, Role.OPERATOR)
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """Every system, asked now."""
    who = controller()
    systems = [_system(source) for source in who.sources.values()]
    context = {"here": "sources", "systems": systems, "always": who.identity.why_always}
    return render(request, "backoffice/sources.html", context)


def _system(source: SourceConfig) -> SystemLine:
    name = source.label.in_language(language())
    try:
        found = inspect_source(source)
    except DsarError as refusal:
        return SystemLine(source, name, refusal.sentence(language()), 0, (), ())
    return SystemLine(source, name, "", found.tables, found.unmapped_tables, found.unmapped_columns)
