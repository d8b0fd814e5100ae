"""LAW section 4 as a table: notice × item → the words that must stand in the mail, in French and in English."""

from __future__ import annotations

from typing import Any

import pytest

from dsar.domain.vocabulary import Outcome
from dsar.labels import label
from notifications.kinds import KINDS
from tests.people import DOMINIQUE_EMAIL
from tests.services.mail_contexts import CNIL, FOLLOW, LINK, written

# Notices of LAW 4 by the mail that is one. Fee, lifting of a restriction and recipients come with the steps that make them.
NOTICES = {
    "acknowledgement",
    "identity_request",
    "mandate_request",
    "clarification_request",
    "extension",
    "refusal",
    "cannot_identify",
    "nothing_held",
    "ready",
    "answer",
    "done_at_once",
    "closed_without_proof",
}
VARIANTS: dict[str, dict[str, Any]] = {"refusal": {"granted_part": label(Outcome.PARTLY_GRANTED)}}

Item = tuple[str, tuple[str, ...], tuple[str, ...]]  # the item, its words in French, its words in English


def both(item: str, *words: str) -> Item:
    return (item, words, words)


REFERENCE = both("reference", "CE-7K4M-2XQZ")
DPO = both("DPO contact", DOMINIQUE_EMAIL)
COMPLAINT = both("complaint to the authority", CNIL.name, CNIL.address, CNIL.url)
REMEDY: Item = ("judicial remedy", ("tribunal",), ("court",))

