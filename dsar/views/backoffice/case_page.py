"""What the case page shows, put into the words and shapes of its template; a form that came back keeps what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dsar import accounts, selectors
from dsar.access import StaffRequest
from dsar.controller import controller
from dsar.domain.vocabulary import (
    AT_ONCE,
    BY_PACKAGE,
    ApprovalState,
    CoverageState,
    EventKind,
    IdentityMeans,
    PackageState,
    RequestType,
    Status,
    TaskState,
    Tie,
)
from dsar.forms import office
from dsar.labels import label
from dsar.models import Approval, DataSubjectRequest, HandTask, Package, PartFile, RequestPart, SourceTask, User
from dsar.selectors import Case, Gap
from dsar.services import execute, pass_phrase
from dsar.views.backoffice import timeline
from dsar.views.backoffice.clock_card import clock
from dsar.views.backoffice.common import errors_of
from identity import vault

ORDER = list(Status)


@dataclass(frozen=True)
class PathStep:
    label: str
    detail: str
    state: str  # done, now, later


@dataclass(frozen=True)
class GapLine:
    gap: Gap
    system: str  # its name, when a whole system is missing
    words: str
    form: BaseForm


@dataclass(frozen=True)
class SourceLine:
    """One system: how far its search is, its collections, and the two ways out when it failed."""

    task: SourceTask
    name: str
    team: str
    tone: str
    files: tuple[PartFile, ...]
    missing: int  # columns mapped by nobody
    skip_form: BaseForm
    retryable: bool


@dataclass(frozen=True)
class PartLine:
    part: RequestPart
    words: str  # the person's own
    facts: str  # told to the person
    grounds: tuple[str, ...]
    decidable: bool
    proposal: Approval | None
    qualify_form: BaseForm | None


@dataclass(frozen=True)
class TaskLine:
    task: HandTask
    system: str
    instructions: str
    report: str
    form: BaseForm | None
    reassign_form: BaseForm | None


@dataclass
class Returned:
    """A form that was refused, by the key of its place on the page, and the sentence of the refusal."""

    forms: dict[str, BaseForm] = field(default_factory=dict)
    refusal: str = ""
    status: int = 200
    email: str = ""  # revealed for this one answer

    def get(self, key: str, kind: type[BaseForm], **arguments: Any) -> BaseForm:
        return self.forms.get(key) or kind(prefix=key.replace(":", "-"), **arguments)


def render_case(request: StaffRequest, case: Case, returned: Returned | None = None) -> HttpResponse:
    """The case page, with refused forms in place; 409 and 422 tell a stale and a refused one."""
    returned = returned or Returned()
    dsr = case.dsr
    may_act = request.user.may_act_on_cases
    context = {
        "here": "queue",
        "case": case,
        "dsr": dsr,
        "may_act": may_act,
        "is_mine": dsr.assigned_to_id == request.user.pk,
        "colleagues": colleagues(dsr) if may_act else [],
        "rights": rights_line(case),
        "tie": tie_and_site(dsr),
        "status": label(Status(dsr.status)),
        "path": path(case),
        "action": next_panel(request.user, case),
        "clock": clock(case, request.user, returned.forms.get("arrived")),
        "masked_email": masked(dsr.email),
        "revealed": returned.email,
        "identity": identity_words(case),
        "identity_form": returned.get("identity", office.IdentityForm, initial={"means": IdentityMeans.KNOWN_DETAILS.value})
        if needs_identity(case)
        else None,
        "sources": source_lines(case, returned),
        "gaps": gap_lines(case, returned),
        "open_gaps": sum(gap.justified is None for gap in case.gaps),
        "namesakes": sum(task.namesakes for task in case.sources),
        "parts": part_lines(case, returned),
        "tasks": task_lines(case, returned, request.user),
        "package": package_of(case),
        "phrase": pass_phrase.standing(dsr, now=timezone.now()),
        "package_file": controller().own_retention.package_days,
        "lines": timeline.lines(case.events, person=dsr.data_subject_name),
        "seen": case.events[0].sequence if case.events else 0,
        "messages_sent": case.messages,
        "write_form": returned.get("write", office.WordsForm),
        "note_form": returned.get("note", office.NoteForm),
        "close_form": returned.get("close", office.CloseForm),
        "reopen_form": returned.get("reopen", office.ReasonForm),
        "withdraw_form": returned.get("withdraw", office.ReasonForm),
        "closable": not any(part.step not in selectors.DONE for part in case.parts) and dsr.status != Status.CLOSED,
        "closed": dsr.status == Status.CLOSED,
        "refusal": returned.refusal,
        "mistakes": errors_of(*returned.forms.values()),
        "fresh": accounts.is_fresh(request),
    }
    return render(request, "backoffice/case.html", context, status=returned.status)


def colleagues(dsr: DataSubjectRequest) -> list[User]:
    """Who may be given this case."""
    staff = User.objects.filter(is_active=True, role__in=["dpo", "deputy", "officer"]).order_by("first_name", "email")
    return [user for user in staff if DataSubjectRequest.objects.visible_to(user).filter(pk=dsr.pk).exists()]


def rights_line(case: Case) -> str:
    return ", ".join(str(label(RequestType(part.right))) for part in case.parts)


def tie_and_site(dsr: DataSubjectRequest) -> str:
    site = next((site.name for site in controller().sites if site.key == dsr.site), "")
    return ", ".join(part for part in (str(label(Tie(dsr.tie))), site) if part)


def masked(email: str) -> tuple[str, str] | None:
    """The first letter and the domain: enough to tell two addresses apart, not to copy one."""
    local, _at, domain = email.partition("@")
    return (f"{local[:1]}•••••", domain) if domain else None


def needs_identity(case: Case) -> bool:
    return case.dsr.identified_at is None and any(
        part.step in (Status.RECEIVED, Status.IDENTIFYING) and part.right not in AT_ONCE for part in case.parts
    )


def identity_words(case: Case) -> str:
    """How identity stands, in a few words."""
    event = next((e for e in case.events if e.kind in (EventKind.IDENTITY_VERIFIED, EventKind.IDENTITY_REFUSED)), None)
    if event is None:
        return _("Not established yet")
    means = str(label(IdentityMeans(event.data["means"]))) if event.data.get("means") else ""
    if event.kind == EventKind.IDENTITY_REFUSED:
        return _("Not established")
    return _("Established: %(means)s") % {"means": means}


def path(case: Case) -> list[PathStep]:
    """Where the case stands, in at most six steps."""
    dsr = case.dsr
    rights = {RequestType(part.right) for part in case.parts}
    names: list[tuple[Status, str, str]] = [
        (Status.RECEIVED, _("Receive"), date_format(localtime(dsr.received_at), "j N")),
    ]
    if rights - AT_ONCE:
        detail = date_format(localtime(dsr.identified_at), "j N") if dsr.identified_at else _("whose request it is")
        names.append((Status.IDENTIFYING, _("Identify"), detail))
    if rights & BY_PACKAGE:
        names.append((Status.COLLECTING, _("Gather"), sources_answered(case)))
    if rights - AT_ONCE:
        names.append((Status.REVIEWING, _("Decide"), _("two people for a refusal")))
    names.append((Status.EXECUTING, _("Carry out"), _("the copy is built") if rights & BY_PACKAGE else _("by the teams")))
    names.append((Status.ANSWERED, pgettext("step", "Answer"), _("letter and copy") if rights & BY_PACKAGE else _("letter")))
    at = ORDER.index(Status.REVIEWING if dsr.status == Status.APPROVING else Status(dsr.status))
    if dsr.status == Status.RECEIVED and rights - AT_ONCE:
        at = ORDER.index(Status.IDENTIFYING)
    done_all = dsr.status in selectors.DONE
    steps = []
    for status, name, detail in names:
        position = ORDER.index(status)
        state = "done" if done_all or position < at else "now" if position == at else "later"
        steps.append(PathStep(name, detail, state))
    return steps


def sources_answered(case: Case) -> str:
    if not case.sources:
        return ngettext("%(n)s system", "%(n)s systems", len(controller().sources)) % {"n": len(controller().sources)}
    done = sum(task.state in (TaskState.DONE, TaskState.SKIPPED) for task in case.sources)
    return _("%(done)s of %(all)s systems") % {"done": done, "all": len(case.sources)}


def gap_lines(case: Case, returned: Returned) -> list[GapLine]:
    def form(gap: Gap) -> BaseForm:
        return returned.get(f"gap:{gap.key}", office.ReasonForm)

    return [GapLine(gap, system_of(gap), gap_words(gap), form(gap)) for gap in case.gaps]


def system_of(gap: Gap) -> str:
    return timeline.source_name(gap.key) if "/" not in gap.key else ""


def gap_words(gap: Gap) -> str:
    return {
        "failed": _("could not be searched"),
        "left_out": _("was left out"),
        "unmapped_table": _("table that the data map does not know"),
        "unmapped_column": _("column that the data map does not know"),
    }.get(gap.kind, gap.kind)


def source_lines(case: Case, returned: Returned) -> list[SourceLine]:
    tones = {TaskState.DONE: "good", TaskState.FAILED: "bad", TaskState.SKIPPED: "warn", TaskState.RUNNING: "key"}
    found = []
    for task in case.sources:
        files = tuple(part for part in case.part_files if part.task_id == task.pk)
        source = controller().sources.get(task.source_key)
        tone = tones.get(TaskState(task.state), "")
        if task.state == TaskState.DONE and not any(part.state == CoverageState.FOUND for part in files):
            tone = ""
        found.append(
            SourceLine(
                task=task,
                name=timeline.source_name(task.source_key),
                team=source.owner_team if source else "",
                tone=tone,
                files=files,
                missing=sum(len(part.unmapped) for part in files),
                skip_form=returned.get(f"skip:{task.pk}", office.SkipForm),
                retryable=task.state in (TaskState.FAILED, TaskState.SKIPPED),
            )
        )
    return found


def part_lines(case: Case, returned: Returned) -> list[PartLine]:
    dsr = case.dsr
    lines = []
    for part in case.parts:
        right = RequestType(part.right)
        open_proposal = next((a for a in case.approvals if a.part_id == part.pk and a.state == ApprovalState.PROPOSED), None)
        unspecified = right is RequestType.UNSPECIFIED and part.step not in selectors.DONE
        lines.append(
            PartLine(
                part=part,
                words=opened(dsr, part.details),
                facts=opened(dsr, part.reasons),
                grounds=tuple(str(label(ground)) for ground in _grounds(part)),
                decidable=part.step == Status.REVIEWING and right is not RequestType.UNSPECIFIED,
                proposal=open_proposal,
                qualify_form=returned.get(f"qualify:{part.pk}", office.QualifyForm) if unspecified else None,
            )
        )
    return lines


def _grounds(part: RequestPart) -> list[Any]:
    return execute.grounds_of(part)


def opened(dsr: DataSubjectRequest, sealed: bytes | memoryview) -> str:
    """Sealed words in plain; a sentence when the request has been forgotten."""
    if not sealed:
        return ""
    try:
        return vault.open_text(dsr.key_name, bytes(sealed))
    except vault.KeyDestroyed:
        return _("[forgotten]")


def task_lines(case: Case, returned: Returned, user: User) -> list[TaskLine]:
    lines = []
    for task in case.hand_tasks:
        still = task.confirmed_at is None and user.may_act_on_cases
        lines.append(
            TaskLine(
                task=task,
                system=timeline.source_name(task.source_key),
                instructions=opened(case.dsr, task.instructions),
                report=opened(case.dsr, task.report),
                form=returned.get(f"confirm:{task.pk}", office.ConfirmTaskForm) if still else None,
                reassign_form=returned.get(f"reassign:{task.pk}", office.ReassignForm, initial={"owner_email": task.owner_email})
                if still
                else None,
            )
        )
    return lines


def package_of(case: Case) -> Package | None:
    """The package that matters now: released, ready or being built, else the newest."""
    for state in (PackageState.RELEASED, PackageState.READY, PackageState.BUILDING):
        for package in case.packages:
            if package.state == state:
                return package
    return case.packages[0] if case.packages else None


def next_panel(user: User, case: Case) -> dict[str, Any]:
    """The one next step: words, and where its single button leads (`post` marks a button that acts at once)."""
    action, dsr = case.action, case.dsr

    def at(name: str, *extra: object) -> str:
        return reverse(f"backoffice:{name}", args=[dsr.reference, *extra])

    panel: dict[str, Any] = {"title": action.title, "why": action.why, "blocker": action.blocker, "kind": action.kind}
    proposal = next((a for a in case.approvals if a.state == ApprovalState.PROPOSED), None)
    first = next((p for p in case.parts if p.step == Status.REVIEWING), None)
    anchors = {
        "qualify": ("#parts", _("Name the right")),
        "wait_email": (at("whose"), _("Establish identity")),
        "identify": (at("whose"), _("Decide on identity")),
        "wait_identity": (at("whose"), _("Compare, ask, look at papers")),
        "failed_source": ("#sources", _("See what failed")),
        "justify": ("#gaps", _("Close the gaps")),
        "hand_task": ("#tasks", _("See the tasks")),
        "close": ("#close", _("Close the case")),
        "collecting": (at("case"), _("Update")),
        "matching": (at("case"), _("Update")),
        "building": (at("case"), _("Update")),
        "release": (at("release"), _("Look and release")),
    }
    if action.kind in anchors:
        panel["url"], panel["button"] = anchors[action.kind]
    if action.kind == "approve" and proposal is not None:
        mine = proposal.proposed_by_id == user.pk
        panel["button"] = _("See the proposal") if mine else _("Read, then approve or send back")
        panel["url"] = at("proposal", proposal.pk)
        if mine:
            panel["title"] = _("Another person must answer your proposal")
    elif action.kind == "decide" and first is not None:
        panel["url"] = at("decide", first.pk)
        panel["button"] = _("Decide: %(right)s") % {"right": label(RequestType(first.right))}
    elif action.kind in ("undelivered", "letter"):
        panel["url"], panel["button"] = at("messages"), _("See the messages")
    elif action.kind == "package_failed":
        panel["url"], panel["button"], panel["post"] = at("build_again"), _("Build again"), True
    panel["live"] = action.kind in ("collecting", "matching", "building")
    if not user.may_act_on_cases and not panel["live"]:
        panel.pop("button", None)
    return panel
