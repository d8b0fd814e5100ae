"""The pages of incoming mail in a browser: no accessibility violation, no overflow, a quiet CSP; also with hostile text."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from dsar.domain.vocabulary import RequestType
from notifications.inbox_models import ReceivedMail
from tests.browser.looking import scrolls_sideways, violations
from tests.inbox.writing import bounce, mail
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import receive
from tests.web.desk import at_desk

pytestmark = [pytest.mark.django_db(transaction=True)]

HOSTILE = (
    "x" * 400
    + " <img src=x onerror=alert(1)> \u202e javascript:alert(1)\n"
    + "Merci de supprimer mon compte et de corriger mon nom.\n" * 30
)


@pytest.fixture
def page(chromium: Any, live_server: Any, dominique: Any) -> Any:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=live_server.url)
    session = at_desk(dominique).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    opened = context.new_page()
    opened.complaints = []
    opened.on("console", lambda said: opened.complaints.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("en", 390)])
def test_no_page_of_mail_has_a_violation_or_overflows(page, arrive, language: str, width: int):
    now = timezone.now()
    dsr = receive(RequestType.ACCESS, at=now)
    files = {"a.pdf": ("application/pdf", b"%PDF-1.7"), "b.exe": ("application/x-msdownload", b"MZ")}
    arrive(mail(sender="max@mail.example", name=CAMILLE_NAME, subject="Mes données", text=HOSTILE, attachments=files), at=now)
    arrive(
        mail(sender=SACHA_EMAIL, name="Sacha", subject=f"Re: {dsr.reference}", text="Envoyez-moi tout ce que vous avez."), at=now
    )
    arrive(mail(sender=CAMILLE_EMAIL, subject=f"Re: {dsr.reference}", text="Voici mon numéro."), at=now)
    arrive(bounce(), at=now)
    arrive(mail(sender="absent@firm.example", subject="Absence du bureau : " + "long " * 40, text="De retour le 4."), at=now)
    page.set_viewport_size({"width": width, "height": 900})
    paths = [f"mail/?view={view}" for view in ("new", "aside", "joined", "done")]
    paths += [f"mail/{received.pk}/" for received in ReceivedMail.objects.order_by("uid")]
    paths += [f"case/{received.reference}/" for received in ReceivedMail.objects.filter(state="draft")[:1]]
    for number, path in enumerate(paths):
        assert page.goto(f"/{language}/office/{path}").ok, path
        if folder := os.environ.get("SHOTS_OF_MAIL"):
            page.screenshot(path=f"{folder}/{language}-{width}-{number}.png", full_page=True)
        assert violations(page) == [], path
        assert not scrolls_sideways(page), path
    assert page.complaints == []
