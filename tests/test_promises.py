"""What this product promises of itself: every field, word, mail and status is accounted for, in both languages."""

from __future__ import annotations

from enum import Enum, StrEnum
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation

from dsar.domain import explain, vocabulary
from dsar.domain.clock import StepKind
from dsar.domain.retention import NOT_PERSONAL, PERSONAL, Forgetting
from dsar.domain.steps import Move, StepRefused
from dsar.domain.vocabulary import RequestType, Status
from dsar.labels import LABELS, label
from notifications.kinds import KINDS, LANGUAGES

OURS = ("dsar", "identity", "notifications")
MODELS = {model._meta.label: model for app in OURS for model in apps.get_app_config(app).get_models()}
VOCABULARY = [
    thing
    for thing in vars(vocabulary).values()
    if isinstance(thing, type) and issubclass(thing, StrEnum) and thing is not StrEnum
]
MEMBERS: list[Enum] = [member for kind in VOCABULARY for member in kind]
SAME_IN_BOTH = {"Restriction", "Email", "Portability", "Parent", "Rectification"}  # may look alike; each is checked by eye


def fields_of(model: str) -> set[str]:
    return {field.name for field in MODELS[model]._meta.get_fields() if field.concrete}


# Personal data


@pytest.mark.parametrize("model", sorted(MODELS))
def test_each_field_is_listed_as_personal_or_not(model: str) -> None:
    listed = set(PERSONAL.get(model, {})) | NOT_PERSONAL.get(model, frozenset())
    assert fields_of(model) == listed


def test_no_field_is_listed_twice_nor_for_a_table_that_is_gone() -> None:
    assert set(PERSONAL) | set(NOT_PERSONAL) <= set(MODELS)
    for model in MODELS:
        assert not set(PERSONAL.get(model, {})) & NOT_PERSONAL.get(model, frozenset())


def test_what_is_forgotten_with_the_key_is_stored_as_sealed_bytes() -> None:
    """A field called sealed in the retention table is binary: nobody can write plain text into it by mistake."""
    for model, fields in PERSONAL.items():
        for name, forgetting in fields.items():
            is_binary = MODELS[model]._meta.get_field(name).get_internal_type() == "BinaryField"
            assert is_binary == (forgetting is Forgetting.SEALED), f"{model}.{name}"


def test_what_is_blanked_can_be_blank() -> None:
    for model, fields in PERSONAL.items():
        for name, forgetting in fields.items():
            if forgetting is Forgetting.BLANK:
                field = MODELS[model]._meta.get_field(name)
                assert not getattr(field, "unique", False), f"{model}.{name}"
                assert field.get_internal_type() in ("CharField", "TextField", "JSONField"), f"{model}.{name}"


# Words


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: f"{type(member).__name__}.{member.name}")
def test_each_member_of_the_vocabulary_has_words_in_both_languages(member: Enum) -> None:
    if type(member) not in LABELS:
        pytest.fail(f"{type(member).__name__} has no labels")
    with translation.override("en"):
        english = str(label(member))
    with translation.override("fr"):
        french = str(label(member))
    assert english
    assert french
    assert french != english or english in SAME_IN_BOTH


def test_there_are_no_labels_for_words_that_are_gone() -> None:
    assert set(LABELS) == set(VOCABULARY)
    for kind, labels in LABELS.items():
        assert set(labels) == {member.name for member in kind}


def test_the_queue_knows_eight_statuses_by_these_words() -> None:
    with translation.override("fr"):
        assert [str(label(status)) for status in Status] == [
            "À prendre",
            "À identifier",
            "Collecte",
            "Relecture",
            "À valider",
            "Exécution",
            "Répondue",
            "Close",
        ]


def test_no_two_members_of_one_vocabulary_read_the_same() -> None:
    for language in LANGUAGES:
        with translation.override(language):
            for kind in VOCABULARY:
                words = [str(label(member)) for member in kind]
                assert len(words) == len(set(words)), f"{kind.__name__} in {language}"


def test_a_refused_step_has_words_for_every_status() -> None:
    for status in Status:
        refused = StepRefused(right=RequestType.ACCESS, step=status, move=Move.REOPEN)
        assert refused.sentence("fr") != refused.sentence("en")


def test_each_kind_of_line_of_the_reckoning_has_a_sentence_in_both_languages() -> None:
    assert set(explain.SENTENCES) == set(StepKind)
    for french, english in (*explain.SENTENCES.values(), *explain.WITH_PROMISE.values()):
        assert french != english


# Mails


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_of_mail_has_a_template_in_both_languages(kind: str, language: str) -> None:
    file = Path(settings.BASE_DIR) / "templates" / "messages" / kind / f"{language}.txt"
    assert file.read_text(encoding="utf-8").startswith("Subject: ")


def test_there_are_no_templates_of_mails_that_nobody_sends() -> None:
    folder = Path(settings.BASE_DIR) / "templates" / "messages"
    assert {entry.name for entry in folder.iterdir() if entry.is_dir()} == set(KINDS)
    for kind in KINDS:
        assert {entry.name for entry in (folder / kind).iterdir()} == {f"{language}.txt" for language in LANGUAGES}
