"""Files in slices reach the one way in: for whoever may send the form they belong to, once, and not after the decision."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, RequestType, TokenPurpose
from dsar.models import DataSubjectRequest, User
from dsar.services import ask, papers, tokens, verify
from dsar.views.public import upload as upload_views
from identity import documents, slices
from identity.models import Document, Purpose, Upload
from identity.refusals import Refusal
from tests.identity.papers import stored
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.services.test_papers import photo
from tests.stories import receive
from tests.web import sending
from tests.web.asking import answer, begin, errors_in, step_of
from tests.web.asking import send as send_form
from tests.web.desk import words
from tests.web.following import opened

pytestmark = pytest.mark.django_db(transaction=True)
PLANTED = b"Camille Durand 880692310285"
PDF = b"%PDF-1.7\n" + PLANTED + token_bytes(2 * slices.SLICE)  # three slices; nobody opens it here


def asked(officer: User, email: str = "inconnue@ailleurs.example") -> DataSubjectRequest:
    dsr = receive(RequestType.ACCESS, email=email, at=timezone.now() - timedelta(hours=1))
    ask.ask_identity(dsr_id=dsr.pk, officer=officer, doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Qui êtes-vous ?", now=timezone.now())
    return dsr


def at_the_page_of(dsr: DataSubjectRequest, **options: Any) -> Client:
    client = Client(**options)
    _, _, link = tokens.issue(dsr, TokenPurpose.IDENTITY, now=timezone.now())
    client.post(f"/fr/identity/open/{link}/")
    return client


def sliced() -> set[str]:
    """The slices in the vault, and their keys."""
    return {one for one in stored() if "/slices/" in one}


def test_a_paper_that_came_in_slices_is_added_sealed_and_made_harmless_like_any_other(dominique: User) -> None:
    dsr = asked(dominique)
    person = at_the_page_of(dsr)
    number = sending.send(person, "identity", photo())
    assert not Document.objects.exists()
    assert step_of(person.post("/fr/identity/add/", {"uploaded": number})) == "identity"  # type: ignore[arg-type]
    document = Document.objects.get()
    assert (document.reference, document.purpose, document.state) == (dsr.reference, "identity", "pending")
    assert "Fichiers ajoutés, pas encore envoyés" in words(person.get("/fr/identity/"))
    assert sliced() == set(), "the slices are gone"
    assert {f"{room}/{document.path}" for room in ("objects", "keys")} <= stored()
    assert documents.process(document.pk, timezone.now).state == "ready"


def test_a_form_that_is_sent_twice_since_its_answer_was_lost_adds_its_file_once(dominique: User) -> None:
    person = at_the_page_of(asked(dominique))
    number = sending.send(person, "identity", photo())
    for _ in range(3):
        assert person.post("/fr/identity/add/", {"uploaded": [number, number]}).status_code == 302
    assert Document.objects.count() == 1


def test_a_slice_twice_and_slices_out_of_order_are_answered_with_what_is_here(dominique: User) -> None:
    person = at_the_page_of(asked(dominique))
    begun = sending.begin(person, "identity", PDF).json()
    assert (begun["held"], begun["slice"]) == (0, slices.SLICE)
    said = [
        sending.put(person, "identity", begun["upload"], PDF, offset).json()["held"]
        for offset in (slices.SLICE, 0, 0, 2 * slices.SLICE, slices.SLICE, 0)
    ]
    assert said == [n * slices.SLICE for n in (0, 1, 1, 1, 2, 2)]
    assert sending.begin(person, "identity", PDF).json() == begun | {"held": 2 * slices.SLICE}
    sending.send(person, "identity", PDF)
    assert person.post("/fr/identity/add/", {"uploaded": begun["upload"]}).status_code == 302
    assert Document.objects.get().bytes == len(PDF)


def test_too_large_empty_and_too_many_say_so_in_the_persons_language(dominique: User) -> None:
    person = at_the_page_of(asked(dominique))
    for size, refusal in ((10 * 1024 * 1024 + 1, Refusal.SIZE), (0, Refusal.EMPTY)):
        answered = sending.begin(person, "identity", b"x", size=size)
        assert (answered.status_code, answered.json()["problem"]) == (422, refusal.sentence("fr"))
    for wrong in ({"size": "x"}, {"sha256": "x"}):
        assert sending.begin(person, "identity", b"x", **wrong).status_code == 400
    for n in range(2):
        person.post("/fr/identity/add/", {"uploaded": sending.send(person, "identity", photo() + bytes(n))})
    third = person.post("/fr/identity/add/", {"uploaded": sending.send(person, "identity", photo() + bytes(7))})
    assert Refusal.COUNT.sentence("fr") in words(third)


def test_a_third_file_on_its_way_ends_the_first(dominique: User) -> None:
    person = at_the_page_of(asked(dominique))
    numbers = [sending.begin(person, "identity", bytes([n])).json()["upload"] for n in range(3)]
    answers = [sending.put(person, "identity", number, bytes([n]), 0).status_code for n, number in enumerate(numbers)]
    assert answers == [404, 200, 200]


def test_somebody_elses_upload_and_one_that_never_was_are_answered_alike(dominique: User) -> None:
    mine, theirs = asked(dominique), asked(dominique, email="sacha@mail.example")
    person, other = at_the_page_of(mine), at_the_page_of(theirs)
    number, made_up = sending.send(other, "identity", photo()), "7d9f0c5e-0000-4000-8000-000000000000"
    answers = []
    for one in (number, made_up):
        slice_ = sending.put(person, "identity", one, photo(), 0)
        end = person.post(f"/fr/upload/identity/{one}/end/")
        form = person.post("/fr/identity/add/", {"uploaded": one})
        answers.append((slice_.status_code, end.status_code, form.status_code, Refusal.FAILED.sentence("fr") in words(form)))
    assert answers == [(404, 404, 422, True)] * 2
    assert sending.begin(Client(), "identity", b"x").status_code == 404
    assert sending.begin(person, "no-such-page", b"x").status_code == 404
    assert not Document.objects.exists()
    assert other.post("/fr/identity/add/", {"uploaded": number}).status_code == 302, "untouched"


def test_after_the_decision_nothing_goes_on_and_keys_and_slices_are_gone(dominique: User) -> None:
    dsr = asked(dominique)
    person = at_the_page_of(dsr)
    begun = sending.begin(person, "identity", PDF).json()
    sending.put(person, "identity", begun["upload"], PDF, 0)
    assert len(sliced()) == 2
    verify.record_identity(
        dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.CALL_BACK, reason="rappelée", now=timezone.now()
    )
    assert sending.put(person, "identity", begun["upload"], PDF, slices.SLICE).status_code == 404
    assert sending.begin(person, "identity", PDF).status_code == 404
    assert not Upload.objects.exists()
    assert sliced() == set()


def test_the_hourly_sweep_takes_what_nobody_goes_on_with(dominique: User) -> None:
    person = at_the_page_of(asked(dominique))
    begun = sending.begin(person, "identity", PDF).json()
    sending.put(person, "identity", begun["upload"], PDF, 0)
    papers.sweep(timezone.now() + timedelta(minutes=119))
    assert Upload.objects.exists()
    papers.sweep(timezone.now() + timedelta(minutes=121))
    assert not Upload.objects.exists()
    assert sliced() == set()
    late = person.post("/fr/identity/add/", {"uploaded": begun["upload"]})
    assert Refusal.FAILED.sentence("fr") in words(late)


def test_changing_ones_mind_destroys_what_is_here(dominique: User) -> None:
    person = at_the_page_of(asked(dominique))
    number = sending.send(person, "identity", PDF)
    assert person.post(f"/fr/upload/identity/{number}/end/").status_code == 204
    assert not Upload.objects.exists()


def test_a_forged_form_a_get_and_a_network_that_sends_without_end_get_nowhere(
    dominique: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsr = asked(dominique)
    person = at_the_page_of(dsr)
    begun = sending.begin(person, "identity", PDF).json()
    assert person.get("/fr/upload/identity/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = person.cookies
    assert sending.begin(strict, "identity", PDF).status_code == 403
    assert sending.put(strict, "identity", begun["upload"], PDF, 0).status_code == 403
    monkeypatch.setattr(upload_views, "UPLOADS_PER_HOUR", 1)
    monkeypatch.setattr(upload_views, "SLICES_PER_HOUR", 0)
    for stopped in (sending.begin(person, "identity", PDF), sending.put(person, "identity", begun["upload"], PDF, 0)):
        assert stopped.status_code == 429
        assert int(stopped["Retry-After"]) > 0


def test_files_of_a_message_come_in_slices_too_and_are_not_lost_to_a_word_too_many() -> None:
    dsr = receive(at=timezone.now() - timedelta(hours=1))
    person = opened(dsr)
    numbers = [sending.send(person, "message", photo() + bytes(n)) for n in range(2)]
    refused = person.post("/fr/status/write/", {"words": "x" * 2001, "uploaded": numbers})
    assert refused.status_code == 422
    assert all(f'name="uploaded" value="{number}"' in refused.content.decode() for number in numbers)
    assert not Document.objects.exists()
    person.post("/fr/status/write/", {"words": "Voici.", "uploaded": numbers})
    assert {one.purpose for one in Document.objects.all()} == {Purpose.ATTACHMENT}
    assert dsr.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).data["files"] == 2
    person.post("/fr/status/write/", {"words": "", "uploaded": numbers})
    assert dsr.events.filter(kind=EventKind.MESSAGE_FROM_SUBJECT).count() == 1, "the answer was lost, not the message"
    wrong = person.post("/fr/status/write/", {"words": "Encore.", "uploaded": "x"})
    assert Refusal.FAILED.sentence("fr") in errors_in(wrong)


MANDATE = {
    "person_name": SACHA_NAME,
    "rights_covered": "copie",
    "data_covered": "tout",
    "duration": "un an",
    "answer_to": "person",
}


def test_a_mandate_comes_in_slices_too(client: Client) -> None:
    begin(client)
    answer(client, "what", rights=["access"])
    assert sending.begin(client, "mandate", b"x").status_code == 404, "nobody acts for anybody here"
    answer(client, "who", kind="mandate")
    number = sending.send(client, "mandate", photo())
    assert step_of(answer(client, "about", **MANDATE, uploaded=number)) == "tie"
    document = Document.objects.get()
    assert (document.purpose, document.reference[:6]) == ("mandate", "draft-")
    foreign = Client()
    begin(foreign)
    answer(foreign, "what", rights=["access"])
    answer(foreign, "who", kind="mandate")
    assert sending.put(foreign, "mandate", number, photo(), 0).status_code == 404


def up_to_the_correction(client: Client) -> None:
    begin(client)
    for step, values in {"what": {"rights": ["rectification"]}, "who": {"kind": "self"}, "tie": {"tie": "other"}}.items():
        answer(client, step, **values)
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)


CORRECTION = {"rectification_what": "mon nom", "rectification": "Exemple"}


@pytest.mark.parametrize("sliced", [True, False])
def test_what_shows_a_correction_may_come_with_it_and_goes_the_same_way(client: Client, sliced: bool) -> None:
    up_to_the_correction(client)
    page = words(client.get("/fr/request/help/"))
    assert "Un document qui le montre (facultatif)" in page
    if sliced:
        given: dict[str, Any] = {"uploaded": sending.send(client, "proof", photo())}
    else:
        given = {"rectification_file": SimpleUploadedFile("acte de Camille.jpg", photo())}
    assert step_of(answer(client, "help", **CORRECTION, **given)) == "check"
    document = Document.objects.get()
    assert (document.purpose, document.state, document.reference[:6]) == ("evidence", "pending", "draft-")
    assert document.destroy_by <= timezone.now() + timedelta(hours=2)
    assert "Un document qui le montre Ajouté" in words(client.get("/fr/request/check/"))
    assert step_of(answer(client, "help", **CORRECTION)) == "check", "once added, it need not be chosen again"
    send_form(client)
    dsr = DataSubjectRequest.objects.get()
    document.refresh_from_db()
    assert (document.reference, document.destroy_by) == (dsr.reference, document.uploaded_at + documents.KEPT_AT_MOST)
    received = dsr.events.get(kind=EventKind.DOCUMENT_RECEIVED)
    assert received.data["purpose"] == "evidence"
    assert not dsr.events.filter(kind=EventKind.PROOF_RECEIVED).exists(), "it is no proof of identity"
    assert documents.process(document.pk, timezone.now).state == "ready"
    person = opened(dsr)
    assert "Fichier 1" in words(person.get("/fr/status/"))
    person.post("/fr/status/file/remove/", {"file": str(document.pk)})
    document.refresh_from_db()
    assert document.state == "destroyed"


def test_a_correction_needs_no_file_and_one_that_is_refused_says_why(client: Client) -> None:
    up_to_the_correction(client)
    refused = answer(client, "help", **CORRECTION, rectification_file=SimpleUploadedFile("a.exe", b"MZ no picture"))
    assert errors_in(refused) == [Refusal.TYPE.sentence("fr")]
    assert not Document.objects.filter(state__in=documents.LIVE).exists()
    assert step_of(answer(client, "help", **CORRECTION)) == "check"
    send_form(client)
    assert DataSubjectRequest.objects.get().events.filter(kind=EventKind.DOCUMENT_RECEIVED).count() == 0


def test_the_file_of_a_correction_that_is_no_longer_asked_is_destroyed(client: Client) -> None:
    up_to_the_correction(client)
    answer(client, "help", **CORRECTION, uploaded=sending.send(client, "proof", photo()))
    answer(client, "what", rights=["access"])
    assert sending.begin(client, "proof", b"x").status_code == 404
    answer(client, "help")
    send_form(client)
    assert Document.objects.get().state == "destroyed"


def in_the_broker() -> bytes:
    """What Redis holds, unpacked as the workers would; nothing in the run with a folder, which lies among the files."""
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        return b""
    store = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    found = b""
    for key in store.scan_iter():
        kind = store.type(key)
        values = store.lrange(key, 0, -1) if kind == b"list" else list(store.hgetall(key).values()) if kind == b"hash" else []
        for value in values:  # type: ignore[union-attr]
            found += value
            with_body = json.loads(value) if value[:1] == b"{" else {}
            found += base64.b64decode(with_body.get("body", ""))
    return found


def test_a_planted_value_that_was_uploaded_is_in_no_table_file_log_or_broker(dominique: User, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    person = at_the_page_of(asked(dominique))
    secret = b"planted " + token_hex(16).encode()
    data = b"%PDF-1.7\n" + secret + token_bytes(slices.SLICE)
    number = sending.send(person, "identity", data)
    held = slices.whole(Upload.objects.get().pk, reference=Upload.objects.get().reference, purpose=Purpose.IDENTITY)
    assert secret in held, "it has arrived, for who has the master key"
    for moment in ("on its way", "added"):
        rows = b"".join(repr(list(model._default_manager.values_list())).encode() for model in apps.get_models())
        files = [one for one in Path(settings.VAR_DIR).rglob("*") if one.is_file() and "static" not in one.parts]
        left = rows + b"".join(one.read_bytes() for one in files) + caplog.text.encode() + in_the_broker()
        assert number.encode() in left, "the search looks where things are"
        assert secret not in left, moment
        person.post("/fr/identity/add/", {"uploaded": number})
    assert Document.objects.get().state == "pending"
    if settings.CELERY_BROKER_URL.startswith("redis"):
        assert str(Document.objects.get().pk).encode() in in_the_broker(), "the broker was told which file waits, and no more"
