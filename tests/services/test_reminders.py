"""The sweep stores what the plan says, for whom it says, and what leaves is true when it leaves."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from dsar import tasks
from dsar.controller import controller
from dsar.domain.reminders import Standing, begins_at, latest_passed, next_look
from dsar.domain.vocabulary import Doubt, EventKind, RequestType
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.services import digest, execute, pause, remind
from notifications.models import Message, MessageState
from notifications.outbox import written_content
from tests.faults.open_requests import open_requests
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, DOMINIQUE_EMAIL, NOA_EMAIL, OFFICER_EMAIL
from tests.stories import RECEIVED_AT, receive, text_of
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db
DOUBT = Doubt.SEVERAL_PEOPLE_FIT


def on(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def sweep_daily(first: date, last: date) -> None:
    for ahead in range((last - first).days + 1):
        remind.sweep(on(first + timedelta(days=ahead)))


def stored(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("created_at", "occasion"))


def text(message: Message, *, now: datetime) -> str:
    context = remind.written(message, now=now)
    assert context is not None
    content = written_content(message.kind, message.language, context)
    return f"{content['subject']}\n{content['text']}"


# The plan


def test_sql_and_the_plain_rules_agree_on_three_hundred_requests_of_every_standing(db):
    chance, day, asked_at = random.Random(7), date(2026, 3, 29), datetime(2026, 3, 1, 9, tzinfo=UTC)
    expected: dict[str, Standing] = {}
    for number in range(300):
        working = day + timedelta(days=chance.randint(-9, 14))
        waiting = chance.choice([None, None, day - timedelta(days=chance.randint(0, 25))])
        late = chance.random() < 0.5
        received = day - timedelta(days=chance.randint(0, 8))
        (dsr,) = open_requests(
            [working],
            careful_date=working - timedelta(days=chance.choice([0, 0, 3, 7])),
            waiting_since=waiting,
            waiting_for=chance.choice(["identity", "clarification"]) if waiting else "",
            opened_at=chance.choice([None, asked_at]),
            received_at=on(received, 23 if number % 3 else 9),  # at 23 UTC it is the next day in Paris
            email=CAMILLE_EMAIL,
        )
        if waiting:
            RequestEvent.objects.bulk_create(
                [RequestEvent(dsr=dsr, sequence=1, kind=EventKind.PAUSED, at=asked_at, actor_kind="system",
                              data={"kind": dsr.waiting_for, "late": late}, previous_hash="0" * 64, hash=f"{number:064d}")]
            )  # fmt: skip
        expected[dsr.reference] = Standing(
            received_on=received + timedelta(days=1) if number % 3 else received,
            careful_date=dsr.careful_date,
            working_date=working,
            opened=dsr.opened_at is not None,
            waiting_since=waiting,
            waiting_for=dsr.waiting_for,
            counts=not late,
        )
    remind.sweep(on(day))
    plan, zone = controller().reminders, {"zone": "Europe/Paris", "from_hour": 7}
    found: dict[str, dict[str, tuple[str, str]]] = {reference: {} for reference in expected}
    for one in Message.objects.filter(state=MessageState.WAITING):
        found[one.reference][one.kind] = (one.facts["threshold"], one.facts["date"])
    assert sum(map(len, found.values())) > 300
    for dsr in DataSubjectRequest.objects.all():
        standing = expected[dsr.reference]
        told = {kind: (str(one.day), str(one.base)) for kind, one in latest_passed(standing, plan, day).items()}
        assert found[dsr.reference] == told, standing
        look = next_look(standing, plan, day)
        assert dsr.remind_at == (begins_at(look, **zone) if look else None), standing


def test_without_an_owner_or_with_one_who_left_the_dpo_is_written_to(bordeaux_officer: User):
    (owned, orphan, left) = open_requests([date(2026, 4, 9)] * 3)
    gone = User.objects.create_user("parti@cesi.example", role="officer", is_active=False)
    DataSubjectRequest.objects.filter(pk=owned.pk).update(assigned_to=bordeaux_officer)
    DataSubjectRequest.objects.filter(pk=left.pk).update(assigned_to=gone)
    remind.sweep(on(date(2026, 3, 30)))
    to = {one.reference: one.recipient for one in stored("deadline_reminder")}
    dpo = controller().dpo.email
    assert to == {owned.reference: OFFICER_EMAIL, orphan.reference: dpo, left.reference: dpo}


def test_the_deputy_hears_of_a_case_that_nobody_opens_until_somebody_who_may_act_does(dominique: User):
    dsr = receive(at=RECEIVED_AT)
    remind.sweep(on(date(2026, 3, 14)))
    assert stored("unopened_case") == []
    remind.sweep(on(date(2026, 3, 15)))
    (message,) = stored("unopened_case")
    assert message.recipient == controller().deputy.email
    assert dsr.reference in text(message, now=on(date(2026, 3, 15)))
    remind.note_opened(dsr_id=dsr.pk, officer=User(role="auditor", is_active=True), now=on(date(2026, 3, 15)))
    assert remind.written(message, now=on(date(2026, 3, 15))) is not None, "a look without the power to act changes nothing"
    remind.note_opened(dsr_id=dsr.pk, officer=dominique, now=on(date(2026, 3, 15)))
    assert remind.written(message, now=on(date(2026, 3, 15))) is None


def test_the_person_is_reminded_on_day_seven_and_twenty_of_what_we_await(dominique: User):
    dsr = receive(at=RECEIVED_AT)
    words = "Merci de nous donner votre numéro d’étudiant, ou de passer à l’accueil."
    pause.pause(dsr, pause.PauseKind.IDENTITY, officer=dominique, words=words, doubt=DOUBT, now=on(date(2026, 3, 11)))
    sweep_daily(date(2026, 3, 12), date(2026, 3, 31))
    assert [(one.occasion, one.created_at.date()) for one in stored("identity_reminder")] == [
        ("identity:7:2026-03-11", date(2026, 3, 18)),
        ("identity:20:2026-03-11", date(2026, 3, 31)),
    ]
    message = stored("identity_reminder")[1]
    assert (message.recipient, message.language) == (CAMILLE_EMAIL, "fr")
    said = text(message, now=on(date(2026, 3, 31)))
    for part in (words, "en pause depuis le mercredi 11 mars 2026", "CNIL", "dimanche 10 mai 2026"):
        assert part in said, part


def test_a_reminder_is_superseded_when_the_answer_arrived_before_it_left(dominique: User):
    dsr = receive(at=RECEIVED_AT)
    pause.pause(dsr, pause.PauseKind.IDENTITY, officer=dominique, words="Votre numéro ?", doubt=DOUBT, now=on(date(2026, 3, 11)))
    sweep_daily(date(2026, 3, 12), date(2026, 3, 18))
    (message,) = stored("identity_reminder")
    now = on(date(2026, 3, 18), 10)
    assert remind.written(message, now=now) is not None
    dsr.refresh_from_db()
    pause.resume(dsr, pause.PauseKind.IDENTITY, arrived_at=now, now=now)
    assert remind.written(message, now=now) is None


def test_an_identity_reminder_to_somebody_without_email_is_a_letter_that_is_written_at_once(dominique: User):
    dsr = receive(at=RECEIVED_AT, email="", postal_address="1 rue de l'Exemple\n75001 Paris")
    pause.pause(dsr, pause.PauseKind.IDENTITY, officer=dominique, words="Votre numéro ?", doubt=DOUBT, now=on(date(2026, 3, 11)))
    sweep_daily(date(2026, 3, 12), date(2026, 3, 18))
    (message,) = stored("identity_reminder")
    assert (message.state, message.recipient, bool(message.content)) == (MessageState.TO_POST, "", True)


def test_a_pause_makes_new_occasions_and_repeats_no_old_one(dominique: User):
    dsr = receive(at=RECEIVED_AT)  # working date 9 April
    remind.note_opened(dsr_id=dsr.pk, officer=dominique, now=RECEIVED_AT)
    sweep_daily(date(2026, 3, 11), date(2026, 3, 30))
    first = [one.occasion for one in stored("deadline_reminder")]
    assert first == ["due:10:2026-04-09"]
    dsr.refresh_from_db()
    pause.pause(dsr, pause.PauseKind.CLARIFICATION, officer=dominique, words="Quelle année ?", now=on(date(2026, 3, 31)))
    sweep_daily(date(2026, 3, 31), date(2026, 4, 3))
    assert [one.occasion for one in stored("deadline_reminder")] == first, "the careful date has been told already"
    dsr.refresh_from_db()
    pause.resume(dsr, pause.PauseKind.CLARIFICATION, arrived_at=on(date(2026, 4, 3), 10), now=on(date(2026, 4, 3), 10))
    dsr.refresh_from_db()
    assert dsr.working_date > date(2026, 4, 9)
    sweep_daily(date(2026, 4, 4), date(2026, 4, 9))
    occasions = [one.occasion for one in stored("deadline_reminder")]
    assert len(occasions) == len(set(occasions))
    assert f"due:5:{dsr.working_date}" in occasions


# Colleagues


@pytest.fixture
def task(dominique: User):
    part = receive(RequestType.RECTIFICATION).parts.select_related("dsr").get()
    execute.give_hand_tasks(part, now=on(date(2026, 3, 12)))
    return part.hand_tasks.get()


def test_a_colleague_is_reminded_at_three_seven_and_ten_days_then_the_manager(task):
    sweep_daily(date(2026, 3, 12), date(2026, 3, 26))
    days = [(one.created_at.date(), one.recipient) for one in stored("task_reminder")]
    assert days == [(date(2026, 3, day), "si@cesi.example") for day in (15, 19, 22)]
    (to_manager,) = stored("task_escalation")
    assert (to_manager.created_at.date(), to_manager.recipient) == (date(2026, 3, 24), "si-deputy@cesi.example")
    said = text(to_manager, now=on(date(2026, 3, 24)))
    assert "12 jours" in said and "Information systems" in said
    assert CAMILLE_NAME not in said and CAMILLE_EMAIL not in said


def test_a_confirmed_task_is_not_reminded_of(task):
    sweep_daily(date(2026, 3, 12), date(2026, 3, 15))
    (message,) = stored("task_reminder")
    assert remind.written(message, now=on(date(2026, 3, 15))) is not None
    task.confirmed_at = on(date(2026, 3, 15))
    task.save()
    assert remind.written(message, now=on(date(2026, 3, 15))) is None
    sweep_daily(date(2026, 3, 16), date(2026, 3, 26))
    assert len(stored("task_reminder")) == 1 and stored("task_escalation") == []


# What leaves


def test_mails_to_staff_hold_references_dates_and_links_and_no_person(dominique: User):
    dsr = receive(at=RECEIVED_AT)
    sweep_daily(date(2026, 3, 15), date(2026, 4, 11))
    for kind in ("deadline_reminder", "deadline_escalation"):
        for message in stored(kind):
            if (context := remind.written(message, now=on(date(2026, 4, 11)))) is not None:
                content = written_content(kind, "fr", context)
                assert dsr.reference in content["subject"]
                assert f"/office/case/{dsr.reference}/" in content["text"]
                for part in (*content.values(), str(message.facts)):
                    assert CAMILLE_NAME not in part and CAMILLE_EMAIL not in part
    assert len(stored("deadline_reminder")) == 6, "10, 5, 2, 0 days before and two of lateness"


def test_what_left_is_kept_as_it_was_sent_and_what_was_dropped_says_so(dominique: User, settings):
    """The relay writes each mail when it leaves; until then its page says that there is nothing to read yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    dsr = receive(at=RECEIVED_AT)
    remind.note_opened(dsr_id=dsr.pk, officer=dominique, now=RECEIVED_AT)
    sweep_daily(date(2026, 3, 29), date(2026, 4, 4))
    older, latest = stored("deadline_reminder")
    assert (older.state, latest.state, bytes(latest.content)) == (MessageState.SUPERSEDED, MessageState.WAITING, b"")
    with time_machine.travel(on(date(2026, 4, 4), 10), tick=False):
        for message in (older, latest):
            assert at_desk(dominique).post(f"/fr/office/case/{dsr.reference}/messages/{message.pk}/").status_code == 422
        tasks.relay_messages()
        latest.refresh_from_db()
        assert latest.state == MessageState.SENT
        assert "5 jours" in text_of(latest)
        page = words(at_desk(dominique).post(f"/fr/office/case/{dsr.reference}/messages/{latest.pk}/"))
    assert "réponse au plus tard le 9 avril 2026" in page


