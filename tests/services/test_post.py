"""Letters to post and mails that did not arrive: nothing is lost, somebody sees it, and what was done is on the case."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pypdf
import pytest
from django.utils import timezone
from pytest_django import Settings

from dsar import selectors, tasks
from dsar.controller import controller
from dsar.domain.vocabulary import Act, EventKind, RequestType
from dsar.models import DataSubjectRequest, Package, User
from dsar.services import decide, deliver, execute, forget, letters, moves, post, tell
from dsar.services.acknowledge import acknowledgement_of
from notifications.models import Message, MessageState
from tests.faults.smtp import MailServer, mail_server
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT, choose_phrase, code_in, receive, text_of

pytestmark = pytest.mark.django_db
ADDRESS = "12 rue de l'Essai\n33000 Bordeaux"
TODAY = date(2026, 3, 10)


@pytest.fixture
def by_post() -> DataSubjectRequest:
    return receive(RequestType.ACCESS, email="", postal_address=ADDRESS)


@pytest.fixture
def letter(by_post: DataSubjectRequest) -> Message:
    return Message.objects.get(reference=by_post.reference)


def pdf_text(reader: pypdf.PdfReader) -> str:
    words = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(words.replace("\u00a0", " ").replace("\u202f", " ").split())


def tags(reader: pypdf.PdfReader) -> set[str]:
    """The roles in the structure tree."""
    found, left = set(), [reader.trailer["/Root"]["/StructTreeRoot"]]
    while left:
        node = left.pop().get_object()
        if isinstance(node, dict):
            found.add(str(node.get("/S", "")))
            left += [node["/K"]] if "/K" in node else []
        elif isinstance(node, list):
            left += [one for one in node if not isinstance(one, int)]
    return found


# Letters


def test_who_gave_no_email_gets_the_acknowledgement_as_a_letter_to_post(letter: Message) -> None:
    assert (letter.kind, letter.state, letter.recipient) == ("acknowledgement", MessageState.TO_POST, "")
    assert "jeudi 9 avril 2026" in text_of(letter)
    assert "confirmer votre adresse" not in text_of(letter), "a code is of no use on paper"
    assert tasks.relay_waiting(unseal=letters.vault.open_text, clock=lambda: RECEIVED_AT).sent == 0


def test_a_code_is_no_letter(by_post: DataSubjectRequest) -> None:
    said = {"code": "204816", "link": "", "code_minutes": 15, "purpose_label": "suivre"}
    assert tell.tell(by_post, "code", now=RECEIVED_AT, **said) is None
    assert not Message.objects.filter(kind="code").exists()


def test_an_officers_words_become_a_letter(by_post: DataSubjectRequest, dominique: User) -> None:
    tell.write_to_subject(dsr_id=by_post.pk, officer=dominique, words="Nous avançons.", now=RECEIVED_AT)
    written = Message.objects.get(kind="letter_to_subject")
    assert written.state == MessageState.TO_POST
    assert "Nous avançons." in text_of(written)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_letter_is_tagged_for_screen_readers_and_fits_the_window_of_an_envelope(
    by_post: DataSubjectRequest, letter: Message, language: str
) -> None:
    if language == "en":
        by_post.language = "en"
        found = tell.tell(by_post, "acknowledgement", now=RECEIVED_AT, occasion="two", **acknowledgement_of(by_post))
        assert found is not None
        letter = found
    reader = pypdf.PdfReader(io.BytesIO(letters.message_letter(by_post, letter)))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert str(catalogue["/Lang"]).startswith(language)
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert by_post.reference in str(reader.metadata.title)  # type: ignore[union-attr]
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()
    assert tags(reader) >= {"/H1", "/H2", "/P", "/L"}, "headings and lists are tagged as such"
    text = pdf_text(reader)
    for words in (by_post.reference, by_post.data_subject_name, "12 rue de l'Essai", "CNIL"):
        assert words in text
    assert ("10 mars 2026" if language == "fr" else "10 March 2026") in text
    assert (f"Page 1 sur {len(reader.pages)}" if language == "fr" else f"Page 1 of {len(reader.pages)}") in text
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == pytest.approx([595.28, 841.89], abs=0.1)
    # French window envelope (DL): the address lies 45 to 85 mm from the top and from 100 mm from the left on.
    found_at: list[tuple[float, float]] = []

    def look(words: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if "rue de l" in words:
            found_at.append((cm[0] * tm[4] + cm[4], cm[3] * tm[5] + cm[5]))

    reader.pages[0].extract_text(visitor_text=look)
    assert found_at, "the address is on the first page"
    left, up = found_at[0]
    from_top = (841.89 - up) / 72 * 25.4
    assert 45 <= from_top <= 85
    assert 100 <= left / 72 * 25.4 <= 115


def test_the_letters_day_of_posting_is_proof_of_dispatch(by_post: DataSubjectRequest, letter: Message, dominique: User) -> None:
    later = RECEIVED_AT + timedelta(days=2)
    assert selectors.next_action(by_post).kind == "letter"
    post.mark_posted(dsr_id=by_post.pk, message_id=letter.pk, officer=dominique, posted_on=date(2026, 3, 11), now=later)
    letter.refresh_from_db()
    assert (letter.state, letter.sent_at) == (MessageState.SENT, datetime(2026, 3, 11, 11, 0, tzinfo=UTC))
    event = by_post.events.get(kind=EventKind.LETTER_POSTED)
    assert (event.actor, event.data["posted_on"], event.data["kind"]) == (dominique, "2026-03-11", "acknowledgement")
    assert selectors.next_action(DataSubjectRequest.objects.get()).kind != "letter"
    with pytest.raises(post.SeenTo):
        post.mark_posted(dsr_id=by_post.pk, message_id=letter.pk, officer=dominique, posted_on=TODAY, now=later)


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 3, 11)])
def test_a_letter_leaves_neither_before_it_is_written_nor_tomorrow(
    day: date, by_post: DataSubjectRequest, letter: Message, dominique: User
) -> None:
    with pytest.raises(post.NotThatDay):
        post.mark_posted(dsr_id=by_post.pk, message_id=letter.pk, officer=dominique, posted_on=day, now=RECEIVED_AT)
    letter.refresh_from_db()
    assert letter.state == MessageState.TO_POST


def test_who_does_not_act_on_cases_posts_nothing(by_post: DataSubjectRequest, letter: Message) -> None:
    auditor = User.objects.create_user("auditeur@cesi.example", role="auditor", all_sites=True)
    with pytest.raises(moves.NotAllowed):
        post.mark_posted(dsr_id=by_post.pk, message_id=letter.pk, officer=auditor, posted_on=TODAY, now=RECEIVED_AT)


def test_lines_of_the_template_that_stand_alone_are_headings_and_an_officers_words_are_not(
    by_post: DataSubjectRequest, letter: Message, dominique: User
) -> None:
    def inside(message: Message) -> str:
        return letters.opened(message).html

    found = re.findall("<h2>(.*?)</h2>", inside(letter))
    assert found == ["Quand vous aurez la réponse", "Et ensuite\u00a0?", "Qui contacter", "Les données de cette demande"]
    tell.write_to_subject(dsr_id=by_post.pk, officer=dominique, words="Qui contacter\n\nMoi", now=RECEIVED_AT)
    assert "<h2>" not in inside(Message.objects.get(kind="letter_to_subject"))


# Mails that did not arrive


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 10
        yield running


@pytest.fixture
def refused(server: MailServer) -> tuple[DataSubjectRequest, Message]:
    """The acknowledgement came back: no such mailbox."""
    server.at_rcpt = lambda recipient, number: "550 5.1.1 no such user" if recipient == CAMILLE_EMAIL else None
    dsr = receive(RequestType.ACCESS, at=timezone.now())
    tasks.relay_messages()
    return dsr, Message.objects.get(reference=dsr.reference)


def test_a_refusal_for_good_is_on_the_case_once_and_the_first_thing_to_do(
    refused: tuple[DataSubjectRequest, Message], dominique: User
) -> None:
    dsr, message = refused
    assert message.state == MessageState.UNDELIVERABLE
    post.report_undeliverable(timezone.now())
    (event,) = dsr.events.filter(kind=EventKind.UNDELIVERABLE)
    assert event.data == {"kind": "acknowledgement", "message": str(message.pk), "tries": 1}
    assert event.text() == "550 5.1.1 the server refused the recipient or the email for good"
    assert CAMILLE_EMAIL not in event.text()
    action = selectors.next_action(DataSubjectRequest.objects.get())
    assert (action.kind, action.waits_for_us, bool(action.blocker)) == ("undelivered", True, True)
    today = selectors.today_at_seat(timezone.now())
    assert selectors.queue(dominique, today=today, view="blocked").total == 1
    assert [found for _, found in selectors.post_room(dominique)] == [message]


def test_trying_again_sends_it_and_a_second_refusal_is_told_again(
    refused: tuple[DataSubjectRequest, Message], server: MailServer, dominique: User
) -> None:
    dsr, message = refused
    post.try_again(dsr_id=dsr.pk, message_id=message.pk, officer=dominique, now=timezone.now())
    tasks.relay_messages()
    assert dsr.events.filter(kind=EventKind.UNDELIVERABLE).count() == 2
    server.at_rcpt = lambda recipient, number: None
    post.try_again(dsr_id=dsr.pk, message_id=message.pk, officer=dominique, now=timezone.now())
    tasks.relay_messages()
    message.refresh_from_db()
    assert (message.state, message.error, len(server.messages)) == (MessageState.SENT, "", 1)
    assert server.ids() == [message.message_id]
    assert selectors.next_action(DataSubjectRequest.objects.get()).kind == "wait_email"


def test_writing_by_post_lays_a_letter_ready_without_the_code(
    refused: tuple[DataSubjectRequest, Message], dominique: User
) -> None:
    dsr, message = refused
    letter = post.write_by_post(dsr_id=dsr.pk, message_id=message.pk, officer=dominique, now=timezone.now())
    assert (letter.state, letter.recipient, letter.kind) == (MessageState.TO_POST, "", "acknowledgement")
    assert "Ce que vous avez à faire maintenant" in text_of(letter)
    assert "valable" not in text_of(letter)
    message.refresh_from_db()
    assert message.settled_at is not None
    assert dsr.events.get(kind=EventKind.MESSAGE_SETTLED).data["how"] == "by_post"
    with pytest.raises(post.SeenTo):
        post.write_by_post(dsr_id=dsr.pk, message_id=message.pk, officer=dominique, now=timezone.now())


def test_other_notices_go_by_post_word_for_word_and_a_code_never(dominique: User) -> None:
    dsr = receive(RequestType.ACCESS)
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Nous avançons.", now=RECEIVED_AT)
    said = {"code": "204816", "link": "", "code_minutes": 15, "purpose_label": "suivre"}
    code = tell.tell(dsr, "code", now=RECEIVED_AT, **said)
    Message.objects.update(state=MessageState.UNDELIVERABLE)
    words = Message.objects.get(kind="letter_to_subject")
    letter = post.write_by_post(dsr_id=dsr.pk, message_id=words.pk, officer=dominique, now=RECEIVED_AT)
    assert text_of(letter) == text_of(words)
    assert code is not None
    with pytest.raises(post.NotOnPaper):
        post.write_by_post(dsr_id=dsr.pk, message_id=code.pk, officer=dominique, now=RECEIVED_AT)


def test_what_was_settled_otherwise_waits_for_nobody(refused: tuple[DataSubjectRequest, Message], dominique: User) -> None:
    dsr, message = refused
    post.settle(dsr_id=dsr.pk, message_id=message.pk, officer=dominique, now=timezone.now())
    assert dsr.events.get(kind=EventKind.MESSAGE_SETTLED).data["how"] == "settled"
    assert selectors.post_room(dominique) == []
    assert post.report_undeliverable(timezone.now()) == 0


def test_after_72_hours_of_tries_somebody_must_see_to_it(server: MailServer, dominique: User) -> None:
    """The relay's own test walks the 72 hours; here the hourly sweep finds what a relay that died left untold."""
    dsr = receive(RequestType.ACCESS)
    gave_up = {"state": MessageState.UNDELIVERABLE, "error": "451 given up after 72 hours", "attempts": 26}
    Message.objects.filter(reference=dsr.reference).update(**gave_up)
    tasks.expire_what_is_due()
    tasks.expire_what_is_due()
    (event,) = dsr.events.filter(kind=EventKind.UNDELIVERABLE)
    assert event.data["tries"] == 26
    assert [found.reference for _, found in selectors.post_room(dominique)] == [dsr.reference]


