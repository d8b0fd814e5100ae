"""How a browser reaches every public page in every state: one list, for the tests of accessibility and for `make screens`.

Each leg starts by itself, leads through the pages as a person would, and shows each to `look`. Nothing is pressed twice, so
that a leg costs little more than its pages. What a state needs in the database, the services do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from dsar.domain.vocabulary import Doubt, ExtensionReason, RequestType, SubjectKind, TokenPurpose
from dsar.models import DataSubjectRequest
from dsar.services import ask, attachments, decide, extend, tell, tokens
from dsar.views.public import follow as follow_views
from identity import documents
from notifications.models import Message, MessageState
from tests.browser.looking import sign_in
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.services.test_papers import photo
from tests.stories import PHRASE, code_in, confirm, receive, text_of
from tests.web import handing, states
from tests.web.following import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from dsar.models import User

NOT_STATES = {"checking"}  # takes rights: a step on the way to others
STATES = [name for name, one in vars(states).items() if getattr(one, "__module__", "") == states.__name__ and name[0] != "_"]
STATES = [name for name in STATES if name not in NOT_STATES and not isinstance(getattr(states, name), type)]
SIGN_OUT = "button[form=sign-out]"
MANDATE = b"\x89PNG\r\n\x1a\n" + b"what is signed" * 20
WORDS = "Le nom et l’adresse donnés ne suffisent pas à vous reconnaître avec certitude."


@dataclass
class Tour:
    """One browser in one language; `one` and `two` are the staff who bring a request into its state."""

    page: Page
    language: str
    home: str
    look: Callable[[Page, str], None]
    one: User
    two: User

    def go(self, path: str, name: str = "") -> None:
        self.page.goto(f"{self.home}/{self.language}/{path}")
        if name:
            self.see(name)

    def press(self, name: str = "", selector: str = "main form button.btn") -> None:
        with self.page.expect_navigation():  # a click alone returns while the old page is still shown
            self.page.locator(selector).first.click()
        if name:
            self.see(name)

    def see(self, name: str) -> None:
        self.page.wait_for_load_state("load")
        self.look(self.page, name)

    def fill(self, **fields: str) -> None:
        for field, value in fields.items():
            self.page.fill(f"main [name={field}]", value)

    def check(self, *values: str) -> None:
        for value in values:
            self.page.check(f"main input[value={value}]")

    def link_in(self, message: Message, path: str) -> str:
        found = re.search(rf"/{path}/[\w-]+/", text_of(message))
        assert found, f"the mail {message.kind} has a link"
        return found.group().lstrip("/")

    def enter(self, dsr: DataSubjectRequest) -> None:
        """As a browser in which the code of the mail was typed."""
        self.sign_in(opened(dsr, language=self.language))

    def sign_in(self, client: Client) -> None:
        sign_in(self.page.context, client, self.home)


@contextmanager
def without_waiting() -> Iterator[None]:
    """What waits for robots and for spies waits for no test, and no mailbox has had too many mails for an hour."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(tell, "budget", lambda *_: None))
        stack.enter_context(patch.object(follow_views, "SAME_SECONDS", 0))
        stack.enter_context(override_settings(FORM_SECONDS=0))
        yield


# Pages that anybody may open


def anybody(tour: Tour) -> None:
    for path, name in (
        ("", "start"),
        ("easy/", "easy"),
        ("contact/", "contact"),
        ("notice/", "notice"),
        ("accessibility/", "accessibility"),
        ("follow/signed-out/", "follow-signed-out"),
        ("accounts/login/", "office-sign-in"),
    ):
        tour.go(path, name)


def mails(tour: Tour) -> None:
    """The mail folder of the embedded product."""
    folder = settings.VAR_DIR / "mails"
    folder.mkdir(parents=True, exist_ok=True)
    with override_settings(EMAIL_BACKEND="notifications.folder_backend.EmailBackend", MAIL_FOLDER=folder):
        tour.go("mails/", "mails-empty")
        head = "Subject: Votre demande\r\nTo: camille@institut.example\r\nContent-Type: text/plain; charset=utf-8\r\n"
        (folder / "one.eml").write_bytes(f"{head}Date: Tue, 10 Mar 2026 09:30:00 +0000\r\n\r\n123456 {'long' * 60}\r\n".encode())
        tour.go("mails/", "mails")
        tour.go("mails/one.eml/", "mail")


