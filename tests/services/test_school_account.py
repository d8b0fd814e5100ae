"""Signing in with the controller's own account, against a real OpenID Connect provider in a thread (LAW R-21)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone
from oidc_provider_mock import User as Account
from oidc_provider_mock import run_server_in_thread

from dsar.controller import OpenIDConnect, Text, controller
from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, RequestType, SubjectKind, TokenPurpose
from dsar.services import ask, school_account, tokens, verify
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.web.desk import words

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

BACK = "http://127.0.0.1:8000/fr/identity/account/back/"
ELSEWHERE = "camille.perso@ailleurs.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    accounts = [
        Account(sub="camille", claims={"email": CAMILLE_EMAIL}),
        Account(sub="nobody", claims={"email": "personne@ailleurs.example"}),
        Account(sub="doubtful", claims={"email": CAMILLE_EMAIL, "email_verified": False}),
    ]
    with run_server_in_thread(user_claims=accounts, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def configured(issuer, monkeypatch, settings):
    """The shipped controller with its own sign-in, which is enough for everything."""
    settings.OIDC_CLIENT_SECRET = "a secret of the tests"
    who = controller()
    both = (IdentityMeans.EMAIL_ON_FILE, IdentityMeans.SCHOOL_ACCOUNT)
    policy = OpenIDConnect(issuer, "data-requests", Text("Avec votre compte.", "With your account."), {"email": "email"})
    ours = replace(who, identity=replace(who.identity, automatic=both, automatic_high_stake=both, oidc=policy))
    from dsar.views.public import identity as page

    for module in (school_account, verify, page):
        monkeypatch.setattr(module, "controller", lambda: ours)
    return ours


@pytest.fixture
def asked(school, dominique, configured):
    dsr = stories.receive(RequestType.ACCESS, email=ELSEWHERE, name=camille(), at=timezone.now() - timedelta(hours=1))
    ask.ask_identity(dsr_id=dsr.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Nous doutons.", now=timezone.now())
    return dsr


def camille() -> str:
    """Her name as the school has it."""
    return " ".join(stories.file_of_camille().values("name")[:2])


def sign_in(url: str, sub: str) -> dict[str, str]:
    """What a browser does at the provider: the form, and where it leads back to."""
    answer = requests.post(url, data={"sub": sub}, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 303), answer.text[:500]
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: query[name][0] for name in ("state", "code")}


def come_back(started: school_account.Started, answer: dict[str, str], **changed: str) -> dict[str, str]:
    given = {"state": answer["state"], "code": answer["code"]} | changed
    return school_account.finish(started=started, redirect_uri=BACK, now=timezone.now(), **given)


def test_the_account_settles_it_where_it_leads_to_the_person_of_the_request(asked):
    browser = Client()
    _, _, link = tokens.issue(asked, TokenPurpose.IDENTITY, now=timezone.now())
    browser.post(f"/fr/identity/open/{link}/")
    assert "Avec votre compte." in words(browser.get("/fr/identity/"))
    page = browser.post("/fr/identity/account/").content.decode()
    there = re.search(r'<a class="btn" href="([^"]+)"', page).group(1).replace("&amp;", "&")
    assert "code_challenge_method=S256" in there and "nonce=" in there
    answer = sign_in(there, "camille")
    assert browser.get("/fr/identity/account/back/", answer).status_code == 200
    asked.refresh_from_db()
    assert asked.identified_at is None, "what comes by GET changes nothing"
    assert browser.post("/fr/identity/account/back/", answer).url == "/fr/status/"
    asked.refresh_from_db()
    verified = asked.events.get(kind=EventKind.IDENTITY_VERIFIED)
    assert (verified.data["means"], verified.actor) == ("school_account", None)
    assert asked.delivery_email == ELSEWHERE
    assert asked.identifiers["email"] == [CAMILLE_EMAIL]


def test_an_account_of_nobody_on_file_is_shown_to_an_officer(asked):
    started = school_account.begin(redirect_uri=BACK)
    identifiers = come_back(started, sign_in(started.url, "nobody"))
    assert not school_account.prove(dsr_id=asked.pk, identifiers=identifiers, now=timezone.now())
    asked.refresh_from_db()
    assert asked.identified_at is None
    proof = asked.events.get(kind=EventKind.PROOF_RECEIVED)
    assert proof.data["how"] == "account" and "personne@ailleurs.example" in proof.text()


def test_an_account_of_somebody_else_than_the_request_names_settles_nothing(asked):
    type(asked).objects.filter(pk=asked.pk).update(data_subject_name="Sacha Modèle")
    assert not school_account.prove(dsr_id=asked.pk, identifiers={"email": CAMILLE_EMAIL}, now=timezone.now())
    asked.refresh_from_db()
    assert asked.identified_at is None


def test_a_parent_with_the_childs_account_is_read_by_a_person(asked):
    type(asked).objects.filter(pk=asked.pk).update(subject_kind=SubjectKind.CHILD)
    assert not school_account.prove(dsr_id=asked.pk, identifiers={"email": CAMILLE_EMAIL}, now=timezone.now())


def test_an_address_that_the_issuer_has_not_verified_is_none(configured):
    started = school_account.begin(redirect_uri=BACK)
    with pytest.raises(school_account.SignInFailed):
        come_back(started, sign_in(started.url, "doubtful"))


@pytest.mark.parametrize("change", ["state", "code", "nonce", "client", "issuer"])
def test_what_does_not_belong_together_is_refused(configured, monkeypatch, change):
    started = school_account.begin(redirect_uri=BACK)
    answer = sign_in(started.url, "camille")
    if change in ("state", "code"):
        answer[change] = "forged"
    elif change == "nonce":
        started = replace(started, nonce="forged" * 10)
    else:
        oidc = configured.identity.oidc
        policy = replace(oidc, client_id="another") if change == "client" else replace(oidc, issuer=oidc.issuer + "/other")
        other = replace(configured, identity=replace(configured.identity, oidc=policy))
        monkeypatch.setattr(school_account, "controller", lambda: other)
    with pytest.raises(school_account.SignInFailed):
        come_back(started, answer)


def test_only_who_began_can_redeem_the_code(configured, monkeypatch):
    """PKCE (RFC 7636): the hash goes ahead, the verifier follows with the code; the tests' provider does not compare them."""
    started = school_account.begin(redirect_uri=BACK)
    challenge = parse_qs(urlsplit(started.url).query)["code_challenge"][0]
    assert challenge == b64encode(sha256(started.verifier.encode()).digest(), b"-_").decode().rstrip("=")
    sent: list[str] = []
    send = requests.Session.send
    monkeypatch.setattr(
        requests.Session, "send", lambda self, request, **kw: (sent.append(str(request.body)), send(self, request, **kw))[1]
    )
    come_back(started, sign_in(started.url, "camille"))
    assert any(f"code_verifier={started.verifier}" in body for body in sent)


def test_a_code_is_used_once(configured):
    started = school_account.begin(redirect_uri=BACK)
    answer = sign_in(started.url, "camille")
    assert come_back(started, answer) == {"email": CAMILLE_EMAIL}
    with pytest.raises(school_account.SignInFailed):
        come_back(started, answer)


def test_without_a_sign_in_configured_nothing_is_offered(school, dominique):
    dsr = stories.receive(RequestType.ACCESS, email=ELSEWHERE, at=timezone.now() - timedelta(hours=1))
    ask.ask_identity(dsr_id=dsr.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Nous doutons.", now=timezone.now())
    browser = Client()
    _, _, link = tokens.issue(dsr, TokenPurpose.IDENTITY, now=timezone.now())
    browser.post(f"/fr/identity/open/{link}/")
    assert "/identity/account/" not in browser.get("/fr/identity/").content.decode()
    assert browser.post("/fr/identity/account/").status_code == 422


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://login.cesi.example/token", True),
        ("http://login.cesi.example/token", False),
        ("http://127.0.0.1:9000/token", True),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_an_issuer_is_reached_by_tls_except_on_this_machine(url, safe):
    assert school_account.is_safe(url) is safe