def test_a_digest_that_cannot_be_delivered_belongs_to_no_case() -> None:
    receive(RequestType.ACCESS)
    Message.objects.update(reference="staff:1", state=MessageState.UNDELIVERABLE)
    assert post.report_undeliverable(RECEIVED_AT) == 0


# What a colleague reads


def test_codes_and_personal_links_are_covered_and_the_rest_is_word_for_word() -> None:
    dsr = receive(RequestType.ACCESS)
    message = Message.objects.get(reference=dsr.reference)
    stored = text_of(message)
    shown = letters.opened(message)
    code = code_in(dsr)
    assert code not in shown.text + shown.html
    link = re.search(r"https?://\S+/confirm/([\w-]+)/", stored)
    assert link is not None
    assert link[1] not in shown.text + shown.html
    assert shown.text.count(letters.COVERED) == shown.html.count(letters.COVERED) - 1 == 2  # in HTML a link shows where it leads
    assert shown.subject in stored
    assert "Nous vous répondrons au plus tard" in shown.text


def test_a_forgotten_message_says_so() -> None:
    receive(RequestType.ACCESS)
    message = Message.objects.get()
    letters.vault.destroy_key(message.key_name)
    with pytest.raises(letters.WordsGone):
        letters.opened(message)


# Messages of the end


