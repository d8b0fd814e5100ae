"""The statement about accessibility: the parts that RGAA 4.1.2 asks for, and no claim without a test behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from dsar.controller import controller
from dsar.views.public.pages import CHECKED_WITH
from tests.domain.controller_folder import Folder
from tests.web.asking import title_of
from tests.web.desk import words

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
PARTS = {
    "fr": [
        "Accessibilité : non conforme",
        "article 47 de la loi n° 2005-102 du 11 février 2005",
        "État de conformité",
        "RGAA 4.1.2",
        "Résultat des tests",
        "24 novembre 2026",
        "Ce qui n’est pas accessible",
        "lecteur d’écran",
        "Établissement de cette déclaration",
        "Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07",
        "09 69 39 00 00",
    ],
    "en": [
        "Accessibility: not compliant",
        "article 47 of law no. 2005-102 of 11 February 2005",
        "State of compliance",
        "RGAA 4.1.2",
        "What was tested",
        "24 November 2026",
        "What is not accessible",
        "screen reader",
        "Made on",
        "Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07",
        "09 69 39 00 00",
    ],
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_statement_has_every_part_of_the_french_model(client: Client, language: str):
    page = client.get(f"/{language}/accessibility/")
    said = words(page).replace("\N{NO-BREAK SPACE}", " ")
    for part in PARTS[language]:
        assert part in said
    assert f'href="mailto:{controller().dpo.email}"' in page.content.decode()
    assert 'href="https://formulaire.defenseurdesdroits.fr/"' in page.content.decode()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_leads_to_the_statement_by_its_result(client: Client, language: str):
    state = title_of(client.get(f"/{language}/accessibility/")).split(" – ")[0]
    for address in ("", "follow/", "nowhere/"):
        page = client.get(f"/{language}/{address}").content.decode().replace("\N{NO-BREAK SPACE}", " ")
        assert f'<a href="/{language}/accessibility/">{state}</a>' in page


@pytest.fixture
def audited(tmp_path, settings) -> Callable[..., None]:
    """What a controller writes into controller.toml."""

    def write(rate: int, day: str) -> None:
        folder = Folder(tmp_path / str(rate))
        barriers = '[{ fr = "Un tableau est sans titre.", en = "A table has no caption." }]'
        table = f'[accessibility]\naudited_on = "{day}"\nauditor = "Audit Exemple SAS"\nrate = {rate}\nbarriers = {barriers}\n'
        folder.change("controller.toml", "[planning]", f"{table}\n[planning]")
        settings.CONTROLLER_DIR = folder.place

    return write


AUDIT_DAY = date(2026, 3, 1)
WORDS = {
    100: ("totalement", "fully compliant"),
    99: ("partiellement", "partially compliant"),
    50: ("partiellement", "partially compliant"),
}
WITHOUT = {"fr": "pas de taux de conformité", "en": "no rate of compliance"}


@pytest.mark.parametrize("rate", [100, 99, 50, 49])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_statement_and_the_foot_of_every_page_say_the_word_that_the_audit_allows(
    client: Client, audited, rate: int, language: str
):
    french, english = WORDS.get(rate, ("non", "not compliant"))
    word = f"{french} conforme" if language == "fr" else english
    audited(rate, AUDIT_DAY.isoformat())
    with time_machine.travel(datetime(2026, 3, 10, 9, 30, tzinfo=UTC), tick=False):
        page = client.get(f"/{language}/accessibility/")
        start = client.get(f"/{language}/").content.decode().replace("\N{NO-BREAK SPACE}", " ")
    said = words(page).replace("\N{NO-BREAK SPACE}", " ")
    assert title_of(page).replace("\N{NO-BREAK SPACE}", " ").split(" – ")[0].endswith(f": {word}")
    assert re.search(rf'href="/{language}/accessibility/">[^<]*: {word}</a>', start)
    assert "Audit Exemple SAS" in said
    assert ("Un tableau est sans titre." if language == "fr" else "A table has no caption.") in said
    assert rate == 100 or (f"{rate} %" if language == "fr" else f"{rate}%") in said
    assert WITHOUT[language] not in said


@pytest.mark.parametrize("day", [AUDIT_DAY - timedelta(days=1), date(2029, 3, 1)])
def test_an_audit_that_is_to_come_or_three_years_old_allows_one_word_only(client: Client, audited, day: date):
    audited(100, AUDIT_DAY.isoformat())
    with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), tick=False):
        said = words(client.get("/fr/accessibility/")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Accessibilité : non conforme" in said
    assert WITHOUT["fr"] in said
    assert ("n’est plus valable après trois ans" in said) == (day > AUDIT_DAY)
    assert "Audit Exemple SAS" not in said


def test_the_tool_that_the_statement_names_is_the_one_that_looks():
    shipped = re.search(r"axe v([\d.]+)", (ROOT / "tests" / "browser" / "axe.min.js").read_text()[:200])
    assert shipped
    assert f"axe-core {shipped.group(1)}" == CHECKED_WITH


def test_each_check_that_the_documentation_names_is_a_test_that_exists():
    rows = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "accessibility.md").read_text())
    assert len(rows) > 15
    for file, test in rows:
        assert test in (ROOT / file).read_text(), (file, test)
