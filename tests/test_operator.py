"""What the operator is told: settings, secrets, accounts, missing packages and health."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from config import checks, env
from dsar.accounts import MFAAdapter
from dsar.management.commands import setup_embedded
from dsar.management.commands.compile_catalogues import compile_stale
from dsar.management.examples import read_accounts
from dsar.models import Heartbeat, User
from dsar.selectors import standstill
from identity import vault

BASE_DIR = Path(__file__).resolve().parent.parent
GOOD_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def as_production(fixture: object, **more: object) -> list[str]:
    """The sentences that a production with these settings is refused with."""
    whole = {
        "MODE": "production",
        "PRODUCTION": True,
        "SECRET_KEY": "k7" * 40,
        "MASTER_KEYS": [GOOD_KEY],
        "CELERY_BROKER_URL": "redis://redis:6379/0",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "PUBLIC_URL": "https://rights.example",
        "ALLOWED_HOSTS": ["rights.example"],
    }
    for name, value in (whole | more).items():
        setattr(fixture, name, value)
    return [sentence for sentence in checks.refusals() if not sentence.startswith("DATABASE_URL")]


def test_a_complete_production_is_not_refused(settings):
    assert as_production(settings) == []


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("SECRET_KEY", "short", "SECRET_KEY is a default or shorter than 50 characters"),
        ("SECRET_KEY", "django-insecure-" + "x" * 60, "SECRET_KEY is a default"),
        ("MASTER_KEYS", [], "MASTER_KEYS is not set"),
        ("MASTER_KEYS", [GOOD_KEY, "abc"], "MASTER_KEYS: key 2 is not 32 bytes"),
        ("CELERY_BROKER_URL", "filesystem://", "REDIS_URL names no Redis"),
        ("EMAIL_BACKEND", "notifications.folder_backend.EmailBackend", "EMAIL_BACKEND writes mails into a folder"),
        ("PUBLIC_URL", "http://rights.example", "PUBLIC_URL='http://rights.example' is not https"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS names no host of yours"),
        ("MODE", "prod", "DSAR_MODE='prod' is not a mode"),
    ],
)
def test_each_wrong_setting_is_one_sentence_that_names_it(settings, name: str, value: object, named: str):
    sentences = as_production(settings, **{name: value})
    assert len(sentences) == 1
    assert sentences[0].startswith(named)


@pytest.mark.django_db
def test_the_example_accounts_are_refused_in_production(settings, dominique: User):
    assert checks.no_example_accounts() == []
    settings.PRODUCTION = True
    assert "example accounts" in run_checks(tags=["database"], databases=["default"])[0].msg


def test_a_web_process_with_a_wrong_setting_does_not_start():
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=BASE_DIR,
        env=os.environ | {"DSAR_MODE": "production", "SECRET_KEY": "short", "PUBLIC_URL": "https://rights.example"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "SECRET_KEY is a default or shorter than 50 characters" in done.stderr


def test_a_number_that_is_none_is_told_with_an_example(monkeypatch):
    monkeypatch.setenv("LINK_MINUTES", "two")
    with pytest.raises(ImproperlyConfigured, match=r"LINK_MINUTES='two' is not a whole number; write digits, for example 30\."):
        env.integer("LINK_MINUTES", default=30)


def test_secrets_are_written_once_and_for_us_alone(tmp_path: Path):
    folder = tmp_path / "var"
    assert setup_embedded.make_secrets(folder)
    first = {name: (folder / name).read_text() for name in ("secret_key", "master_key")}
    assert checks.is_fernet_key(first["master_key"].strip())
    assert [mode(folder), mode(folder / "secret_key"), mode(folder / "master_key")] == [0o700, 0o600, 0o600]
    assert not setup_embedded.make_secrets(folder)
    assert {name: (folder / name).read_text() for name in first} == first


@pytest.mark.django_db
def test_example_accounts_get_a_second_factor_and_keep_their_password(settings, tmp_path: Path):
    settings.VAR_DIR, settings.EMBEDDED = tmp_path, True
    made = setup_embedded.make_accounts()
    assert [(account.role, account.sites) for account in made] == [("dpo", ()), ("deputy", ()), ("officer", ("bordeaux",))]
    assert mode(tmp_path / "example_accounts.json") == 0o600
    assert setup_embedded.make_accounts() == []
    dpo = User.objects.get(email=made[0].email)
    assert dpo.check_password(read_accounts()[0].password)
    assert dpo.authenticator_set.count() == 1
    assert made[0].totp_secret not in str(dpo.authenticator_set.get().data)


def test_setup_is_refused_outside_the_embedded_mode():
    assert settings.MODE == "test"
    with pytest.raises(CommandError, match="DSAR_MODE is not embedded"):
        call_command("setup_embedded")


def test_missing_packages_are_named_in_one_sentence_when_we_may_not_install_them():
    source = (BASE_DIR / "config" / "bootstrap.py").read_text()
    program = (
        f"names = {{'__file__': '/nowhere/config/bootstrap.py', '__name__': 'bootstrap'}}; exec({source!r}, names)\n"
        "try: names['install_packages'](['postgresql', 'chromium'])\n"
        "except names['CannotGoOn'] as reason: print(reason)"
    )
    nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        ["/usr/bin/python3", "-c", program], capture_output=True, text=True, cwd="/", env={"PATH": "/usr/bin"}, **nobody
    )
    assert done.stdout.strip() == (
        "the system packages postgresql chromium are missing and we may not install them; "
        "install them with `apt-get install postgresql chromium` (Ubuntu 24.04 has the same names) and try again."
    )


def test_a_catalogue_is_compiled_when_it_is_newer_and_not_again(tmp_path: Path):
    source = tmp_path / "public" / "fr" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Yes"\nmsgstr "Oui"\n')
    assert compile_stale([tmp_path / "public"]) == [source.with_suffix(".mo")]
    assert b"Oui" in source.with_suffix(".mo").read_bytes()
    assert compile_stale([tmp_path / "public"]) == []


@pytest.mark.django_db
class TestHealth:
    @pytest.fixture(autouse=True)
    def _long_after_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(standstill, "_started", standstill._started - 3600)

    def ask(self, page: str) -> tuple[int, str]:
        answer = Client().get(page)
        return answer.status_code, answer.content.decode()

    def hear(self, *names: str, at: datetime) -> None:
        for name in names:
            Heartbeat.objects.update_or_create(name=name, defaults={"at": at})

    def test_ready_without_sweeps_but_not_healthy(self):
        assert self.ask("/readyz") == (200, "ok\n")
        assert self.ask("/healthz") == (503, "unavailable\n")

    def test_healthy_while_every_loop_runs(self):
        self.hear("advance_requests", "relay_messages", "send_reminders", at=timezone.now())
        assert self.ask("/healthz") == (200, "ok\n")

    @pytest.mark.parametrize("loop", ["advance_requests", "relay_messages", "send_reminders"])
    def test_unhealthy_when_one_of_them_fell_silent(self, loop):
        self.hear("advance_requests", "relay_messages", "send_reminders", at=timezone.now())
        self.hear(loop, at=timezone.now() - timedelta(minutes=4))
        assert self.ask("/healthz") == (200, "ok\n")
        self.hear(loop, at=timezone.now() - timedelta(minutes=6))
        assert self.ask("/healthz") == (503, "unavailable\n")

    def test_at_the_first_start_the_loops_have_five_minutes(self, monkeypatch):
        assert self.ask("/healthz")[0] == 503
        monkeypatch.setattr(standstill, "_started", time.monotonic() - 290)
        assert self.ask("/healthz") == (200, "ok\n")
        monkeypatch.setattr(standstill, "_started", time.monotonic() - 310)
        assert self.ask("/healthz")[0] == 503

    def test_a_restart_of_the_web_process_does_not_make_a_dead_scheduler_look_alive(self, monkeypatch):
        monkeypatch.setattr(standstill, "_started", time.monotonic())
        self.hear("advance_requests", "relay_messages", "send_reminders", at=timezone.now())
        assert self.ask("/healthz") == (200, "ok\n")
        self.hear("send_reminders", at=timezone.now() - timedelta(minutes=6))
        assert self.ask("/healthz")[0] == 503

    def test_a_sign_of_life_from_the_future_is_none(self):
        """A clock that was three days ahead and is set back would hide a dead loop for three days."""
        self.hear("advance_requests", "relay_messages", "send_reminders", at=timezone.now())
        assert self.ask("/healthz") == (200, "ok\n")
        self.hear("relay_messages", at=timezone.now() + timedelta(days=3))
        assert self.ask("/healthz")[0] == 503

    def test_not_ready_when_the_keys_cannot_be_read(self, settings):
        settings.MASTER_KEYS = ["damaged"]
        assert self.ask("/readyz")[0] == 503

    def test_a_sweep_tells_that_it_ran(self):
        from dsar.tasks import advance_requests, relay_messages, send_reminders

        advance_requests()
        relay_messages()
        send_reminders()
        assert self.ask("/healthz") == (200, "ok\n")
        assert Heartbeat.objects.get(name="advance_requests").at > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_after_rewrapping_the_older_master_key_can_be_dropped(settings, tmp_path: Path):
    settings.VAR_DIR, settings.EMBEDDED = tmp_path, True
    older, newer = settings.MASTER_KEYS[0], GOOD_KEY
    setup_embedded.make_accounts()
    vault.create_text_key("requests/one")
    sealed = vault.seal_text("requests/one", "Camille a appelé.")
    settings.MASTER_KEYS = [newer, older]
    call_command("rewrap_keys")
    settings.MASTER_KEYS = [newer]
    assert vault.open_text("requests/one", sealed) == "Camille a appelé."
    factor = User.objects.get(email="dominique.temoin@cesi.example").authenticator_set.get()
    assert MFAAdapter().decrypt(factor.data["secret"]) == read_accounts()[0].totp_secret