def test_a_closed_case_says_how_to_reopen_it(dominique: User) -> None:
    dsr = receive(RequestType.MARKETING_OBJECTION)
    for task in [task for part in dsr.parts.all() for task in part.hand_tasks.all()]:
        execute.confirm_task(task_id=task.pk, officer=dominique, items_changed=1, report="fait", now=RECEIVED_AT)
    deliver.close(dsr_id=dsr.pk, officer=dominique, reason="Tout est dit.", now=datetime(2026, 4, 20, 22, 30, tzinfo=UTC))
    text = text_of(Message.objects.get(kind="closed"))
    assert "mardi 21 avril 2026" in text, "the day at the seat"
    assert "Pour le rouvrir" in text
    assert "Tout est dit." not in text, "the officer's reason stays on the case"


def test_a_copy_about_to_expire_is_announced_once_a_week_ahead(dominique: User) -> None:
    dsr = receive(RequestType.ACCESS)
    expires = datetime(2026, 4, 10, 22, 30, tzinfo=UTC)  # the 11th in Paris
    released = {"state": "released", "released_at": expires - timedelta(days=30), "expires_at": expires}
    Package.objects.create(dsr=dsr, created_at=RECEIVED_AT, file_name="copie.zip", **released)
    assert forget.warn_before_expiry(expires - timedelta(days=8)) == 0
    assert forget.warn_before_expiry(expires - timedelta(days=7)) == 1
    assert forget.warn_before_expiry(expires - timedelta(days=6)) == 0
    (told,) = Message.objects.filter(kind="expiring")
    assert "samedi 11 avril 2026" in text_of(told)