# The form


def questions(tour: Tour) -> None:
    """Each question once, with its errors and its branches, up to the summary."""
    page = tour.page
    tour.go("")
    tour.press("form-1-what")
    tour.press("form-1-what-error")
    tour.check("access", "rectification", "erasure", "portability", "other")
    tour.press("form-1-other")
    tour.press("form-1-other-error")
    tour.check("objection", "restriction", "withdrawal")
    tour.press("form-2-who")
    tour.press("form-2-who-error")
    for kind in ("mandate", "deceased", "child"):
        tour.check(kind)
        tour.press(f"form-2b-{kind}")
        tour.press(f"form-2b-{kind}-error")
        tour.go("request/who/")
    tour.check("mandate")
    tour.press()
    page.set_input_files("[name=mandate]", {"name": "m.png", "mimeType": "image/png", "buffer": MANDATE})
    tour.press("form-2b-mandate-added")
    tour.go("request/who/")
    tour.check("self")
    tour.press("form-3-tie")
    tour.press("form-3-tie-error")
    tour.check("student")
    tour.press("form-4-contact")
    tour.fill(email="camille@institut")
    tour.press("form-4-contact-error")
    tour.fill(name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    tour.press("form-5-help")
    tour.press("form-5-help-error")
    for area in page.locator("main form input[type=text], main form textarea").all():
        area.fill("rue des Lilas")
    tour.check("contested", "post")
    tour.press("form-5-post")
    tour.press("form-5-post-error")
    tour.fill(postal_address="1 rue des Tests\n33000 Bordeaux")
    tour.press("form-6-check")


def simplest(tour: Tour, *rights: str, kind: str = "self") -> None:
    """Straight to the summary."""
    tour.go("?site=bordeaux")
    tour.press()
    tour.check(*rights)
    tour.press()
    if rights != ("marketing_objection",):
        tour.check(kind)
        tour.press()
        tour.check("student")
        tour.press()
    tour.fill(name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    tour.press()
    if rights != ("marketing_objection",):
        tour.press()


def a_minor_in_own_words(tour: Tour) -> None:
    tour.go("")
    tour.press()
    tour.check("unspecified")
    tour.press()
    tour.check("self_minor")
    tour.press()
    tour.check("student")
    tour.press()
    tour.fill(name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    tour.press("form-5-help-own-words")


def sending(tour: Tour) -> None:
    """From the summary to the confirmed address."""
    page = tour.page
    simplest(tour, "access")
    with override_settings(FORM_SECONDS=3600):
        tour.press("form-6-check-too-quick")
    page.evaluate("document.querySelector('[name=website]').value = 'robot'")
    tour.press("form-6-robot")
    tour.go("request/check/")
    tour.press("form-7-sent")
    dsr = DataSubjectRequest.objects.latest("received_at")
    tour.fill(code="000 000")
    tour.press("form-7-sent-error")
    tour.press("form-7-sent-too-soon", "form[action$='/sent/code/'] button")
    mail = Message.objects.filter(reference=dsr.reference)
    mail.update(state=MessageState.UNDELIVERABLE, sent_at=None)
    tour.go("request/sent/", "form-7-sent-mail-refused")
    mail.update(state=MessageState.WAITING, attempts=1)
    tour.go("request/sent/", "form-7-sent-mail-late")
    tour.fill(code=code_in(dsr))
    tour.press("form-7-sent-confirmed")
    tour.go("request/check/", "form-7-already-sent")
    with page.expect_download():
        page.locator("a[href$='/request/receipt/']").or_(page.locator("footer")).first.evaluate(
            "(_, to) => { location.href = to }", f"/{tour.language}/request/receipt/"
        )


def advertising(tour: Tour) -> None:
    simplest(tour, "marketing_objection")
    tour.see("form-6-check-advertising")
    tour.press("form-7-sent-advertising")


def later(tour: Tour) -> None:
    """Kept for later, taken up again, and what a form says whose answers are gone."""
    simplest(tour, "access")
    tour.go("request/save/", "draft-save")
    tour.press("draft-saved")
    link = tour.link_in(Message.objects.filter(kind="draft_link").latest("created_at"), "request/resume")
    tour.page.context.clear_cookies()
    tour.go(link, "draft-resume")
    tour.press("draft-resumed")
    tour.go("request/resume/nothing-here/", "draft-over")
    tour.page.context.clear_cookies()
    tour.go("request/contact/", "draft-lost")
    tour.go("request/go-on/", "draft-go-on")


def handed_over(tour: Tour) -> None:
    """A form begun by a signed link of another tool."""
    with override_settings(HANDOVER_KEYS=handing.KEYS, PUBLIC_URL=handing.BASE):
        made = handing.token(rights=["access"], email=CAMILLE_EMAIL, site="bordeaux", cookies=["a" * 64])
        tour.go(f"handover/{made}/", "handover")
        tour.press("form-1-what-handed-over")
        tour.go(f"handover/{made}/", "handover-instead")
        tour.go("handover/nothing/", "handover-over")


def beyond(tour: Tour) -> None:
    """Very many requests from one network."""
    simplest(tour, "access")
    with patch("dsar.views.public.form.REQUESTS_PER_HOUR", 0):
        tour.press("form-6-beyond")


def links(tour: Tour) -> None:
    """The links of our mails: one button each, or over."""
    dsr = receive(at=timezone.now() - timedelta(hours=1))
    _, _, link = tokens.issue(dsr, TokenPurpose.CONFIRM_EMAIL, now=timezone.now())
    tour.go(f"confirm/{link}/", "confirm-link")
    tour.press("confirmed")
    tour.go(f"confirm/{link}/", "confirm-link-over")
    _, _, link = tokens.issue(dsr, TokenPurpose.FOLLOW, now=timezone.now())
    tour.go(f"follow/open/{link}/", "follow-link")
    tour.press()
    tour.page.context.clear_cookies()
    tour.go(f"follow/open/{link}/", "follow-link-over")


# Following


def following(tour: Tour) -> None:
    dsr = receive(at=timezone.now() - timedelta(days=2))
    tour.go("follow/", "follow")
    tour.press("follow-error")
    tour.go("status/", "follow-closed")
    tour.fill(known_by=dsr.reference)
    tour.press("follow-code")
    tour.press("follow-code-too-soon", "form[action$='/follow/code/new/'] button")
    tour.fill(code="12")
    tour.press("follow-code-error")
    tour.fill(code=code_in(dsr, "code"))
    tour.press("status-opened")


def requests(tour: Tour) -> None:
    """Several requests of one mailbox."""
    at = timezone.now() - timedelta(days=2)
    first, second = receive(at=at), receive(at=at + timedelta(hours=1))
    for dsr in (first, second):
        confirm(dsr, at=dsr.received_at + timedelta(minutes=2))
    tour.enter(first)
    tour.go("status/requests/", "requests")
    tour.press("status-of-several", "main form .btn")


def late(at: datetime, one: User, two: User) -> DataSubjectRequest:
    return receive(RequestType.ERASURE, at=at - timedelta(days=33))


def near(at: datetime, one: User, two: User) -> DataSubjectRequest:
    return receive(RequestType.ERASURE, at=at - timedelta(days=25))


def today(at: datetime, one: User, two: User) -> DataSubjectRequest:
    return receive(RequestType.ERASURE, at=at - timedelta(days=28))


def extended(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = receive(at=at - timedelta(days=7))
    approval = extend.propose_extension(
        dsr_id=dsr.pk, officer=one, reason=ExtensionReason.COMPLEXITY, words="Votre parcours couvre trois campus.", now=at
    )
    decide.answer_proposal(approval_id=approval.pk, officer=two, approve=True, reason="", now=at)
    return dsr


def expired(at: datetime, one: User, two: User) -> DataSubjectRequest:
    dsr = states.ready(at, one, two)
    dsr.packages.update(state="expired")
    return dsr


def advertising_stopped(at: datetime, one: User, two: User) -> DataSubjectRequest:
    return receive(RequestType.MARKETING_OBJECTION, at=at)


def conversation(at: datetime, one: User, two: User) -> DataSubjectRequest:
    """With words of both sides and a file."""
    dsr = states.gathering(at, one, two)
    tell.write_to_subject(dsr_id=dsr.pk, officer=one, words="Merci, Lyon est ajouté. " + "x" * 120, now=at)
    attachments.send(dsr_id=dsr.pk, words="J’étais à Lyon.", files=[Upload(), Upload()], now=at)
    return dsr


DEADLINES = (near, today, late, extended, expired, advertising_stopped, conversation)


def status(tour: Tour) -> None:
    """The status page in every state, and the states of its deadline."""
    at = timezone.now() - timedelta(days=2)
    for make in (*(getattr(states, name) for name in STATES), *DEADLINES):
        tour.enter(make(at, tour.one, tour.two))
        tour.go("status/", f"status-{make.__name__.replace('_', '-')}")


def status_tools(tour: Tour) -> None:
    """What is done from the status page, and the way out."""
    page, at = tour.page, timezone.now() - timedelta(days=2)
    dsr = states.gathering(at, tour.one, tour.two)
    tour.enter(dsr)
    tour.go("status/easy/", "status-easy")
    tour.go("status/")
    page.locator(".write-to-us > summary").click()
    tour.press("status-write-error", ".write-to-us button.btn")
    tour.fill(words="J’étais sur le campus de Lyon.")
    page.set_input_files(".write-to-us [type=file]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    tour.press("status-written", ".write-to-us button.btn")
    tour.press("status-file-removed", "form[action$='/status/file/remove/'] button")
    tour.press("status-language", "form[action$='/status/language/'] button")
    tour.press("status-stayed", ".sign-out .acts button")  # the first: to stay
    page.evaluate("document.querySelector('[data-closing] .note').hidden = false")
    tour.see("status-closing")
    tour.go("status/address/", "status-address")
    tour.press("status-address-code")
    tour.press("status-address-too-soon", "form:not(:has(.btn))[action$='/address/code/'] button")
    tour.fill(code="12", email="nouvelle")
    tour.press("status-address-error")
    tour.fill(code=code_in(dsr, "code"), email="camille@nouvelle.example")
    tour.press("status-address-changed")
    if page.locator("form[action$='/status/confirm/']").count():
        tour.fill(code="12")
        tour.press("status-confirm-error", "form[action$='/status/confirm/'] button")
        tour.press("status-confirm-too-soon", "form[action$='/status/confirm/code/'] button")
    tour.go("status/withdraw/", "status-withdraw")
    tour.press("status-just-withdrawn")
    tour.press("signed-out", SIGN_OUT)


def downloading(tour: Tour) -> None:
    page = tour.page
    dsr = states.ready(timezone.now() - timedelta(days=2), tour.one, tour.two)
    tour.enter(dsr)
    tour.go("status/", "status-pass-phrase-missing")
    tour.press("pass-phrase", ".clock.ready a.btn")
    tour.press("pass-phrase-error")
    tour.fill(phrase=PHRASE, again=PHRASE)
    tour.press("pass-phrase-chosen")
    tour.go("status/pass-phrase/", "pass-phrase-another")
    tour.press("pass-phrase-another-code")
    tour.fill(code="12", phrase="x", again="y")
    tour.press("pass-phrase-another-error")
    tour.go("status/")
    tour.press("download", "form[action$='/download/code/'] button")
    tour.press("download-too-soon", "form[action$='/download/code/'] button")
    tour.fill(code="99")
    tour.press("download-error")
    tour.fill(code=code_in(dsr, "code"), phrase=PHRASE)
    with page.expect_download():
        page.locator("main form button.btn").first.click()
    tour.go("status/download/", "download-begun")
    tour.go("status/", "status-downloaded")
    with page.expect_download():
        page.locator("form[action$='/download/again/'] button").first.click()


# Identity


def identity(tour: Tour) -> None:
    page = tour.page
    dsr = states.asked(timezone.now() - timedelta(days=1), tour.one, tour.two)
    _, _, link = tokens.issue(dsr, TokenPurpose.IDENTITY, now=timezone.now())
    tour.go(f"identity/open/{link}/", "identity-link")
    tour.press("identity-question")
    tour.press("identity-code-sent", "form[action$='/identity/code/send/'] button")
    tour.fill(code="12")
    tour.press("identity-code-error", "form[action$='/identity/code/'] button")
    tour.press("identity-call", "form[action$='/identity/call/'] button")
    tour.go("identity/other/", "identity-cannot")
    tour.press("identity-cannot-error")
    tour.fill(words="Je n’ai pas de papiers.")
    tour.press("identity-cannot-written")
    with page.expect_navigation():
        page.evaluate("document.querySelector('form[data-upload]').submit()")
    tour.see("identity-no-file")
    tour.go("identity/")
    page.set_input_files("#file", {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    if page.locator("[data-no-script]").first.is_hidden():
        page.get_by_role("application").wait_for()
        tour.see("identity-black-out")
        page.locator("[data-take]").click()
        page.locator("form[action$='/identity/send/']").wait_for()
    else:
        tour.press(selector="form[data-upload] button")
    page.wait_for_load_state("load")
    tour.see("identity-added")
    documents.process(documents.of(dsr.reference).get().pk, timezone.now)
    tour.go("identity/", "identity-readable")
    tour.press("identity-removed", "form[action$='/identity/remove/'] button")
    page.set_input_files("#file", {"name": "card.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 nothing"})
    if page.locator("[data-no-script]").first.is_visible():
        tour.press(selector="form[data-upload] button")
    page.locator("form[action$='/identity/send/']").wait_for()
    tour.press("identity-sent", "form[action$='/identity/send/'] button")
    documents.process(documents.of(dsr.reference).latest("uploaded_at").pk, timezone.now)
    tour.go("identity/", "identity-refused-file")
    tour.go("identity/account/back/", "identity-account-back")
    tour.press("identity-account-failed")
    tour.go(f"identity/open/{'x' * 43}/", "identity-link-over")


def mandate(tour: Tour) -> None:
    """The question to somebody who asks for another."""
    now = timezone.now()
    about = {"requester_name": SACHA_NAME, "answer_to": "person", "rights_covered": "une copie", "duration": "un an"}
    dsr = receive(subject_kind=SubjectKind.MANDATE, about=about, email="maitre@barreau.example", at=now - timedelta(days=1))
    ask.ask_mandate(dsr_id=dsr.pk, officer=tour.one, doubt=Doubt.MANDATE_INCOMPLETE, words=WORDS, missing=(), now=now)
    tour.enter(dsr)
    tour.go("identity/", "identity-mandate")


# What goes wrong


def errors(tour: Tour) -> None:
    page = tour.page
    tour.go("nowhere/", "error-404")
    tour.go(f"?{'x' * 5000}", "error-400")
    with override_settings(ROOT_URLCONF="tests.browser.planted_urls"):
        for path, name in (("broken", "error-500"), ("resting", "error-503"), ("forbidden", "error-403")):
            page.goto(f"{tour.home}/planted/{path}/")
            tour.see(name)
    maintenance = settings.VAR_DIR / "maintenance"
    maintenance.touch()
    try:
        tour.go("", "error-maintenance")
    finally:
        maintenance.unlink()
    tour.go("follow/")
    page.evaluate("document.querySelector('[name=known_by]').value = 'x'.repeat(1_200_000)")
    tour.press("error-413")
    tour.go("follow/")
    tour.fill(known_by=CAMILLE_EMAIL)
    with patch.object(follow_views, "ASKS_PER_HOUR", 0):
        tour.press("error-429")
    tour.go("follow/")
    page.context.clear_cookies()
    tour.press("error-403-form")


LEGS = (
    *(anybody, mails, errors),
    *(questions, a_minor_in_own_words, sending, advertising, later, handed_over, beyond),
    *(links, following, requests, status, status_tools, downloading),
    *(identity, mandate),
)


def walk(tour: Tour, leg: Callable[[Tour], None]) -> None:
    """In a browser that knows nothing yet."""
    tour.page.context.clear_cookies()
    cache.clear()  # limits of a network, which no person reaches
    with without_waiting():
        leg(tour)


class Upload:
    """A file as a view gets it."""

    def __init__(self) -> None:
        self.data = photo()
        self.size: int | None = len(self.data)

    def read(self, size: int = -1, /) -> bytes:
        data, self.data = self.data, b""
        return data
