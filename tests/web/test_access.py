"""Who may call what: every route declares its roles, and the answer to every role is written down (SECURITY T4, T6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone, translation

from dsar.access import ACTORS, EVERY_ROLE, PUBLIC, READERS, declared_roles
from dsar.domain.vocabulary import IdentityMeans, Outcome, RequestType, Role
from dsar.models import DataSubjectRequest, HandTask, Package, PartFile, RequestEvent, SourceTask, User
from dsar.services import decide, verify
from notifications.inbox_models import ReceivedMail
from notifications.models import Message
from tests.stories import receive
from tests.web import handing
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db


def every_route(patterns: list | None = None, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    """Each route of the product once, with its full name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from every_route(pattern.url_patterns, (*spaces, *([pattern.namespace] if pattern.namespace else [])))
        else:
            yield ":".join((*spaces, pattern.name or repr(pattern.pattern))), pattern


def test_every_route_declares_its_roles():
    with translation.override("fr"):
        routes = list(every_route())
    assert len(routes) > 50
    silent = [
        name
        for name, route in routes
        if not name.startswith("admin:") and getattr(route.callback, "declared_roles", None) is None
    ]
    assert silent == []


def test_a_route_that_declares_nothing_counts_as_staff_only(rf, client, settings):
    match = resolve("/fr/office/")
    match.func = lambda request: None  # type: ignore[assignment]
    assert declared_roles(match) is None
    assert declared_roles(match) != PUBLIC


GET_ROUTES: dict[str, frozenset[str]] = {
    "queue": READERS,
    "case": READERS,
    "whose": READERS,
    "letter": READERS,
    "approvals": READERS,
    "journal": READERS,
    "suppressed": READERS,
    "sources": READERS | {Role.OPERATOR},
    "whatif": READERS,
    "decide": ACTORS,
    "proposal": ACTORS,
    "release": ACTORS,
    "clock_specify": ACTORS,
    "clock_extend": ACTORS,
    "register": ACTORS,
    "files": READERS,
    "receipt": READERS,
    "registered": ACTORS,
    "messages": READERS,
    "post": ACTORS,
    "mail": READERS,
    "mail_one": READERS,
    "tasks": EVERY_ROLE - {Role.AUDITOR},
    "account": EVERY_ROLE,
    "calendar": READERS,
}
POST_ROUTES: dict[str, frozenset[str]] = {
    "reveal_email": READERS,
    "rows": READERS,
    "file": ACTORS,
    "file_destroy": ACTORS,
    "add_scan": ACTORS,
    "message": READERS,
    "message_html": READERS,
    "message_letter": ACTORS,
    "message_posted": ACTORS,
    "message_see_to": ACTORS,
    "assign": ACTORS,
    "assign_many": ACTORS,
    "clock_arrived": ACTORS,
    "qualify": ACTORS,
    "close": ACTORS,
    "reopen": ACTORS,
    "identity": ACTORS,
    "whose_reveal": ACTORS,
    "ask": ACTORS,
    "ask_again": ACTORS,
    "send_code": ACTORS,
    "check_facts": ACTORS,
    "proof": ACTORS,
    "paper": ACTORS,
    "change_address": ACTORS,
    "retry_source": ACTORS,
    "skip_source": ACTORS,
    "justify": ACTORS,
    "reassign_task": ACTORS,
    "withdraw_release": ACTORS,
    "build_again": ACTORS,
    "copy_for_post": ACTORS,
    "write": ACTORS,
    "note": ACTORS,
    "mail_rights": ACTORS,
    "mail_join": ACTORS,
    "mail_aside": ACTORS,
    "mail_read": ACTORS,
    "mail_request": ACTORS,
    "mail_acknowledge": ACTORS,
    "calendar_link": READERS,
    "wants_digest": EVERY_ROLE,
    "confirm_task": EVERY_ROLE - {Role.AUDITOR},
}
OF_NO_CASE = {
    "post",
    "mail",
    "account",
    "approvals",
    "assign_many",
    "calendar",
    "calendar_link",
    "journal",
    "queue",
    "register",
    "sources",
    "suppressed",
    "tasks",
    "wants_digest",
    "whatif",
}


def test_the_matrix_names_every_route_of_the_back_office():
    with translation.override("fr"):
        named = {name.removeprefix("backoffice:") for name, _ in every_route() if name.startswith("backoffice:")}
    assert named == set(GET_ROUTES) | set(POST_ROUTES)


