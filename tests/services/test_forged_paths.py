"""Twenty ways to be taken for somebody else: none reaches "identified" or "released" (SECURITY T1)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.test import Client

from dsar.domain.errors import DsarError
from dsar.domain.steps import StepRefused
from dsar.domain.vocabulary import Act, Doubt, IdentityMeans, Outcome, RequestType, Status, TokenPurpose
from dsar.models import DataSubjectRequest, Download, Package, SourceTask, User
from dsar.services import (
    address,
    advance,
    ask,
    collect,
    decide,
    deliver,
    execute,
    ladder,
    package,
    papers,
    tell,
    tokens,
    verify,
)
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.services.test_papers import photo
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)

NOW: datetime = RECEIVED_AT + timedelta(hours=2)
THIEF = "voleur@ailleurs.example"


class Scene:
    """A request in Camille's name from a stranger's address, confirmed; Camille's own request; and staff."""

    def __init__(self) -> None:
        self.officer = User.objects.create_user("dpo.x@cesi.example", role="dpo", all_sites=True)
        self.auditor = User.objects.create_user("audit.x@cesi.example", role="auditor", all_sites=True)
        self.root = User.objects.create_superuser("root.x@cesi.example", "une phrase de passe")
        self.forged = stories.receive(RequestType.ACCESS, email=THIEF)
        stories.confirm(self.forged)
        stories.work(self.forged.pk, at=RECEIVED_AT + timedelta(minutes=5))
        self.real = stories.receive(RequestType.ACCESS, email=CAMILLE_EMAIL)
        self.forged.refresh_from_db()
        assert self.forged.status == Status.IDENTIFYING

    @property
    def part(self) -> int:
        return self.forged.parts.get().pk

    def asked(self) -> None:
        ask.ask_identity(
            dsr_id=self.forged.pk, officer=self.officer, doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Nous doutons.", now=NOW
        )


def grant_before_identity(s: Scene) -> None:
    decide.decide_part(part_id=s.part, officer=s.officer, outcome=Outcome.GRANTED, grounds=[], reasons="", now=NOW)


def release_before_identity(s: Scene) -> None:
    deliver.release(dsr_id=s.forged.pk, officer=s.officer, now=NOW)


def release_a_package_made_by_hand(s: Scene) -> None:
    Package.objects.create(dsr=s.forged, state="ready", created_at=NOW, file_name=f"{s.forged.reference}.zip")
    deliver.release(dsr_id=s.forged.pk, officer=s.officer, now=NOW)


def call_the_collection_task(s: Scene) -> None:
    collect.start_collection(dsr_id=s.forged.pk, now=NOW)
    collect.finish_collection(dsr_id=s.forged.pk, now=NOW)


def run_a_source_task_made_by_hand(s: Scene) -> None:
    task = SourceTask.objects.create(dsr=s.forged, source_key="school", next_at=NOW)
    assert not collect.run_source_task(task_id=task.pk, clock=lambda: NOW)


def skip_the_state_by_hand_and_release(s: Scene) -> None:
    s.forged.parts.update(step=Status.EXECUTING)
    Package.objects.create(dsr=s.forged, state="ready", created_at=NOW, file_name=f"{s.forged.reference}.zip")
    deliver.release(dsr_id=s.forged.pk, officer=s.officer, now=NOW)


def order_a_package(s: Scene) -> None:
    ordered = package.request_package(dsr_id=s.forged.pk, now=NOW)
    package.build_package(package_id=ordered.pk, clock=lambda: NOW)
    deliver.release(dsr_id=s.forged.pk, officer=s.officer, now=NOW)


def approve_a_release_that_nobody_may_make(s: Scene) -> None:
    built = Package.objects.create(dsr=s.forged, state="ready", created_at=NOW)
    proposal = decide.propose(
        s.forged, Act.RELEASE_FLAGGED, officer=s.officer, payload={"package": str(built.pk)}, reason="x", now=NOW
    )
    second = User.objects.create_user("second@cesi.example", role="deputy", all_sites=True)
    decide.answer_proposal(approval_id=proposal.pk, officer=second, approve=True, reason="", now=NOW)
    deliver.release(dsr_id=s.forged.pk, officer=s.officer, now=NOW)


def use_the_code_of_another_request(s: Scene) -> None:
    ladder.answer_code_on_file(dsr_id=s.forged.pk, code=stories.code_in(s.real), now=NOW)


def replay_the_code_that_confirmed_the_address(s: Scene) -> None:
    ladder.answer_code_on_file(dsr_id=s.forged.pk, code=stories.code_in(s.forged), now=NOW)


def use_a_code_on_file_of_another_request(s: Scene) -> None:
    _, code, _ = tokens.issue(s.real, TokenPurpose.ON_FILE, now=NOW, to=CAMILLE_EMAIL)
    ladder.answer_code_on_file(dsr_id=s.forged.pk, code=code, now=NOW)


def guess_the_code_on_file(s: Scene) -> None:
    _, code, _ = tokens.issue(s.forged, TokenPurpose.ON_FILE, now=NOW, to=CAMILLE_EMAIL)
    for guess in range(5):
        with suppress(DsarError):
            ladder.answer_code_on_file(dsr_id=s.forged.pk, code=f"{(int(code) + 1 + guess) % 1_000_000:06d}", now=NOW)
    ladder.answer_code_on_file(dsr_id=s.forged.pk, code=code, now=NOW)  # five tries are gone


