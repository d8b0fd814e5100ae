"""Short stories that tests start from: a request at a given step, brought there by the services and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dsar.domain.vocabulary import BY_PACKAGE, Channel, IdentityMeans, Outcome, RequestType, SubjectKind, TaskState
from dsar.services import advance, collect, decide, deliver, intake, on_file, package, pass_phrase, verify
from identity import vault
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME

if TYPE_CHECKING:
    from uuid import UUID

    from dsar.models import DataSubjectRequest, Package, User

PHRASE = "quatre mots sans rapport"  # what the person chose for a copy of high stake
RECEIVED_AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)  # a Tuesday


def receive(
    *rights: RequestType,
    email: str = CAMILLE_EMAIL,
    name: str = CAMILLE_NAME,
    at: datetime = RECEIVED_AT,
    key: str = "",
    **answers: object,
) -> DataSubjectRequest:
    """A request as the form leaves it."""
    return intake.receive_request(
        answers=intake.Intake(rights=rights or (RequestType.ACCESS,), name=name, email=email, **{"language": "fr", **answers}),  # type: ignore[arg-type]
        channel=Channel.FORM,
        received_at=at,
        now=at,
        idempotency_key=key,
    )


def text_of(message: Message) -> str:
    """The mail as the person reads it (sealed JSON opened)."""
    return vault.open_text(message.key_name, bytes(message.content))


def code_in(dsr: DataSubjectRequest, kind: str = "acknowledgement") -> str:
    """The six digits of the latest mail of this kind."""
    message = Message.objects.filter(reference=dsr.reference, kind=kind).latest("created_at")
    found = re.search(r"\b(\d{3} ?\d{3})\b", text_of(message))
    assert found, f"no code in the mail {kind}"
    return found.group(1).replace(" ", "")


def confirm(dsr: DataSubjectRequest, *, at: datetime = RECEIVED_AT + timedelta(minutes=2)) -> None:
    """The person types the code of the acknowledgement."""
    verify.confirm_email(dsr_id=dsr.pk, code=code_in(dsr), now=at)


def file_of_camille() -> on_file.FileFound:
    """What the example school holds about her, found by the address that she gives."""
    found = on_file.files(receive(RequestType.ACCESS, key="a" * 32))
    return next(file for file in found if file.values("student_number"))


def accepted(dsr: DataSubjectRequest, officer: User, *, reason: str, at: datetime) -> DataSubjectRequest:
    """Asked by somebody else, whose papers an officer has looked at over the counter."""
    needed = verify.NEEDED[SubjectKind(dsr.subject_kind)]
    verify.record_identity(
        dsr_id=dsr.pk,
        officer=officer,
        established=True,
        means=IdentityMeans.COUNTER,
        reason=reason,
        compared=needed,
        now=at,
    )
    work(dsr.pk, at=at)
    dsr.refresh_from_db()
    return dsr


def work(dsr_id: UUID, *, at: datetime) -> None:
    """What the workers would do now, until nothing moves: the same services, without a broker."""
    for _ in range(4):
        advance.advance(dsr_id=dsr_id, now=at)
        for task_id in collect.due_tasks(at):
            collect.run_source_task(task_id=task_id, clock=lambda: at)
        for package_id in package.due_packages(at):
            package.build_package(package_id=package_id, clock=lambda: at)


def collected(dsr: DataSubjectRequest, *, at: datetime = RECEIVED_AT + timedelta(minutes=5)) -> DataSubjectRequest:
    """Confirmed, recognised and searched; every source has answered."""
    confirm(dsr)
    work(dsr.pk, at=at)
    dsr.refresh_from_db()
    assert dsr.identified_at is not None, "the address is on file, so nobody asks for more"
    assert {task.state for task in dsr.source_tasks.all()} == {TaskState.DONE}
    return dsr


def packaged(dsr: DataSubjectRequest, officer: User, *, at: datetime = RECEIVED_AT + timedelta(days=1)) -> Package:
    """Searched, read, granted and built; not released yet."""
    collected(dsr)
    for part in dsr.parts.filter(right__in=BY_PACKAGE):
        decide.decide_part(part_id=part.pk, officer=officer, outcome=Outcome.GRANTED, grounds=[], reasons="", now=at)
    work(dsr.pk, at=at)
    built = dsr.packages.get()
    assert built.state == "ready", built.error
    return built


def choose_phrase(dsr: DataSubjectRequest, *, at: datetime = RECEIVED_AT + timedelta(days=1)) -> None:
    """The person chooses a pass-phrase on their page, before the copy is open."""
    pass_phrase.choose(dsr_id=dsr.pk, phrase=PHRASE, now=at)


def released(dsr: DataSubjectRequest, officer: User, *, at: datetime = RECEIVED_AT + timedelta(days=2)) -> Package:
    """Open to the data subject."""
    built = packaged(dsr, officer)
    choose_phrase(dsr, at=at)
    assert deliver.release(dsr_id=dsr.pk, officer=officer, now=at) is None
    built.refresh_from_db()
    return built
