"""What leaves by mail: addresses, the outbox, and the words in both languages (LAW 4, UX 6, SECURITY T13)."""

from __future__ import annotations

import ast
import re
from datetime import date
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.template import Engine

from dsar.domain.vocabulary import Outcome
from dsar.labels import label
from dsar.services.acknowledge import Entry
from notifications.kinds import COMMON, IDENTIFIERS, KINDS, LANGUAGES, ContextMismatch
from notifications.rendering import BadTemplate, DayInWords, render
from tests.people import DOMINIQUE_EMAIL
from tests.services.mail_contexts import (
    CNIL,
    COMMON_CONTEXT,
    DECISIONS,
    EVERY_MAIL,
    FOLLOW,
    OWN_CONTEXT,
    TO_STAFF,
    written,
)

# A kind of mail that nobody sends is a promise that nobody keeps

ABOUT_MANY = {"daily_digest", "many_files_opened", "acknowledgement_digest"}
TELLS = {"tell", "tell_by_post", "tell_address", "tell_staff", "queue_message", "write"}


def kinds_sent() -> set[str]:
    """The words that the services hand to whatever stores a mail, by reading the code: as an argument, as KIND of a module,
    or as the answer of a function that names a kind. Reminders name theirs in a table of their own."""
    found: set[str] = set()
    for file in (Path(settings.BASE_DIR) / "dsar").rglob("*.py"):
        table = file.name in ("reminders.py", "remind.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = node.args[:2] if name in TELLS else []
            elif isinstance(node, ast.FunctionDef) and node.name == "message_kind":
                given = [inner for inner in ast.walk(node) if isinstance(inner, ast.Constant)]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "KIND":
                given = [node.value]
            else:
                given = [node] if table and isinstance(node, ast.Constant) else []
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def test_each_kind_of_mail_has_a_caller() -> None:
    sent = kinds_sent()
    assert "no_such_kind" not in sent
    assert sorted(set(KINDS) - sent) == []


# Every mail


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_every_mail_is_written_in_both_languages_without_a_hole(kind: str, language: str) -> None:
    mail = written(kind, language)
    for part in (mail.subject, mail.text, mail.html):
        assert "{{" not in part
        assert "None" not in part
        assert "SimpleNamespace" not in part
    assert not re.search(r"[ \t]+\n|\n{3}", mail.text)


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_subjects_carry_the_reference_and_nothing_but_it_a_date_and_fixed_words(kind: str, language: str) -> None:
    """No personal data in a subject: it shows on locked screens."""
    source = Engine(dirs=["templates"]).get_template(f"messages/{kind}/{language}.txt").source
    first_line = source.splitlines()[0]
    assert kind == "draft_link" or "CE-7K4M-2XQZ" in written(kind, language).subject or kind in ABOUT_MANY, (
        "a digest and an alarm are about many"
    )
    names = set(re.findall(r"{{ (\w+)", first_line))
    assert names <= {"reference", "working_date", "expires_date", "due_date", "new_limit"}


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_templates_use_declared_variables_only_and_all_of_their_own(kind: str, language: str) -> None:
    source = Engine(dirs=["templates"]).get_template(f"messages/{kind}/{language}.txt").source
    looped = dict(re.findall(r"{% for (\w+) in (\w+) %}", source))
    used = set(re.findall(r"{{ (\w+)", source)) | set(re.findall(r"{% (?:el)?if (?:not )?(\w+)", source)) | set(looped.values())
    assert used - set(looped) <= KINDS[kind].variables
    assert KINDS[kind].own <= used


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_text_and_html_say_the_same_and_the_html_loads_nothing(kind: str, language: str) -> None:
    mail = written(kind, language)
    body = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", mail.html, flags=re.S)
    words = unescape(re.sub(r"<[^>]+>", "", body))
    assert "".join(words.split()) == "".join(mail.text.replace("\n- ", "\n").split())
    assert not re.search(r"<img|<script|<iframe|url\(|@import|src=", mail.html)
    assert f'<html lang="{language}">' in mail.html


@pytest.mark.parametrize(("kind", "language"), [pair for pair in EVERY_MAIL if pair[0] not in TO_STAFF])
def test_every_mail_to_the_person_names_the_dpo_and_one_way_to_follow_or_a_code(kind: str, language: str) -> None:
    text = written(kind, language).text
    assert DOMINIQUE_EMAIL in text
    follows_nothing = ("address_changed", "child_told")  # the address that was replaced, and a child: the request is the parent's
    assert FOLLOW in text or "204816" in text or kind in follows_nothing


@pytest.mark.parametrize(("kind", "language"), [pair for pair in EVERY_MAIL if pair[0] in DECISIONS])
def test_every_answer_names_the_authority_with_its_address_and_the_court(kind: str, language: str) -> None:
    text = written(kind, language).text
    assert CNIL.name in text
    assert CNIL.address in text
    assert CNIL.url in text
    assert ("tribunal" if language == "fr" else "court") in text


PLANTED = "Camille Plantée, camille.plantee@etudiant.example"


def fixed(value: Any) -> bool:
    """A yes, a count or a date, or a list of records that hold references and dates alone."""
    return isinstance(value, bool | int | date) or (isinstance(value, list) and isinstance(value[0], SimpleNamespace | Entry))


def planted(value: Any) -> Any:
    return value if fixed(value) else [PLANTED] if isinstance(value, list) else PLANTED


@pytest.mark.parametrize(("kind", "language"), EVERY_MAIL)
def test_nothing_that_anybody_wrote_gets_into_a_subject(kind: str, language: str) -> None:
    """Planted in every variable of a kind that is not a date, a count or a yes; the text shows most of them."""
    mail = written(kind, language, **{name: planted(value) for name, value in OWN_CONTEXT[kind].items()})
    assert "Plantée" not in mail.subject
    assert "@" not in mail.subject
    if not all(fixed(value) for value in OWN_CONTEXT[kind].values()):
        assert "Plantée" in mail.text, "planted where it shows"


@pytest.mark.parametrize("kind", [kind for kind in sorted(KINDS) if KINDS[kind].by_post])
def test_a_kind_that_goes_by_post_reads_without_a_code_or_a_link_to_type(kind: str) -> None:
    bare = {name: "" for name in ("code", "link") if name in OWN_CONTEXT[kind]} | ({"by_post": True} if kind == "ready" else {})
    for language in LANGUAGES:
        text = written(kind, language, **bare).text
        assert not re.search(r"\b\d{6}\b", text)
        assert "confirmer/" not in text and "identite/" not in text


def test_dates_are_written_in_words_and_the_first_of_a_month_is_1er_in_french() -> None:
    assert "mardi 22 décembre 2026" in written("acknowledgement", "fr").text
    assert "Tuesday 22 December 2026" in written("acknowledgement", "en").text
    assert written("ready", "fr").subject.endswith("jusqu’au 1er janvier 2027")
    assert str(DayInWords(date(2027, 1, 1), "fr")) == "vendredi 1er janvier 2027"
    assert str(DayInWords(date(2026, 11, 11), "fr")) == "mercredi 11 novembre 2026"


def test_french_words_come_from_the_catalogue_whatever_the_language_of_the_page() -> None:
    assert "(effacement)\n" in written("acknowledgement", "fr").text
    assert "(erasure)\n" in written("acknowledgement", "en").text


# LAW 4: what each notice must contain


@pytest.mark.parametrize(
    ("language", "items"),
    [
        (
            "fr",
            [
                "CE-7K4M-2XQZ",
                "dimanche 22 novembre 2026",
                "(accès)",
                "(effacement)",
                "mardi 22 décembre 2026",
                "jeudi 24 décembre 2026",
                "gratuite",
                "confirmer votre adresse e-mail",
                "204816",
                FOLLOW,
                DOMINIQUE_EMAIL,
                "6.1.c",
                "5 ans",
                "rectification, d’effacement",
                "CNIL",
            ],
        ),
        (
            "en",
            [
                "CE-7K4M-2XQZ",
                "Sunday 22 November 2026",
                "(access)",
                "(erasure)",
                "Tuesday 22 December 2026",
                "Thursday 24 December 2026",
                "free of charge",
                "confirm your email address",
                "204816",
                FOLLOW,
                DOMINIQUE_EMAIL,
                "6(1)(c)",
                "5 years",
                "rectification, erasure",
                "CNIL",
            ],
        ),
    ],
)
def test_an_acknowledgement_holds_every_item_of_the_law(language: str, items: list[str]) -> None:
    text = written("acknowledgement", language).text.replace("\u00a0", " ")
    assert [item for item in items if item not in text] == []


def test_when_both_dates_are_one_it_is_said_once() -> None:
    text = written("acknowledgement", "fr", legal_limit=date(2026, 12, 22)).text
    assert text.count("22 décembre 2026") == 1
    assert "aussi la limite fixée par la loi" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_holds_ground_facts_and_what_is_granted(language: str) -> None:
    mail = written("refusal", language, granted_part=label(Outcome.PARTLY_GRANTED))
    assert ("17.3.b" if language == "fr" else "17(3)(b)") in mail.text
    assert "Votre diplôme est conservé 99 ans." in mail.text
    assert ("Acceptée en partie" if language == "fr" else "Partly granted") in mail.text


def test_nothing_held_names_systems_and_identifiers_in_words() -> None:
    text = written("nothing_held", "fr").text
    assert "- Base des étudiants\n- Site web\n" in text
    assert "- adresse e-mail\n- numéro d’étudiant\n" in text


def test_every_kind_of_identifier_has_words_in_both_languages() -> None:
    assert all(set(words) == set(LANGUAGES) for words in IDENTIFIERS.values())


# What a visitor or an officer typed


def test_officers_words_are_escaped_in_the_html_and_keep_their_paragraphs() -> None:
    mail = written(
        "letter_to_subject", "fr", words="<script>alert(1)</script>\n\n- un\n- deux\n\nVoir https://www.cnil.fr/a?b=1&c=2."
    )
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "<ul><li>un</li><li>deux</li></ul>" in mail.html
    assert '<a href="https://www.cnil.fr/a?b=1&amp;c=2">' in mail.html
    assert f'<a href="mailto:{DOMINIQUE_EMAIL}">{DOMINIQUE_EMAIL}</a>' in mail.html
    assert "<script>alert(1)</script>" in mail.text


def test_words_that_look_like_template_code_stay_words() -> None:
    mail = written("letter_to_subject", "fr", words="{{ dpo_email }}{% if %}")
    assert "{{ dpo_email }}{% if %}" in mail.text


def test_a_subject_of_more_than_one_line_is_refused() -> None:
    with pytest.raises(BadTemplate):
        written("code", "fr", reference="CE-7K4M\rBcc: sacha@x.example")


@pytest.mark.parametrize("change", ["missing", "undeclared"])
def test_a_missing_or_undeclared_variable_is_an_error_before_anything_is_stored(change: str) -> None:
    context = COMMON_CONTEXT | OWN_CONTEXT["code"]
    if change == "missing":
        del context["code_minutes"]
    else:
        context["data_subject_name"] = "Camille Exemple"
    with pytest.raises(ContextMismatch, match="code_minutes" if change == "missing" else "data_subject_name"):
        render("code", "fr", context)


def test_no_kind_of_mail_takes_the_persons_name() -> None:
    for kind in KINDS.values():
        assert not {name for name in kind.variables - COMMON if "name" in name or "email" in name}
