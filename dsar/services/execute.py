"""Carries a decision out: a colleague acts in the system by hand and confirms, until a machine does it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.steps import Move
from dsar.domain.vocabulary import AT_ONCE, BY_PACKAGE, EventKind, Ground, Outcome, RequestType, Status
from dsar.labels import label
from dsar.models import HandTask, RequestEvent, RequestPart, User
from dsar.selectors import today_at_seat
from dsar.services import moves, tell
from identity import vault
from notifications.address import check_address


class AlreadyConfirmed(DsarError):
    fr = "Cette tâche est déjà confirmée : il n’y a plus rien à faire."
    en = "This task has already been confirmed: there is nothing more to do."


class ReportNeeded(DsarError):
    fr = "Dites en quelques mots ce qui a été fait, et combien d’éléments ont changé (0 s’il n’y en avait aucun)."
    en = "Say in a few words what was done, and how many items changed (0 if there were none)."


def give_hand_tasks(part: RequestPart, *, now: datetime) -> None:
    """One task per system for the team that keeps it, and a mail to that team. Runs in the caller's transaction."""
    dsr = part.dsr
    for source in controller().sources.values():
        task, created = HandTask.objects.get_or_create(
            part=part,
            source_key=source.key,
            defaults={
                "owner_team": source.owner_team,
                "owner_email": source.owner_email,
                "instructions": bytes(part.details),
                "created_at": now,
                "due_date": dsr.careful_date,
            },
        )
        if not created:
            continue
        RequestEvent.objects.record(
            dsr, EventKind.TASK_GIVEN, at=now, data={"right": part.right, "source": source.key, "due": task.due_date.isoformat()}
        )
        _write_to_owner(part, task, now)
    dsr.remind_at = now  # the sweep counts the days of these tasks
    dsr.save(update_fields=["remind_at"])


def _write_to_owner(part: RequestPart, task: HandTask, now: datetime) -> None:
    language = controller().languages[0]
    tell.tell_staff(
        "hand_task",
        to=task.owner_email,
        language=language,
        dsr=part.dsr,
        occasion=f"task-{task.pk}-{vault.keyed_hash(task.owner_email, 'owner')[:12]}",
        now=now,
        system=controller().sources[task.source_key].label.in_language(language),
        instructions_url=tell.absolute("backoffice:tasks", language),
        due_date=task.due_date,
        right=label(RequestType(part.right)),
    )


@transaction.atomic
def confirm_task(*, task_id: int, officer: User, items_changed: int | None, report: str, now: datetime) -> RequestPart:
    """The colleague, or an officer for them, says that it is done; the last task answers the part and tells the person."""
    part = moves.locked_part(HandTask.objects.values_list("part_id", flat=True).get(pk=task_id))
    task = HandTask.objects.get(pk=task_id)
    if not officer.is_active or not (officer.may_act_on_cases or officer.email.lower() == task.owner_email.lower()):
        raise moves.NotAllowed
    if task.confirmed_at:
        raise AlreadyConfirmed
    if items_changed is None or items_changed < 0 or not report.strip():
        raise ReportNeeded
    task.confirmed_at, task.confirmed_by, task.items_changed = now, officer, items_changed
    task.report = vault.seal_text(part.dsr.key_name, report.strip())
    task.save()
    RequestEvent.objects.record(
        part.dsr,
        EventKind.TASK_CONFIRMED,
        at=now,
        actor=officer,
        data={"right": part.right, "source": task.source_key, "items": items_changed},
        text=report.strip(),
    )
    if not part.hand_tasks.filter(confirmed_at__isnull=True).exists():
        _answer(part, officer, now)
    return part


def _answer(part: RequestPart, officer: User, now: datetime) -> None:
    if part.right in AT_ONCE:
        part.outcome, part.decided_by, part.decided_at = Outcome.GRANTED, officer, now
    part.answered_at = now
    moves.move(part, Move.EXECUTE)
    RequestEvent.objects.record(
        part.dsr, EventKind.ANSWERED, at=now, actor=officer, data={"right": part.right, "outcome": part.outcome}
    )
    if part.right in AT_ONCE:
        tell.tell(
            part.dsr,
            "done_at_once",
            now=now,
            occasion=f"part-{part.pk}",
            right=label(RequestType(part.right)),
            done_date=today_at_seat(now),
        )
        return
    facts = vault.open_text(part.dsr.key_name, bytes(part.reasons)) if part.reasons else ""
    if part.outcome == Outcome.PARTLY_GRANTED:
        tell.tell(
            part.dsr,
            "refusal",
            now=now,
            occasion=f"part-{part.pk}",
            right=label(RequestType(part.right)),
            grounds=[label(ground) for ground in grounds_of(part)],
            facts=facts,
            granted_part=label(Outcome.PARTLY_GRANTED),
        )
        return
    tell.tell(
        part.dsr,
        "answer",
        now=now,
        occasion=f"part-{part.pk}",
        right=label(RequestType(part.right)),
        outcome_label=label(Outcome(part.outcome)),
        done_date=today_at_seat(now),
        facts=facts,
        recipients_told="",
    )


def grounds_of(part: RequestPart) -> list[Ground]:
    """The part's grounds as members of the vocabulary."""
    return [Ground(ground) for ground in part.grounds]


@transaction.atomic
def reassign_task(*, task_id: int, officer: User, owner_email: str, now: datetime) -> None:
    """Give the task to another colleague and write to them."""
    part = moves.locked_part(HandTask.objects.values_list("part_id", flat=True).get(pk=task_id))
    task = HandTask.objects.get(pk=task_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if task.confirmed_at:
        raise AlreadyConfirmed
    check_address(owner_email)
    task.owner_email = owner_email
    task.save(update_fields=["owner_email"])
    _write_to_owner(part, task, now)


def waiting_for_package(dsr_id: UUID) -> bool:
    """Whether a package must be built: a granted copy is due, every copy asked for is decided, and none is under way."""
    parts = RequestPart.objects.filter(dsr_id=dsr_id, right__in=BY_PACKAGE)
    undecided = parts.exclude(step__in=[Status.EXECUTING, Status.ANSWERED, Status.CLOSED]).exists()
    return parts.filter(step=Status.EXECUTING).exists() and not undecided
