"""What the controller tells people: the notice of the form, the wording to publish, easy reading, languages, light pages."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from dsar.controller import Processor, Text, controller
from dsar.templatetags import page
from dsar.views.public import pages
from tests.web.asking import answer as answer_page
from tests.web.asking import begin

pytestmark = pytest.mark.django_db

NOTICE = {  # GDPR Art. 13: each item and what shows it, in French and in English
    "who, 13(1)(a)": ("La Défense|la Défense", "la Défense"),
    "data protection officer, 13(1)(b)": ("dpo@cesi.example", "dpo@cesi.example"),
    "purpose and basis, 13(1)(c)": (r"art. 6.1.c", r"Art. 6\(1\)\(c\)"),
    "recipients, 13(1)(e)": ("Personne d’extérieur", "Nobody outside"),
    "who works for us, 13(1)(e)": (
        r"SAS, hébergement de ces pages \(France\)",
        r"hosts these pages \(France\)",
    ),
    "outside the EEA, 13(1)(f)": ("Rien ne sort de l’Espace économique européen", "Nothing leaves the European Economic Area"),
    "how long a mandate, 13(2)(a)": ("mandat signé", "signed mandate"),
    "how long a file, 13(2)(a)": (r"votre demande ou un message.: 30 jours", "with your request or a message: 30 days"),
    "network address, 13(1)(d)": (
        r"empreinte de votre adresse réseau.*6.1.f",
        r"fingerprint of your network.*6\(1\)\(f\)",
    ),
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


def test_the_log_holds_no_network_address(client: Client, caplog):
    with caplog.at_level("INFO"):
        client.get("/fr/notice/", REMOTE_ADDR="203.0.113.77")
    assert "/fr/notice/" in caplog.text, "the request is logged"
    assert "203.0.113.77" not in caplog.text


def test_a_processor_outside_the_eea_is_named_with_what_protects_the_data(client: Client, monkeypatch):
    abroad = Processor("Mail Example Inc.", Text("envoi", "mail"), "US", Text("Cadre UE-États-Unis", "EU-US framework"))
    ours = dataclasses.replace(controller(), processors=(abroad,))
    for module in (page, pages):
        monkeypatch.setattr(module, "controller", lambda: ours)
    for language, safeguard in (("fr", r"Inc. \(États-Unis\), Cadre UE"), ("en", r"Inc. \(United States\), EU-US")):
        html = client.get(f"/{language}/notice/").content.decode()
        assert re.search(safeguard, html)
        assert "Nothing leaves" not in html and "Rien ne sort" not in html
    monkeypatch.setattr(page, "controller", lambda: dataclasses.replace(controller(), processors=()))
    assert re.search(r"Personne d’extérieur\.</p></dd>", client.get("/fr/notice/").content.decode())


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
