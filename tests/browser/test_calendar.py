"""The calendar, the calendar link, the banner and the notice of what is due, in a browser: accessible and never too wide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dsar.models import Heartbeat, RequestPart
from dsar.selectors import today_at_seat
from tests.browser.looking import SHOTS, OpenPage, complaints_of, scrolls_sideways, violations
from tests.faults.open_requests import open_requests
from tests.web.desk import at_desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("en", 390)])
def test_what_is_due_can_be_read_by_everybody(open_page: OpenPage, dominique: Any, language: str, width: int) -> None:
    today = today_at_seat(timezone.now())
    dates = [today + timedelta(days=left) for left in (-2, 0, 1, 1, 1, 1, 1, 1, 5, 9)]
    RequestPart.objects.bulk_create(RequestPart(dsr=dsr, right="access") for dsr in open_requests(dates))
    Heartbeat.objects.create(name="relay_messages", at=timezone.now() - timedelta(minutes=40))
    page = open_page(viewport={"width": width, "height": 900}, by=at_desk(dominique))
    complaints = complaints_of(page)
    for path in ("", "calendar/", "calendar/?view=list", "calendar/?month=2026-05", "account/"):
        assert page.goto(f"/{language}/office/{path}").ok, path
        if path == "account/":
            page.locator("#calendar button[value=make]").click()
            assert page.locator("#calendar-link").input_value().endswith(".ics")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{width}-{path.strip('/?=').replace('/', '-') or 'queue'}.png", full_page=True)
        assert page.locator("[role=alert]").count() == 1, "the banner of the silent relay"
        assert violations(page) == [], path
        assert not scrolls_sideways(page), path
    assert complaints == []
