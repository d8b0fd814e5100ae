"""`make screens`: a picture of every page in docs/screens, on a phone and at a desk, in French and in English.

The public pages are those of tests/browser/tour.py, which `make test` looks at in more ways and without pictures. Each page is
looked at by axe too; whatever it finds fails the run, after the pictures are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page

from dsar.domain.vocabulary import Channel, Doubt, ExtensionReason, IdentityMeans, Outcome, RequestType, SubjectKind
from dsar.models import DataSubjectRequest
from dsar.services import ask, decide, extend, intake, pause, verify
from notifications.models import Message
from tests.browser.looking import DESK, PHONE, scrolls_sideways, violations
from tests.browser.tour import LEGS, Tour, walk
from tests.people import SACHA_NAME
from tests.services.test_papers import photo
from tests.stories import confirm, receive, work
from tests.web import states
from tests.web.desk import at_desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
FOLDER = Path(settings.BASE_DIR) / "docs" / "screens"
WIDTHS = {"390": PHONE, "1280": DESK}
COLOURS = 24  # of a picture: text on paper needs few, and the folder stays small


class Walker:
    """One language at one width; remembers what was wrong and goes on, so that every picture is taken."""

    def __init__(self, page: Page, language: str, width: str) -> None:
        self.page, self.language, self.width = page, language, width
        self.wrong: list[str] = []

    def go(self, path: str, name: str) -> None:
        self.page.goto(f"/{self.language}/{path}")
        self.shoot(name)

    def press(self, selector: str = "main form button.btn") -> None:
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state("load")

    def shoot(self, name: str) -> None:
        self.page.wait_for_load_state("load")
        FOLDER.mkdir(parents=True, exist_ok=True)
        picture = Image.open(BytesIO(self.page.screenshot(full_page=True))).convert("RGB")
        few = picture.quantize(COLOURS, dither=Image.Dither.NONE)
        few.convert("RGB").save(FOLDER / f"{name}-{self.language}-{self.width}.webp", lossless=True, method=4)
        self.wrong += [f"{name}: {found}" for found in violations(self.page)]
        if scrolls_sideways(self.page):
            self.wrong.append(f"{name}: scrolls sideways")


@pytest.fixture(params=["fr", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(WIDTHS))
def walker(request: pytest.FixtureRequest, chromium: Any, live_server: Any, language: str, school: Path) -> Iterator[Walker]:
    context = chromium.new_context(
        viewport=WIDTHS[request.param], base_url=live_server.url, reduced_motion="reduce", locale=language
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    one = Walker(page, language, request.param)
    yield one
    context.close()
    assert one.wrong == []


@pytest.mark.parametrize("leg", LEGS, ids=[leg.__name__ for leg in LEGS])
def test_the_public_pages(walker: Walker, live_server: Any, dominique: Any, noa: Any, leg: Any) -> None:
    walk(Tour(walker.page, walker.language, live_server.url, lambda page, name: walker.shoot(name), dominique, noa), leg)


def sign_in(walker: Walker, client: Client, home: str) -> None:
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    walker.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": home}])


@pytest.fixture
def office(walker: Walker, live_server: Any, dominique: Any) -> Walker:
    sign_in(walker, at_desk(dominique), live_server.url)
    return walker


def test_the_lists_of_the_office(office: Walker, dominique: Any, noa: Any) -> None:
    office.go("office/", "office-queue-empty")
    now = timezone.now()
    receive(RequestType.ERASURE, name=SACHA_NAME, email="sacha@mail.example", at=now - timedelta(days=40))
    receive(RequestType.UNSPECIFIED, name="Max Sosie", email="max@mail.example", at=now - timedelta(days=24))
    states.asked(now - timedelta(days=3), dominique, noa)
    states.ready(now - timedelta(days=2), dominique, noa)
    by_post(now)
    dsr = receive(RequestType.ACCESS, name="Lou Exemple", email="lou@mail.example", at=now - timedelta(days=9))
    extend.propose_extension(dsr_id=dsr.pk, officer=noa, reason=ExtensionReason.COMPLEXITY, words="Trois campus.", now=now)
    for path, name in (
        ("", "queue"),
        ("?view=late", "queue-late"),
        ("?q=zzz", "queue-nothing-found"),
        ("approvals/", "approvals"),
        ("tasks/", "tasks"),
        ("post/", "post-room"),
        ("register/", "register"),
        ("mail/", "incoming-mail"),
        ("sources/", "sources"),
        ("clock/", "what-if"),
        ("clock/?pack=FR&received_on=2026-03-02&identity_asked=2026-03-04&identity_answered=2026-03-11", "what-if-answer"),
        ("journal/", "journal"),
        ("suppressed/", "suppressed"),
        ("calendar/", "calendar"),
        ("account/", "account"),
        (f"case/{dsr.reference}/proposal/{dsr.approvals.get().pk}/", "proposal-extension"),
    ):
        office.go(f"office/{path}", f"office-{name}")
    office.page.goto(f"/{office.language}/office/register/")
    office.press()
    office.shoot("office-register-error")
    registered(office)


def registered(office: Walker) -> None:
    """A letter of long ago with two scans, one of them refused, and the page after."""
    page = office.page
    for choice in ("channel][value=post", "evidence][value=delivery_slip", "rights][value=access"):
        page.check(f"input[name={choice}]")
    page.fill("input[name=received_on]", "2025-01-06")
    page.fill("textarea[name=evidence_note]", "AR 1A 203 4")
    page.fill("input[name=name]", SACHA_NAME)
    page.fill("textarea[name=postal_address]", "3 rue des Lilas, 33000 Bordeaux")
    office.press("form.register button.btn")
    office.shoot("office-register-odd-day")
    page.check("#id_sure")
    two = [
        {"name": "lettre.jpg", "mimeType": "image/jpeg", "buffer": photo()},
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"-"},
    ]
    page.set_input_files("input[name=scans]", two)
    office.press("form.register button.btn")
    office.shoot("office-registered")
    page.goto(page.url.replace("/registered/", "/files/"))
    office.shoot("case-files-of-a-letter")


def by_post(now: Any) -> DataSubjectRequest:
    """Somebody who gave no e-mail: every notice is a letter."""
    return intake.receive_request(
        answers=intake.Intake(
            rights=(RequestType.ACCESS,),
            name="Rose Specimen",
            email="",
            language="fr",
            postal_address="Rose Specimen\n3 rue des Lilas\n33000 Bordeaux",
        ),
        channel=Channel.COUNTER,
        received_at=now - timedelta(days=1),
        now=now - timedelta(days=1),
    )


def test_the_case_from_the_question_to_the_release(office: Walker, dominique: Any, noa: Any) -> None:
    now, page = timezone.now(), office.page
    asked = states.asked(now - timedelta(days=3), dominique, noa)
    case = f"office/case/{asked.reference}/"
    office.go(case, "case-identity-asked")
    office.go(f"{case}whose/", "case-whose")
    new = receive(RequestType.ACCESS, name=SACHA_NAME, email="sacha@mail.example", at=now - timedelta(days=2))
    office.page.goto(f"/{office.language}/office/case/{new.reference}/whose/")
    page.locator("input[name$=doubt]").first.check()
    page.locator("form[action*='/ask/'] textarea[name$=words]").first.fill("Le nom et l’adresse donnés ne suffisent pas.")
    page.locator("form[action*='/ask/'] button").first.click()
    office.shoot("case-whose-preview")
    paused = receive(RequestType.ACCESS, name="Lou Exemple", email="lou@mail.example", at=now - timedelta(days=9))
    pause.ask_clarification(
        dsr_id=paused.pk,
        officer=dominique,
        why="Nos systèmes tiennent plus de 40 000 lignes sur vous.",
        choices=["Vos notes", "Vos factures"],
        reply_by=(now + timedelta(days=14)).date(),
        now=now - timedelta(days=2),
    )
    office.go(f"office/case/{paused.reference}/", "case-paused")
    office.go(f"office/case/{new.reference}/clock/specify/", "case-specify")
    office.go(f"office/case/{new.reference}/clock/extend/", "case-extend")
    reviewing = receive(at=now - timedelta(days=2))
    confirm(reviewing, at=now - timedelta(days=2))
    work(reviewing.pk, at=now - timedelta(days=1))
    office.go(f"office/case/{reviewing.reference}/", "case-review")
    part = reviewing.parts.get()
    office.go(f"office/case/{reviewing.reference}/decide/{part.pk}/", "case-decide")
    decide.decide_part(part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=now)
    work(reviewing.pk, at=now)
    office.go(f"office/case/{reviewing.reference}/", "case-built")
    office.go(f"office/case/{reviewing.reference}/release/", "case-release")
    office.go(f"office/case/{reviewing.reference}/messages/", "case-messages")
    message = Message.objects.filter(reference=reviewing.reference).earliest("created_at")
    page.locator(f"form[action*='{message.pk}'] button").first.click()
    office.shoot("case-message")
    office.go(f"office/case/{reviewing.reference}/files/", "case-files")


def test_the_case_of_an_erasure_and_of_a_mandate(office: Walker, dominique: Any, noa: Any) -> None:
    now = timezone.now()
    erased = receive(RequestType.ERASURE, name=SACHA_NAME, email="sacha@mail.example", at=now - timedelta(days=1))
    verify.record_identity(
        dsr_id=erased.pk, officer=noa, established=True, means=IdentityMeans.COUNTER, reason="vu au guichet", now=now
    )
    decide.decide_part(part_id=erased.parts.get().pk, officer=noa, outcome=Outcome.GRANTED, grounds=[], reasons="Oui.", now=now)
    office.go(f"office/case/{erased.reference}/", "case-erasure-proposed")
    office.go(f"office/case/{erased.reference}/proposal/{erased.approvals.get().pk}/", "proposal-erasure")
    about = {"requester_name": "Maître Alix Figurant", "answer_to": "person", "rights_covered": "une copie", "duration": "un an"}
    mandate = receive(subject_kind=SubjectKind.MANDATE, about=about, email="maitre@barreau.example", at=now - timedelta(days=1))
    ask.ask_mandate(
        dsr_id=mandate.pk, officer=dominique, doubt=Doubt.MANDATE_INCOMPLETE, words="Il manque la durée.", missing=(), now=now
    )
    office.go(f"office/case/{mandate.reference}/", "case-mandate")
    office.go(f"office/case/{mandate.reference}/whose/", "case-mandate-whose")
