"""The main job without hands, over HTTP alone: one access request, from the public form to a package whose sums are verified."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dsar.management.browser import Browser, Page, Stuck, Values
from dsar.management.commands.example_code import code_now
from dsar.management.commands.serve import answers
from dsar.management.examples import ExampleAccount, read_accounts

START_WITHIN, WORK_WITHIN, MAIL_WITHIN = 60, 180, 60  # seconds
CODE = re.compile(r"^(\d{6})$", re.MULTILINE)
REFERENCE = re.compile(r"\b[A-Z]{2,6}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")


@dataclass(frozen=True)
class Person:
    """Who asks: somebody whom the example school knows."""

    name: str = "Camille Exemple"
    email: str = "camille.exemple@etu.cesi.example"

    def answers(self) -> dict[str, Values]:
        """What is answered on each page of the form, by the end of its address."""
        return {
            "what": {"rights": ["access"]},
            "who": {"kind": "self"},
            "tie": {"tie": "student"},
            "contact": {"name": self.name, "email": self.email},
            "help": {"delivery": "download"},
            "check": {},
        }


def somebody(mails: Page) -> Person:
    """Camille, else a student who got no mail yet: an address that nobody has confirmed gets three mails an hour and no more."""
    school = settings.VAR_DIR / "example" / "school.sqlite3"
    if Person.email not in mails.text or not school.is_file():
        return Person()
    with contextlib.closing(sqlite3.connect(f"{school.as_uri()}?mode=ro", uri=True)) as rows:
        students = rows.execute(
            "SELECT first_name || ' ' || last_name, email FROM students ORDER BY random() LIMIT 50"
        ).fetchall()
    return next((Person(name, email) for name, email in students if email not in mails.text), Person())


class Command(BaseCommand):
    help = "File one access request, decide it, download and verify the package, over HTTP; the exit status tells the truth."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--name", help="who asks (default: Camille Exemple, then another student each time)")
        parser.add_argument("--email", help="an address of theirs")
        parser.add_argument("--wait", type=int, default=WORK_WITHIN, help="seconds for the worker (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [account for account in read_accounts() if account.role == "dpo"]
        if not accounts:
            raise CommandError("There are no example accounts; `make demo` makes them first, in embedded mode only.")
        home = f"http://127.0.0.1:{options['port']}"
        started = time.monotonic()
        if bool(options["name"]) != bool(options["email"]):
            raise CommandError("Give --name and --email together, or neither.")
        try:
            with running_product(home, options["port"], self):
                person = (
                    Person(options["name"], options["email"]) if options["email"] else somebody(Browser(home).get("/fr/mails/"))
                )
                self.stdout.write(f"           {person.name} asks")
                Walk(home, person, accounts[0], self, options["wait"]).go()
        except Stuck as reason:
            raise CommandError(f"The demonstration stopped: {reason}") from reason
        self.stdout.write(f"  {time.monotonic() - started:6.1f} s  in all")


class Walk:
    """The steps, in order; each prints how long it took."""

    def __init__(self, home: str, person: Person, officer: ExampleAccount, command: BaseCommand, wait: int) -> None:
        self.home, self.person, self.officer, self.command, self.wait = home, person, officer, command, wait
        self.subject, self.staff, self.mailbox = Browser(home), Browser(home), Browser(home)
        self.read = set(self.mailbox.get("/fr/mails/").links("/mails/"))
        self.reference = ""
        self.phrase = "agrafe nuage piano marée"  # what the person chooses when the copy holds data of high stake

    def go(self) -> None:
        for what, step in (
            ("asked on the public form", self.ask),
            ("address confirmed with the code of the mail", self.confirm),
            ("signed in with password and one-time code", self.sign_in),
            ("searched by the worker", self.wait_for_search),
            ("decided", self.decide),
            ("package built by the worker, and released", self.release),
            ("followed as the person, pass-phrase chosen, fresh code asked, downloaded", self.download),
            ("unzipped, every checksum verified", self.verify),
        ):
            began = time.monotonic()
            step()
            self.command.stdout.write(f"  {time.monotonic() - began:6.1f} s  {what}")
            self.command.stdout.flush()
        self.tell()

    def ask(self) -> None:
        page = self.subject.submit(self.subject.get("/fr/"))
        answers = self.person.answers()
        for _ in range(10):
            step = page.path.rstrip("/").rsplit("/", 1)[-1]
            if step not in answers:
                break
            if step == "check":
                time.sleep(settings.FORM_SECONDS)  # a form sent faster is asked to be read again
            filled = answers.pop(step)
            page = self.subject.submit(page, filled, having=next(iter(filled), "token"))
        if not page.path.endswith("/sent/"):
            raise page.stuck("confirmation that the request was sent")
        self.sent = page
        found = REFERENCE.search(page.text)
        if not found:
            raise page.stuck("reference")
        self.reference = found.group()

    def confirm(self) -> None:
        page = self.subject.submit(self.sent, {"code": self.code_from_mail()}, having="code")
        if any("code" in form.names for form in page.forms):
            raise page.stuck("sign that the address is confirmed")

    def code_from_mail(self) -> str:
        """The code of the next mail to the person; mails read before do not count."""

        def fresh(page: Page) -> bool:
            for link in page.links("/mails/"):
                if link in self.read or link == page.url:
                    continue
                mail = self.mailbox.get(link).text
                self.read.add(link)
                found = CODE.search(mail)
                if found and self.person.email in mail:
                    self.found = found.group()
                    return True
            return False

        self.mailbox.wait("/fr/mails/", fresh, looked_for=f"mail with a code for {self.person.email}", seconds=MAIL_WITHIN)
        return self.found

    def sign_in(self) -> None:
        page = self.staff.get("/fr/office/")
        page = self.staff.submit(page, {"login": self.officer.email, "password": self.officer.password}, having="login")
        page = self.staff.submit(page, {"code": self.one_time_code()}, having="code")
        if not page.path.startswith("/fr/office/"):
            raise page.stuck("queue after signing in")

    def one_time_code(self) -> str:
        """The code of the officer's app; a used one is refused, so we wait for the next where one was just used."""
        code, seconds = code_now(self.officer.totp_secret)
        used = settings.VAR_DIR / "demo" / ".last-code"
        if used.is_file() and used.read_text() == code:
            time.sleep(seconds + 0.5)
            code, _ = code_now(self.officer.totp_secret)
        used.parent.mkdir(mode=0o700, exist_ok=True)
        used.write_text(code)
        return code

    @property
    def case(self) -> str:
        return f"/fr/office/case/{self.reference}/"

    def wait_for_search(self) -> None:
        self.page = self.staff.wait(
            self.case, lambda page: bool(page.links("/decide/")), looked_for="decision to take", seconds=self.wait
        )

    def decide(self) -> None:
        page = self.staff.get(self.page.links("/decide/")[0])
        page = self.staff.submit(page, {"outcome": "granted"}, having="outcome", button="preview")
        page = self.staff.submit(page, having="outcome", button="decide")
        if not page.path.endswith(self.case):
            raise page.stuck("case after the decision")

    def release(self) -> None:
        case = self.staff.wait(
            self.case, lambda page: bool(page.links("/release/")), looked_for="package to release", seconds=self.wait
        )
        page = self.staff.get(case.links("/release/")[0])
        proof = {"code": self.one_time_code()} if any("code" in form.names for form in page.forms) else {}
        page = self.staff.submit(page, {"compared": "on", **proof}, having="compared")
        if not page.path.endswith(self.case):
            raise page.stuck("case after the release")

    def download(self) -> None:
        """From nothing but the reference, on another machine than the one that asked."""
        browser = Browser(self.home)
        page = browser.submit(browser.get("/fr/follow/"), {"known_by": self.reference}, having="known_by")
        page = browser.submit(page, {"code": self.code_from_mail()}, having="code")
        if not any(form.action.endswith("/download/code/") for form in page.forms):  # data of high stake: a pass-phrase first
            choose = browser.get(page.links("/status/pass-phrase/")[0])
            page = browser.submit(choose, {"phrase": self.phrase, "again": self.phrase}, having="again")
        page = browser.submit(page, to="/download/code/")
        secret = {"phrase": self.phrase} if any("phrase" in form.names for form in page.forms) else {}
        page = browser.submit(page, {"code": self.code_from_mail(), **secret}, having="code")
        if page.headers.get("content-type") != "application/zip":
            raise page.stuck("package behind the code")
        name = re.search(r'filename="?([^";]+)', page.headers.get("content-disposition", ""))
        self.file = settings.VAR_DIR / "demo" / (Path(unquote(name.group(1))).name if name else f"{self.reference}.zip")
        self.file.parent.mkdir(mode=0o700, exist_ok=True)
        self.file.write_bytes(page.body)
        self.file.chmod(0o600)

    def verify(self) -> None:
        """Every file is in SHA256SUMS with the right sum, and every line of it has its file."""
        with zipfile.ZipFile(self.file) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            lists = [name for name in names if name.rsplit("/", 1)[-1] == "SHA256SUMS"]
            if len(lists) != 1:
                raise Stuck(f"{self.file} has {len(lists)} files SHA256SUMS, not one")
            top = lists[0].removesuffix("SHA256SUMS")
            sums = dict(line.split(maxsplit=1)[::-1] for line in archive.read(lists[0]).decode().splitlines())
            self.sums = {top + name.lstrip("*"): digest for name, digest in sums.items()}
            self.sizes = {name: archive.getinfo(name).file_size for name in names}
            if unlisted := set(names) ^ set(self.sums) ^ {lists[0]}:
                raise Stuck(f"{self.file}: SHA256SUMS and the files differ: {', '.join(sorted(unlisted))}")
            for name, digest in self.sums.items():
                if sha256(archive, name) != digest:
                    raise Stuck(f"{self.file}: {name} is not what SHA256SUMS says")
            described = [name for name in names if name.endswith("datapackage.json")]
            self.description = json.loads(archive.read(described[0])) if described else {}
            self.folder = self.file.with_suffix("")
            archive.extractall(self.folder)

    def tell(self) -> None:
        write = self.command.stdout.write
        write(f"\n  {self.reference}: {len(self.sums)} files verified, {self.file.stat().st_size:,} bytes zipped")
        for name, size in self.sizes.items():
            write(f"  {size:>12,}  {name}")
        write(f"\n  package   {self.file}\n  unpacked  {self.folder}\n  open      {next(iter(self.pages()), self.folder)}\n")

    def pages(self) -> Iterator[Path]:
        return iter(sorted(self.folder.rglob("index.html")) or sorted(self.folder.rglob("*.html")))


def sha256(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as content:
        return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


@contextlib.contextmanager
def running_product(home: str, port: int, command: BaseCommand) -> Iterator[None]:
    """The product that runs already, else one of our own that ends with us."""
    if answers(f"{home}/readyz"):
        command.stdout.write(f"  the product runs on {home}")
        yield
        return
    began = time.monotonic()
    log = settings.VAR_DIR / "demo" / "serve.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    serve = [sys.executable, sys.argv[0], "serve", "--port", str(port)]
    with log.open("wb") as lines:
        environment = os.environ | {"PORT": str(port)}
        process = subprocess.Popen(serve, stdout=lines, stderr=lines, env=environment, start_new_session=True)
    try:
        while not answers(f"{home}/readyz"):
            if process.poll() is not None or time.monotonic() - began > START_WITHIN:
                raise Stuck(f"the product does not start; {log} says why")
            time.sleep(0.1)
        command.stdout.write(f"  {time.monotonic() - began:6.1f} s  product started on {home}")
        command.stdout.flush()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
