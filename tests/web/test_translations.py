"""Every sentence that the public pages ask a catalogue for has a French one, and none is a guess."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings

from tests.web.sentences import Sentence, french, in_python, in_templates, without_french

ROOMS = ("public", "follow")
ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"


def catalogue(room: str) -> Catalog:
    with (ROOT / "locale" / room / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def messages() -> list[Message]:
    return [message for room in ROOMS for message in catalogue(room) if message.id]


def asked() -> set[Sentence]:
    templates = [*TEMPLATES.glob("*.html"), *(TEMPLATES / "components").glob("*.html"), *(TEMPLATES / "public").glob("*.html")]
    templates = [path for path in templates if not path.name.startswith("identity")]  # tests/web/test_identity_words.py
    templates += (TEMPLATES / "backoffice").glob("files*.html")
    names = ("about.py", "details.py", "fields.py", "follow.py", "pass_phrase.py", "public.py", "route.py")
    forms = [ROOT / "dsar" / "forms" / name for name in names]
    forms += [ROOT / "dsar" / "services" / name for name in ("attachments.py", "drafts.py")]
    views = [path for path in (ROOT / "dsar" / "views" / "public").glob("*.py") if path.name != "identity.py"]
    return in_templates(templates) | in_python([*forms, *views])


ELSEWHERE = {  # of the identity catalogue, on the status page
    (None, "We need to be sure that it is you"),
    (None, "Your deadline restarts on the day when sufficient proof reaches us. Several ways need no document."),
    (None, "Confirm that it is you"),
    (None, "Show that you may act for this person"),
    (None, "Your deadline keeps running"),
}


def test_every_sentence_of_the_public_pages_is_french_too():
    sentences = asked() - ELSEWHERE
    assert (None, "What do you want?") in sentences, "the reading of templates finds something"
    assert (None, "Tick at least one answer") in sentences, "the reading of Python finds something"
    assert without_french(sentences, *ROOMS) == []


def test_no_translation_is_a_guess_or_left_over():
    assert [message.id for message in messages() if message.fuzzy] == []
    assert sorted(map(str, set(french(*ROOMS)) - asked())) == []


def test_translations_fill_in_the_same_facts():
    for (_context, english), said in french(*ROOMS).items():
        facts = set(re.findall(r"%\(\w+\)s", english))
        for sentence in said:
            assert set(re.findall(r"%\(\w+\)s", sentence)) == facts, english


def test_french_punctuation_never_starts_a_line():
    for said in french(*ROOMS).values():
        for sentence in said:
            assert not re.search(r" [?!;:»](?=\s|$)|« ", sentence), sentence
