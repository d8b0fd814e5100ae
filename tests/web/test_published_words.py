"""What the controller tells people: the notice of the form, the wording to publish, easy reading, languages, light pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from dsar.controller import controller
from tests.web.asking import answer as answer_page
from tests.web.asking import begin

pytestmark = pytest.mark.django_db

LOCALE = Path(settings.BASE_DIR) / "locale"
NOTICE = {  # GDPR Art. 13: each item and what shows it, in French and in English
    "who, 13(1)(a)": ("La Défense|la Défense", "la Défense"),
    "data protection officer, 13(1)(b)": ("dpo@cesi.example", "dpo@cesi.example"),
    "purpose and basis, 13(1)(c)": (r"art. 6.1.c", r"Art. 6\(1\)\(c\)"),
    "recipients, 13(1)(e)": ("Personne d’extérieur", "Nobody outside"),
    "how long, 13(2)(a)": ("5 ans après", "5 years after"),
    "how long an objection, 13(2)(a)": ("3 ans, sous forme", "3 years, as a fingerprint"),
    "rights, 13(2)(b)": ("corriger, effacer ou limiter", "corrected, erased or limited"),
    "complaint, 13(2)(d)": ("CNIL", "CNIL"),
    "whether one must, 13(2)(e)": ("facultatif", "optional"),
    "automated decisions, 13(2)(f)": ("Aucune machine ne décide", "No machine decides"),
}


@pytest.mark.parametrize("item", NOTICE)
def test_the_notice_of_the_form_names_what_article_13_wants(client: Client, item: str):
    for language, pattern in zip(("fr", "en"), NOTICE[item], strict=True):
        assert re.search(pattern, client.get(f"/{language}/notice/").content.decode()), language


@pytest.mark.parametrize(
    ("language", "present"),
    [
        (
            "fr",
            [
                "doute raisonnable",
                "loi n° 78-17 du 6 janvier 1978, art. 48 et 85",
                "recours devant un tribunal",
                "30 jours",
                "CNIL",
            ],
        ),
        ("en", ["reasonable doubt", "Act 78-17 of 6 January 1978, Art. 48 and 85", "go to court", "30 days", "CNIL"]),
    ],
)
def test_the_wording_to_publish_is_corrected_where_the_policy_departs_from_the_law(capsys, language: str, present: list[str]):
    call_command("policy_wording", language=language)
    text = capsys.readouterr().out
    for words in [
        *present,
        controller().dpo.email,
        *(channel.value for channel in controller().channels if channel.kind == "phone"),
    ]:
        assert words in text
    assert "photocop" not in text, "no identity document as a rule (GDPR Art. 12(6))"
    assert "&#" not in text
    assert f"{settings.PUBLIC_URL}/{language}/" in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_first_page_exists_in_easy_words_with_short_lines(client: Client, language: str):
    assert f'href="/{language}/easy/"' in client.get(f"/{language}/").content.decode()
    page = client.get(f"/{language}/easy/").content.decode()
    lines = [
        re.sub(r"<[^>]+>", "", line).strip()
        for line in re.findall(r"<li>(.*?)</li>", page.partition("<main")[2].partition("</main")[0])
    ]
    assert len(lines) > 8
    for line in lines:
        for sentence in re.split(r"(?<=[.?])\s", line):
            assert len(sentence.split()) <= 16, sentence


def catalogues(language: str, folder: Path = LOCALE) -> dict[str, Catalog]:
    found = {}
    for path in sorted(folder.glob(f"*/{language}/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            found[path.parents[2].name] = read_po(file, locale=language)
    return found


def missing(language: str, folder: Path = LOCALE) -> list[str]:
    """The sentences of every room that French has and this language has not."""
    there = catalogues(language, folder)
    gone = []
    for room, french in catalogues("fr", folder).items():
        for message in french:
            if message.id:
                known = there[room].get(message.id, message.context) if room in there else None
                if known is None or not all([known.string] if isinstance(known.string, str) else known.string):
                    gone.append(f"{room}: {message.id}")
    return gone


def test_a_third_language_is_a_catalogue_and_its_gaps_are_named():
    others = {path.parents[1].name for path in LOCALE.glob("*/*/LC_MESSAGES/django.po")} - {"fr"}
    assert {language: missing(language) for language in others} == {}.fromkeys(others, [])
    assert others <= {code for code, _ in settings.LANGUAGES}, "a language with a catalogue is offered"


def test_the_gaps_of_a_third_language_are_found(tmp_path: Path):
    for language, sentences in (("fr", {"Start": "Commencer", "Back": "Retour"}), ("es", {"Start": "Empezar", "Back": ""})):
        folder = tmp_path / "public" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        catalogue = Catalog(locale=language)
        for english, words in sentences.items():
            catalogue.add(english, words)
        with (folder / "django.po").open("wb") as file:
            write_po(file, catalogue)
    assert missing("es", tmp_path) == ["public: Back"]


def weight(client: Client, page: str) -> int:
    """What a first visit loads: the page, its style sheet, scripts and mark, uncompressed."""
    html = client.get(page).content
    total = len(html)
    for name in re.findall(rb'(?:src|href)="/static/([^"]+)"', html):
        total += Path(str(finders.find(name.decode()))).stat().st_size
    return total


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_page_of_the_form_weighs_less_than_sixty_kilobytes(client: Client, language: str):
    begin(client, language)
    weights = {"start": weight(client, f"/{language}/"), "what": weight(client, f"/{language}/request/what/")}
    answer_page(client, "what", language, rights=["marketing_objection"])
    weights["contact"] = weight(client, f"/{language}/request/contact/")
    assert min(weights.values()) > 10_000, "style sheet and script are counted"
    assert max(weights.values()) < 60 * 1024, weights
