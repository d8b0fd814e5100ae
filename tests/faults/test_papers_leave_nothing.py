"""A paper's whole life in the running product: no planted value in database, storage, broker or logs, before or after its end.

LAW R-24, SECURITY T8, T19, T29. The bell rings through a real Redis, a real worker makes the page images, an officer decides.
"""

from __future__ import annotations

import base64
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from dsar.domain.vocabulary import Doubt, IdentityMeans, RequestType
from dsar.services import ask, papers, verify
from identity import documents
from identity.models import Document, DocumentState
from tests.components import SQLITE
from tests.identity import corpus
from tests.identity.corpus import CANARY
from tests.processes import BASE_DIR, dies_with_us
from tests.stories import receive

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
    pytest.mark.skipif(SQLITE, reason="the run on PostgreSQL has Redis as its broker"),
]

REASON = "Comparer le nom et la date de naissance."


def in_redis(url: str) -> bytes:
    """Every key of the broker with all that it holds; the arguments of tasks are unpacked."""
    broker = redis.Redis.from_url(url)
    found: list[bytes] = []
    for name in broker.scan_iter():
        match broker.type(name):
            case b"list":
                held = broker.lrange(name, 0, -1)
            case b"set":
                held = list(broker.smembers(name))
            case b"hash":
                held = [part for pair in broker.hgetall(name).items() for part in pair]
            case b"zset":
                held = broker.zrange(name, 0, -1)
            case _:
                held = [broker.get(name) or b""]
        found += [name, *held]
    bodies = [body for one in found for body in re.findall(rb'"body": "([A-Za-z0-9+/=]+)"', one)]
    return b"".join(found + [base64.b64decode(body) for body in bodies])


def in_database() -> bytes:
    return b"".join(repr(list(model._default_manager.values_list())).encode() for model in apps.get_models())


def in_files() -> bytes:
    folder = Path(settings.VAR_DIR)
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file() and "static" not in file.parts)


@contextlib.contextmanager
def working(environment: dict[str, str], said: BinaryIO) -> Iterator[None]:
    """A worker that tells everything it does into `said`; ended afterwards."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "DEBUG"]
    worker = subprocess.Popen(
        dies_with_us(command), env=environment | {"LOG_LEVEL": "DEBUG"}, cwd=BASE_DIR, stdout=said, stderr=subprocess.STDOUT
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(60)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_a_paper_sent_read_and_destroyed_leaves_no_planted_value_anywhere(
    redis_server: str, product_environment: dict[str, str], dominique: Any, tmp_path: Path
) -> None:
    now = timezone.now()
    dsr = receive(RequestType.ACCESS, email="inconnue@ailleurs.example", at=now - timedelta(hours=2))
    ask.ask_identity(
        dsr_id=dsr.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Nous voulons en être sûrs.", now=now
    )
    plain = corpus.saved(corpus.picture(), "JPEG", exif=corpus.exif())
    assert CANARY in plain
    document = papers.add(dsr_id=dsr.pk, stream=BytesIO(plain), size=len(plain), now=now)
    papers.send(dsr_id=dsr.pk, now=now)
    assert str(document.pk).encode() in in_redis(redis_server), "the bell rang, and the search of the broker finds what is there"

    log = tmp_path / "worker.log"
    with log.open("wb") as said, working(product_environment, said):
        wait_until(lambda: Document.objects.get(pk=document.pk).state == DocumentState.READY)
    (page,) = papers.look(dsr_id=dsr.pk, document_id=document.pk, officer=dominique, reason=REASON, now=now)
    image = bytes(getattr(page, "data", page))
    planted = {CANARY, image[-600:-500]}
    sealed = in_database() + in_files() + in_redis(redis_server)
    assert not [value for value in planted if value in sealed]

    verify.record_identity(
        dsr_id=dsr.pk,
        officer=dominique,
        established=True,
        means=IdentityMeans.DOCUMENT,
        reason="Nom et date concordent.",
        now=now,
    )
    assert documents.of(dsr.reference).get().state == DocumentState.DESTROYED
    assert b"process_paper" in log.read_bytes(), "the worker's log is the one that is searched"
    left = in_database() + in_files() + in_redis(redis_server) + log.read_bytes()
    assert str(document.pk).encode() in left
    assert not [value for value in planted if value in left]
