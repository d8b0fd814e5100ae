"""What surrounds hand-over links: the keys, the command, the recipes of docs/handover.md, and logs without tokens."""

from __future__ import annotations

import io
import logging
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.test import Client

from config import checks, env
from config.logs import formatter
from dsar.services import handover
from tests.people import CAMILLE_EMAIL
from tests.processes import missing
from tests.web.asking import step_of
from tests.web.handing import BASE, COOKIES_KEY, KEYS, NEWSLETTER_KEY, page, token

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
GUIDE = Path(site_settings.BASE_DIR) / "docs" / "handover.md"


@pytest.fixture(autouse=True)
def _tools(settings):
    settings.HANDOVER_KEYS, settings.PUBLIC_URL = list(KEYS), BASE


# Keys


def test_keys_are_pairs_of_tool_and_key(monkeypatch):
    monkeypatch.delenv("HANDOVER_KEYS", raising=False)
    assert env.named("HANDOVER_KEYS") == []
    monkeypatch.setenv("HANDOVER_KEYS", f"cookies:{COOKIES_KEY}, newsletter: {NEWSLETTER_KEY} ,{COOKIES_KEY}")
    assert env.named("HANDOVER_KEYS") == [("cookies", COOKIES_KEY), ("newsletter", NEWSLETTER_KEY), ("", COOKIES_KEY)]


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ([("", COOKIES_KEY)], "HANDOVER_KEYS: entry 1 names no tool"),
        ([("cookies", COOKIES_KEY), ("Mes Cookies", NEWSLETTER_KEY)], "HANDOVER_KEYS: entry 2 names no tool"),
        ([("x" * 31, COOKIES_KEY)], "HANDOVER_KEYS: entry 1 names no tool"),
        ([("cookies", "short")], "HANDOVER_KEYS: the key of cookies is not 32 bytes"),
        ([("cookies", COOKIES_KEY), ("newsletter", COOKIES_KEY)], "HANDOVER_KEYS: cookies and newsletter have one key"),
        ([("cookies", site_settings.MASTER_KEYS[0])], "HANDOVER_KEYS: the key of cookies is one of MASTER_KEYS"),
    ],
)
def test_each_wrong_key_is_one_sentence_that_repeats_no_key(settings, keys: list[tuple[str, str]], named: str):
    assert list(checks.handover_refusals()) == []
    settings.HANDOVER_KEYS = keys
    sentences = [sentence for sentence in checks.refusals() if sentence.startswith("HANDOVER_KEYS")]
    assert len(sentences) == 1
    assert sentences[0].startswith(named)
    assert all(key not in sentences[0] for _, key in keys)


def test_a_key_spelled_otherwise_is_still_a_master_key(settings):
    """The last letter of 32 bytes in base64 has two bits that no decoder reads."""
    master = site_settings.MASTER_KEYS[0]
    spelled = master[:-2] + chr(ord(master[-2]) + 1) + "="
    assert spelled != master
    settings.HANDOVER_KEYS = [("cookies", spelled)]
    assert "one of MASTER_KEYS" in " ".join(checks.handover_refusals())


def test_a_tool_keeps_an_old_key_beside_its_new_one(settings):
    settings.HANDOVER_KEYS = [("cookies", NEWSLETTER_KEY), ("cookies", COOKIES_KEY)]
    assert list(checks.handover_refusals()) == []


# The command


def printed(*words: str) -> str:
    out = io.StringIO()
    call_command("handover_link", *words, stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
def test_the_command_prints_a_link_that_opens_the_form():
    with time_machine.travel(NOON, tick=False):
        link = printed(
            "--tool", "newsletter", "--language", "en", "--right", "access", "--right", "withdrawal", "--site", "bordeaux",
            "--email", CAMILLE_EMAIL, "--ga", "GA1.2.3", "--visitor-id", "v-1",
        )  # fmt: skip
        assert link.startswith(f"{BASE}/en/handover/")
        handed = handover.read(link.split("/")[-2], now=NOON)
        assert handed.tool == "newsletter"
        assert handed.said == {
            "for": f"{BASE}/handover/",
            "rights": ["access", "withdrawal"],
            "site": "bordeaux",
            "email": CAMILLE_EMAIL,
            "ga": "GA1.2.3",
            "visitor_id": "v-1",
        }
        assert step_of(Client().post(link.removeprefix(BASE))) == "who"


def test_the_command_says_what_it_cannot_do(settings):
    with pytest.raises(CommandError, match="name one of cookies, newsletter"):
        printed("--right", "access")
    with pytest.raises(CommandError, match="name one of cookies, newsletter"):
        printed("--tool", "intranet")
    with pytest.raises(CommandError, match="would not take what you wrote for site, email"):
        printed("--tool", "cookies", "--site", "nowhere", "--email", "camille")
    with pytest.raises(CommandError, match="invalid choice"):
        printed("--tool", "cookies", "--right", "other")
    settings.HANDOVER_KEYS = [("cookies", COOKIES_KEY)]
    assert printed("--right", "access"), "one tool need not be named"
    settings.HANDOVER_KEYS = []
    with pytest.raises(CommandError, match="HANDOVER_KEYS is not set"):
        printed("--right", "access")


# The recipes of the guide, run as they are printed


def recipe(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(found) == 1, language
    return str(found[0])


SAYS = {"rights": ["marketing_objection"], "email": CAMILLE_EMAIL, "site": "bordeaux", "ga": "GA1.2.123.456"}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["python", "js"])
def test_a_recipe_of_the_guide_makes_a_link_that_opens_the_form(settings, language: str):
    code = recipe(language)
    assert len(code.strip().splitlines()) <= 15
    if language == "python":
        command = [sys.executable, "-c", code + "\nprint(link)"]
    elif node := shutil.which("node"):
        command = [node, "-e", code + "\nconsole.log(link)"]
    else:
        missing("Node", "nodejs")
    key = Fernet.generate_key().decode()
    settings.HANDOVER_KEYS = [("newsletter", key)]
    made = subprocess.run(command, env={"HANDOVER_KEY": key}, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    link = made.stdout.strip()
    assert link.startswith(f"{BASE}/fr/handover/")
    handed = handover.read(link.split("/")[-2], now=datetime.now(UTC))
    assert (handed.tool, {name: handed.said.get(name) for name in SAYS}) == ("newsletter", SAYS)
    assert step_of(Client().post(link.removeprefix(BASE))) == "contact"


# Logs


@pytest.fixture
def log():
    """Every line that the process writes, as the operator's file has them."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.django_db
def test_no_log_line_holds_a_token(log, settings):
    good, expired = token(rights=["access"], email=CAMILLE_EMAIL), token(at=datetime(2026, 1, 1, tzinfo=UTC))
    misspelled = token(rights=["nonsense"])
    for made in (good, expired, misspelled):
        client = Client()
        client.get(page(made))
        client.post(page(made))
        client.get(page(made, "de"))
        client.get(f"/handover/{made}/")
    settings.HANDOVER_KEYS = []
    Client().get(page(good))
    lines = log.getvalue()
    assert "/fr/handover/…/" in lines, "requests are logged, so the check can fail"
    assert '"reason": "expired"' in lines, "what the page does not tell, the operator reads"
    assert '"names": ["rights"]' in lines
    for made in (good, expired, misspelled):
        assert made[20:60] not in lines
    assert CAMILLE_EMAIL not in lines
