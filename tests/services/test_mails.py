"""What leaves by mail: addresses, the outbox, and the words in both languages (LAW 4, UX 6, SECURITY T13)."""

from __future__ import annotations

import ast
import email.policy
import json
import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.template import Engine
from pytest_django import Settings

from dsar.domain.vocabulary import Ground, Outcome, RequestType, TokenPurpose
from dsar.labels import label
from identity import vault
from notifications.address import AddressRefused, check_address, normalise
from notifications.kinds import COMMON, IDENTIFIERS, KINDS, LANGUAGES, ContextMismatch
from notifications.models import Message
from notifications.outbox import queue_message
from notifications.relay import relay_waiting
from notifications.rendering import BadTemplate, DayInWords, Rendered, render
from tests.people import CAMILLE_EMAIL, DOMINIQUE_EMAIL

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FOLLOW = "https://droits.example/fr/suivre/"
LINK = "https://droits.example/fr/confirmer/x7_-Zq/"
CNIL = SimpleNamespace(name="CNIL", address="3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07", url="https://www.cnil.fr/")
COMMON_CONTEXT: dict[str, Any] = {
    "reference": "CE-7K4M-2XQZ",
    "controller_name": "Institut Exemple",
    "dpo_name": "Dominique Témoin",
    "dpo_email": DOMINIQUE_EMAIL,
    "authority": CNIL,
    "follow_url": FOLLOW,
}
DEADLINE: dict[str, Any] = {
    "due_date": date(2026, 12, 22),
    "legal_limit": date(2026, 12, 24),
    "days_left": 5,
    "days_late": 0,
    "paused_since": date(2026, 11, 24),
    "case_url": "https://droits.example/fr/office/CE-7K4M-2XQZ/",
}
TASK: dict[str, Any] = {
    "system": "Base des étudiants",
    "given_date": date(2026, 11, 24),
    "days_waiting": 7,
    "due_date": date(2026, 12, 4),
    "instructions_url": "https://droits.example/fr/office/taches/",
}
OWN_CONTEXT: dict[str, dict[str, Any]] = {
    "draft_link": {"link": LINK, "hours": 2, "days": 7},  # of a form that has no reference yet
    "acknowledgement": {
        "received_date": date(2026, 11, 22),
        "rights": [label(RequestType.ACCESS), label(RequestType.ERASURE)],
        "working_date": date(2026, 12, 22),
        "legal_limit": date(2026, 12, 24),
        "code": "204816",
        "link": LINK,
        "code_minutes": 15,
        "file_years": 5,
    },
    "code": {"code": "204816", "link": LINK, "code_minutes": 15, "purpose_label": label(TokenPurpose.FOLLOW)},
    "ready": {"expires_date": date(2027, 1, 1), "sums_sha256": "ab" * 32, "size": 4_234_567, "by_post": False},
    "expiring": {"expires_date": date(2027, 1, 1)},
    "closed": {"closed_date": date(2026, 12, 31), "file_years": 5},
    "answer": {
        "right": label(RequestType.RECTIFICATION),
        "outcome_label": label(Outcome.GRANTED),
        "done_date": date(2026, 12, 1),
        "facts": "Votre adresse a été corrigée.",
        "recipients_told": "Hébergeur Exemple",
    },
    "refusal": {
        "right": label(RequestType.ERASURE),
        "grounds": [label(Ground.ART_17_3_B)],
        "facts": "Votre diplôme est conservé 99 ans.",
        "granted_part": "",
    },
    "nothing_held": {"systems": ["Base des étudiants", "Site web"], "identifiers": ["email", "student_number"]},
    "cannot_identify": {"attempt": "Nous avons cherché votre adresse.", "what_could": ["votre numéro d'étudiant", "l'accueil"]},
    "done_at_once": {"right": label(RequestType.MARKETING_OBJECTION), "done_date": date(2026, 11, 22)},
    "letter_to_subject": {"words": "Pouvez-vous préciser l'année ?\n\nMerci."},
    "identity_request": {
        "doubt": "le nom diffère",
        "words": "Votre nom n'est pas celui du dossier.",
        "link": "https://droits.example/fr/identite/x7_-Zq/",
        "link_days": 14,
        "suspended": True,
        "asked_date": date(2026, 11, 24),
        "closes_date": date(2027, 1, 23),
        "ways": ["un code au contact que nous avons déjà", "passer à l'accueil"],
        "document": True,
    },
    "mandate_request": {
        "doubt": "le mandat n'est pas signé",
        "words": "Il manque la signature de la personne.",
        "link": "https://droits.example/fr/identite/x7_-Zq/",
        "link_days": 14,
        "suspended": True,
        "asked_date": date(2026, 11, 24),
        "closes_date": date(2027, 1, 23),
        "missing": ["la signature"],
    },
    "code_on_file": {"code": "204816", "code_minutes": 15},
    "closed_without_proof": {"asked_date": date(2026, 11, 24), "unanswered_days": 60},
    "address_changed": {"changed_date": date(2026, 11, 24), "frozen_until": date(2026, 11, 25)},
    "clarification_request": {
        "why": "Vous avez étudié chez nous pendant neuf ans.",
        "choices": ["vos notes", "vos paiements"],
        "reply_by": date(2026, 12, 8),
        "asked_date": date(2026, 11, 24),
    },
    "restarted": {
        "arrived_date": date(2026, 12, 1),
        "silent": False,
        "paused_days": 7,
        "working_date": date(2026, 12, 29),
        "legal_limit": date(2026, 12, 31),
    },
    "extension": {
        "reason_label": "votre demande est complexe",
        "words": "Neuf années de messages sont à relire.",
        "old_date": date(2026, 12, 22),
        "new_limit": date(2027, 2, 22),
        "delivered": [label(RequestType.PORTABILITY)],
    },
    "deadline_reminder": DEADLINE,
    "deadline_escalation": DEADLINE,
    "unopened_case": {
        "received_date": date(2026, 11, 22),
        "days_waiting": 5,
        "working_date": date(2026, 12, 22),
        "case_url": "https://droits.example/fr/office/CE-7K4M-2XQZ/",
    },
    "task_reminder": TASK,
    "task_escalation": TASK | {"team": "Scolarité"},
    "identity_reminder": {
        "asked_date": date(2026, 11, 24),
        "question": "Votre nom n'est pas celui du dossier.",
        "clock_stands": True,
        "closes_date": date(2027, 1, 23),
    },
    "daily_digest": {
        "day": date(2026, 12, 1),
        "late": [SimpleNamespace(reference="CE-7K4M-2XQZ", days=2)],
        "late_count": 1,
        "soon": [SimpleNamespace(reference="CE-7K4M-2XR0", due_date=date(2026, 12, 4))],
        "soon_count": 1,
        "tasks": 1,
        "approvals": 1,
        "queue_url": "https://droits.example/fr/office/",
    },
    "hand_task": {
        "system": "Base des étudiants",
        "instructions_url": "https://droits.example/fr/office/taches/",
        "due_date": date(2026, 12, 4),
        "right": label(RequestType.ERASURE),
    },
    "approval_wanted": {
        "act_label": "Effacer des données",
        "case_url": "https://droits.example/fr/office/CE-7K4M-2XQZ/",
        "expires_date": date(2026, 11, 29),
    },
}
EVERY_MAIL = [(kind, language) for kind in sorted(KINDS) for language in LANGUAGES]
TO_STAFF = {
    "hand_task",
    "approval_wanted",
    "deadline_reminder",
    "deadline_escalation",
    "unopened_case",
    "task_reminder",
    "task_escalation",
    "daily_digest",
}
DECISIONS = {"ready", "answer", "refusal", "nothing_held", "cannot_identify", "done_at_once"}


