"""Signing in: two factors, closed sign-up, codes that work once, limits that lock out nobody else (SECURITY T5)."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.web.desk import PASSWORD, at_desk, code, with_app, words

pytestmark = pytest.mark.django_db

LOGIN, QUEUE, CODE = "/fr/accounts/login/", "/fr/office/", "/fr/accounts/login/code/"
TYPE_IT = "Tapez les six chiffres de votre application, ou un code de secours"


@pytest.fixture
def staff(dominique):
    dominique.set_password(PASSWORD)
    dominique.save()
    return dominique


def try_password(client: Client, email: str, password: str, **extra: str):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def test_password_and_code_lead_to_the_queue(client, staff):
    with_app(staff)
    assert try_password(client, staff.email, PASSWORD).url == CODE
    assert client.get(QUEUE).status_code == 302, "a password alone opens nothing"
    assert client.post(CODE, {"code": code()}).url == QUEUE
    assert client.get(QUEUE).status_code == 200


@pytest.mark.parametrize("typed", [{}, {"code": ""}, {"other": "1"}])
def test_a_code_that_is_not_there_is_asked_for_again(client, staff, typed):
    with_app(staff)
    try_password(client, staff.email, PASSWORD)
    assert TYPE_IT not in words(client.get(CODE))
    again = client.post(CODE, typed)
    assert (again.status_code, TYPE_IT in words(again)) == (200, True)
    assert client.post(CODE, {"code": code()}).url == QUEUE


def test_the_page_asked_for_opens_after_sign_in(client, staff):
    with_app(staff)
    asked = client.get("/fr/office/journal/")
    assert asked.url == f"{LOGIN}?next=%2Ffr%2Foffice%2Fjournal%2F"
    client.post(asked.url, {"login": staff.email, "password": PASSWORD, "next": "/fr/office/journal/"})
    assert client.post(CODE, {"code": code()}).url == "/fr/office/journal/"


def test_a_foreign_address_in_next_is_not_followed(client, staff):
    with_app(staff)
    client.post(
        f"{LOGIN}?next=https://evil.example/", {"login": staff.email, "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert client.post(CODE, {"code": code()}).url == QUEUE


def test_a_code_works_once_in_every_session(client, staff):
    with_app(staff)
    shown = code()
    try_password(client, staff.email, PASSWORD)
    assert client.post(CODE, {"code": shown}).status_code == 302
    other = Client()
    try_password(other, staff.email, PASSWORD)
    assert other.post(CODE, {"code": shown}).status_code == 200
    assert other.get(QUEUE).status_code == 302


def test_an_older_code_than_the_last_is_refused(client, staff):
    with_app(staff)
    try_password(client, staff.email, PASSWORD)
    client.post(CODE, {"code": code()})
    other = Client()
    try_password(other, staff.email, PASSWORD)
    assert other.post(CODE, {"code": code(-1)}).status_code == 200
    assert other.post(CODE, {"code": code(1)}).status_code == 302, "the next one is accepted"


def test_a_recovery_code_opens_once(client, staff):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    with_app(staff)
    spare = RecoveryCodes.activate(staff).get_unused_codes()[0]
    try_password(client, staff.email, PASSWORD)
    assert client.post(CODE, {"code": spare}).status_code == 302
    other = Client()
    try_password(other, staff.email, PASSWORD)
    assert other.post(CODE, {"code": spare}).status_code == 200


def test_first_sign_in_sets_up_the_second_factor_before_anything_else(client, staff):
    try_password(client, staff.email, PASSWORD)
    sent = client.get(QUEUE)
    assert sent.url.startswith("/fr/accounts/app/")
    page = client.get("/fr/accounts/app/")
    assert b'<svg xmlns="http://www.w3.org/2000/svg"' in page.content
    secret = client.session["mfa.totp.secret"]
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    done = client.post("/fr/accounts/app/", {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})
    assert done.url == "/fr/accounts/recovery-codes/"
    codes = client.get(done.url)
    assert codes.content.count(b"<li><code>") == 10
    assert client.get(QUEUE).status_code == 200


def test_a_superuser_is_not_exempt(client, db):
    from dsar.models import User

    root = User.objects.create_superuser("root@cesi.example", PASSWORD)
    try_password(client, root.email, PASSWORD)
    for path in ("/fr/office/admin/", "/fr/office/admin/dsar/user/", "/fr/office/admin/login/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.url.startswith("/fr/accounts/app/"), path


def test_a_second_factor_that_was_reset_ends_the_sessions_that_rest_on_it(staff):
    desk = at_desk(staff)
    assert desk.get(QUEUE).status_code == 200
    Authenticator.objects.filter(user=staff).delete()
    assert desk.get(QUEUE).url.startswith("/fr/accounts/app/")


def test_the_secret_of_the_app_is_not_readable_in_the_database(staff):
    app = with_app(staff)
    from tests.web.desk import SECRET

    assert SECRET not in str(app.data)


def test_known_and_unknown_addresses_get_the_same_answer(client, staff):
    def answer(email: str) -> str:
        page = try_password(Client(), email, "wrong")
        assert page.status_code == 200
        return words(page).replace(email, "")

    assert answer(staff.email) == answer("nobody@cesi.example")


def test_there_is_no_door_to_make_an_account(client):
    for name in ("account_signup", "account_reset_password", "account_email"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert client.get("/fr/accounts/signup/").status_code == 404


def test_the_eleventh_try_is_refused_and_says_what_to_do(client, staff):
    with_app(staff)
    for _ in range(9):
        assert try_password(client, staff.email, "wrong").status_code == 200
    assert try_password(client, staff.email, "wrong").status_code == 429, "the tenth failure locks"
    locked = try_password(client, staff.email, PASSWORD)
    assert locked.status_code == 429
    assert "Attendez 15 minutes" in words(locked)


def test_a_lock_keeps_out_nobody_at_another_address(client, staff):
    with_app(staff)
    for _ in range(11):
        try_password(client, staff.email, "wrong", REMOTE_ADDR="192.0.2.7")
    assert try_password(client, staff.email, PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert try_password(Client(), staff.email, PASSWORD, REMOTE_ADDR="192.0.2.8").url == CODE


def test_headers_that_the_client_adds_do_not_make_it_another_client(client, staff):
    with_app(staff)
    for number in range(11):
        try_password(client, staff.email, "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}", HTTP_USER_AGENT=f"Tool {number}")
    assert try_password(client, staff.email, PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.99").status_code == 429


def test_behind_our_proxy_the_address_that_it_saw_counts(client, staff, settings):
    settings.TRUSTED_PROXIES = 1
    with_app(staff)
    for number in range(11):
        try_password(client, staff.email, "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.7")
    assert try_password(client, staff.email, PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.1, 192.0.2.7").status_code == 429
    assert try_password(Client(), staff.email, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.9").url == CODE


def test_wrong_codes_count_like_wrong_passwords(client, staff):
    with_app(staff)
    try_password(client, staff.email, PASSWORD)
    for _ in range(10):
        client.post(CODE, {"code": "000000"})
    assert client.post(CODE, {"code": code()}).status_code == 429
    assert not AccessAttempt.objects.filter(post_data__contains="000000").exists(), "codes are not stored"


def test_a_new_password_ends_every_session(staff):
    here, there = at_desk(staff), at_desk(staff)
    assert there.get(QUEUE).status_code == 200
    new = "une autre phrase de passe, longue"
    done = here.post("/fr/accounts/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert done.status_code == 302, words(done)
    assert here.get(QUEUE).status_code == 302
    assert there.get(QUEUE).status_code == 302


@pytest.mark.parametrize("change", [{"role": "auditor"}, {"is_active": False}, {"all_sites": False}, {"sites": ["lyon"]}])
def test_a_change_of_standing_ends_every_session(staff, change):
    desk = at_desk(staff)
    assert desk.get(QUEUE).status_code == 200
    for name, value in change.items():
        setattr(staff, name, value)
    staff.save()
    assert desk.get(QUEUE).status_code == 302


def test_half_an_hour_without_a_sign_ends_the_session(staff):
    assert at_desk(staff, seen_ago=29 * 60).get(QUEUE).status_code == 200
    idle = at_desk(staff, seen_ago=31 * 60)
    assert idle.get(QUEUE).url.startswith(LOGIN)
    assert "30 minutes" in words(idle.get(LOGIN))


def test_twelve_hours_end_the_session_however_busy(staff):
    assert at_desk(staff, began_ago=11 * 3600).get(QUEUE).status_code == 200
    assert at_desk(staff, began_ago=12 * 3600 + 1).get(QUEUE).url.startswith(LOGIN)


def test_signing_out_leaves_nothing_in_the_browser(staff):
    desk = at_desk(staff)
    assert desk.get(QUEUE)["Cache-Control"] == "no-store"
    left = desk.post("/fr/accounts/logout/")
    assert '"cache"' in left["Clear-Site-Data"]
    assert desk.get(QUEUE).status_code == 302


def test_a_link_alone_does_not_sign_out(staff):
    desk = at_desk(staff)
    desk.get("/fr/accounts/logout/")
    assert desk.get(QUEUE).status_code == 200


def test_pages_speak_the_language_of_the_person_after_sign_in(client, staff):
    staff.language = "en"
    staff.save()
    with_app(staff)
    try_password(client, staff.email, PASSWORD)
    assert client.post(CODE, {"code": code()}).url == "/en/office/"
