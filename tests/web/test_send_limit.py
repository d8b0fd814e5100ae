"""Files of one message: each of them small enough, and too much together; said so, and no word is lost."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dsar.domain.vocabulary import EventKind
from dsar.forms.follow import MOST_BYTES, MessageForm
from dsar.models import DataSubjectRequest
from identity.models import Document
from identity.refusals import MAX_BYTES
from tests.web.asking import ask, errors_in
from tests.web.desk import words
from tests.web.following import opened
from tests.web.test_status_files import file, send

pytestmark = pytest.mark.django_db(transaction=True)
NINE = b"x" * 9 * 1024 * 1024


@pytest.fixture
def dsr() -> DataSubjectRequest:
    return ask(Client())


@pytest.fixture
def person(dsr: DataSubjectRequest) -> Client:
    return opened(dsr)


def test_three_files_of_nine_megabytes_are_too_much_in_one_message_and_the_words_stay(person: Client, dsr: DataSubjectRequest):
    page = send(person, file(NINE), file(NINE), file(NINE), text="Voici mes relevés.")
    assert errors_in(page) == ["Ensemble, ces fichiers dépassent 25 Mo\u00a0: envoyez-les en plusieurs messages"]
    assert "Voici mes relevés." in page.content.decode(), "what was typed is still in its field"
    assert "25 Mo par message" in words(page), "the limit stands where it applies"
    assert not Document.objects.exists()
    assert not dsr.events.filter(kind=EventKind.MESSAGE_FROM_SUBJECT).exists()
    page = send(person, file(), file(), text="Voici mes relevés.")
    assert "Votre message nous est parvenu." in words(page)


@pytest.mark.parametrize(("last", "fits"), [(5 * 1024 * 1024, True), (MAX_BYTES, False)])
def test_the_limit_is_of_all_files_together(last: int, fits: bool):
    sizes = (MAX_BYTES, MAX_BYTES, last)
    files = [SimpleUploadedFile("a", b"x" * size) for size in sizes]
    assert (sum(sizes) <= MOST_BYTES) is fits
    given = type("Given", (), {"getlist": lambda self, name: files})()
    assert MessageForm({"words": ""}, given).is_valid() is fits