def test_an_answered_request_is_not_reminded_of_and_a_stored_mail_is_dropped(dominique: User):
    open_requests([date(2026, 4, 9)])
    remind.sweep(on(date(2026, 3, 30)))
    (message,) = stored("deadline_reminder")
    assert remind.written(message, now=on(date(2026, 3, 30))) is not None
    DataSubjectRequest.objects.update(status="answered")
    assert remind.written(message, now=on(date(2026, 3, 30))) is None
    sweep_daily(date(2026, 3, 31), date(2026, 4, 12))
    assert len(stored("deadline_reminder")) == 1
    assert DataSubjectRequest.objects.get().remind_at is None


# The daily digest


def test_the_digest_leaves_once_a_day_in_the_officers_language_and_only_with_something_to_say(dominique: User, noa: User):
    noa.language = "en"
    noa.save()
    idle = User.objects.create_user("libre@cesi.example", role="officer", sites=["lyon"])
    silent = User.objects.create_user("sans@cesi.example", role="dpo", all_sites=True, wants_digest=False)
    open_requests([date(2026, 3, 27), date(2026, 4, 1)])
    assert digest.store_digests(on(date(2026, 3, 30), 4)) == 2, "for the day before: it is not seven yet"
    assert digest.store_digests(on(date(2026, 3, 30), 6)) == 2
    assert digest.store_digests(on(date(2026, 3, 30), 12)) == 0
    to = [one.recipient for one in stored("daily_digest") if one.occasion == "2026-03-30"]
    assert sorted(to) == sorted([DOMINIQUE_EMAIL, NOA_EMAIL])
    assert idle.email not in to and silent.email not in to
    english = next(one for one in stored("daily_digest") if one.recipient == NOA_EMAIL and one.occasion == "2026-03-30")
    said = text(english, now=on(date(2026, 3, 30)))
    assert "Late: 1" in said and "Within 7 days: 1" in said and "CE-00000001: 3 days late" in said
    assert "Camille" not in said


def test_a_digest_is_forgotten_after_thirty_days(dominique: User):
    open_requests([date(2026, 3, 31)])
    digest.store_digests(on(date(2026, 3, 30)))
    assert digest.forget_old(on(date(2026, 4, 28))) == 0
    assert len(stored("daily_digest")) == 1
    assert digest.forget_old(on(date(2026, 4, 30))) == 1


def test_a_digest_of_yesterday_or_of_nothing_does_not_leave(dominique: User):
    open_requests([date(2026, 3, 31)])
    digest.store_digests(on(date(2026, 3, 30)))
    (message,) = stored("daily_digest")
    assert remind.written(message, now=on(date(2026, 3, 30))) is not None
    assert remind.written(message, now=on(date(2026, 3, 31))) is None
    DataSubjectRequest.objects.update(status="answered")
    assert remind.written(message, now=on(date(2026, 3, 30))) is None
