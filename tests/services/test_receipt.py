"""The receipt: dated, complete, in the person's language, readable by a screen reader, silent about what is on file (R-04)."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pypdf
import pytest

from dsar.controller import controller
from dsar.domain.vocabulary import Channel, ExtensionReason, IdentityMeans, ReceiptEvidence, RequestType
from dsar.models import DataSubjectRequest, User
from dsar.services import decide, extend, intake, letters, verify
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.services.test_post import pdf_text, tags
from tests.stories import receive

pytestmark = pytest.mark.django_db
DELIVERED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # a Friday
WRITTEN = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def registered(
    channel: Channel = Channel.POST, *, officer: User, at: datetime = DELIVERED, **given: object
) -> DataSubjectRequest:
    evidence = given.pop("evidence", None)
    answers: dict[str, object] = {
        "rights": (RequestType.ACCESS, RequestType.ERASURE),
        "name": CAMILLE_NAME,
        "language": "fr",
        "postal_address": "12 rue des Essais\n33000 Bordeaux",
        "details": {RequestType.ACCESS: "mon secret"},
        "identifiers": {"student_number": ["202200001"]},
        **given,
    }
    return intake.receive_request(
        answers=intake.Intake(**answers),  # type: ignore[arg-type]
        channel=channel,
        received_at=at,
        now=WRITTEN,
        officer=officer,
        evidence=evidence,  # type: ignore[arg-type]
        evidence_note="AR 1A 203 4",
    )


def read(dsr: DataSubjectRequest, *, now: datetime = WRITTEN) -> tuple[pypdf.PdfReader, str]:
    reader = pypdf.PdfReader(io.BytesIO(letters.receipt(dsr, now=now)))
    return reader, pdf_text(reader)


ITEMS = {
    "fr": [
        "votre lettre nous a été remise le 6 mars 2026",
        "copie des données (accès) Faire effacer des données (effacement)",
        "au plus tard le 5 avril 2026",
        "jusqu’au 7 avril 2026",
        "C’est gratuit",
        "une lettre, ou une visite",
        "CNIL",
        "3 place de Fontenoy",
        "le juge",
        "6.1.c",
        "5 ans après sa clôture",
        "Le 10 mars 2026",
        "Nom et signature",
        "Page 1 sur",
    ],
    "en": [
        "your letter was delivered to us on 6 March 2026",
        "copy of the data (access) Have data erased (erasure)",
        "by 5 April 2026",
        "until 7 April 2026",
        "free of charge",
        "a letter or a visit",
        "CNIL",
        "3 place de Fontenoy",
        "court",
        "6(1)(c)",
        "5 years after it is closed",
        "10 March 2026",
        "Name and signature",
        "Page 1 of",
    ],
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_has_what_the_law_wants_of_it_and_nothing_that_the_person_wrote(dominique, language):
    dsr = registered(officer=dominique, language=language)
    _, text = read(dsr)
    assert [item for item in ITEMS[language] if item.lower() not in text.lower()] == []
    for own in (dsr.reference, CAMILLE_NAME, "12 rue des Essais", controller().dpo.email, controller().dpo.phone):
        assert own in text
    for secret in ("mon secret", "202200001", "AR 1A 203 4"):
        assert secret not in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_is_pdf_ua_like_the_other_letters(dominique, language):
    reader, _ = read(registered(officer=dominique, language=language))
    catalogue = reader.trailer["/Root"]
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert str(catalogue["/Lang"]).startswith(language)
    assert tags(reader) >= {"/H1", "/H2", "/P", "/L"}


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (Channel.PHONE, "par téléphone le 6 mars 2026"),
        (Channel.COUNTER, "sur place le 6 mars 2026"),
        (Channel.EMAIL, "Votre e-mail nous est parvenu le 6 mars 2026"),
    ],
)
def test_it_says_how_the_request_came(dominique, channel, said):
    assert said in read(registered(channel, officer=dominique))[1]


def test_a_campus_that_had_it_first_is_said_too(dominique):
    text = read(registered(officer=dominique, evidence=ReceiptEvidence.FORWARDED))[1]
    assert "L’un de nos sites ou de nos prestataires a reçu votre demande le 6 mars 2026" in text


def test_whoever_gave_an_email_is_shown_where_to_follow_and_signs_nothing_online(dominique):
    text = read(receive(at=WRITTEN))[1]
    assert "/fr/follow/" in text
    assert "Votre demande nous est parvenue en ligne le 10 mars 2026" in text
    assert "Nom et signature" not in text
    assert CAMILLE_EMAIL not in text


def test_printed_again_later_it_says_the_same_rights_and_dates_and_that_they_may_have_changed(dominique, noa):
    dsr = registered(officer=dominique, rights=(RequestType.UNSPECIFIED,), email=CAMILLE_EMAIL)
    before = read(dsr)[1]
    assert "Si elles ont changé depuis" not in before
    later = WRITTEN + timedelta(days=2)
    intake.qualify(part_id=dsr.parts.get().pk, officer=dominique, rights=[RequestType.ERASURE], now=later)
    verify.record_identity(
        dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.COUNTER, reason="Vue au guichet.", now=later
    )
    approval = extend.propose_extension(
        dsr_id=dsr.pk, officer=dominique, reason=ExtensionReason.COMPLEXITY, words="Trois campus.", now=later
    )
    decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=True, reason="", now=later)
    dsr.refresh_from_db()
    assert dsr.legal_limit.isoformat() > "2026-05-01", "the extension moved the date"
    text = read(dsr, now=later)[1]
    assert "Effacement" not in text, "what was asked that day, not what a person read in it"
    assert "au plus tard le 5 avril 2026" in text
    assert "Si elles ont changé depuis, nous vous l’avons écrit." in text


def test_a_date_that_has_passed_is_said_to_have_passed(dominique):
    dsr = registered(officer=dominique, at=datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    assert "Cette date est déjà passée" in read(dsr)[1]
    assert "Cette date est déjà passée" not in read(registered(officer=dominique))[1]
