"""A child of 15 or over is told, in plain words, when a parent's request for them is accepted (LAW R-41; UX 4.4 and 4.7)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from dsar.domain.ages import CONSENT_AGE, has_reached
from dsar.domain.vocabulary import EventKind, RequestType, SubjectKind
from dsar.services import ladder, on_file, represented
from notifications.models import Message
from tests import stories
from tests.people import CAMILLE_EMAIL, SACHA_NAME
from tests.services.mail_contexts import written
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)

PARENT = "parent.modele@courriel.example"
HELD = ["camille.exemple@courriel.example", CAMILLE_EMAIL]  # both are in the example school
LATER = RECEIVED_AT + timedelta(days=1)
FIFTEEN = "2011-03-10"  # on the day of receipt, 10 March 2026
YOUNGER = "2011-03-11"  # one day later


@pytest.fixture
def child(school) -> dict[str, str]:
    """Camille's number and birth date, as the school knows them; the birth date is made that of a child of 15 below."""
    file = stories.file_of_camille()
    return {
        "number": file.values("student_number")[0],
        "born": file.values("birth_date")[0],
        "name": " ".join(file.values("name")[:2]),
    }


@pytest.fixture
def on_file_born(monkeypatch, child):
    """The school's people are adults; here its file of Camille says this birth date."""

    def say(born: str) -> None:
        read = on_file.files_of

        def files_of(identity):
            return tuple(
                on_file.FileFound(
                    file.source,
                    file.collection,
                    tuple(on_file.Fact(f.name, f.label, f.kind, born if f.kind == "birth_date" else f.value) for f in file.facts),
                )
                for file in read(identity)
            )

        monkeypatch.setattr(on_file, "files_of", files_of)

    return say


def by_parent(child, born: str, *rights: RequestType, name: str = "", email: str = PARENT, number: bool = True, **more):
    about = {"requester_name": SACHA_NAME, "birth_date": born, "tie": "parent"}
    more.setdefault("identifiers", {"student_number": [child["number"]]} if number else {})
    dsr = stories.receive(*rights, email=email, name=name or child["name"], subject_kind=SubjectKind.CHILD, about=about, **more)
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    return dsr


def accept(dsr, officer):
    return stories.accepted(dsr, officer, reason="Livret de famille, vu.", at=LATER)


def told(dsr) -> list[Message]:
    return list(Message.objects.filter(kind=represented.CHILD_KIND, reference=dsr.reference).order_by("recipient"))


def notes(dsr) -> list[str]:
    return [event.text() for event in dsr.events.filter(kind=EventKind.NOTE)]


def test_a_child_of_fifteen_is_told_once_at_their_own_addresses_when_the_parent_is_accepted(child, on_file_born, dominique):
    on_file_born(FIFTEEN)
    dsr = by_parent(child, FIFTEEN, RequestType.ACCESS)
    assert told(dsr) == [], "who merely says to be a parent makes us write to nobody"
    accept(dsr, dominique)
    assert [mail.recipient for mail in told(dsr)] == HELD
    assert dsr.delivery_email == PARENT, "the answer is still the parent’s"
    text = stories.text_of(told(dsr)[0])
    for words in (SACHA_NAME, "recevoir une copie de vos données", "mardi 10 mars 2026", "doit rester privé", "01 44 45 92 00"):
        assert words in text
    stories.work(dsr.pk, at=LATER + timedelta(minutes=1))
    assert len(told(dsr)) == len(HELD)
    assert notes(dsr) == []


def test_a_child_who_is_fifteen_the_day_after_receipt_is_not_told(child, on_file_born, dominique):
    on_file_born(YOUNGER)
    dsr = accept(by_parent(child, YOUNGER), dominique)
    assert (told(dsr), notes(dsr)) == ([], [])


def test_the_day_of_receipt_is_the_day_at_the_seat(child):
    """23:30 UTC on the 9th is 00:30 on the 10th in Paris."""
    about = {"requester_name": SACHA_NAME, "birth_date": FIFTEEN}
    late, early = datetime(2026, 3, 9, 23, 30, tzinfo=UTC), datetime(2026, 3, 9, 22, 30, tzinfo=UTC)
    for at, expected in ((late, True), (early, False)):
        dsr = stories.receive(email=PARENT, at=at, subject_kind=SubjectKind.CHILD, about=about, key=f"{at:%H%M}" * 8)
        assert represented.is_child_to_tell(dsr) is expected


@pytest.mark.parametrize(
    ("on", "reached"),
    [(date(2027, 2, 27), False), (date(2027, 2, 28), False), (date(2027, 3, 1), True), (date(2028, 2, 29), True)],
)
def test_who_was_born_on_a_29_february_is_fifteen_on_the_1_march(on: date, reached: bool):
    assert has_reached(CONSENT_AGE, born=date(2012, 2, 29), on=on) is reached


