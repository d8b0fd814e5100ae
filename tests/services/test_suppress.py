"""The list of people whom no advertising may reach: written with the objection, read by fingerprint, gone after its years."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from dsar.domain.vocabulary import EventKind, RequestType, SubjectKind
from dsar.models import DataSubjectRequest, Suppression
from dsar.services import intake, suppress
from dsar.services.suppress import is_suppressed
from identity import vault
from tests.people import CAMILLE_EMAIL, SACHA_EMAIL, SACHA_NAME
from tests.stories import RECEIVED_AT, receive
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db

STOP = RequestType.MARKETING_OBJECTION


def test_an_objection_to_advertising_is_on_the_list_before_anything_is_proven():
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT) is None
    dsr = receive(STOP)
    assert dsr.email_confirmed_at is None
    entry = is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    assert entry is not None
    assert (entry.reference, entry.since, entry.until) == (dsr.reference, RECEIVED_AT, date(2029, 3, 10))
    event = dsr.events.get(kind=EventKind.SUPPRESSED)
    assert event.data == {"addresses": 1, "until": "2029-03-10"}


def test_another_right_enters_nobody():
    receive(RequestType.ACCESS, RequestType.WITHDRAWAL)
    assert Suppression.objects.count() == 0


def test_the_list_holds_no_address():
    receive(STOP)
    assert CAMILLE_EMAIL in str(DataSubjectRequest.objects.values_list().get()), "the check can fail: the request names it"
    row = Suppression.objects.values_list().get()
    assert CAMILLE_EMAIL not in str(row)
    assert CAMILLE_EMAIL.partition("@")[0] not in str(row)


def test_an_address_is_found_in_whatever_case_it_is_written():
    receive(STOP, email="Camille.Exemple@etu.cesi.example")
    assert is_suppressed("camille.exemple@ETU.cesi.example", now=RECEIVED_AT)
    assert is_suppressed(SACHA_EMAIL, now=RECEIVED_AT) is None


def test_every_address_that_the_person_names_is_entered():
    receive(STOP, identifiers={"email": ["camille@perso.example"], "student_number": ["2019-0042"]})
    assert is_suppressed("camille@perso.example", now=RECEIVED_AT)
    assert Suppression.objects.count() == 2


def test_a_parent_keeps_their_own_mail():
    receive(STOP, name=SACHA_NAME, subject_kind=SubjectKind.CHILD, identifiers={"email": [SACHA_EMAIL]})
    assert is_suppressed(SACHA_EMAIL, now=RECEIVED_AT)
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT) is None


def test_objecting_again_adds_no_row_and_prolongs_the_entry():
    receive(STOP)
    later = datetime(2027, 1, 5, 9, 0, tzinfo=UTC)
    receive(STOP, at=later)
    entry = Suppression.objects.get()
    assert (entry.since, entry.until) == (RECEIVED_AT, date(2030, 1, 5))


def test_a_request_stopped_half_way_leaves_no_entry(monkeypatch):
    monkeypatch.setattr(intake, "ring_for", lambda dsr_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        receive(STOP)
    assert Suppression.objects.count() == 0


def test_own_words_that_a_person_reads_as_an_objection_are_entered_then(dominique):
    dsr = receive(RequestType.UNSPECIFIED)
    assert Suppression.objects.count() == 0
    intake.qualify(part_id=dsr.parts.get().pk, officer=dominique, rights=[STOP], now=RECEIVED_AT)
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)


def test_an_entry_goes_the_day_after_its_last_one():
    receive(STOP)
    assert suppress.forget_old_entries(datetime(2029, 3, 10, 20, 0, tzinfo=UTC)) == 0
    assert is_suppressed(CAMILLE_EMAIL, now=datetime(2029, 3, 10, 22, 59, tzinfo=UTC))
    assert is_suppressed(CAMILLE_EMAIL, now=datetime(2029, 3, 10, 23, 1, tzinfo=UTC)) is None, "midnight has passed in Paris"
    assert suppress.forget_old_entries(datetime(2029, 3, 11, 8, 0, tzinfo=UTC)) == 1


def hashed_under_secret_key() -> None:
    """What an installation holds that comes from before the list had a key of its own."""
    old = vault.secret_hash_key("suppression")
    assert Suppression.objects.update(address_hash=old.hash(CAMILLE_EMAIL), key_mark=old.mark) == 1


def rotated(settings: Settings) -> None:
    settings.SECRET_KEY = "another one " * 6


def test_an_objection_outlives_a_change_of_secret_key_and_of_the_master_keys(settings):
    receive(STOP)
    rotated(settings)
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    old = settings.MASTER_KEYS
    settings.MASTER_KEYS = [Fernet.generate_key().decode(), *old]
    call_command("rewrap_keys")
    settings.MASTER_KEYS = settings.MASTER_KEYS[:1]
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    assert is_suppressed(SACHA_EMAIL, now=RECEIVED_AT) is None


@pytest.mark.parametrize("moved_by", ["look-up", "sweep", "objection"])
def test_an_entry_from_before_the_lists_own_key_is_found_and_moved_and_keeps_its_days(settings, moved_by: str):
    receive(STOP)
    hashed_under_secret_key()
    later = datetime(2027, 1, 5, 9, 0, tzinfo=UTC)
    if moved_by == "look-up":
        assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    elif moved_by == "sweep":
        assert [suppress.move_old_entries(), suppress.move_old_entries()] == [1, 0]
    else:
        receive(STOP, at=later)
    rotated(settings)
    entry = is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    assert entry is not None
    assert (entry.since, entry.until) == (RECEIVED_AT, date(2030, 1, 5) if moved_by == "objection" else date(2029, 3, 10))
    assert Suppression.objects.count() == 1


def test_an_entry_that_cannot_be_moved_is_found_while_secret_key_stays(settings):
    receive(STOP)
    hashed_under_secret_key()
    Suppression.objects.update(reference="CE-0000-0000")  # of a request that is forgotten
    assert suppress.move_old_entries() == 0
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)


@pytest.mark.parametrize("lost", ["secret", "key"])
def test_while_entries_cannot_be_compared_nobody_is_said_not_to_be_on_the_list(settings, dominique, capsys, lost: str):
    receive(STOP)
    if lost == "secret":
        hashed_under_secret_key()
        rotated(settings)
    else:
        vault.destroy_key(suppress.KEY)
    with pytest.raises(suppress.ListIncomplete, match=r"some entries \(1\)"):
        is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    page = words(at_desk(dominique).post("/fr/office/suppressed/", {"email": SACHA_EMAIL})).replace("\N{NO-BREAK SPACE}", " ")
    assert "la clé de certaines entrées (1) n’est plus là" in page
    assert "Pas dans la liste" not in page
    with pytest.raises(CommandError, match="not complete") as ended:
        call_command("suppressed", SACHA_EMAIL)
    assert ended.value.returncode == 2
    receive(STOP, email=SACHA_EMAIL, name=SACHA_NAME)
    assert is_suppressed(SACHA_EMAIL, now=RECEIVED_AT), "a new objection counts all the same"


def test_an_objection_is_written_down_while_the_vaults_key_cannot_be_read(settings):
    receive(STOP, email=SACHA_EMAIL, name=SACHA_NAME)
    known = settings.MASTER_KEYS
    settings.MASTER_KEYS = [Fernet.generate_key().decode()]
    receive(STOP)
    assert is_suppressed(CAMILLE_EMAIL, now=RECEIVED_AT)
    settings.MASTER_KEYS = known
    assert suppress.move_old_entries() == 1
    assert Suppression.objects.values("key_mark").distinct().count() == 1


def test_the_command_answers_by_words_and_status(capsys):
    receive(STOP)
    call_command("suppressed", CAMILLE_EMAIL)
    assert "on the list since 2026-03-10" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        call_command("suppressed", SACHA_EMAIL)
    assert ended.value.code == 1
    with pytest.raises(CommandError, match="not valid"):
        call_command("suppressed", "nobody")


def test_staff_looks_an_address_up_without_writing_it_into_an_address_bar(dominique):
    dsr = receive(STOP)
    client = at_desk(dominique)
    assert "Pas de publicité" in words(client.get("/fr/office/suppressed/"))
    found = words(client.post("/fr/office/suppressed/", {"email": CAMILLE_EMAIL}))
    assert f"Dans la liste depuis le 10 mars 2026, jusqu’au 10 mars 2029 ({dsr.reference})" in found
    assert "Pas dans la liste" in words(client.post("/fr/office/suppressed/", {"email": SACHA_EMAIL}))
