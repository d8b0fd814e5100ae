"""The product as docker/compose.yaml runs it: production settings, PostgreSQL, Redis, collected static files, behind a proxy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path

import pytest
import yaml

from tests.components import SQLITE
from tests.processes import BASE_DIR, dies_with_us, free_port, wait_for_port

pytestmark = pytest.mark.skipif(SQLITE, reason="production has PostgreSQL")

# By the image, by compose.yaml, or by developers alone.
SET_ELSEWHERE = {"DSAR_MODE", "DSAR_VAR", "STATIC_ROOT", "DATABASE_URL", "REDIS_URL", "CONTROLLER_DIR", "EMAIL_BACKEND"} | {
    "CSRF_TRUSTED_ORIGINS"
}


class Web:
    """The web server of a production, asked as its proxy asks."""

    def __init__(self, folder: Path, database: str) -> None:
        self.port = free_port()
        self.environment = os.environ | {
            "DSAR_MODE": "production",
            "DSAR_VAR": str(folder),
            "STATIC_ROOT": str(folder / "static"),
            "DATABASE_URL": database,
            "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
            "REDIS_URL": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
            "PUBLIC_URL": "https://rights.example",
            "ALLOWED_HOSTS": "rights.example",
            "TRUSTED_PROXIES": "1",
        }
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # of the browser tests

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    def start(self) -> subprocess.Popen[bytes]:
        options = ["--interface", "wsgi", "--port", str(self.port), "--no-ws"]
        command = [sys.executable, "-m", "granian", *options, "config.wsgi:application"]
        process = subprocess.Popen(dies_with_us(command), cwd=BASE_DIR, env=self.environment)
        wait_for_port(self.port, process)
        return process

    def get(self, path: str, *, scheme: str = "https", host: str = "rights.example") -> tuple[int, Message, str]:
        headers = {"Host": host, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "192.0.2.7"}
        question = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.build_opener(Stay).open(question, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, postgres_database: Callable[[], str]) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("production"), postgres_database())
    for command in (["migrate", "--noinput"], ["createcachetable"], ["collectstatic", "--noinput"]):
        done = web.manage(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    process = web.start()
    yield web
    process.terminate()
    process.wait(20)


def test_the_public_page_names_its_static_files_by_fingerprint_and_serves_them(web: Web):
    status, headers, page = web.get("/fr/")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheets
    for sheet in sheets:
        assert re.search(r"\.[0-9a-f]{12}\.css$", sheet)
        assert web.get(sheet)[0] == 200


def test_plain_http_is_sent_to_https_except_for_the_health_checks(web: Web):
    assert web.get("/fr/", scheme="http")[:1] == (301,)
    assert web.get("/readyz", scheme="http")[0] == 200


SESSION = """from django.conf import settings as s
print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE)"""


def test_cookies_are_for_this_host_and_https_alone(web: Web):
    _, headers, _ = web.get("/fr/accounts/login/")
    assert "__Host-csrftoken=" in headers["Set-Cookie"]
    assert "Secure" in headers["Set-Cookie"]
    assert "HttpOnly" in headers["Set-Cookie"]
    said = web.manage("shell", "--no-imports", "-v0", "-c", SESSION).stdout.split()
    assert said == ["__Host-sessionid", "True", "True", "Lax"]


def test_another_host_name_is_refused(web: Web):
    assert web.get("/fr/", host="evil.example")[0] == 400


def test_the_mails_of_the_embedded_product_are_not_there(web: Web):
    assert web.get("/fr/mails/")[0] == 404


def test_the_deployment_check_finds_nothing_to_refuse(web: Web):
    done = web.manage("check", "--deploy", "--fail-level", "ERROR")
    assert done.returncode == 0, done.stderr


def test_compose_runs_what_the_documentation_says():
    services = yaml.safe_load((BASE_DIR / "docker" / "compose.yaml").read_text())["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    for name in ("web", "worker", "beat"):
        assert services[name]["read_only"]
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert "MASTER_KEYS" not in str(services["postgres"]) + str(services["redis"])


def test_each_variable_of_the_settings_is_explained_in_the_example_file():
    read = re.compile(r'\b(?:text|integer|boolean|words|path|storage|database)\(\s*"([A-Z_]+)"')
    named = {name for file in ("settings.py", "env.py") for name in read.findall((BASE_DIR / "config" / file).read_text())}
    explained = set(re.findall(r"^#?([A-Z0-9_]+)=", (BASE_DIR / "docker" / ".env.example").read_text(), re.MULTILINE))
    assert "SECRET_KEY" in named
    assert named - explained - SET_ELSEWHERE == set()
