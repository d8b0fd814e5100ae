"""A request in each state that its person can meet, brought there by the services and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dsar.domain.vocabulary import Doubt, Ground, IdentityMeans, Outcome, RequestType
from dsar.models import HandTask
from dsar.services import advance, ask, decide, deliver, execute, intake, ladder, pause, verify
from tests import stories
from tests.stories import receive

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest, User

UNKNOWN = "inconnue@ailleurs.example"
REASON = "Ces notes servent à un recours en cours."
QUESTION = "Nous avons plus de dix ans de données. Lesquelles vous intéressent ?"
DOUBT = "Le nom et l’adresse donnés ne suffisent pas à vous reconnaître avec certitude."
State = Callable[[datetime, "User", "User"], "DataSubjectRequest"]


def received(at: datetime, one: User, two: User) -> DataSubjectRequest:
    return receive(at=at)


def identifying(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = receive(email=UNKNOWN, at=at)
    stories.confirm(dsr, at=at + timedelta(minutes=2))
    stories.work(dsr.pk, at=at + timedelta(minutes=3))
    return dsr


def asked(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = identifying(at, one, two)
    ask.ask_identity(dsr_id=dsr.pk, officer=one, doubt=Doubt.ADDRESS_NOT_ON_FILE, words=DOUBT, now=at + timedelta(hours=1))
    return dsr


def checking(at: datetime, one: User, two: User, *rights: RequestType) -> DataSubjectRequest:
    dsr = receive(*rights, at=at)
    stories.confirm(dsr, at=at + timedelta(minutes=2))
    stories.work(dsr.pk, at=at + timedelta(minutes=3))
    dsr.refresh_from_db()
    assert dsr.identified_at
    return dsr


def to_specify(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = checking(at, one, two)
    now = at + timedelta(hours=1)
    pause.ask_clarification(
        dsr_id=dsr.pk,
        officer=one,
        why=QUESTION,
        choices=["Les notes", "Les stages"],
        reply_by=(now + timedelta(days=20)).date(),
        now=now,
    )
    return dsr


def gathering(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = receive(at=at)
    stories.confirm(dsr, at=at + timedelta(minutes=2))
    for _ in range(3):
        advance.advance(dsr_id=dsr.pk, now=at + timedelta(minutes=3))
    dsr.refresh_from_db()
    return dsr


def _decided(dsr: DataSubjectRequest, outcome: Outcome, one: User, two: User, now: datetime) -> DataSubjectRequest:
    grounds = [Ground.ART_15_4] if outcome is Outcome.REFUSED else []
    proposal = decide.decide_part(
        part_id=dsr.parts.get().pk, officer=one, outcome=outcome, grounds=grounds, reasons=REASON if grounds else "", now=now
    )
    if proposal is not None:
        decide.answer_proposal(approval_id=proposal.pk, officer=two, approve=True, reason="", now=now)
    return dsr


def building(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = _decided(checking(at, one, two), Outcome.GRANTED, one, two, at + timedelta(hours=1))
    advance.advance(dsr_id=dsr.pk, now=at + timedelta(hours=1))
    return dsr


def made(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = building(at, one, two)
    stories.work(dsr.pk, at=at + timedelta(hours=2))
    return dsr


def ready(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = made(at, one, two)
    assert deliver.release(dsr_id=dsr.pk, officer=one, now=at + timedelta(hours=3)) is None
    return dsr


def nothing_held(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = identifying(at, one, two)
    seen = at + timedelta(minutes=30)
    verify.record_identity(
        dsr_id=dsr.pk, officer=one, established=True, means=IdentityMeans.COUNTER, reason="Venu à l'accueil.", now=seen
    )
    stories.work(dsr.pk, at=seen)
    return _decided(dsr, Outcome.NOTHING_HELD, one, two, at + timedelta(hours=1))


def refused(at: datetime, one: User, two: User) -> DataSubjectRequest:
    return _decided(checking(at, one, two), Outcome.REFUSED, one, two, at + timedelta(hours=1))


def answered(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = receive(RequestType.MARKETING_OBJECTION, at=at)
    for task in HandTask.objects.filter(part__dsr=dsr):
        execute.confirm_task(task_id=task.pk, officer=one, report="Fait.", items_changed=1, now=at + timedelta(hours=1))
    return dsr


def closed(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = answered(at, one, two)
    deliver.close(dsr_id=dsr.pk, officer=one, reason="Tout est fait.", now=at + timedelta(hours=2))
    return dsr


def withdrawn(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = receive(at=at)
    intake.withdraw(dsr_id=dsr.pk, now=at + timedelta(hours=1))
    return dsr


def cannot_identify(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = identifying(at, one, two)
    now = at + timedelta(hours=2)
    proposal = ladder.propose_refusal(
        dsr_id=dsr.pk, officer=one, means=IdentityMeans.KNOWN_DETAILS, reason="Rien ne concorde.", now=now
    )
    decide.answer_proposal(approval_id=proposal.pk, officer=two, approve=True, reason="", now=now)
    return dsr