@pytest.mark.parametrize(("chosen", "stake"), [(False, True), (True, True), (False, False)])
@pytest.mark.parametrize(
    ("language", "missing", "where", "asked"),
    [
        ("fr", "Il manque encore votre phrase secrète.", "Choisir une phrase secrète", "vous sera demandée en plus du code"),
        (
            "en",
            "Your pass-phrase is still missing.",
            "Choose a pass-phrase",
            "You will need your pass-phrase as well as the code",
        ),
    ],
)
def test_a_copy_about_to_expire_says_that_its_pass_phrase_is_missing_and_where_it_is_chosen(
    language: str, missing: str, where: str, asked: str, chosen: bool, stake: bool
) -> None:
    dsr = receive(RequestType.ACCESS, language=language)
    if chosen:
        choose_phrase(dsr, at=RECEIVED_AT)
    key = next(one.key for one in controller().categories.values() if one.high_stake == stake)
    expires = datetime(2026, 4, 10, 22, 30, tzinfo=UTC)
    released = {"state": "released", "released_at": expires - timedelta(days=30), "expires_at": expires}
    inventory = [{"category": key, "rows": 3}]
    Package.objects.create(dsr=dsr, created_at=RECEIVED_AT, file_name="copie.zip", inventory=inventory, **released)
    assert forget.warn_before_expiry(expires - timedelta(days=7)) == 1
    text = text_of(Message.objects.get(kind="expiring"))
    assert (missing in text, where in text, asked in text) == (stake and not chosen, stake and not chosen, stake and chosen)


def test_a_copy_that_is_open_for_a_week_only_is_not_announced_twice() -> None:
    dsr = receive(RequestType.ACCESS)
    released = {"state": "released", "released_at": RECEIVED_AT, "expires_at": RECEIVED_AT + timedelta(days=7)}
    Package.objects.create(dsr=dsr, created_at=RECEIVED_AT, file_name="copie.zip", **released)
    assert forget.warn_before_expiry(RECEIVED_AT + timedelta(hours=1)) == 0


# Days in mails are days at the seat


def test_at_half_past_eleven_in_the_evening_utc_it_is_tomorrow_in_paris(dominique: User, noa: User) -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    dsr = receive(RequestType.MARKETING_OBJECTION, RequestType.ERASURE)
    for task in [task for part in dsr.parts.all() for task in part.hand_tasks.all()]:
        execute.confirm_task(task_id=task.pk, officer=dominique, items_changed=1, report="fait", now=late)
    assert "mercredi 11 mars 2026" in text_of(Message.objects.get(kind="done_at_once"))
    decide.propose(dsr, Act.ERASE, officer=dominique, payload={}, reason="tout", now=late)
    wanted = text_of(Message.objects.get(kind="approval_wanted"))
    assert "mercredi 18 mars 2026" in wanted
    assert "mardi 17" not in wanted
