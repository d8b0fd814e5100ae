"""The calendar page, one's own feed behind a secret link, and the banner of a standstill."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from config.logs import without_links
from dsar.controller import controller
from dsar.models import DataSubjectRequest, Heartbeat, User
from dsar.selectors import standstill
from notifications.models import Message
from tests.faults.open_requests import open_requests
from tests.people import CAMILLE_NAME
from tests.stories import receive
from tests.web.desk import at_desk, words
from tests.web.sentences import in_python, in_templates, without_french

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


def make_link(client: Client) -> str:
    page = client.post("/fr/office/account/calendar/", {"do": "make"})
    found = re.search(r'value="http://[^/]+(/[^"]+\.ics)"', page.content.decode())
    assert found and page["Cache-Control"] == "no-store"
    return found[1]


def events(answer) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


# The page


def test_the_month_shows_each_case_on_its_day_with_public_holidays(dominique: User):
    open_requests([date(2026, 5, 7), date(2026, 5, 28), date(2026, 6, 2)])
    page = words(at_desk(dominique).get("/fr/office/calendar/"))
    for said in ("Mai 2026", "Victoire de 1945", "Ascension", "CE-00000001", "CE-00000002"):
        assert said in page, said
    assert "CE-00000003" not in page
    assert "CE-00000003" in words(at_desk(dominique).get("/fr/office/calendar/?month=2026-06"))


def test_the_list_says_state_and_next_reminder(dominique: User):
    open_requests([date(2026, 5, 11), date(2026, 5, 1)])
    page = words(at_desk(dominique).get("/en/office/calendar/?view=list"))
    assert re.search(r"Monday 11 May CE-00000001 running 6 May", page)  # five days before
    assert re.search(r"CE-00000002 late 5 May", page)  # daily


def test_days_on_which_the_house_is_closed_are_marked(dominique: User, monkeypatch):
    assert "fermeture" not in words(at_desk(dominique).get("/fr/office/calendar/"))
    closed = replace(controller(), closing_days=frozenset({date(2026, 5, 15)}))
    monkeypatch.setattr("dsar.selectors.month.controller", lambda: closed)
    assert re.search(r"15 fermeture", words(at_desk(dominique).get("/fr/office/calendar/")))


def test_every_sentence_of_these_pages_is_french_too():
    office, ours = Path(settings.BASE_DIR) / "templates" / "backoffice", Path(settings.BASE_DIR) / "dsar"
    templates = [office / f"{name}.html" for name in ("calendar", "account", "parts/due", "parts/standstill")]
    rooms = ("views/backoffice/calendar", "services/calendar_feed", "templatetags/reminders", "selectors/month")
    asked = in_templates(templates) | in_python([ours / f"{name}.py" for name in rooms])
    assert (None, "Nothing is due this month.") in asked
    assert without_french(asked, "reminders", "backoffice") == []


@pytest.mark.parametrize("month", ["", "2026-13", "x", "9999-01", "2026-05-01"])
def test_a_month_that_is_none_is_this_one(dominique: User, month: str):
    assert "May 2026" in words(at_desk(dominique).get(f"/en/office/calendar/?month={month}"))


def test_a_day_with_many_cases_names_four_and_leads_to_the_list(dominique: User):
    open_requests([date(2026, 5, 7)] * 9)
    assert "et 5 autres" in words(at_desk(dominique).get("/fr/office/calendar/"))


def test_an_officer_sees_the_cases_of_their_sites(bordeaux_officer: User):
    open_requests([date(2026, 5, 7)], site="bordeaux")
    open_requests([date(2026, 5, 7)], site="brest")
    page = words(at_desk(bordeaux_officer).get("/fr/office/calendar/"))
    assert "CE-00000001" in page and "CE-00000002" not in page


# The feed


def test_the_feed_holds_references_dates_and_links_of_open_cases(dominique: User):
    open_requests([date(2026, 5, 7), date(2026, 5, 28)])
    DataSubjectRequest.objects.filter(reference="CE-00000002").update(status="answered")
    answer = Client().get(make_link(at_desk(dominique)))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    (event,) = events(answer)
    assert event["SUMMARY"] == "CE-00000001\u00a0: réponse aujourd’hui au plus tard"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 5, 7), date(2026, 5, 8))
    assert event["URL"].endswith("/fr/office/case/CE-00000001/")
    assert CAMILLE_NAME not in answer.content.decode()
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_the_feed_is_scoped_to_the_sites_of_its_holder(bordeaux_officer: User):
    open_requests([date(2026, 5, 7)], site="bordeaux")
    open_requests([date(2026, 5, 7)], site="brest")
    assert [str(event["UID"]).split("@")[0] for event in events(Client().get(make_link(at_desk(bordeaux_officer))))] == [
        "CE-00000001"
    ]


def test_a_wrong_key_is_a_page_that_is_not_there(dominique: User):
    link = make_link(at_desk(dominique))
    assert Client().get(link).status_code == 200
    for wrong in (link.replace(".ics", "x.ics"), "/fr/calendar/.ics", "/fr/calendar/%00.ics"):
        assert Client().get(wrong).status_code == 404


def test_only_a_hash_is_kept_and_a_new_link_ends_the_old_one(dominique: User):
    desk = at_desk(dominique)
    old, new = make_link(desk), make_link(desk)
    dominique.refresh_from_db()
    key = new.rsplit("/", 1)[1].removesuffix(".ics")
    assert len(key) >= 22, "128 bits"
    assert key not in dominique.calendar_key_hash and len(dominique.calendar_key_hash) == 64
    assert (Client().get(old).status_code, Client().get(new).status_code) == (404, 200)
    assert key not in desk.get("/fr/office/account/").content.decode(), "shown once"
    desk.post("/fr/office/account/calendar/", {"do": "revoke"})
    assert Client().get(new).status_code == 404


def test_the_feed_ends_with_the_account_and_with_the_role(dominique: User):
    link = make_link(at_desk(dominique))
    assert Client().get(link).status_code == 200
    User.objects.update(role="operator")
    assert Client().get(link).status_code == 404
    User.objects.update(role="dpo", is_active=False)
    assert Client().get(link).status_code == 404


def test_the_key_stays_out_of_the_logs(dominique: User):
    link = make_link(at_desk(dominique))
    key = link.rsplit("/", 1)[1].removesuffix(".ics")
    line = without_links(None, "info", f'{{"request": "GET {link}"}}')
    assert key not in line and "/calendar/…" in line


# What is due, and what stands still


def test_the_queue_says_what_is_due_for_me_with_links(dominique: User):
    assert "Pour vous" not in words(at_desk(dominique).get("/fr/office/"))
    open_requests([date(2026, 4, 30), date(2026, 5, 6), date(2026, 5, 7)])
    page = words(at_desk(dominique).get("/fr/office/"))
    assert re.search(r"Pour vous : 1 en retard , 2 sous 7 jours", page)


def test_digests_are_stopped_and_wanted_again_on_the_account_page(dominique: User):
    desk = at_desk(dominique)
    for choice, wanted in (("no", False), ("yes", True)):
        desk.post("/fr/office/account/digest/", {"digest": choice})
        dominique.refresh_from_db()
        assert dominique.wants_digest is wanted


def test_a_banner_tells_of_a_standstill_with_the_age_of_what_waits(dominique: User):
    for loop in standstill.LOOPS:
        Heartbeat.objects.create(name=loop, at=timezone.now())
    assert "travaille plus" not in words(at_desk(dominique).get("/fr/office/"))
    Heartbeat.objects.filter(name="relay_messages").update(at=timezone.now() - timedelta(minutes=40))
    Message.objects.create(
        kind="code", reference="CE-00000001", recipient="x@y.example", language="fr", created_at=timezone.now(),
        next_at=timezone.now() - timedelta(minutes=38),
    )  # fmt: skip
    page = words(at_desk(dominique).get("/fr/office/"))
    assert "Le produit ne travaille plus seul depuis plus de cinq minutes" in page
    assert "Le plus ancien message attend depuis 38 minutes" in page


def test_opening_a_case_is_noted_for_those_who_may_act(dominique: User):
    dsr = receive(at=TODAY)
    auditor = User.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
    at_desk(auditor).get(f"/fr/office/case/{dsr.reference}/")
    dsr.refresh_from_db()
    assert dsr.opened_at is None
    assert at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/").status_code == 200
    dsr.refresh_from_db()
    assert dsr.opened_at == TODAY
