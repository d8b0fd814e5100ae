"""Every sentence of the identity pages is French too, and the catalogue holds no other."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po
from django.conf import settings

from tests.web.sentences import Sentence, in_python, in_templates

ROOT = Path(settings.BASE_DIR)
TEMPLATES = [
    *(ROOT / "templates" / "public").glob("identity*.html"),
    *(ROOT / "templates" / "backoffice").glob("identity*.html"),
    *(ROOT / "templates" / "backoffice" / "case").glob("identity*.html"),
    ROOT / "templates" / "backoffice" / "parts" / "documents_for_all.html",
]
PYTHON = [
    path
    for path in (
        ROOT / "dsar" / "views" / "public" / "identity.py",
        ROOT / "dsar" / "views" / "backoffice" / "identity.py",
        ROOT / "dsar" / "views" / "backoffice" / "identity_page.py",
        ROOT / "dsar" / "forms" / "identity.py",
    )
    if path.exists()
]


def catalogue(room: str) -> dict[Sentence, tuple[str, ...]]:
    with (ROOT / "locale" / room / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        found = read_po(file, locale="fr", abort_invalid=True)
    return {
        (message.context, message.id if isinstance(message.id, str) else message.id[0]): (
            (message.string,) if isinstance(message.string, str) else tuple(message.string)
        )
        for message in found
        if message.id
    }


def asked() -> set[Sentence]:
    return in_templates(TEMPLATES) | in_python(PYTHON)


def test_every_sentence_is_french_too():
    known = {sentence: french for room in ("public", "backoffice", "identity") for sentence, french in catalogue(room).items()}
    assert (None, "Confirm that it is you") in asked(), "the reading of templates finds something"
    assert sorted(str(sentence) for sentence in asked() if not all(known.get(sentence, ("",)))) == []


def test_no_sentence_is_left_over_and_the_facts_are_the_same():
    for (context, english), french in catalogue("identity").items():
        assert (context, english) in asked() or english in OUTSIDE, english
        for sentence in french:
            assert set(re.findall(r"%\(\w+\)s", sentence)) == set(re.findall(r"%\(\w+\)s", english)), english
            assert not re.search(r" [?!;:»](?=\s|$)|« ", sentence), sentence


OUTSIDE = {  # on pages of other rooms, in the watermark
    "We need to be sure that it is you",
    "Your deadline restarts when you reply. Several ways need no document.",
    "Look at what arrived, then decide whose request it is",
    "If it is enough, the pause ended on the day it arrived.",
    "Wait for the person’s proof",
    "The clock is paused; without an answer the request closes with a notice.",
    "to check a mandate only",
    "to check who asks only",
}
