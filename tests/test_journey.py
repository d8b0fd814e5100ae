"""The journey, end to end: one access request, from the public form to the opened package and the closed case.

Nothing is mocked: pages over HTTP, the database of the run, a real worker and its timetable, a real SMTP server.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

from dsar.management.browser import Browser, Page
from dsar.models import DataSubjectRequest, RequestEvent, SourceTask
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, DOMINIQUE_EMAIL
from tests.stories import PHRASE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PASSWORD = "une phrase de passe assez longue"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of an app that only this test has
CODE = r"(\d{6})"
REFERENCE = re.compile(r"\bCE-[0-9A-Z]{4}-[0-9A-Z]{4}\b")


@pytest.fixture
def site(live_server, school, smtp_server, redis_server) -> str:
    return str(live_server.url)


@pytest.fixture
def timetable(site, start_process: Callable[..., Any]):
    """A worker with the timetable beside it, as production has them."""
    # A lease of seconds: what a killed worker held is taken over soon.
    options = ("-A", "config", "worker", "-B", "--concurrency", "1", "--loglevel", "WARNING", "--without-mingle")
    return lambda: start_process("celery", *options, LEASE_SECONDS="5")


class Camille:
    """Somebody who asks for her data, with a browser without JavaScript and a mailbox."""

    def __init__(self, site: str, mailbox: Any) -> None:
        self.browser, self.mailbox = Browser(site), mailbox

    def asks_for_a_copy(self) -> Page:
        page = self.browser.submit(self.browser.get("/fr/"))
        for answers in (
            {"rights": ["access"]},
            {"kind": "self"},
            {"tie": "student"},
            {"name": CAMILLE_NAME, "email": CAMILLE_EMAIL},
            {"delivery": "download"},
            {},
        ):
            page = self.browser.submit(page, answers)  # type: ignore[arg-type]
        return page

    def reads_the_code(self) -> str:
        mail = self.mailbox.wait_for(CAMILLE_EMAIL, line=CODE)
        return re.search(rf"^{CODE}\r?$", mail.get_body(("plain",)).get_content(), re.MULTILINE).group(1)  # type: ignore[union-attr]

    def types_the_code(self, page: Page) -> Page:
        return self.browser.submit(page, {"code": self.reads_the_code()}, having="code")

    def follows(self, reference: str) -> Page:
        """From nothing but the reference, in a fresh browser."""
        self.browser = Browser(self.browser.home)
        self.mailbox.forget()
        page = self.browser.submit(self.browser.get("/fr/follow/"), {"known_by": reference}, having="known_by")
        return self.types_the_code(page)

    def chooses_a_pass_phrase(self) -> Page:
        page = self.browser.get("/fr/status/pass-phrase/")
        return self.browser.submit(page, {"phrase": PHRASE, "again": PHRASE}, having="phrase")

    def downloads(self, status: Page) -> Page:
        self.mailbox.forget()
        page = self.browser.submit(status, to="/download/code/")
        return self.browser.submit(page, {"code": self.reads_the_code(), "phrase": PHRASE}, having="code")


class Dominique:
    """The DPO, with a password and an app that shows codes."""

    def __init__(self, site: str, dominique: Any) -> None:
        dominique.set_password(PASSWORD)
        dominique.save()
        TOTP.activate(dominique, SECRET)
        self.browser, self.last_code = Browser(site), ""

    def code(self) -> str:
        """The app's code; one that was just used is refused, so wait for the next."""
        while True:
            counter = next(iter(yield_hotp_counters_from_time()))
            code = format_hotp_value(hotp_value(SECRET, counter))
            if code != self.last_code:
                self.last_code = code
                return code
            time.sleep(0.5)

    def signs_in(self) -> Page:
        page = self.browser.submit(
            self.browser.get("/fr/office/"), {"login": DOMINIQUE_EMAIL, "password": PASSWORD}, having="login"
        )
        return self.browser.submit(page, {"code": self.code()}, having="code")

    def waits_for(self, reference: str, link: str) -> Page:
        case = self.browser.wait(
            f"/fr/office/case/{reference}/", lambda page: bool(page.links(link)), looked_for=link, seconds=120
        )
        return self.browser.get(case.links(link)[0])

    def grants(self, reference: str) -> Page:
        page = self.browser.submit(
            self.waits_for(reference, "/decide/"), {"outcome": "granted"}, having="outcome", button="preview"
        )
        return self.browser.submit(page, having="outcome", button="decide")

    def releases(self, reference: str) -> Page:
        page = self.waits_for(reference, "/release/")
        proof = {"code": self.code()} if any("code" in form.names for form in page.forms) else {}
        return self.browser.submit(page, {"compared": "on", **proof}, having="compared")