@pytest.fixture
def brest_case(noa):
    """A case of Brest with something of everything in it."""
    dsr = receive(RequestType.RECTIFICATION, RequestType.ACCESS, RequestType.ERASURE, RequestType.UNSPECIFIED, site="brest")
    now = timezone.now()
    verify.record_identity(
        dsr_id=dsr.pk, officer=noa, established=True, means=IdentityMeans.COUNTER, reason="vu au guichet", now=now
    )
    by_hand = dsr.parts.get(right="rectification")
    decide.decide_part(part_id=by_hand.pk, officer=noa, outcome=Outcome.GRANTED, grounds=[], reasons="fait", now=now)
    approval = decide.decide_part(
        part_id=dsr.parts.get(right="erasure").pk, officer=noa, outcome=Outcome.GRANTED, grounds=[], reasons="oui", now=now
    )
    task = SourceTask.objects.create(dsr=dsr, source_key="school", state="failed")
    PartFile.objects.create(task=task, collection="school.grades", attempt=1, state="found", rows=1)
    Package.objects.create(dsr=dsr, state="ready", created_at=now, file_name=f"{dsr.reference}.zip")
    ReceivedMail.objects.create(
        account="box", uidvalidity=1, uid=1, fingerprint="0" * 64, received_at=now, stored_at=now, state="draft",
        reference=dsr.reference, key_name=dsr.key_name, sender=dsr.email, language="fr",
    )  # fmt: skip
    assert approval is not None
    return dsr


MESSAGE_ROUTES = ("message", "message_html", "message_letter", "message_posted", "message_see_to")


def address(name: str, dsr: DataSubjectRequest) -> str:
    part = dsr.parts.order_by("pk")
    numbers = {
        "decide": part.get(right="access").pk,
        "letter": part.get(right="rectification").pk,
        "qualify": part.get(right="unspecified").pk,
        "proposal": dsr.approvals.get().pk,
        "retry_source": dsr.source_tasks.get().pk,
        "skip_source": dsr.source_tasks.get().pk,
        "file": "00000000-0000-4000-8000-000000000000",
        "file_destroy": "00000000-0000-4000-8000-000000000000",
        "paper": "00000000-0000-4000-8000-000000000000",
        "rows": PartFile.objects.get(task__dsr=dsr).pk,
        "reassign_task": HandTask.objects.get(part__dsr=dsr).pk,
        **dict.fromkeys(MESSAGE_ROUTES, Message.objects.get(reference=dsr.reference, kind="acknowledgement").pk),
    }
    with translation.override("fr"):
        if name in OF_NO_CASE:
            return reverse(f"backoffice:{name}")
        if name.startswith("mail_"):
            return reverse(f"backoffice:{name}", args=[ReceivedMail.objects.get(reference=dsr.reference).pk])
        if name == "confirm_task":
            return reverse("backoffice:confirm_task", args=[HandTask.objects.get(part__dsr=dsr).pk])
        return reverse(f"backoffice:{name}", args=[dsr.reference, *([numbers[name]] if name in numbers else [])])


def person(role: Role, **fields: object) -> User:
    return User.objects.create_user(f"{role}@cesi.example", role=role, **fields)


def call(client, name: str, path: str):
    return client.get(path) if name in GET_ROUTES else client.post(path, {})


@pytest.mark.parametrize("role", Role)
def test_each_role_at_each_route_with_a_case_of_its_own_site(brest_case, role):
    desk = at_desk(person(role, sites=["brest"]))
    wrong = {}
    for name, allowed in {**GET_ROUTES, **POST_ROUTES}.items():
        status = call(desk, name, address(name, brest_case)).status_code
        if role not in allowed:
            expected = {403}
        elif name == "letter":
            expected = {404}  # not answered yet
        elif name == "confirm_task" and role == Role.OPERATOR:
            expected = {404}  # not their task
        elif name == "copy_for_post":
            expected = {404}  # no postal address
        else:
            expected = {200, 302, 422}
        if status not in expected:
            wrong[name] = status
    assert wrong == {}


@pytest.mark.parametrize("role", Role)
def test_each_role_at_each_route_with_a_case_of_another_site(brest_case, role):
    desk = at_desk(person(role, sites=["lyon"]))
    events = RequestEvent.objects.filter(dsr=brest_case).count()
    wrong = {}
    for name, allowed in {**GET_ROUTES, **POST_ROUTES}.items():
        if name in OF_NO_CASE:
            continue
        status = call(desk, name, address(name, brest_case)).status_code
        if status != (404 if role in allowed else 403):
            wrong[name] = status
    assert wrong == {}
    assert RequestEvent.objects.filter(dsr=brest_case).count() == events, "nothing happened to it"


@pytest.mark.parametrize("name", ["queue", "journal", "approvals", "tasks"])
def test_lists_show_nothing_of_another_site(brest_case, name):
    own = at_desk(person(Role.DEPUTY, sites=["brest"])).get(address(name, brest_case))
    assert brest_case.reference in own.content.decode(), "the check can fail"
    page = at_desk(person(Role.DPO, sites=["lyon"])).get(address(name, brest_case)).content.decode()
    assert brest_case.reference not in page
    assert brest_case.data_subject_name not in page


