"""A copy of high stake opens with a code and a pass-phrase of the person's own, which nobody here knows (SECURITY T3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dsar.controller import Controller, controller
from dsar.domain.vocabulary import EventKind, TokenPurpose
from dsar.models import DataSubjectRequest, Download, Package, RequestEvent, User
from dsar.services import deliver, forget, own_address, pass_phrase, tokens
from notifications.models import Message
from tests.people import CAMILLE_NAME
from tests.stories import PHRASE, RECEIVED_AT, choose_phrase, code_in, receive, text_of
from tests.web import states
from tests.web.asking import errors_in, step_of, title_of
from tests.web.desk import at_desk, words
from tests.web.following import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
LATER = RECEIVED_AT + timedelta(days=2)  # Thursday 12 March 2026, 10:30 at the seat
ANOTHER = "une girafe sous la pluie"
PAGE = "/fr/status/pass-phrase/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as moving:
        yield moving


@pytest.fixture
def ready(dominique: User, noa: User) -> DataSubjectRequest:
    """A copy that holds payments, which the register calls high stake, and is open since this morning."""
    dsr = states.ready(RECEIVED_AT, dominique, noa)
    assert pass_phrase.needed(dsr.packages.get())
    return dsr


def choose(client: Client, phrase: str, again: str | None = None, **given: str):
    return client.post(PAGE, {"phrase": phrase, "again": phrase if again is None else again, **given})


def download_code(client: Client, dsr: DataSubjectRequest, clock) -> str:
    clock.shift(61)
    assert step_of(client.post("/fr/status/download/code/")) == "download"
    return code_in(dsr, "code")


def download(client: Client, code: str, phrase: str):
    return client.post("/fr/status/download/", {"code": code, "phrase": phrase})


def of_kind(dsr: DataSubjectRequest, kind: str) -> list[str]:
    return [text_of(one) for one in Message.objects.filter(reference=dsr.reference, kind=kind).order_by("created_at")]


def with_stakes(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    """The register as if it called these categories high stake and no other."""
    who = controller()
    activities = tuple(
        replace(one, categories=tuple(replace(each, high_stake=each.key in keys) for each in one.categories))
        for one in who.register.activities
    )
    ours: Controller = replace(who, register=replace(who.register, activities=activities))
    monkeypatch.setattr(pass_phrase, "controller", lambda: ours)


# Which copies need one


def test_only_a_copy_with_a_row_of_a_high_stake_category_needs_one(ready, monkeypatch):
    package = ready.packages.get()
    held = {line["category"] for line in package.inventory if line["rows"]}
    empty = {line["category"] for line in package.inventory} - held
    with_stakes(monkeypatch)
    assert not pass_phrase.needed(package)
    with_stakes(monkeypatch, *empty)
    assert not pass_phrase.needed(package), "a list without a row gives nothing away"
    with_stakes(monkeypatch, sorted(held)[0])
    assert pass_phrase.needed(package)
    package.inventory = [{"category": "no_longer_in_the_register", "rows": 1}]
    assert pass_phrase.needed(package), "what the register does not know any more is closed"


def test_a_copy_without_high_stake_data_asks_for_the_code_alone(ready, monkeypatch, clock):
    with_stakes(monkeypatch)
    client = opened(ready)
    assert "phrase" not in words(client.get("/fr/status/"))
    answer = client.post("/fr/status/download/", {"code": download_code(client, ready, clock)})
    assert answer["Content-Type"] == "application/zip"


# Fail closed


def test_a_copy_that_needs_one_is_not_open_before_it_is_chosen(ready, clock):
    client = opened(ready)
    clock.shift(61)
    assert step_of(client.post("/fr/status/download/code/")) == "pass-phrase"
    _, code, _ = tokens.issue(ready, TokenPurpose.DOWNLOAD, now=LATER + timedelta(seconds=61))
    assert "choisissez d’abord une phrase secrète" in errors_in(download(client, code, PHRASE))[0]
    with pytest.raises(pass_phrase.NotChosen):
        deliver.open_download(dsr=ready, code=code, session_key="s", now=LATER + timedelta(seconds=61))
    assert not Download.objects.exists()


@pytest.mark.parametrize(
    ("language", "heading", "says", "mail"),
    [
        ("fr", "Vos données sont prêtes", "Choisissez une phrase secrète, puis demandez un code", "elle reste fermée tant que"),
        ("en", "Your data are ready", "Choose a pass-phrase, then ask for a code", "it stays closed until"),
    ],
)
def test_page_and_mail_say_that_one_is_missing(dominique, noa, language, heading, says, mail):
    dsr = states.made(RECEIVED_AT, dominique, noa)
    DataSubjectRequest.objects.filter(pk=dsr.pk).update(language=language)
    assert deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER) is None
    client = opened(dsr)
    page = client.get(f"/{language}/status/")
    assert title_of(page).startswith(heading)
    assert says in words(page)
    assert f'href="/{language}/status/pass-phrase/"' in page.content.decode()
    assert "download/code" not in page.content.decode()
    assert mail in of_kind(dsr, "ready")[0]


def test_the_mail_of_a_copy_whose_phrase_is_chosen_says_that_it_will_be_asked(dominique, noa):
    dsr = states.made(RECEIVED_AT, dominique, noa)
    choose_phrase(dsr)
    deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER)
    assert "votre phrase secrète vous sera demandée en plus du code" in of_kind(dsr, "ready")[0].replace("\n", " ")


# Choosing it


def test_it_can_be_chosen_from_the_first_day_and_asked_for_when_the_copy_is_made(dominique, noa):
    dsr = receive()
    client = opened(dsr)
    assert "Phrase secrète Choisir une phrase secrète" in words(client.get("/fr/status/"))
    made = states.made(RECEIVED_AT + timedelta(minutes=1), dominique, noa)
    assert "Choisissez une phrase secrète maintenant" in words(opened(made).get("/fr/status/"))
    assert step_of(choose(client, PHRASE)) == "status"
    assert "Votre phrase secrète est choisie." in words(client.get("/fr/status/"))
    dsr.refresh_from_db()
    assert dsr.pass_phrase.startswith("argon2"), "a slow hash and nothing else"
    assert PHRASE not in str(list(DataSubjectRequest.objects.values())) + str(list(RequestEvent.objects.values()))
    event = dsr.events.get(kind=EventKind.PASS_PHRASE_SET)
    assert (event.data, event.actor_kind, event.text()) == ({"again": False}, "data_subject", "")
    assert "Ce n’est pas vous" in of_kind(dsr, "pass_phrase_set")[0]
    assert PHRASE not in of_kind(dsr, "pass_phrase_set")[0]


@pytest.mark.parametrize(
    "phrase", [PHRASE, "douze lettre", "un àé bûc ïl", "correcthorse1", "ici là-haut il y a", "🦒 sous la pluie fine"]
)
def test_length_is_all_that_is_asked(phrase):
    dsr = receive()
    assert step_of(choose(opened(dsr), phrase)) == "status"


@pytest.mark.parametrize(
    ("phrase", "says"),
    [
        ("onze lettre", "au moins 12 caractères, ou 4 mots"),
        ("a b c d", "au moins 12 caractères"),
        ("   court     ", "au moins 12 caractères"),
        ("aaaaaaaaaaaaaa", "se devine"),
        ("ababababababab", "se devine"),
        (CAMILLE_NAME.upper(), "se devine"),
        ("Q1w2e3 r4t5y6", "se devine"),
        ("", "Écrivez une phrase secrète"),
    ],
)
def test_what_is_short_or_easily_guessed_is_refused_with_a_reason(phrase, says):
    dsr = receive()
    page = choose(opened(dsr), phrase)
    assert page.status_code == 422
    assert says in errors_in(page)[0]
    dsr.refresh_from_db()
    assert dsr.pass_phrase == ""


def test_a_slip_is_found_by_writing_it_twice_and_no_phrase_is_shown_again():
    dsr = receive()
    client = opened(dsr)
    page = choose(client, PHRASE, again=PHRASE + "x")
    assert errors_in(page) == ["Les deux phrases ne sont pas les mêmes"]
    assert PHRASE not in page.content.decode()
    html = client.get(PAGE).content.decode()
    assert html.count('type="password"') == 2
    assert html.count('autocomplete="new-password"') == 2
    assert "maxlength" not in html, "a paste is not cut in silence"


def test_the_first_one_cannot_be_replaced_without_a_code(clock):
    dsr = receive()
    client = opened(dsr)
    choose(client, PHRASE)
    assert choose(client, ANOTHER).status_code == 422
    with pytest.raises(pass_phrase.AlreadyChosen):
        pass_phrase.choose(dsr_id=dsr.pk, phrase=ANOTHER, now=LATER)
    dsr.refresh_from_db()
    assert dsr.events.filter(kind=EventKind.PASS_PHRASE_SET).count() == 1


# Downloading


def test_the_copy_opens_with_the_code_and_the_phrase_however_it_is_spaced(ready, clock):
    choose_phrase(ready)
    client = opened(ready)
    code = download_code(client, ready, clock)
    wrong = download(client, "000000" if code != "000000" else "111111", PHRASE)
    assert "code" in errors_in(wrong)[0]
    assert errors_in(download(client, code, "")) == ["Écrivez votre phrase secrète"]
    refused = download(client, code, ANOTHER)
    assert errors_in(refused) == ["Cette phrase secrète n’est pas la bonne. Essais restants\u00a0: 3."]
    assert ANOTHER not in refused.content.decode()
    answer = download(client, code, "  " + PHRASE.replace(" ", "   "))
    assert answer["Content-Type"] == "application/zip", "the code was kept"
    assert Download.objects.count() == 1
    assert client.post("/fr/status/download/again/")["Content-Type"] == "application/zip"


def test_five_wrong_phrases_end_every_code_and_are_told_by_mail(ready, clock):
    choose_phrase(ready)
    client = opened(ready)
    earlier = download_code(client, ready, clock)
    code = download_code(client, ready, clock)
    for left in (4, 3, 2, 1):
        assert f"Essais restants\u00a0: {left}." in errors_in(download(client, code, ANOTHER))[0]
    assert not of_kind(ready, "pass_phrase_frozen")
    assert "Trop d’essais" in errors_in(download(client, code, ANOTHER))[0]
    for old in (code, earlier):
        assert errors_in(download(client, old, PHRASE)), "the right phrase comes too late for the codes that are out"
    assert len(of_kind(ready, "pass_phrase_frozen")) == 1
    assert "cinq fois" in of_kind(ready, "pass_phrase_frozen")[0]
    assert ready.events.filter(kind=EventKind.PASS_PHRASE_FROZEN).count() == 1
    assert not Download.objects.exists()
    fresh = download_code(client, ready, clock)
    assert download(client, fresh, PHRASE)["Content-Type"] == "application/zip"


# Forgotten


def replaced(client: Client, dsr: DataSubjectRequest, clock) -> None:
    clock.shift(61)
    assert step_of(client.post(f"{PAGE}code/")) == "pass-phrase"
    assert step_of(choose(client, ANOTHER, code=code_in(dsr, "code"))) == "status"


def test_another_one_takes_a_fresh_code_and_a_day_and_is_told(ready, clock):
    choose_phrase(ready)
    client = opened(ready)
    first = client.get(PAGE).content.decode()
    assert 'name="phrase"' not in first, "first the code"
    assert "24 heures" in first
    code_before = download_code(client, ready, clock)
    replaced(client, ready, clock)
    mail = of_kind(ready, "pass_phrase_set")[-1].replace("\n", " ")
    assert "vendredi 13 mars 2026 à 10:32" in mail
    assert "L’ancienne ne sert plus" in mail
    for phrase in (PHRASE, ANOTHER):
        assert errors_in(download(client, code_before, phrase))
    assert "sert à partir du 13/03/2026 à 10:32" in words(client.post("/fr/status/download/code/", follow=True))
    said = words(client.get("/fr/status/"))
    assert "Votre nouvelle phrase secrète sert à partir du 13 mars 2026 à 10:32" in said
    clock.move_to(LATER + timedelta(hours=24, minutes=2))
    client = opened(ready)
    clock.shift(2)
    code = download_code(client, ready, clock)
    assert errors_in(download(client, code, PHRASE)), "the former one"
    assert download(client, code, ANOTHER)["Content-Type"] == "application/zip"


def test_a_bad_choice_keeps_the_code_and_a_code_works_once(ready, clock):
    choose_phrase(ready)
    client = opened(ready)
    clock.shift(61)
    client.post(f"{PAGE}code/")
    code = code_in(ready, "code")
    mail = of_kind(ready, "code")[-1]
    assert "choisir une autre phrase secrète" in mail
    assert "/follow/open/" not in mail, "alone in its mail"
    assert "au moins 12" in errors_in(choose(client, "court", code=code))[0]
    assert step_of(choose(client, ANOTHER, code=code)) == "status"
    assert "a déjà servi" in errors_in(choose(client, PHRASE, code=code))[0]


def test_a_change_of_address_keeps_the_phrase(ready, clock):
    choose_phrase(ready)
    clock.shift(61)
    tokens.send_code(dsr=ready, purpose=TokenPurpose.CHANGE_ADDRESS, now=LATER + timedelta(seconds=61))
    changed = own_address.change(
        dsr_id=ready.pk, code=code_in(ready, "code"), email="camille@nouvelle.example", now=LATER + timedelta(seconds=62)
    )
    assert pass_phrase.standing(changed, now=LATER).chosen, "who stole the mailbox does not get round it by another address"


# Staff


def test_staff_read_whether_it_is_needed_and_chosen_and_nothing_more(dominique, noa):
    dsr = states.made(RECEIVED_AT, dominique, noa)
    desk = at_desk(dominique)
    with translation.override("fr"):
        release, case = (reverse(f"backoffice:{page}", args=[dsr.reference]) for page in ("release", "case"))
    for page in (release, case):
        assert "Nécessaire, pas encore choisie" in words(desk.get(page)), page
    assert "Needed, not chosen yet" in words(desk.get(release.replace("/fr/", "/en/")))
    choose_phrase(dsr)
    dsr.refresh_from_db()
    for page in (release, case):
        html = desk.get(page).content.decode()
        assert "Nécessaire, et choisie par la personne" in html, page
        assert dsr.pass_phrase not in html
        assert 'name="phrase"' not in html


def test_no_way_in_for_who_has_no_session(ready):
    for path in (PAGE, f"{PAGE}code/"):
        assert Client().post(path, {"phrase": PHRASE, "again": PHRASE})["Location"] == "/fr/follow/"
    ready.refresh_from_db()
    assert ready.pass_phrase == ""


def test_a_request_that_gives_no_copy_offers_none(dominique, noa):
    client = opened(states.refused(RECEIVED_AT, dominique, noa))
    assert "pass-phrase" not in client.get("/fr/status/").content.decode()
    assert step_of(client.get(PAGE)) == "status"


def test_an_expired_copy_needs_none_any_more(ready):
    forget.expire_packages(LATER + timedelta(days=40))
    assert not Package.objects.filter(state="released").exists()
    assert not pass_phrase.standing(ready, now=LATER + timedelta(days=40)).needed
