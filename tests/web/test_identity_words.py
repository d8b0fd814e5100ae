"""Every sentence of the identity pages is French too, and the catalogue holds no other."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from tests.web.sentences import Sentence, french, in_python, in_templates, without_french

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


def asked() -> set[Sentence]:
    return in_templates(TEMPLATES) | in_python(PYTHON)


def test_every_sentence_is_french_too():
    assert (None, "Confirm that it is you") in asked(), "the reading of templates finds something"
    assert without_french(asked(), "public", "backoffice", "identity") == []


def test_no_sentence_is_left_over_and_the_facts_are_the_same():
    wanted = asked()
    for (context, english), said in french("identity").items():
        assert (context, english) in wanted or english in OUTSIDE, english
        for sentence in said:
            assert set(re.findall(r"%\(\w+\)s", sentence)) == set(re.findall(r"%\(\w+\)s", english)), english
            assert not re.search(r" [?!;:»](?=\s|$)|« ", sentence), sentence


OUTSIDE = {  # on pages of other rooms, in the watermark
    "We need to be sure that it is you",
    "Your deadline restarts on the day when sufficient proof reaches us. Several ways need no document.",
    "Look at what arrived, then decide whose request it is",
    "If it is enough, the pause ended on the day it arrived.",
    "Wait for the person’s proof",
    "The clock is paused; without an answer the request closes with a notice.",
    "to check a mandate only",
    "to check who asks only",
}
