"""The one thing to do next in a case, computed from what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from dsar.controller import controller
from dsar.domain.vocabulary import (
    BY_PACKAGE,
    ApprovalState,
    PackageState,
    PauseKind,
    RequestType,
    Status,
    TaskState,
)
from dsar.models import (
    DataSubjectRequest,
    RequestPart,
    SourceTask,
)
from dsar.selectors.identity import pending_proofs
from dsar.selectors.post import mail_to_see_to
from dsar.selectors.search import gaps

DONE = (Status.ANSWERED.value, Status.CLOSED.value)


@dataclass(frozen=True)
class NextAction:
    """The one thing to do now: `kind` names it for the page, `title` is a verb, `why` the consequence of doing nothing."""

    kind: str
    title: str
    why: str = ""
    blocker: str = ""
    waits_for_us: bool = True


def next_action(dsr: DataSubjectRequest) -> NextAction:
    """Computed from what is stored; the first thing that holds the least advanced part."""
    if (waiting := _mail(dsr)) is not None:
        return waiting
    parts = [part for part in dsr.parts.all() if part.step not in DONE]
    if not parts:
        return _when_answered(dsr)
    proposal = next((a for a in dsr.approvals.all() if a.state == ApprovalState.PROPOSED), None)
    if proposal is not None:
        return NextAction(
            "approve",
            str(_("Approve or send back the proposal")),
            str(_("A proposal lapses after 7 days.")),
            str(_("A second person must agree")),
        )
    if any(part.right == RequestType.UNSPECIFIED for part in parts):
        return NextAction("qualify", str(_("Read the request and name the right")), str(_("Until then nobody searches.")))
    least = min(parts, key=lambda part: list(Status).index(Status(part.step)))
    return _STEPS[Status(least.step)](dsr, least)


def _mail(dsr: DataSubjectRequest) -> NextAction | None:
    """What the person has not been told yet comes before all else."""
    waiting = mail_to_see_to(dsr)
    if waiting.undelivered:
        return NextAction(
            "undelivered",
            str(_("A message could not be delivered: see to it")),
            str(_("The person, or a colleague, does not know what it says.")),
            str(_("Message not delivered")),
        )
    if waiting.letters:
        words = ngettext_lazy("Print and post %(n)d letter", "Print and post %(n)d letters", "n") % {"n": waiting.letters}
        return NextAction("letter", str(words), str(_("It counts on the day it is posted.")))
    return None


def _when_answered(dsr: DataSubjectRequest) -> NextAction:
    if dsr.status == Status.CLOSED:
        return NextAction("none", str(_("Nothing to do: this case is closed")), waits_for_us=False)
    return NextAction(
        "close", str(_("Answered: close when nothing is left")), str(_("It closes by itself after 30 days.")), waits_for_us=False
    )


def _received(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if dsr.email and not dsr.email_confirmed_at:
        return NextAction(
            "wait_email",
            str(_("Wait for the person to confirm their address, or establish identity yourself")),
            str(_("The clock runs all the same.")),
            str(_("Address not confirmed yet")),
        )
    if dsr.email and dsr.next_at:
        return NextAction("matching", str(_("Comparing with what the systems know")), waits_for_us=False)
    return _identifying(dsr, part)


def _identifying(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if dsr.waiting_for == PauseKind.IDENTITY:
        if pending_proofs(dsr):
            return NextAction(
                "identify",
                str(_("Look at what arrived, then decide whose request it is")),
                str(_("If it is enough, the pause ended on the day it arrived.")),
            )
        return NextAction(
            "wait_identity",
            str(_("Wait for the person’s proof")),
            str(_("The clock is paused; without an answer the request closes with a notice.")),
            waits_for_us=False,
        )
    return NextAction(
        "identify",
        str(_("Decide whose request it is")),
        str(_("Nothing is searched before. Ask for a document only on a real doubt (Art. 12(6)).")),
        str(_("The address is not in any system")) if dsr.email else "",
    )


def _collecting(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    tasks = list(dsr.source_tasks.all())
    failed = [task for task in tasks if task.state == TaskState.FAILED]
    done = sum(task.state in (TaskState.DONE, TaskState.SKIPPED) for task in tasks)
    if failed:
        return NextAction(
            "failed_source",
            str(_("Mend or leave out a source that failed")),
            str(_("Nothing leaves while a source is unread.")),
            _source_names(failed),
        )
    words = ngettext_lazy(
        "Gathering: %(done)d of %(all)d source has answered", "Gathering: %(done)d of %(all)d sources have answered", "all"
    )
    return NextAction("collecting", words % {"done": done, "all": len(tasks)}, waits_for_us=False)


def _source_names(tasks: Sequence[SourceTask]) -> str:
    known = controller().sources
    return ", ".join(str(known[t.source_key].label) if t.source_key in known else t.source_key for t in tasks)


def _reviewing(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if part.right in BY_PACKAGE and any(gap.justified is None for gap in gaps(dsr)):
        return NextAction(
            "justify",
            str(_("Close the gaps of the search")),
            str(_("Nothing leaves while a column or a table is mapped by nobody.")),
            str(_("The search has gaps")),
        )
    return NextAction("decide", str(_("Read, then decide")), str(_("The answer must leave by the working date.")))


def _executing(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if part.right not in BY_PACKAGE:
        waiting = [task for task in part.hand_tasks.all() if task.confirmed_at is None]
        return NextAction(
            "hand_task",
            str(_("Have it carried out and confirmed")),
            str(_("The person is told when it is done.")),
            ", ".join(task.owner_team for task in waiting),
        )
    states = {package.state for package in dsr.packages.all()}
    if PackageState.READY in states:
        return NextAction("release", str(_("Look at the package, then release it")), str(_("The person is waiting for it.")))
    if PackageState.FAILED in states and PackageState.BUILDING not in states:
        return NextAction("package_failed", str(_("Build the package again")), blocker=str(_("Building failed")))
    return NextAction("building", str(_("The package is being built")), waits_for_us=False)


_STEPS = {
    Status.RECEIVED: _received,
    Status.IDENTIFYING: _identifying,
    Status.COLLECTING: _collecting,
    Status.REVIEWING: _reviewing,
    Status.APPROVING: _reviewing,
    Status.EXECUTING: _executing,
}
