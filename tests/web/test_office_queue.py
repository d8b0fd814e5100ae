"""The queue: what is urgent first, the next action as a verb, four figures that lead to their lists."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from dsar.domain.vocabulary import EventKind, RequestType
from dsar.models import RequestEvent
from tests.stories import receive
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 12, 10, 9, 0, tzinfo=UTC)  # a Thursday


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def received(days_ago: int, name: str, *rights: RequestType, **answers: object):
    email = f"{name.split()[0].lower()}@mail.example"
    return receive(*rights, name=name, email=email, at=TODAY - timedelta(days=days_ago), **answers)


def order_of(page: str, *names: str) -> list[str]:
    return sorted(names, key=page.index)


def test_groups_stand_in_the_order_of_urgency(dominique):
    received(1, "Max Sosie")
    received(26, "Sacha Modèle")
    received(40, "Andrea Factice")
    paused = received(25, "Ange Doublon")
    RequestEvent.objects.record(paused, EventKind.PAUSED, at=TODAY - timedelta(days=20), data={"kind": "identity", "late": False})
    page = words(at_desk(dominique).get("/fr/office/"))
    groups = ("En retard", "Sous 7 jours", "Plus tard", "En pause : l’horloge est arrêtée")
    table = page[page.index("Responsable") :]
    assert order_of(table, *groups) == list(groups)
    assert order_of(table, "Andrea Factice", "Sacha Modèle", "Max Sosie", "Ange Doublon") == [
        "Andrea Factice", "Sacha Modèle", "Max Sosie", "Ange Doublon",
    ]  # fmt: skip


def test_a_row_says_days_date_right_person_next_action_and_owner(dominique):
    received(18, "Sacha Modèle", RequestType.ERASURE, site="lyon")
    page = words(at_desk(dominique).get("/fr/office/"))
    for said in ("12 j", "mar 22 déc.", "Effacement", "Sacha Modèle", "Lyon", "Personne", "Attendre que la personne confirme"):
        assert said in page, said


def test_the_last_day_is_called_today(dominique):
    received(30, "Sacha Modèle")
    page = words(at_desk(dominique).get("/fr/office/"))
    assert "aujourd’hui" in page


def test_a_request_that_nobody_has_confirmed_is_in_the_list(dominique):
    received(0, "Sacha Modèle")
    assert "Adresse pas encore confirmée" in words(at_desk(dominique).get("/fr/office/"))


def test_every_figure_leads_to_its_list(dominique):
    received(40, "Andrea Factice")
    received(1, "Max Sosie")
    desk = at_desk(dominique)
    page = desk.get("/fr/office/").content.decode()
    for view in ("late", "soon", "paused", "answered"):
        assert f'href="?view={view}"' in page
    late = words(desk.get("/fr/office/?view=late"))
    assert "Andrea Factice" in late
    assert "Max Sosie" not in late


def test_an_empty_queue_names_the_next_deadline(dominique, noa):
    assert "Aucune demande n’est ouverte." in words(at_desk(dominique).get("/fr/office/"))
    received(18, "Sacha Modèle")
    mine = words(at_desk(dominique).get("/fr/office/?view=mine"))
    assert "Rien à traiter. Prochaine échéance : mardi 22 décembre." in mine


def test_the_strip_shows_weekends_holidays_and_deadlines(dominique):
    received(18, "Sacha Modèle")
    page = at_desk(dominique).get("/fr/office/").content.decode()
    assert re.search(r'<li class="off "[^>]*title="Noël"[^>]*>férié<b>25</b>', page)
    assert re.search(r"mar<b>22</b><i>1", page)


@pytest.mark.parametrize("query", ["sacha@mail.example", "SACHA@mail.example", "Modèle", "{reference}", "{loose}"])
def test_a_search_finds_by_reference_name_and_exact_address(dominique, query):
    sacha = received(1, "Sacha Modèle")
    received(1, "Max Sosie")
    typed = query.format(reference=sacha.reference, loose=sacha.reference.lower().replace("-", ""))
    page = words(at_desk(dominique).get("/fr/office/", {"q": typed}))
    assert "Sacha Modèle" in page
    assert "Max Sosie" not in page


def test_part_of_an_address_finds_nobody(dominique):
    received(1, "Sacha Modèle")
    assert "Aucun dossier trouvé" in words(at_desk(dominique).get("/fr/office/", {"q": "@mail.example"}))


def test_several_cases_are_taken_at_once_with_a_result_for_each(dominique, noa):
    first, second = received(1, "Sacha Modèle"), received(2, "Max Sosie")
    desk = at_desk(noa)
    page = desk.post("/fr/office/assign/", {"reference": [first.reference, second.reference, "CE-0000-0000"]})
    said = words(page)
    assert said.count("À vous maintenant.") == 2
    assert "Ce dossier n’est pas parmi les vôtres." in said
    assert "Sacha Modèle" in words(desk.get("/fr/office/?view=mine"))


def test_an_auditor_reads_and_has_nothing_to_press(db):
    from dsar.models import User

    received(1, "Sacha Modèle")
    auditor = User.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
    page = at_desk(auditor).get("/fr/office/").content.decode()
    assert "Sacha Modèle" in page
    assert 'type="checkbox"' not in page
    assert "M’attribuer" not in words(at_desk(auditor).get("/fr/office/"))


def test_over_a_hundred_cases_come_in_pages_without_gap_or_double(dominique):
    from dsar.models import DataSubjectRequest

    made = [received(number % 28, f"Personne {number:03}") for number in range(103)]
    desk, seen, path = at_desk(dominique), [], "/fr/office/"
    for _ in range(3):
        page = desk.get(path).content.decode()
        seen += re.findall(r'name="reference" value="([^"]+)"', page)
        following = re.search(r'href="(\?after=[^"]+)" rel="next"', page)
        if following is None:
            break
        path = "/fr/office/" + following.group(1)
    assert len(made) == DataSubjectRequest.objects.count() == len(seen)
    assert set(seen) == {dsr.reference for dsr in made}


def test_both_languages_say_everything(dominique):
    received(40, "Andrea Factice")
    english = words(at_desk(dominique).get("/en/office/"))
    for said in ("Queue", "Late", "Due within 7 days", "Wait for the person"):
        assert said in english
    assert "Échéance" not in english


def test_the_journal_names_references_and_nobody(dominique):
    dsr = received(1, "Sacha Modèle")
    page = words(at_desk(dominique).get("/fr/office/journal/"))
    assert dsr.reference in page
    assert "Sacha" not in page