def test_the_parent_s_own_address_on_file_is_never_written_to(child, on_file_born, dominique):
    """The parent writes from an address that the school files as the child's, in another spelling."""
    on_file_born(FIFTEEN)
    dsr = accept(by_parent(child, FIFTEEN, email="Camille.Exemple+ecole@courriel.example"), dominique)
    assert [mail.recipient for mail in told(dsr)] == [CAMILLE_EMAIL]


def test_an_address_on_file_where_the_parent_read_a_code_is_taken_for_the_parent_s(child, on_file_born, dominique):
    on_file_born(FIFTEEN)
    dsr = by_parent(child, FIFTEEN)
    theirs = next(one for one in on_file.addresses(on_file.files(dsr)) if one.value == HELD[0])
    ladder.send_code_on_file(dsr_id=dsr.pk, officer=dominique, mark=theirs.mark, now=RECEIVED_AT + timedelta(hours=1))
    accept(dsr, dominique)
    assert [mail.recipient for mail in told(dsr)] == [CAMILLE_EMAIL]


def test_without_an_address_on_file_the_case_says_tell_them_yourself_once(child, dominique):
    dsr = accept(by_parent(child, FIFTEEN, RequestType.RECTIFICATION, number=False), dominique)
    stories.work(dsr.pk, at=LATER + timedelta(minutes=1))
    assert (told(dsr), notes(dsr)) == ([], [represented.NOBODY_TO_TELL])


@pytest.mark.parametrize("twist", ["another name", "another birth date"])
def test_a_file_that_may_be_somebody_else_s_has_nobody_told_and_the_officer_sees_so(child, on_file_born, dominique, twist):
    on_file_born(FIFTEEN if twist == "another name" else "2009-01-01")
    name = "Noa Spécimen" if twist == "another name" else ""
    dsr = accept(by_parent(child, FIFTEEN, name=name), dominique)
    assert (told(dsr), notes(dsr)) == ([], [represented.NOBODY_FOR_SURE])


def test_several_people_on_file_have_nobody_told(child, on_file_born, dominique, monkeypatch):
    on_file_born(FIFTEEN)
    monkeypatch.setattr(on_file, "several_people", lambda found: True)
    dsr = accept(by_parent(child, FIFTEEN), dominique)
    assert (told(dsr), notes(dsr)) == ([], [represented.NOBODY_FOR_SURE])


def test_a_minor_who_asks_alone_is_told_nothing_of_the_kind(child, dominique):
    dsr = stories.receive(subject_kind=SubjectKind.SELF_MINOR)
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    assert told(dsr) == []


# The words

ITEMS = [
    ("who asked", "Sacha Modèle", "Sacha Modèle"),
    ("when", "le dimanche 22 novembre 2026", "on Sunday 22 November 2026"),
    ("for what", "- effacer vos données\n", "- to erase your data\n"),
    ("why we write", "Votre avis compte", "Your view counts"),
    ("what it means", "Nous répondons à votre parent", "We answer your parent"),
    ("may write to us", "Vous pouvez nous écrire", "You can write to us"),
    ("privacy", "quelque chose doit rester privé", "something should stay private"),
    ("need not", "Rien ne vous oblige à répondre", "do not have to reply"),
    ("whom to call", "Téléphone : 01 23 45 67 89", "Phone: 01 23 45 67 89"),
    ("which number", "Donnez ce numéro : CE-7K4M-2XQZ", "Give this number: CE-7K4M-2XQZ"),
    ("authority", "CNIL", "CNIL"),
]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_mail_to_a_child_holds_each_item(language: str):
    text = written("child_told", language).text.replace("\u00a0", " ").replace("\u202f", " ")
    assert [name for name, french, english in ITEMS if (french if language == "fr" else english) not in text] == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_mail_to_a_child_is_short_lines_with_one_idea_each_and_no_article_of_law(language: str):
    text = written("child_told", language).text
    sentences = [one for line in text.splitlines() for one in re.split(r"(?<=[.!?])\s", line) if one]
    assert max(len(one.split()) for one in sentences) <= 17
    assert sum(len(one.split()) for one in sentences) / len(sentences) < 9
    assert not re.search(r"RGPD|GDPR|article|mandat|procur|personnelles", text, re.I)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_right_has_its_plain_words_for_a_child(language: str):
    unread = "nous le lisons encore" if language == "fr" else "we are still reading it"
    assert unread in written("child_told", language, rights=["unspecified"]).text
    for right in set(RequestType) - {RequestType.UNSPECIFIED}:
        assert unread not in written("child_told", language, rights=[right.value]).text, right