ITEMS: dict[str, list[Item]] = {
    "acknowledgement": [
        REFERENCE,
        ("date of receipt", ("le dimanche 22 novembre 2026",), ("on Sunday 22 November 2026",)),
        ("rights understood", ("copie des données (accès)\n", "(effacement)\n"), ("copy of the data (access)\n", "(erasure)\n")),
        ("working date", ("au plus tard le mardi 22 décembre 2026",), ("by Tuesday 22 December 2026",)),
        ("legal limit", ("jeudi 24 décembre 2026",), ("Thursday 24 December 2026",)),
        ("free of charge", ("gratuite",), ("free of charge",)),
        ("next step", ("confirmer votre adresse e-mail", "204816"), ("confirm your email address", "204816")),
        ("secure channel", (FOLLOW, "en sécurité"), (FOLLOW, "securely")),
        DPO,
        ("Art. 13: purpose and basis", ("pour y répondre", "6.1.c"), ("to answer it", "6(1)(c)")),
        ("Art. 13: who has access", ("Seules les personnes chargées",), ("Only the people who handle",)),
        ("Art. 13: retention", ("5 ans après sa clôture",), ("5 years after it is closed",)),
        ("Art. 13: rights", ("accès, de rectification, d’effacement",), ("access, rectification, erasure",)),
        ("Art. 13: obligation to give data", ("Rien ne vous oblige",), ("Nothing obliges you",)),
        COMPLAINT,
    ],
    "acknowledgement_digest": [
        both("the reference of each", "CE-7K4M-2XQZ", "CE-8L5N-3YRW"),
        ("date of receipt", ("reçue le dimanche 22 novembre 2026",), ("received on Sunday 22 November 2026",)),
        ("rights understood", ("Recevoir une copie des données (accès).",), ("understood: Get a copy of the data (access).",)),
        ("working date", ("au plus tard le mardi 22 décembre 2026",), ("by Tuesday 22 December 2026",)),
        ("legal limit", ("jeudi 24 décembre 2026",), ("Thursday 24 December 2026",)),
        ("free of charge", ("gratuites",), ("free of charge",)),
        ("next step", ("confirmer votre adresse e-mail",), ("confirm your email address",)),
        ("secure channel", (FOLLOW, "en sécurité"), (FOLLOW, "securely")),
        DPO,
        ("Art. 13: purpose and basis", ("pour y répondre", "6.1.c"), ("to answer it", "6(1)(c)")),
        ("Art. 13: who has access", ("Seules les personnes chargées",), ("Only the people who handle",)),
        ("Art. 13: retention", ("5 ans après sa clôture",), ("5 years after it is closed",)),
        ("Art. 13: rights", ("accès, de rectification, d’effacement",), ("access, rectification, erasure",)),
        ("Art. 13: obligation to give data", ("Rien ne vous oblige",), ("Nothing obliges you",)),
        COMPLAINT,
    ],
    "identity_request": [
        REFERENCE,
        ("the concrete doubt", ("Notre doute : le nom diffère",), ("Our doubt: le nom diffère",)),
        (
            "an option other than a copy of a document",
            ("sans document", "- passer à l’accueil"),
            ("without a document", "- passer"),
        ),
        ("masking advice", ("cachez le reste",), ("hide the rest",)),
        ("secure upload", ("identite/x7_-Zq/", "N’envoyez pas de document par e-mail"), ("identite/x7_-Zq/", "by email")),
        ("deletion after the check", ("effaçons dès la vérification",), ("erase it as soon as we have checked",)),
        (
            "suspended from today until proof",
            ("suspendu depuis aujourd’hui", "preuve suffisante"),
            ("suspended from today", "proof"),
        ),
        ("what happens without an answer", ("Sans réponse", "23 janvier 2027"), ("Without an answer", "23 January 2027")),
        DPO,
    ],
    "mandate_request": [
        REFERENCE,
        ("the concrete doubt", ("Notre doute : le mandat",), ("Our doubt: le mandat",)),
        ("what is missing in the mandate", ("Ce qui manque", "- la signature"), ("What is missing", "- la signature")),
        ("another option than a document", ("passer à l’accueil",), ("front desk",)),
        ("masking advice", ("cachez le reste",), ("hide the rest",)),
        ("secure upload", ("identite/x7_-Zq/",), ("identite/x7_-Zq/",)),
        ("deletion after the check", ("effaçons dès la vérification",), ("erase it as soon as we have checked",)),
        ("suspended from today until proof", ("suspendu depuis aujourd’hui",), ("suspended from today",)),
        ("what happens without an answer", ("Sans réponse",), ("Without an answer",)),
        DPO,
    ],
    "clarification_request": [
        REFERENCE,
        ("why: the quantity", ("grande quantité", "neuf ans"), ("large quantity", "neuf ans")),
        ("choices", ("- vos notes\n", "- vos paiements\n"), ("- vos notes\n", "- vos paiements\n")),
        ("optional", ("Rien ne vous oblige à répondre",), ("do not have to answer",)),
        ("a full search otherwise", ("recherche complète",), ("full search",)),
        ("effect on the clock", ("suspendu depuis aujourd’hui",), ("suspended from today",)),
        ("reply date asked", ("8 décembre 2026",), ("8 December 2026",)),
        DPO,
    ],
    "extension": [
        REFERENCE,
        ("reasons of this request", ("est complexe", "Neuf années"), ("est complexe", "Neuf années")),
        ("new limit as a date", ("lundi 22 février 2027",), ("Monday 22 February 2027",)),
        ("what is already delivered", ("déjà reçu :\n- Portabilité",), ("already received:\n- Portability",)),
        DPO,
        COMPLAINT,
    ],
    "refusal": [
        REFERENCE,
        ("item refused", ("Droit exercé : Effacement",), ("Right exercised: Erasure",)),
        ("legal ground", ("17.3.b",), ("17(3)(b)",)),
        both("facts", "Votre diplôme est conservé 99 ans."),
        ("what is granted", ("Acceptée en partie",), ("Partly granted",)),
        COMPLAINT,
        REMEDY,
    ],
    "cannot_identify": [
        REFERENCE,
        both("attempt made", "Nous avons cherché votre adresse."),
        both("what could identify", "- votre numéro d’étudiant\n", "- l’accueil\n"),
        COMPLAINT,
        REMEDY,
    ],
    "nothing_held": [
        REFERENCE,
        both("systems searched", "- Base des étudiants\n", "- Site web\n"),
        ("identifiers used", ("- adresse e-mail\n",), ("- email address\n",)),
        COMPLAINT,
        REMEDY,
    ],
    "ready": [
        REFERENCE,
        ("enclosures", ("une lettre et une copie de vos données",), ("a letter and a copy of your data",)),
        ("how to open it", ("fichier ZIP", "LISEZ-MOI"), ("ZIP file", "README")),
        ("how long", ("vendredi 1er janvier 2027",), ("Friday 1 January 2027",)),
        COMPLAINT,
        REMEDY,
    ],
    "answer": [
        REFERENCE,
        ("what was done", ("Votre adresse a été corrigée.",), ("Votre adresse a été corrigée.",)),
        ("date of execution", ("mardi 1er décembre 2026",), ("Tuesday 1 December 2026",)),
        ("recipients told", ("Hébergeur Exemple",), ("Hébergeur Exemple",)),
        COMPLAINT,
        REMEDY,
    ],
    "done_at_once": [
        REFERENCE,
        ("stopped since", ("depuis le dimanche 22 novembre 2026",), ("since Sunday 22 November 2026",)),
        ("the past stays lawful", ("reste licite",), ("remains lawful",)),
        COMPLAINT,
        REMEDY,
    ],
    "closed_without_proof": [
        REFERENCE,
        ("no action, and why", ("ne donnons donc pas suite", "à quelqu’un d’autre"), ("take no action", "to somebody else")),
        ("may be reopened", ("rouvrir à tout moment",), ("reopened at any time",)),
        COMPLAINT,
        REMEDY,
    ],
    "closed": [
        REFERENCE,
        ("closed on", ("jeudi 31 décembre 2026",), ("Thursday 31 December 2026",)),
        ("how to reopen", ("Pour le rouvrir", FOLLOW, "gratuitement"), ("To reopen it", FOLLOW, "free of charge")),
        DPO,
        COMPLAINT,
        REMEDY,
    ],
    "withdrawn": [
        REFERENCE,
        (
            "what, on which day",
            ("Le mardi 24 novembre 2026", "- Recevoir une copie"),
            ("On Tuesday 24 November 2026", "- Get a copy"),
        ),
        ("nothing more is done", ("plus rien de cette demande", "reste fait"), ("nothing more about this request", "stays done")),
        ("how to ask anew", ("redemander", "https://droits.example/fr/"), ("ask again", "https://droits.example/fr/")),
        ("it was somebody else", ("Ce n’est pas vous", "Répondez à ce message"), ("not you", "reply to this message")),
        DPO,
    ],
    "restarted": [
        REFERENCE,
        ("the new date", ("mardi 29 décembre 2026", "31 décembre 2026"), ("Tuesday 29 December 2026", "31 December 2026")),
        ("how long it stood still", ("suspendu 7 jours",), ("suspended for 7 days",)),
        DPO,
    ],
}
ROWS = [
    pytest.param(kind, language, words, id=f"{kind}-{item.replace(' ', '_')}-{language}")
    for kind, items in ITEMS.items()
    for item, french, english in items
    for language, words in (("fr", french), ("en", english))
    if kind in KINDS
]