def open_the_status_page_by_the_link_of_the_question(s: Scene) -> None:
    _, _, link = tokens.issue(s.forged, TokenPurpose.IDENTITY, now=NOW)
    verify.open_follow(link=link, now=NOW)


def decide_as_an_auditor(s: Scene) -> None:
    verify.record_identity(
        dsr_id=s.forged.pk, officer=s.auditor, established=True, means=IdentityMeans.COUNTER, reason="x", now=NOW
    )


def decide_as_a_superuser(s: Scene) -> None:
    verify.record_identity(dsr_id=s.forged.pk, officer=s.root, established=True, means=IdentityMeans.COUNTER, reason="x", now=NOW)


def decide_without_a_reason(s: Scene) -> None:
    verify.record_identity(
        dsr_id=s.forged.pk, officer=s.officer, established=True, means=IdentityMeans.COUNTER, reason=" ", now=NOW
    )


def post_the_decision_without_signing_in(s: Scene) -> None:
    answer = Client().post(
        f"/fr/office/case/{s.forged.reference}/identity/", {"established": "yes", "means": "counter", "reason": "x"}
    )
    assert answer.status_code == 302 and "/accounts/login/" in answer.url


def send_a_paper_and_wait(s: Scene) -> None:
    s.asked()
    papers.add(dsr_id=s.forged.pk, stream=BytesIO(photo()), size=None, now=NOW)
    papers.send(dsr_id=s.forged.pk, now=NOW)
    stories.work(s.forged.pk, at=NOW + timedelta(days=1))


def write_that_it_is_me(s: Scene) -> None:
    tell.receive_from_subject(dsr_id=s.forged.pk, words="C'est bien moi, Camille.", now=NOW)
    ask.proof_arrived(dsr_id=s.forged.pk, how="message", arrived_at=NOW, now=NOW)
    stories.work(s.forged.pk, at=NOW)


def change_the_address_to_one_on_file(s: Scene) -> None:
    address.change_delivery(dsr_id=s.forged.pk, email=CAMILLE_EMAIL, now=NOW)
    verify.confirm_email(dsr_id=s.forged.pk, code=stories.code_in(s.forged, "code"), now=NOW)
    stories.work(s.forged.pk, at=NOW)


def put_an_address_on_file_behind_our_back(s: Scene) -> None:
    DataSubjectRequest.objects.filter(pk=s.forged.pk).update(email=CAMILLE_EMAIL, next_at=NOW)
    advance.advance(dsr_id=s.forged.pk, now=NOW)


def confirm_a_hand_task_of_nothing(s: Scene) -> None:
    part = s.forged.parts.get()
    part.dsr = s.forged
    execute.give_hand_tasks(part, now=NOW)
    for task in part.hand_tasks.all():
        execute.confirm_task(task_id=task.pk, officer=s.officer, items_changed=0, report="fait", now=NOW)


def download_what_was_never_released(s: Scene) -> None:
    _, code, _ = tokens.issue(s.forged, TokenPurpose.DOWNLOAD, now=NOW)
    deliver.open_download(dsr=s.forged, code=code, session_key="s", now=NOW)


def wait_long_enough(s: Scene) -> None:
    s.asked()
    ask.close_unanswered(NOW + timedelta(days=90))
    deliver.reopen(dsr_id=s.forged.pk, officer=s.officer, reason="encore", now=NOW + timedelta(days=91))
    stories.work(s.forged.pk, at=NOW + timedelta(days=91))


PATHS: list[Callable[[Scene], None]] = [
    grant_before_identity,
    release_before_identity,
    release_a_package_made_by_hand,
    call_the_collection_task,
    run_a_source_task_made_by_hand,
    skip_the_state_by_hand_and_release,
    order_a_package,
    approve_a_release_that_nobody_may_make,
    use_the_code_of_another_request,
    replay_the_code_that_confirmed_the_address,
    use_a_code_on_file_of_another_request,
    guess_the_code_on_file,
    open_the_status_page_by_the_link_of_the_question,
    decide_as_an_auditor,
    decide_as_a_superuser,
    decide_without_a_reason,
    post_the_decision_without_signing_in,
    send_a_paper_and_wait,
    write_that_it_is_me,
    change_the_address_to_one_on_file,
    put_an_address_on_file_behind_our_back,
    confirm_a_hand_task_of_nothing,
    download_what_was_never_released,
    wait_long_enough,
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_no_forged_path_is_identified_or_released(school, path):
    scene = Scene()
    with suppress(DsarError, StepRefused):
        path(scene)
    dsr = DataSubjectRequest.objects.get(pk=scene.forged.pk)
    assert dsr.identified_at is None
    assert not Package.objects.filter(dsr=dsr, state="released").exists()
    assert not Download.objects.filter(package__dsr=dsr).exists()


def test_the_same_scene_goes_through_once_a_named_person_has_decided(school):
    assert len(PATHS) >= 20
    scene = Scene()
    verify.record_identity(
        dsr_id=scene.forged.pk,
        officer=scene.officer,
        established=True,
        means=IdentityMeans.COUNTER,
        reason="vue à l’accueil",
        now=NOW,
    )
    scene.forged.refresh_from_db()
    assert scene.forged.identified_at == NOW
