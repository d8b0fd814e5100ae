"""Letters: complete in law, readable by a screen reader, and closed to the network."""

import io
from dataclasses import replace
from datetime import date

import pypdf
import pytest

from dsar.controller import Register, Text
from dsar.domain.vocabulary import CoverageState, Outcome, RequestType
from dsar.packaging.inputs import SearchLine, Withheld
from dsar.packaging.letter import outcome_letter
from dsar.packaging.pdf import FetchRefused, render_pdf
from dsar.packaging.register_text import EmptyItem
from tests.packaging import example
from tests.packaging.conftest import build, members


def text_of(pdf: bytes) -> str:
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [
        (
            "fr",
            "lettre.pdf",
            [
                "22 novembre 2026",
                "un code envoyé à l’adresse électronique",
                "Oui : 7 éléments",
                "(a) Pourquoi",
                "Suivre votre formation",
                "(b) Quelles données",
                "Appréciation",
                "(c) Qui les reçoit",
                "France compétences",
                "(d) Combien de temps",
                "Formation + 1 an",
                "(e) Vous pouvez nous demander de rectifier ou d’effacer",
                "(f) Vous pouvez adresser une réclamation",
                "3 place de Fontenoy",
                "juge (article 79",
                "(g) D’où elles viennent",
                "Vous, vos enseignants",
                "(h) Sans objet",
                "clauses contractuelles types",
                "États-Unis",
                "sans rien trouver dans : Diplômes",
                "article 15(4)",
                "SHA256SUMS",
                "30 jours",
                "bureau du délégué à la protection des données",
                "12 rue de l’Essai",
                "Page 1 sur",
            ],
        ),
        (
            "en",
            "letter.pdf",
            [
                "22 November 2026",
                "a code sent to the email address",
                "Yes: 7 items",
                "(a) Why",
                "(b) Which data",
                "(c) Who receives it",
                "(d) For how long",
                "Training + 1 year",
                "(e) You can ask us to correct or erase",
                "(f) You can lodge a complaint",
                "Art. 79",
                "(g) Where it comes from",
                "(h) Not applicable",
                "standard contractual clauses",
                "United States",
                "found nothing in: Diplomas",
                "Art. 15(4)",
                "The office of the data protection officer",
                "Page 1 of",
            ],
        ),
    ],
)
def test_the_cover_letter_has_every_item_of_article_15(language: str, name: str, expected: list[str]) -> None:
    text = text_of(members(build(language)[0])[name])
    assert [item for item in expected if item not in text] == []


@pytest.mark.parametrize("item", ["purposes", "retention", "legal_basis"])
def test_an_empty_item_fails(item: str) -> None:
    activity = replace(example.TRAINING, **{item: ()})
    controller = replace(example.CONTROLLER, register=Register((activity, example.PROSPECTING)))
    with pytest.raises(EmptyItem):
        build("fr", example.parts(), controller=controller)


def test_an_origin_of_blanks_fails() -> None:
    activity = replace(example.TRAINING, origin=Text(" ", " "))
    controller = replace(example.CONTROLLER, register=Register((activity, example.PROSPECTING)))
    with pytest.raises(EmptyItem):
        build("fr", example.parts(), controller=controller)


def test_what_could_not_be_searched_and_what_is_left_out_is_told_with_its_reason() -> None:
    line = SearchLine(
        example.SCHOOL.label, "school.archives", CoverageState.FAILED, 0, None, "system", "Le système ne répond pas."
    )
    withheld = (Withheld("school/parents", "Données des parents", "dpo"),)
    facts = example.facts()
    text = text_of(members(build("fr", example.parts(), searched=(*facts.searched, line), withheld=withheld)[0])["lettre.pdf"])
    assert "Le système ne répond pas." in text
    assert "school/parents : Données des parents" in text


def test_a_partial_grant_is_explained_in_the_letter() -> None:
    change = {
        "outcomes": {RequestType.ACCESS: Outcome.PARTLY_GRANTED},
        "reasons": {RequestType.ACCESS: "Un passage concerne un tiers."},
    }
    text = text_of(members(build("fr", example.parts(), **change)[0])["lettre.pdf"])
    assert "Un passage concerne un tiers." in text


def test_the_portability_letter_explains_what_is_included(portable: bytes) -> None:
    text = text_of(members(portable)["lettre.pdf"])
    assert "article 20 du RGPD" in text
    assert "La portabilité n’efface rien" in text


@pytest.mark.parametrize("name", ["lettre.pdf", "synthese.pdf"])
def test_pdfs_declare_pdf_ua_with_tags_language_and_title(french: bytes, name: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(members(french)[name]))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] is not None
    assert catalog["/Lang"] == "fr"
    assert "/StructTreeRoot" in catalog
    assert b"pdfuaid" in catalog["/Metadata"].get_object().get_data()
    assert reader.metadata
    assert reader.metadata.title


def test_the_summary_caps_long_lists_and_points_at_the_file() -> None:
    rows = [{"assessed_on": f"2024-01-{number % 28 + 1:02d}", "course": f"Cours {number}"} for number in range(450)]
    parts = [example.part("school.grades", example.GRADE_COLUMNS, rows)]
    text = text_of(members(build("fr", parts)[0])["synthese.pdf"])
    assert "Les 200 plus récents des 450 éléments. La liste entière : data/grades.csv." in text
    assert text.count("Cours ") == 200


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x.png", "file:///etc/passwd", "https://tiers.example/x.css", "ftp://x.example/a"]
)
def test_a_letter_fetches_nothing(url: str) -> None:
    with pytest.raises(FetchRefused, match="may load nothing"):
        render_pdf(f'<html lang="fr"><title>x</title><img alt="" src="{url}">', identifier="x")


def test_text_of_a_person_stays_text_in_a_letter() -> None:
    hostile = '<img src="file:///etc/passwd"><script>x</script>{% include "x" %}'
    pdf = outcome_letter(**(OUTCOME | {"facts": hostile, "recipient_name": "<b>Camille</b>"}))
    assert '<img src="file:///etc/passwd">' in text_of(pdf)


OUTCOME = {
    "language": "fr",
    "controller": example.CONTROLLER,
    "reference": "IE-7K4M-2XQ9",
    "rights": ["Effacement"],
    "received_on": date(2026, 11, 22),
    "decided_on": date(2026, 12, 10),
    "outcome_label": "Accordé en partie",
    "grounds": ["Obligation légale de conservation (article 17(3)(b) du RGPD)"],
    "facts": "Le registre des diplômes est conservé 99 ans.",
    "granted_part": "Les données de prospection sont effacées depuis le 9 décembre 2026.",
    "recipient_name": "Camille Exemple",
    "postal_address": "12 rue de l’Essai\n33000 Bordeaux",
    "refusal": True,
}


@pytest.mark.parametrize(
    ("language", "court"), [("fr", "recours devant le juge (article 79"), ("en", "remedy in court (GDPR Art. 79)")]
)
def test_a_partial_refusal_names_grounds_facts_what_is_granted_complaint_and_court(language: str, court: str) -> None:
    text = text_of(outcome_letter(**(OUTCOME | {"language": language})))
    for item in ("article 17(3)(b)", "99 ans", "prospection sont effacées", "CNIL, 3 place de Fontenoy", court, "IE-7K4M-2XQ9"):
        assert item in text


def test_a_grant_needs_no_ground_and_still_names_the_remedies() -> None:
    text = text_of(outcome_letter(**(OUTCOME | {"outcome_label": "Accordé", "grounds": [], "refusal": False, "facts": ""})))
    assert "Les motifs" not in text
    assert "CNIL" in text