def text_of(kind: str, language: str) -> str:
    text = written(kind, language, **VARIANTS.get(kind, {})).text
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(("kind", "language", "words"), ROWS)
def test_a_notice_holds_the_item(kind: str, language: str, words: tuple[str, ...]) -> None:
    text = text_of(kind, language)
    assert [word for word in words if word not in text] == []


def test_every_notice_of_the_law_whose_step_exists_has_its_rows() -> None:
    assert set(ITEMS) >= NOTICES & set(KINDS)
    assert len(ROWS) > 100
    assert all(len(items) >= 4 for items in ITEMS.values())


def test_an_acknowledgement_by_post_asks_for_nothing_and_holds_the_rest() -> None:
    for language, nothing in (("fr", "Ce que vous avez à faire maintenant : rien"), ("en", "What to do now: nothing")):
        text = written("acknowledgement", language, code="", link="", online=False).text.replace("\u00a0", " ")
        assert nothing in text
        assert LINK not in text
        assert FOLLOW not in text, "the page of a request wants a code by mail"
        assert ("écrivez-nous une lettre" if language == "fr" else "send us a letter") in text
        missing = [
            item
            for item, french, english in ITEMS["acknowledgement"]
            if item not in ("next step", "secure channel")
            and any(word not in text for word in (french if language == "fr" else english))
        ]
        assert missing == []