def test_an_access_request_travels_from_the_form_to_the_opened_package(site, smtp_server, timetable, dominique, school, tmp_path):
    timetable()
    camille, officer = Camille(site, smtp_server), Dominique(site, dominique)

    sent = camille.asks_for_a_copy()
    reference = REFERENCE.search(sent.text).group()  # type: ignore[union-attr]
    dsr = DataSubjectRequest.objects.get(reference=reference)
    assert (dsr.status, dsr.identified_at) == ("received", None)
    assert dsr.working_date.strftime("%Y") in sent.text, "the confirmation names the date"

    camille.types_the_code(sent)
    officer.signs_in()
    officer.grants(reference)
    officer.releases(reference)
    smtp_server.wait_for(CAMILLE_EMAIL, f"{reference}\N{NO-BREAK SPACE}: vos données sont prêtes")

    assert "Choisir une phrase secrète" in camille.follows(reference).text
    answer = camille.downloads(camille.chooses_a_pass_phrase())
    assert answer.headers["content-type"] == "application/zip"
    package = opened(answer.body, tmp_path)
    assert_checksums_match(package)
    assert_it_holds_exactly_what_the_school_holds(package, school)

    dsr.refresh_from_db()
    assert dsr.status == "answered"
    assert dsr.packages.get().downloads.count() == 1
    assert RequestEvent.objects.first_bad_row(dsr) is None
    kinds = list(dsr.events.values_list("kind", flat=True))
    for kind in (
        "received",
        "email_confirmed",
        "identity_verified",
        "source_finished",
        "decided",
        "package_built",
        "released",
        "downloaded",
    ):
        assert kind in kinds, f"{kind} is missing from {kinds}"
    assert len([mail for mail in smtp_server.messages if mail["To"] != CAMILLE_EMAIL]) == 0


def test_a_worker_killed_in_the_middle_of_a_collection_loses_nothing(site, smtp_server, timetable, school):
    camille = Camille(site, smtp_server)
    first = timetable()
    sent = camille.asks_for_a_copy()
    dsr = DataSubjectRequest.objects.get(reference=REFERENCE.search(sent.text).group())  # type: ignore[union-attr]
    camille.types_the_code(sent)
    wait_until(lambda: SourceTask.objects.filter(dsr=dsr).exists())
    os.killpg(first.pid, signal.SIGKILL)  # with the child that does the work
    first.wait()
    timetable()
    wait_until(lambda: DataSubjectRequest.objects.get(pk=dsr.pk).status == "reviewing", seconds=200)
    task = SourceTask.objects.get(dsr=dsr)
    counted = sum(part.rows for part in task.part_files.filter(current=True))
    assert task.state == "done"
    assert counted == sum(rows_about_camille(school).values()) > 0


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def opened(body: bytes, folder: Path) -> Path:
    """The unzipped package: one folder."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def assert_checksums_match(package: Path) -> None:
    lines = (package / "SHA256SUMS").read_text().splitlines()
    named = dict(line.split(maxsplit=1)[::-1] for line in lines)
    files = {str(file.relative_to(package)) for file in package.rglob("*") if file.is_file()} - {"SHA256SUMS"}
    assert set(named) == files
    for name, digest in named.items():
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() == digest


def rows_about_camille(school: Path) -> dict[str, int]:
    """Counted by hand-written SQL, apart from the code under test. A parent's record is the parent's, found by their address."""
    me = "(SELECT id FROM students WHERE email = 'camille.exemple@etu.cesi.example')"
    personal = "(SELECT lower(personal_email) FROM students WHERE email = 'camille.exemple@etu.cesi.example')"
    address = "'camille.exemple@etu.cesi.example'"
    queries = {
        "school.students": f"SELECT count(*) FROM students WHERE id IN {me}",
        "school.addresses": f"SELECT count(*) FROM addresses WHERE student_id IN {me}",
        "school.enrolments": f"SELECT count(*) FROM enrolments WHERE student_id IN {me}",
        "school.grades": f"SELECT count(*) FROM grades g JOIN enrolments e ON e.id = g.enrolment_id WHERE e.student_id IN {me}",
        "school.diplomas": f"SELECT count(*) FROM diplomas WHERE student_id IN {me}",
        "school.payments": f"SELECT count(*) FROM payments WHERE student_id IN {me}",
        "school.messages": f"SELECT count(*) FROM messages WHERE sender_id IN {me} OR recipient_id IN {me}",
        "school.logins": f"SELECT count(*) FROM logins WHERE student_id IN {me}",
        "school.applicants": f"SELECT count(*) FROM applicants WHERE lower(email) IN ({address}) OR student_id IN {me}",
        "marketing.newsletter_subscriptions": "SELECT count(*) FROM newsletter_subscriptions"
        f" WHERE lower(email) IN ({address}) OR lower(email) IN {personal}",
        "marketing.survey_answers": f"SELECT count(*) FROM survey_answers WHERE student_id IN {me}",
        "marketing.prospects": f"SELECT count(*) FROM prospects WHERE lower(email) IN ({address}) OR lower(email) IN {personal}",
    }
    with sqlite3.connect(school) as database:
        return {collection: database.execute(query).fetchone()[0] for collection, query in queries.items()}


def assert_it_holds_exactly_what_the_school_holds(package: Path, school: Path) -> None:
    descriptor = json.loads((package / "datapackage.json").read_text())
    tables = {resource["name"]: resource for resource in descriptor["resources"] if resource.get("dsar:category")}
    assert tables, "the descriptor names its categories"
    held = sum(rows_about_camille(school).values())
    told = 0
    for name, resource in tables.items():
        if not resource["path"].endswith(".csv") or not resource["path"].startswith("data/"):
            continue
        with (package / resource["path"]).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        twin = json.loads((package / resource["path"]).with_suffix(".json").read_text())["rows"]
        assert len(rows) == len(twin) == resource["dsar:rows"], name
        told += len(rows)
    assert told == held
    everything = "".join(file.read_text(errors="replace") for file in package.rglob("data/*.json"))
    assert CAMILLE_EMAIL in everything
