"""The statement about accessibility: the parts that RGAA 4.1.2 asks for, and no claim without a test behind it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from dsar.controller import controller
from dsar.views.public.pages import CHECKED_WITH
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


def test_the_tool_that_the_statement_names_is_the_one_that_looks():
    shipped = re.search(r"axe v([\d.]+)", (ROOT / "tests" / "browser" / "axe.min.js").read_text()[:200])
    assert shipped
    assert f"axe-core {shipped.group(1)}" == CHECKED_WITH


def test_each_check_that_the_documentation_names_is_a_test_that_exists():
    rows = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "accessibility.md").read_text())
    assert len(rows) > 15
    for file, test in rows:
        assert test in (ROOT / file).read_text(), (file, test)
