"""A third language: everything it lacks is named, and none is offered while something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from dsar.domain.errors import DsarError
from dsar.management.commands.missing_language import missing

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "Start"
msgstr "{start}"

msgid "Back"
msgstr "{back}"
"""
CODE = """LANGUAGES = ("fr", "en"{tuple})
OFFERED = [("fr", "Français"), ("en", "English"){pair}]
WORDS = {{"fr": "nom", "en": "name"{dict}}}


class Refused(Exception):
    fr = "Non."
    en = "No."
    {field}
"""


def product(root: Path, **words: str) -> Path:
    """A product of one sentence more than it says in the third language."""
    for language, start, back in (("fr", "Commencer", "Retour"), ("es", "Empezar", words.get("back", ""))):
        folder = root / "locale" / "public" / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "django.po").write_text(PO.format(start=start, back=back))
    mail = root / "templates" / "messages" / "code"
    mail.mkdir(parents=True, exist_ok=True)
    for language in ("fr", "en", *words.get("files", "").split()):
        (mail / f"{language}.txt").write_text("Subject: …")
    given = {name: words.get(name, "") for name in ("tuple", "pair", "dict")}
    (root / "dsar").mkdir(exist_ok=True)
    (root / "dsar" / "told.py").write_text(CODE.format(**given, field=words.get("field", "pass")) + words.get("more", ""))
    return root


def test_each_gap_of_a_third_language_is_named_with_its_place(tmp_path: Path):
    root = product(tmp_path, more='\n\ndef of(language):\n    return "1er" if language == "fr" else "1"\n')
    assert list(missing("es", root)) == [
        "locale/public/es/LC_MESSAGES/django.po: Back",
        "templates/messages/code/es.txt: no such file",
        "dsar/told.py:1: a list of the languages fr and en",
        "dsar/told.py:2: a list of the languages fr and en",
        "dsar/told.py:3: words in fr and en",
        "dsar/told.py:6: Refused has its words in fr and en",
        "dsar/told.py:13: chooses between fr and another",
    ]


def test_a_language_that_has_everything_lacks_nothing(tmp_path: Path):
    given = {"back": "Volver", "files": "es", "tuple": ', "es"', "pair": ', ("es", "Español")', "dict": ', "es": "nombre"'}
    assert list(missing("es", product(tmp_path, **given, field='es = "No."'))) == []


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES if code != "en"])
def test_a_language_that_is_offered_lacks_nothing(language: str):
    assert list(missing(language)) == []


def test_the_command_finds_every_kind_of_gap_in_this_product(capsys):
    with pytest.raises(CommandError, match=r"es: \d{4} things are missing"):
        call_command("missing_language", "es")
    said = capsys.readouterr().out
    for place in (
        "locale/public/es/LC_MESSAGES/django.po: Start",
        "templates/messages/acknowledgement/es.txt: no such file",
        "templates/policy/es.txt",
        "templates/letters/receipt/es.html",
        "templates/package/words/es.json",
        "config/settings.py",
        "notifications/kinds.py",
        "dsar/packaging/words.py",
        "dsar/controller/who.py",
        "dsar/templatetags/page.py",
        "dsar/domain/errors.py",
    ):
        assert place in said, place


def test_a_refusal_speaks_a_third_language_by_one_attribute_more():
    class Refused(DsarError):
        fr, en, es = "Non, {n}.", "No, {n}.", "No hay {n}."

    assert [Refused(n=2).sentence(language) for language in ("fr", "en", "es")] == ["Non, 2.", "No, 2.", "No hay 2."]
    assert Refused(n=2).sentence("de") == "No, 2."
    assert Refused(n=2).sentence("facts") == "No, 2.", "no attribute of another kind is a sentence"
