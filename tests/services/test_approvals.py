"""Two people: the database itself refuses one alone, whoever asks (SECURITY T21)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction

from dsar.domain.vocabulary import Act, ApprovalState
from dsar.models import Approval
from tests.bare_request import RECEIVED_AT, bare_request

if TYPE_CHECKING:
    from dsar.models import User

pytestmark = pytest.mark.django_db
A_WEEK = timedelta(days=7)


def proposal(by: User, **changes: Any) -> Approval:
    fields: dict[str, Any] = {
        "dsr": bare_request(),
        "act": Act.ERASE,
        "proposed_by": by,
        "proposed_at": RECEIVED_AT,
        "expires_at": RECEIVED_AT + A_WEEK,
    }
    return Approval.objects.create(**(fields | changes))


def answer(approval: Approval, by: User | None, *, days: float, state: ApprovalState = ApprovalState.APPROVED) -> None:
    Approval.objects.filter(pk=approval.pk).update(state=state, decided_by=by, decided_at=RECEIVED_AT + timedelta(days=days))


def test_a_second_person_approves(dominique: User, noa: User) -> None:
    approval = proposal(dominique)
    answer(approval, noa, days=1)
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == (ApprovalState.APPROVED, noa)


def test_who_proposed_cannot_approve(dominique: User) -> None:
    approval = proposal(dominique)
    with pytest.raises(IntegrityError, match="two_people_differ"), transaction.atomic():
        answer(approval, dominique, days=1)


def test_a_superuser_cannot_either(dominique: User) -> None:
    dominique.is_superuser = dominique.is_staff = True
    dominique.save()
    approval = proposal(dominique)
    with pytest.raises(IntegrityError, match="two_people_differ"), transaction.atomic():
        answer(approval, dominique, days=1)


def test_nor_can_anyone_by_plain_sql(dominique: User) -> None:
    approval = proposal(dominique)
    with pytest.raises(IntegrityError, match="two_people_differ"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dsar_approval SET state = 'approved', decided_at = proposed_at, decided_by_id = proposed_by_id WHERE id = %s",
            [approval.pk],
        )


def test_nobody_approves_without_a_name(dominique: User) -> None:
    approval = proposal(dominique)
    with pytest.raises(IntegrityError, match="approved_by_someone_in_time"), transaction.atomic():
        answer(approval, None, days=1)


def test_on_the_seventh_day_a_proposal_can_be_approved_and_after_it_no_longer(dominique: User, noa: User) -> None:
    in_time, too_late = proposal(dominique), proposal(dominique)
    answer(in_time, noa, days=7)
    with pytest.raises(IntegrityError, match="approved_by_someone_in_time"), transaction.atomic():
        answer(too_late, noa, days=7.001)


def test_no_proposal_lives_longer_than_seven_days(dominique: User) -> None:
    with pytest.raises(IntegrityError, match="a_proposal_lives_seven_days"), transaction.atomic():
        proposal(dominique, expires_at=RECEIVED_AT + timedelta(days=8))
    approval = proposal(dominique)
    with pytest.raises(IntegrityError, match="a_proposal_lives_seven_days"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(expires_at=RECEIVED_AT + timedelta(days=30))


def test_a_late_refusal_or_lapse_is_still_recorded(dominique: User, noa: User) -> None:
    approval = proposal(dominique)
    answer(approval, noa, days=9, state=ApprovalState.REFUSED)
    answer(approval, None, days=9, state=ApprovalState.EXPIRED)
    approval.refresh_from_db()
    assert approval.state == ApprovalState.EXPIRED


def test_one_act_has_one_open_proposal_at_a_time(dominique: User, noa: User) -> None:
    first = proposal(dominique, act=Act.EXTEND)
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal(noa, act=Act.EXTEND, dsr=first.dsr)
    answer(first, noa, days=1, state=ApprovalState.REFUSED)
    proposal(noa, act=Act.EXTEND, dsr=first.dsr)