@pytest.mark.parametrize("query", ["{reference}", "Camille", "{email}"])
def test_a_search_finds_nothing_of_another_site(brest_case, query):
    words = query.format(reference=brest_case.reference, email=brest_case.email)
    found = at_desk(person(Role.DEPUTY, sites=["brest"])).get("/fr/office/", {"q": words})
    assert brest_case.reference in found.content.decode(), "the check can fail"
    page = at_desk(person(Role.DPO, sites=["lyon"])).get("/fr/office/", {"q": words}).content.decode()
    assert f"/case/{brest_case.reference}" not in page


@pytest.mark.parametrize("role", Role)
def test_the_link_of_another_tool_is_open_to_anybody_and_shows_staff_no_more(client, settings, role):
    settings.HANDOVER_KEYS, settings.PUBLIC_URL = list(handing.KEYS), handing.BASE
    path = handing.page(handing.token(rights=["access"]))
    anybody, staff = client.get(path), at_desk(person(role, sites=["brest"])).get(path)
    assert (anybody.status_code, staff.status_code) == (200, 200)
    assert words(anybody) == words(staff)


def test_a_foreign_case_answers_like_a_missing_one(brest_case):
    desk = at_desk(person(Role.DPO, sites=["lyon"]))
    foreign = desk.get(address("case", brest_case))
    missing = desk.get(address("case", brest_case).replace(brest_case.reference, "CE-0000-0000"))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content.decode().replace(brest_case.reference, "") == missing.content.decode().replace("CE-0000-0000", "")


def test_bulk_assignment_skips_foreign_cases_and_says_so(brest_case):
    desk = at_desk(person(Role.OFFICER, sites=["lyon"]))
    page = desk.post(address("assign_many", brest_case), {"reference": [brest_case.reference]})
    assert "pas parmi les vôtres" in page.content.decode()
    brest_case.refresh_from_db()
    assert brest_case.assigned_to is None


def test_a_link_never_changes_anything(brest_case, dominique):
    desk = at_desk(dominique)
    events = RequestEvent.objects.count()
    for name in POST_ROUTES:
        assert desk.get(address(name, brest_case)).status_code in (404, 405), name
    assert RequestEvent.objects.count() == events


def test_forms_without_their_token_are_refused(brest_case, dominique):
    from django.test import Client

    desk = at_desk(dominique)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies
    assert strict.post(address("note", brest_case), {"words": "de quelqu’un d’autre"}).status_code == 403
    assert not brest_case.events.filter(kind="note").exists()


def test_no_route_takes_a_form_without_its_token():
    with translation.override("fr"):
        routes = list(every_route())
    assert len(routes) > 50
    assert [name for name, route in routes if getattr(route.callback, "csrf_exempt", False)] == []


def test_the_admin_is_for_those_who_keep_accounts(brest_case, dominique):
    dominique.is_staff = True
    dominique.save()
    assert at_desk(dominique).get("/fr/office/admin/").url == "/fr/office/admin/login/?next=/fr/office/admin/"
    operator = person(Role.OPERATOR, is_staff=True)
    assert at_desk(operator).get("/fr/office/admin/dsar/user/").status_code == 200


def test_the_admin_has_no_cases_and_no_history(brest_case):
    desk = at_desk(person(Role.OPERATOR, is_staff=True))
    index = desk.get("/fr/office/admin/").content.decode()
    assert "/admin/dsar/user/" in index
    for model in ("datasubjectrequest", "requestevent", "approval", "package"):
        assert model not in index
        assert desk.get(f"/fr/office/admin/dsar/{model}/").status_code == 404


def test_accounts_change_only_after_a_fresh_proof(brest_case):
    operator = person(Role.OPERATOR, is_staff=True)
    stale = at_desk(operator, proved_ago=timedelta(minutes=6).total_seconds())
    assert stale.get(f"/fr/office/admin/dsar/user/{operator.pk}/change/").url.startswith("/fr/accounts/code/")


def test_an_operator_neither_promotes_themselves_nor_touches_a_superuser(db):
    operator = person(Role.OPERATOR, is_staff=True)
    root = User.objects.create_superuser("root@cesi.example", "une phrase de passe")
    desk = at_desk(operator)
    own = desk.get(f"/fr/office/admin/dsar/user/{operator.pk}/change/").content.decode()
    assert 'name="first_name"' in own
    assert 'name="role"' not in own
    assert 'name="is_superuser"' not in own
    assert 'name="first_name"' not in desk.get(f"/fr/office/admin/dsar/user/{root.pk}/change/").content.decode()
    assert desk.get(f"/fr/office/admin/dsar/user/{root.pk}/password/").status_code == 403
