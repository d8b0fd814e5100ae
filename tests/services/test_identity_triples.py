"""Every (state, action, role) triple is tried: only the documented ones change anything (SECURITY T1, T21)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import Compared
from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, Outcome, RequestType, Role, Status
from dsar.models import DataSubjectRequest, RequestPart, User
from dsar.services import address, ask, decide, deliver, ladder, on_file, verify
from identity import decide as identity_decide
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db

NOW = RECEIVED_AT + timedelta(days=1)
OPEN = {Status.RECEIVED, Status.IDENTIFYING}
IDENTIFIED = {Status.COLLECTING, Status.REVIEWING, Status.APPROVING, Status.EXECUTING}
ACT = {Role.DPO, Role.DEPUTY, Role.OFFICER}
WORDS = "Le nom et l’adresse ne suffisent pas."

Action = Callable[[DataSubjectRequest, User], object]


def first_part(dsr: DataSubjectRequest) -> RequestPart:
    return dsr.parts.get()


def ask_again(dsr: DataSubjectRequest, user: User) -> None:
    ask.ask_again(dsr_id=dsr.pk, officer=user, words=WORDS, now=NOW)


ACTIONS: dict[str, Action] = {
    "ask who it is": lambda dsr, user: ask.ask_identity(
        dsr_id=dsr.pk, officer=user, doubt=Doubt.ADDRESS_NOT_ON_FILE, words=WORDS, now=NOW
    ),
    "send a code to a contact on file": lambda dsr, user: ladder.send_code_on_file(
        dsr_id=dsr.pk, officer=user, mark=on_file.addresses(on_file.files(dsr))[0].mark, now=NOW
    ),
    "compare facts": lambda dsr, user: ladder.check_facts(
        dsr_id=dsr.pk,
        officer=user,
        means=IdentityMeans.CALL_BACK,
        compared=[Compared.NAME],
        fits=True,
        words="au téléphone",
        now=NOW,
    ),
    "establish identity": lambda dsr, user: verify.record_identity(
        dsr_id=dsr.pk, officer=user, established=True, means=IdentityMeans.COUNTER, reason="vue", now=NOW
    ),
    "propose to refuse": lambda dsr, user: ladder.propose_refusal(
        dsr_id=dsr.pk, officer=user, means=IdentityMeans.COUNTER, reason="non", now=NOW
    ),
    "change the address": lambda dsr, user: address.change_delivery(
        dsr_id=dsr.pk, email="nouvelle@ailleurs.example", officer=user, now=NOW
    ),
    "grant": lambda dsr, user: decide.decide_part(
        part_id=first_part(dsr).pk, officer=user, outcome=Outcome.GRANTED, grounds=[], reasons="", now=NOW
    ),
    "release": lambda dsr, user: deliver.release(dsr_id=dsr.pk, officer=user, now=NOW),
    "close": lambda dsr, user: deliver.close(dsr_id=dsr.pk, officer=user, reason="fini", now=NOW),
    "reopen": lambda dsr, user: deliver.reopen(dsr_id=dsr.pk, officer=user, reason="encore", now=NOW),
    "ask once more": ask_again,
}
# What is documented: in which states an action changes anything, for those who act on cases.
ALLOWED: dict[str, set[Status]] = {
    "ask who it is": OPEN,
    "send a code to a contact on file": OPEN,
    "compare facts": OPEN,
    "establish identity": OPEN,
    "propose to refuse": OPEN,
    "change the address": OPEN | IDENTIFIED | {Status.ANSWERED},
    "grant": {Status.REVIEWING},
    "release": set(),  # no package is ready: see test_release_guards.py
    "close": {Status.ANSWERED},
    "reopen": {Status.CLOSED},
    "ask once more": set(),  # nothing was asked yet
}
WATCHED = [
    kind
    for kind in EventKind
    if kind not in (EventKind.REOPENED, EventKind.CLOSED, EventKind.MESSAGE_TO_SUBJECT)  # noted even when nothing else changes
]


def at(status: Status) -> DataSubjectRequest:
    """A request that stands there, brought by force: the services must not trust how it came."""
    dsr = stories.receive(RequestType.ACCESS)
    dsr.parts.update(step=status)
    fields: dict[str, object] = {"status": status}
    if status in IDENTIFIED:
        fields |= {"identified_at": RECEIVED_AT, "delivery_email": CAMILLE_EMAIL}
        identity_decide.record_decision(
            reference=dsr.reference,
            established=True,
            means="counter",
            decided_by="x@cesi.example",
            delivery_email=CAMILLE_EMAIL,
            now=RECEIVED_AT,
        )
    DataSubjectRequest.objects.filter(pk=dsr.pk).update(**fields)
    dsr.refresh_from_db()
    return dsr


def snapshot(dsr: DataSubjectRequest) -> tuple[object, ...]:
    dsr = DataSubjectRequest.objects.get(pk=dsr.pk)
    parts = list(dsr.parts.values_list("step", "outcome"))
    events = dsr.events.filter(kind__in=WATCHED).count()
    return parts, dsr.identified_at, dsr.email, dsr.delivery_email, dsr.approvals.count(), dsr.packages.count(), events


@pytest.mark.parametrize("status", Status)
def test_only_the_documented_triples_change_anything(school, status):
    assert set(ACTIONS) == set(ALLOWED)
    people = {role: User.objects.create_user(f"{role}@cesi.example", role=role, all_sites=True) for role in Role}
    people_of_power = User.objects.create_superuser("root@cesi.example", "une phrase de passe")
    dsr = at(status)
    before = snapshot(dsr)
    wrong = []
    for name, action in ACTIONS.items():
        for role, user in [*people.items(), ("superuser", people_of_power)]:
            with transaction.atomic():
                try:
                    with transaction.atomic():
                        action(dsr, user)
                except DsarError:
                    pass
                changed = snapshot(dsr) != before
                transaction.set_rollback(True)
            if changed != (role in ACT and status in ALLOWED[name]):
                wrong.append((name, str(role), "passed" if changed else "was refused"))
    assert wrong == []
