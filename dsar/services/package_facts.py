"""The facts of a package, gathered from the request: what was searched, what was found, how it was decided."""

from __future__ import annotations

from functools import partial

from django.core.files.storage import storages

from dsar.controller import SourceConfig, Text, controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.coverage import reason_sentence
from dsar.domain.vocabulary import BY_PACKAGE, CoverageState, Ground, IdentityMeans, Outcome, RequestType, TaskState, Tie
from dsar.models import DataSubjectRequest, Package, PartFile, RequestPart, SourceTask
from dsar.packaging.inputs import PackageFacts, PartInput, SearchLine, Withheld
from dsar.services import tell
from identity import vault
from identity.models import IdentityDecision

_GRANTED = (Outcome.GRANTED, Outcome.PARTLY_GRANTED)
_UNFINISHED = {TaskState.FAILED: CoverageState.FAILED, TaskState.SKIPPED: CoverageState.SKIPPED}


def facts_of(package: Package) -> PackageFacts:
    """The same for every try: dates are those of the order, never of the clock."""
    dsr = package.dsr
    who = controller()
    pack = rule_pack(who.rule_pack)
    granted = [part for part in dsr.parts.all() if RequestType(part.right) in BY_PACKAGE and part.outcome in _GRANTED]
    rights = {RequestType(part.right): part for part in granted}
    decision = IdentityDecision.objects.filter(reference=dsr.reference, superseded_at__isnull=True, established=True).first()
    return PackageFacts(
        reference=dsr.reference,
        language=dsr.language,
        rights=tuple(sorted(rights, key=list(RequestType).index)),
        received_on=local_date(dsr.received_at, pack),
        answered_on=local_date(package.created_at, pack),
        due_on=dsr.legal_limit,
        data_subject_name=dsr.data_subject_name,
        subject_initials=" ".join(f"{word[0].upper()}." for word in dsr.data_subject_name.split()),
        tie=Tie(dsr.tie),
        recognised_by=IdentityMeans(decision.means) if decision else None,
        controller=who,
        searched=tuple(_searched(dsr)),
        created=package.created_at.replace(microsecond=0),
        package_id=str(package.pk),
        postal_address=dsr.postal_address,
        own_names=tuple(name.strip() for name in dsr.other_names.replace(";", ",").split(",") if name.strip()),
        outcomes={right: Outcome(part.outcome) for right, part in rights.items()},
        grounds={right: tuple(Ground(ground) for ground in part.grounds) for right, part in rights.items()},
        reasons={right: _words(part, dsr) for right, part in rights.items()},
        withheld=tuple(_withheld(dsr)),
        package_days=controller().own_retention.package_days,
        follow_url=tell.absolute("public:follow", dsr.language),
    )


def part_inputs(dsr: DataSubjectRequest) -> list[PartInput]:
    """The collected rows, opened from the vault when the build reads them. Raises `PartsDestroyed`."""
    found = PartFile.objects.filter(task__dsr=dsr, current=True, state=CoverageState.FOUND).order_by("collection")
    inputs = []
    for file in found:
        if file.destroyed_at is not None or not file.path:
            raise PartsDestroyed(file.collection)
        opened = partial(vault.open_stream, storage=storages["objects"], path=file.path, key_name=file.key_name)
        inputs.append(PartInput(file.collection, file.columns, file.rows, opened, file.bytes))
    return inputs


class PartsDestroyed(Exception):
    """The parts' time has passed: a new package needs a new search."""


def _words(part: RequestPart, dsr: DataSubjectRequest) -> str:
    return vault.open_text(dsr.key_name, bytes(part.reasons)) if part.reasons else ""


def _searched(dsr: DataSubjectRequest) -> list[SearchLine]:
    """One line per collection; a source that gave no files at all has one line of its own."""
    lines = []
    justified = {entry.gap: entry for entry in dsr.gap_justifications.select_related("officer")}
    for task in dsr.source_tasks.prefetch_related("part_files"):
        label = _label(task)
        files = [file for file in task.part_files.all() if file.current]
        for file in files:
            reason = reason_sentence(file.reason, dsr.language) if file.reason else ""
            lines.append(
                SearchLine(label, file.collection, CoverageState(file.state), file.rows, file.finished_at, "system", reason)
            )
        state = _UNFINISHED.get(TaskState(task.state))
        if state is not None and not files:
            entry = justified.get(task.source_key)
            reason = entry.reason if entry else reason_sentence(task.error, dsr.language)
            role = entry.officer.role if entry else "system"
            lines.append(SearchLine(label, task.source_key, state, 0, task.finished_at, role, reason))
    return lines


def _label(task: SourceTask) -> Text:
    source: SourceConfig | None = controller().sources.get(task.source_key)
    return source.label if source else Text(task.source_key, task.source_key)


def _withheld(dsr: DataSubjectRequest) -> list[Withheld]:
    entries = dsr.gap_justifications.select_related("officer")
    return [Withheld(entry.gap, entry.reason, entry.officer.role) for entry in entries]
