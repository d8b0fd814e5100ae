"""Two more months: once, announced in the first one, with reasons, by two people (GDPR Art. 12(3), LAW R-61, R-43, D2, D4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from dsar.domain.clock import ExtensionTooLate
from dsar.domain.vocabulary import Act, ApprovalState, Doubt, EventKind, ExtensionReason, PauseKind, RequestType, SubjectKind
from dsar.selectors import date_before_extension
from dsar.services import decide, extend, intake, moves, pause
from notifications.models import Message
from tests.stories import receive, text_of

if TYPE_CHECKING:
    from dsar.models import Approval, DataSubjectRequest, User

pytestmark = pytest.mark.django_db
WORDS = "Votre parcours couvre trois campus, dont les archives sont sur papier."
RECEIVED = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday: one month is Thursday 2 April, three are Tuesday 2 June


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def propose(dsr: DataSubjectRequest, officer: User, now: datetime, **changes: Any) -> Approval:
    given: dict[str, Any] = {"reason": ExtensionReason.COMPLEXITY, "words": WORDS}
    return extend.propose_extension(dsr_id=dsr.pk, officer=officer, now=now, **(given | changes))


def approve(approval: Approval, officer: User, now: datetime) -> None:
    decide.answer_proposal(approval_id=approval.pk, officer=officer, approve=True, reason="", now=now)


def test_an_extension_by_two_people_gives_three_months_from_receipt_in_one_run(dominique: User, noa: User) -> None:
    dsr = receive(at=RECEIVED)
    approval = propose(dsr, dominique, at(3, 30))
    dsr.refresh_from_db()
    assert dsr.legal_limit == date(2026, 4, 2), "a proposal changes nothing"
    approve(approval, noa, at(3, 31))
    dsr.refresh_from_db()
    assert (dsr.careful_date, dsr.working_date, dsr.legal_limit) == (date(2026, 6, 2), date(2026, 6, 2), date(2026, 6, 2))
    event = dsr.events.get(kind=EventKind.EXTENDED)
    assert (event.data, event.text(), event.actor) == ({"reason": "complexity", "limit": "2026-06-02"}, WORDS, noa)
    before = date_before_extension(dsr, dsr.deadlines(today=date(2026, 4, 1)))
    assert before == date(2026, 4, 1), "30 days were promised"


def test_the_notice_says_all_that_the_law_wants_of_it(dominique: User, noa: User) -> None:
    dsr = receive(at=RECEIVED)
    approve(propose(dsr, dominique, at(3, 30)), noa, at(3, 31))
    text = text_of(Message.objects.get(reference=dsr.reference, kind="extension"))
    for needed in (
        "au plus tard le mardi 2 juin 2026",
        "au plus tard le mercredi 1er avril 2026",
        WORDS,
        "Ce que vous avez déjà reçu\u00a0: rien encore",
        "dpo@cesi.example",
        "CNIL, 3 place de Fontenoy",
    ):
        assert needed in text, needed


def test_the_notice_names_what_is_already_delivered(dominique: User, noa: User) -> None:
    dsr = receive(RequestType.ACCESS, RequestType.ERASURE, at=RECEIVED)
    dsr.parts.filter(right=RequestType.ACCESS).update(step="answered", outcome="granted", answered_at=at(3, 20))
    approve(propose(dsr, dominique, at(3, 30)), noa, at(3, 31))
    text = text_of(Message.objects.get(reference=dsr.reference, kind="extension"))
    assert "Ce que vous avez déjà reçu" in text
    assert "rien encore" not in text


# The limit


def test_it_can_be_proposed_until_the_last_day_and_not_on_the_day_after(dominique: User) -> None:
    """LAW section 8 no. 9: the first month of a receipt on 2 March ends on 2 April."""
    late, in_time = receive(at=RECEIVED, key="a"), receive(at=RECEIVED, key="b")
    with pytest.raises(ExtensionTooLate) as refused:
        propose(late, dominique, at(4, 3))
    assert refused.value.last_day == date(2026, 4, 2)
    assert not late.approvals.exists()
    assert propose(in_time, dominique, at(4, 2)).state == ApprovalState.PROPOSED


def test_an_approval_after_the_limit_is_refused_though_it_was_proposed_in_time(dominique: User, noa: User) -> None:
    dsr = receive(at=RECEIVED)
    approval = propose(dsr, dominique, at(3, 31))
    with pytest.raises(ExtensionTooLate):
        approve(approval, noa, at(4, 2, 22, 30))  # half past midnight of 3 April in Paris
    dsr.refresh_from_db()
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == (ApprovalState.PROPOSED, None)
    assert dsr.legal_limit == date(2026, 4, 2)
    assert not dsr.events.filter(kind=EventKind.EXTENDED).exists()
    assert not Message.objects.filter(reference=dsr.reference, kind="extension").exists()
    approve(approval, noa, at(4, 2, 21, 30))  # half past eleven of 2 April
    dsr.refresh_from_db()
    assert dsr.legal_limit == date(2026, 6, 2)


def test_a_pause_moves_the_limit_of_the_notice_too(dominique: User) -> None:
    """D4: asked on 4 March and answered on 11 March, the notice may leave until 9 April; the new limit is 2 June + 7 days."""
    dsr = receive(at=RECEIVED)
    pause.pause(dsr, PauseKind.IDENTITY, officer=dominique, words="Plusieurs.", now=at(3, 4), doubt=Doubt.SEVERAL_PEOPLE_FIT)
    pause.resume(dsr, PauseKind.IDENTITY, arrived_at=at(3, 11), now=at(3, 11))
    assert extend.limit_when_extended(dsr, now=at(4, 9)) == date(2026, 6, 9)
    propose(dsr, dominique, at(4, 9))
    other = receive(at=RECEIVED)
    with pytest.raises(ExtensionTooLate):
        propose(other, dominique, at(4, 9))


# What is refused


def test_there_is_one_extension_only(dominique: User, noa: User) -> None:
    dsr = receive(at=RECEIVED)
    approve(propose(dsr, dominique, at(3, 20)), noa, at(3, 20))
    with pytest.raises(extend.AlreadyExtended):
        propose(dsr, dominique, at(3, 21))
    assert dsr.events.filter(kind=EventKind.EXTENDED).count() == 1


def test_one_proposal_waits_at_a_time(dominique: User, noa: User) -> None:
    dsr = receive(at=RECEIVED)
    first = propose(dsr, dominique, at(3, 10))
    with pytest.raises(extend.AlreadyProposed):
        propose(dsr, noa, at(3, 11))
    assert propose(dsr, noa, at(3, 18)).pk != first.pk, "a proposal lapses after seven days"


@pytest.mark.parametrize("words", ["", " \n", "z" * 2001])
def test_there_is_none_without_reasons(dominique: User, words: str) -> None:
    dsr = receive(at=RECEIVED)
    with pytest.raises(extend.ReasonsNeeded):
        propose(dsr, dominique, at(3, 10), words=words)
    assert not dsr.approvals.exists()


def test_who_proposed_does_not_approve(dominique: User) -> None:
    dsr = receive(at=RECEIVED)
    with pytest.raises(decide.SamePerson):
        approve(propose(dsr, dominique, at(3, 10)), dominique, at(3, 10))


def test_a_refused_extension_is_recorded_and_the_date_stays(dominique: User, noa: User) -> None:
    dsr = receive(at=RECEIVED)
    approval = propose(dsr, dominique, at(3, 10))
    decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=False, reason="Tout est prêt.", now=at(3, 11))
    dsr.refresh_from_db()
    refused = dsr.events.get(kind=EventKind.EXTENSION_REFUSED)
    assert (refused.text(), refused.actor, refused.data) == ("Tout est prêt.", noa, {"reason": "complexity"})
    assert dsr.legal_limit == date(2026, 4, 2)
    assert not Message.objects.filter(reference=dsr.reference, kind="extension").exists()


def test_a_closed_request_is_not_extended(dominique: User) -> None:
    dsr = receive(at=RECEIVED)
    intake.withdraw(dsr_id=dsr.pk, now=at(3, 3))
    with pytest.raises(pause.NothingRuns):
        propose(dsr, dominique, at(3, 10))


def test_who_reads_but_does_not_act_proposes_nothing(dominique: User) -> None:
    dominique.role = "auditor"
    dominique.save()
    with pytest.raises(moves.NotAllowed):
        propose(receive(at=RECEIVED), dominique, at(3, 10))


# A minor's erasure


@pytest.mark.parametrize("kind", [SubjectKind.SELF_MINOR, SubjectKind.CHILD])
def test_the_erasure_of_a_minor_is_extended_only_when_the_dpo_says_why(dominique: User, noa: User, kind: SubjectKind) -> None:
    dsr = receive(RequestType.ERASURE, at=RECEIVED, subject_kind=kind)
    for officer, override in ((dominique, ""), (dominique, "  "), (noa, "Une enquête est en cours.")):
        with pytest.raises(extend.MinorErasure):
            propose(dsr, officer, at(3, 10), override=override)
    approval = propose(dsr, dominique, at(3, 10), override="Une enquête est en cours.")
    note = dsr.events.get(kind=EventKind.NOTE, data__override="minor_erasure")
    assert (note.text(), note.actor) == ("Une enquête est en cours.", dominique)
    approve(approval, noa, at(3, 11))
    assert "enquête" not in text_of(Message.objects.get(reference=dsr.reference, kind="extension"))
    dsr.refresh_from_db()
    assert dsr.legal_limit == date(2026, 6, 2)


def test_a_minor_who_asks_for_a_copy_and_an_adult_who_asks_for_erasure_are_extended_as_usual(dominique: User) -> None:
    copy = receive(RequestType.ACCESS, at=RECEIVED, subject_kind=SubjectKind.SELF_MINOR, key="a")
    erasure = receive(RequestType.ERASURE, at=RECEIVED, key="b")
    assert propose(copy, dominique, at(3, 10)).act == Act.EXTEND
    assert propose(erasure, dominique, at(3, 10)).act == Act.EXTEND
