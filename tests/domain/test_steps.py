from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.steps import Move, StepRefused, allowed, next_step, request_status
from dsar.domain.vocabulary import AT_ONCE, BY_PACKAGE, RequestType, Status

BY_HAND = [RequestType.RECTIFICATION, RequestType.ERASURE, RequestType.RESTRICTION, RequestType.OBJECTION]


def walk(right: RequestType, *moves: Move) -> Status:
    step = Status.RECEIVED
    for move in moves:
        step = next_step(right=right, step=step, move=move)
    return step


@pytest.mark.parametrize("right", sorted(BY_PACKAGE))
def test_access_is_identified_collected_reviewed_decided_and_answered(right: RequestType) -> None:
    moves = (Move.ASK_IDENTITY, Move.IDENTIFY, Move.COLLECT, Move.DECIDE, Move.EXECUTE, Move.CLOSE)
    assert walk(right, *moves) is Status.CLOSED


@pytest.mark.parametrize("right", BY_HAND)
def test_rights_carried_out_by_hand_go_to_review_without_a_collection(right: RequestType) -> None:
    assert walk(right, Move.IDENTIFY) is Status.REVIEWING
    assert walk(right, Move.IDENTIFY, Move.RECOLLECT, Move.COLLECT) is Status.REVIEWING


@pytest.mark.parametrize("right", sorted(AT_ONCE))
def test_a_marketing_objection_is_carried_out_at_once_and_can_never_be_refused(right: RequestType) -> None:
    assert walk(right, Move.START_AT_ONCE, Move.EXECUTE) is Status.ANSWERED
    for step in Status:
        assert set(allowed(right, step)) <= {Move.START_AT_ONCE, Move.EXECUTE, Move.CLOSE, Move.REOPEN}


@pytest.mark.parametrize("right", sorted(set(RequestType) - AT_ONCE))
def test_no_other_right_starts_at_once(right: RequestType) -> None:
    with pytest.raises(StepRefused):
        walk(right, Move.START_AT_ONCE)


def test_a_refusal_waits_for_a_second_person_who_may_send_it_back() -> None:
    proposed = (Move.IDENTIFY, Move.PROPOSE)
    assert walk(RequestType.ERASURE, *proposed) is Status.APPROVING
    assert walk(RequestType.ERASURE, *proposed, Move.APPROVE_REFUSAL) is Status.ANSWERED
    assert walk(RequestType.ERASURE, *proposed, Move.APPROVE) is Status.EXECUTING
    assert walk(RequestType.ERASURE, *proposed, Move.SEND_BACK) is Status.REVIEWING


def test_free_wording_is_never_carried_out_before_it_is_read_as_a_right() -> None:
    for step in Status:
        assert not {Move.DECIDE, Move.APPROVE, Move.EXECUTE} & set(allowed(RequestType.UNSPECIFIED, step))


def test_only_a_package_can_be_taken_back_after_the_answer() -> None:
    assert next_step(right=RequestType.ACCESS, step=Status.ANSWERED, move=Move.WITHDRAW_RELEASE) is Status.EXECUTING
    with pytest.raises(StepRefused):
        next_step(right=RequestType.ERASURE, step=Status.ANSWERED, move=Move.WITHDRAW_RELEASE)


def test_a_refused_step_says_in_both_languages_where_the_request_stands() -> None:
    with pytest.raises(StepRefused) as refused:
        walk(RequestType.ACCESS, Move.EXECUTE)
    assert "à prendre" in refused.value.sentence("fr")
    assert "received" in refused.value.sentence("en")


@pytest.mark.parametrize(("right", "step"), list(itertools.product(RequestType, Status)))
def test_nothing_that_came_in_is_stuck(right: RequestType, step: Status) -> None:
    """From wherever a part can stand, some moves lead to closed."""
    reached, waiting = {step}, [step]
    while waiting:
        here = waiting.pop()
        for move in allowed(right, here):
            after = next_step(right=right, step=here, move=move)
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    assert Status.CLOSED in reached


@given(st.sampled_from(RequestType), st.lists(st.sampled_from(Move), max_size=30))
def test_whatever_is_tried_only_the_table_moves_a_part(right: RequestType, moves: list[Move]) -> None:
    step = Status.RECEIVED
    for move in moves:
        if move in allowed(right, step):
            step = next_step(right=right, step=step, move=move)
        else:
            with pytest.raises(StepRefused):
                next_step(right=right, step=step, move=move)
    assert step in Status


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([Status.EXECUTING, Status.COLLECTING], Status.COLLECTING),
        ([Status.ANSWERED, Status.REVIEWING], Status.REVIEWING),
        ([Status.ANSWERED, Status.CLOSED], Status.ANSWERED),
        ([Status.CLOSED, Status.CLOSED], Status.CLOSED),
        ([Status.CLOSED, Status.RECEIVED], Status.RECEIVED),
        ([], Status.RECEIVED),
    ],
)
def test_a_request_stands_where_its_least_advanced_open_part_stands(steps: list[Status], status: Status) -> None:
    assert request_status(steps) is status


@pytest.mark.parametrize("step", [Status.RECEIVED, Status.COLLECTING, Status.REVIEWING, Status.APPROVING, Status.EXECUTING])
def test_a_changed_address_brings_every_open_step_back_to_identity(step: Status) -> None:
    assert next_step(right=RequestType.ERASURE, step=step, move=Move.VOID_IDENTITY) is Status.IDENTIFYING


def test_a_changed_address_moves_nothing_that_needs_no_identity_and_nothing_that_is_over() -> None:
    for right, step in ((RequestType.MARKETING_OBJECTION, Status.EXECUTING), (RequestType.ACCESS, Status.CLOSED)):
        with pytest.raises(StepRefused):
            next_step(right=right, step=step, move=Move.VOID_IDENTITY)
