"""Eight writers on one request make one chain without a fork or a gap (SECURITY T20)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, RequestEvent
from tests.bare_request import RECEIVED_AT, bare_request

WRITERS, EACH = 8, 60


@pytest.mark.django_db(transaction=True)
def test_eight_writers_of_sixty_events_each_make_one_unforked_chain() -> None:
    dsr = bare_request()
    failures: list[BaseException] = []
    start = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        try:
            start.wait()
            mine = DataSubjectRequest.objects.get(pk=dsr.pk)
            for n in range(EACH):
                at = RECEIVED_AT + timedelta(seconds=n)
                RequestEvent.objects.record(mine, EventKind.NOTE, at=at, data={"writer": writer, "count": n}, text="un mot")
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    events = list(dsr.events.order_by("sequence"))
    assert [event.sequence for event in events] == list(range(1, WRITERS * EACH + 2))
    assert len({event.previous_hash for event in events}) == len(events)
    assert RequestEvent.objects.first_bad_row(dsr) is None