def written(kind: str, language: str, **changes: Any) -> Rendered:
    return render(kind, language, COMMON_CONTEXT | OWN_CONTEXT[kind] | changes)


# A kind of mail that nobody sends is a promise that nobody keeps

TELLS = {"tell", "tell_by_post", "tell_address", "tell_staff", "queue_message", "write"}


def kinds_sent() -> set[str]:
    """The words that the services hand to whatever stores a mail, by reading the code: as an argument, as KIND of a module,
    or as the answer of a function that names a kind. Reminders name theirs in a table of their own."""
    found: set[str] = set()
    for file in (Path(settings.BASE_DIR) / "dsar").rglob("*.py"):
        table = file.name in ("reminders.py", "remind.py", "digest.py")
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
    assert kind == "draft_link" or "CE-7K4M-2XQZ" in written(kind, language).subject or kind == "daily_digest", (
        "a digest is about many"
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
    assert FOLLOW in text or "204816" in text or kind == "address_changed", "the address that was replaced follows nothing"


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
    return isinstance(value, bool | int | date) or (isinstance(value, list) and isinstance(value[0], SimpleNamespace))


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
    assert written("ready", "fr").subject.endswith("jusqu'au 1er janvier 2027")
    assert str(DayInWords(date(2027, 1, 1), "fr")) == "vendredi 1er janvier 2027"
    assert str(DayInWords(date(2026, 11, 11), "fr")) == "mercredi 11 novembre 2026"


def test_french_words_come_from_the_catalogue_whatever_the_language_of_the_page() -> None:
    assert "- Effacement\n" in written("acknowledgement", "fr").text
    assert "- Erasure\n" in written("acknowledgement", "en").text


# LAW 4: what each notice must contain


@pytest.mark.parametrize(
    ("language", "items"),
    [
        (
            "fr",
            [
                "CE-7K4M-2XQZ",
                "dimanche 22 novembre 2026",
                "Accès",
                "Effacement",
                "mardi 22 décembre 2026",
                "jeudi 24 décembre 2026",
                "gratuite",
                "confirmer votre adresse e-mail",
                "204816",
                FOLLOW,
                DOMINIQUE_EMAIL,
                "6.1.c",
                "5 ans",
                "rectification, d'effacement",
                "CNIL",
            ],
        ),
        (
            "en",
            [
                "CE-7K4M-2XQZ",
                "Sunday 22 November 2026",
                "Access",
                "Erasure",
                "Tuesday 22 December 2026",
                "Thursday 24 December 2026",
                "free of charge",
                "confirm your e-mail address",
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
    assert "- adresse e-mail\n- numéro d'étudiant\n" in text


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


# Addresses


@pytest.mark.parametrize(
    "address",
    ["camille.exemple@etudiant.example", "c+dsar@x.example", "o'brien@x.example", "a@sub.domain.xn--p1ai", "x_1@viacesi.fr"],
)
def test_a_plain_mailbox_is_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "camille",
        "root@localhost",
        "x@[127.0.0.1]",
        "x@127.0.0.1",
        "x@example.1",
        "a@x.example,b@x.example",
        "a@x.example;b@x.example",
        "a@x.example b@x.example",
        "Camille <a@x.example>",
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example\n",
        "\na@x.example",
        '"a b"@x.example',
        "=?utf-8?q?a?=@x.example",
        "a..b@x.example",
        ".a@x.example",
        "a@-x.example",
        "a@x..example",
        "a@x.example.",
        "é@x.example",
        "x" * 65 + "@x.example",
        "a@" + "x" * 64 + ".example",
        "a@" + "x." * 126 + "example",
    ],
)
def test_anything_that_is_not_one_plain_mailbox_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check_address(address)
    for language in LANGUAGES:
        assert not address or address not in refused.value.sentence(language)


def test_an_address_is_compared_without_the_case_of_its_domain() -> None:
    assert normalise(" Camille@Etudiant.EXAMPLE ") == "Camille@etudiant.example"
    assert normalise("camille@école.example") == "camille@xn--cole-9oa.example"
    with pytest.raises(AddressRefused):
        normalise("camille@" + "é" * 80 + ".example")


# The outbox


def queue(kind: str = "code", *, to: str = CAMILLE_EMAIL, occasion: str = "once", **more: Any) -> Message:
    if not vault.storages["keys"].exists("requests/one"):
        vault.create_text_key("requests/one")
    return queue_message(
        kind,
        to=to,
        language="fr",
        reference="CE-7K4M-2XQZ",
        occasion=occasion,
        key_name="requests/one",
        seal=vault.seal_text,
        context=COMMON_CONTEXT | OWN_CONTEXT[kind],
        now=NOW,
        **more,
    )


@pytest.mark.django_db
def test_a_mail_is_stored_once_for_its_occasion_whatever_comes_twice() -> None:
    first = queue()
    assert queue() == first
    assert queue(occasion="token-2") != first
    assert Message.objects.count() == 2


@pytest.mark.django_db
def test_a_mail_goes_the_way_of_the_transaction_it_tells_of() -> None:
    def change_that_fails() -> None:
        with transaction.atomic():
            queue()
            assert Message.objects.count() == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_that_fails()
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_the_content_lies_encrypted_and_is_forgotten_with_the_key() -> None:
    message = queue()
    sealed = bytes(message.content)
    assert b"204816" not in sealed
    assert json.loads(vault.open_text(message.key_name, sealed))["subject"] == "Votre demande CE-7K4M-2XQZ : votre code"
    vault.destroy_key("requests/one")
    with pytest.raises(vault.KeyDestroyed):
        vault.open_text(message.key_name, sealed)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["root@localhost", "a@x.example\nBcc: b@x.example", "a@x.example,b@x.example"])
def test_a_bad_address_is_refused_before_anything_is_stored(address: str) -> None:
    with pytest.raises(AddressRefused):
        queue(to=address)
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_a_mail_may_wait_for_a_later_instant() -> None:
    assert queue(not_before=NOW + timedelta(hours=1)).next_at == NOW + timedelta(hours=1)
    assert queue(occasion="two", not_before=NOW - timedelta(hours=1)).next_at == NOW


# What leaves


@pytest.mark.django_db
def test_nothing_that_anybody_typed_gets_into_a_header(settings: Settings) -> None:
    """Not even lines that look like one (SECURITY T13): headers hold the reference, the controller and one recipient."""
    settings.EMAIL_BACKEND = "notifications.folder_backend.EmailBackend"
    typed = "Bonjour\r\nBcc: sacha.modele@etu.cesi.example\n\nX-Typed: Plantée"
    vault.create_text_key("requests/one")
    queue_message(
        "letter_to_subject",
        to=CAMILLE_EMAIL,
        language="fr",
        reference="CE-7K4M-2XQZ",
        key_name="requests/one",
        seal=vault.seal_text,
        context=COMMON_CONTEXT | {"words": typed},
        now=NOW,
    )
    assert relay_waiting(unseal=vault.open_text, clock=lambda: NOW).sent == 1
    (file,) = settings.MAIL_FOLDER.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert "Plantée" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    head = file.read_bytes().split(b"\n\n")[0].decode()
    assert not re.search("sacha|Typed|Plant|^B?cc:", head, re.IGNORECASE | re.MULTILINE)
    assert set(mail.keys()) == {
        "Content-Type",
        "MIME-Version",
        "Subject",
        "From",
        "To",
        "Reply-To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Language",
    }


# The folder of make run


@pytest.mark.django_db
def test_make_run_writes_each_mail_as_a_file_that_any_mail_program_opens(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notifications.folder_backend.EmailBackend"
    queue("acknowledgement")
    report = relay_waiting(unseal=vault.open_text, clock=lambda: NOW)
    assert report.sent == 1
    (file,) = settings.MAIL_FOLDER.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert mail["Subject"] == "Votre demande CE-7K4M-2XQZ : reçue, réponse au plus tard le 22 décembre 2026"
    assert mail["To"] == CAMILLE_EMAIL
    assert mail["Reply-To"] == DOMINIQUE_EMAIL
    assert "204816" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mail.get_body(("html",)) is not None
    assert list(settings.MAIL_FOLDER.glob("*.part")) == []
