"""Builds packages: under a lease, to an object of its own per try, read again before one commit publishes it.

A worker may be killed at any instant (SECURITY R1). What it left is swept, and the next holder of the lease starts anew. Nothing
is ever overwritten, and a holder that slept too long cannot publish: its fencing number is out of date.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import F, Max, Q

from dsar.domain.vocabulary import EventKind, PackageState
from dsar.models import Package, PartFile, RequestEvent
from dsar.packaging.build import PackageBuilder
from dsar.packaging.inputs import PackageBroken
from dsar.packaging.register_text import EmptyItem
from dsar.services import moves
from dsar.services.bell import ring
from dsar.services.package_facts import PartsDestroyed, facts_of, part_inputs
from identity import vault

logger = structlog.get_logger(__name__)

AT_ONCE = 5  # builds that may run at the same time (SECURITY T26)
WAITS = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
ORPHAN_AGE = timedelta(hours=1)
PACKAGES, PARTS = "packages", "parts"


class LeaseLost(Exception):
    """Another worker has taken over; what this one wrote is destroyed."""


@transaction.atomic
def request_package(*, dsr_id: UUID, now: datetime) -> Package:
    """Order a package. Safe to run twice: one that is being built or is ready is returned as it is."""
    dsr = moves.locked(dsr_id)
    existing = dsr.packages.filter(state__in=[PackageState.BUILDING, PackageState.READY]).first()
    if existing is not None:
        return existing
    attempt = (dsr.packages.aggregate(last=Max("attempt"))["last"] or 0) + 1
    package = Package.objects.create(dsr=dsr, attempt=attempt, created_at=now, next_at=now)
    ring("build_package", package_id=package.pk)
    return package


def due_packages(now: datetime) -> list[UUID]:
    """Packages that somebody should build now, oldest first; none while enough builds are running."""
    building = Package.objects.filter(state=PackageState.BUILDING)
    running = building.filter(lease_until__gt=now).count()
    due = building.filter(_free(now), next_at__lte=now).order_by("created_at")
    return list(due.values_list("pk", flat=True)[: max(0, AT_ONCE - running)])


def build_package(*, package_id: UUID, clock: Callable[[], datetime]) -> bool:
    """Build, check and publish one package. False when there is nothing to do, it failed, or the lease was lost."""
    package = _claim(package_id, clock())
    if package is None:
        return False
    path, key_name = _place(package.pk, package.fencing)
    _destroy_earlier_tries(package)
    try:
        builder = PackageBuilder(facts_of(package), part_inputs(package.dsr))
        stream = _keeping_lease(builder.stream(), package, clock)
        sealed = vault.seal_stream(chunks=stream, storage=storages["objects"], path=path, key_name=key_name)
        _read_again(sealed, package, clock)
        _publish(package, builder, sealed, clock())
    except LeaseLost:
        _destroy(path, key_name)
        logger.warning("package lease lost", reference=package.dsr.reference, fencing=package.fencing)
        return False
    except Exception as error:
        _destroy(path, key_name)
        _note_failure(package, error, clock())
        return False
    logger.info("package built", reference=package.dsr.reference, items=builder.result.rows, bytes=sealed.plain_bytes)
    return True


def sweep_orphans(now: datetime) -> int:
    """Both ways: objects that no row names are destroyed, and rows whose object is gone say so. Returns how many were found."""
    storage = storages["objects"]
    found = 0
    known = set(Package.objects.exclude(path="").values_list("path", flat=True))
    working = {_place(p.pk, p.fencing)[0] for p in Package.objects.filter(state=PackageState.BUILDING, lease_until__gt=now)}
    for path in _old_objects(storage, PACKAGES, now):
        if path not in known and path not in working:
            _destroy(path, _key_of(path))
            found += 1
    kept = dict(PartFile.objects.exclude(path="").values_list("path", "key_name"))
    for path in _old_objects(storage, PARTS, now):
        if path not in kept:
            _destroy(path, _key_of(path))
            found += 1
    for package in Package.objects.filter(state__in=[PackageState.READY, PackageState.RELEASED]):
        if not storage.exists(package.path):
            found += _say_gone(package, now)
    return found


# The lease


def _free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now)


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)


def _claim(package_id: UUID, now: datetime) -> Package | None:
    """Take the lease by one conditional UPDATE; a package that has killed its workers is parked instead."""
    due = Package.objects.filter(_free(now), pk=package_id, state=PackageState.BUILDING, next_at__lte=now)
    if due.filter(tries__gte=settings.LAST_TRY).exists():
        package = due.select_related("dsr").first()
        if package is not None:
            _park(package, "Le paquet n’a pas pu être construit après plusieurs essais. / Building failed repeatedly.", now)
        return None
    if not due.update(lease_until=_lease(now), fencing=F("fencing") + 1, tries=F("tries") + 1):
        return None
    return Package.objects.select_related("dsr").get(pk=package_id)


def _held(package: Package) -> Q:
    return Q(pk=package.pk, state=PackageState.BUILDING, fencing=package.fencing)


def _keeping_lease(chunks: Iterator[bytes], package: Package, clock: Callable[[], datetime]) -> Iterator[bytes]:
    """The chunks, with the lease renewed every third of its length. Raises `LeaseLost`."""
    renewed = time.monotonic()
    for chunk in chunks:
        if time.monotonic() - renewed > settings.LEASE_SECONDS / 3:
            if not Package.objects.filter(_held(package)).update(lease_until=_lease(clock())):
                raise LeaseLost
            renewed = time.monotonic()
        yield chunk


# One try


def _place(package_id: UUID, fencing: int) -> tuple[str, str]:
    """Path and key of one try; no two tries share them."""
    path = f"{PACKAGES}/{package_id}/{fencing}.zip.age"
    return path, _key_of(path)


def _key_of(path: str) -> str:
    """The key of an object that no row names: that of a package bears its path, that of a part the number in its name."""
    folder, _, name = path.rpartition("/")
    return f"objects/{path}" if folder.startswith(f"{PACKAGES}/") else f"objects/{folder}/{name.partition('-')[0]}"


def _destroy(path: str, key_name: str) -> None:
    vault.destroy_object(storage=storages["objects"], path=path, key_name=key_name)


def _destroy_earlier_tries(package: Package) -> None:
    for fencing in range(1, package.fencing):
        _destroy(*_place(package.pk, fencing))


def _read_again(sealed: vault.Sealed, package: Package, clock: Callable[[], datetime]) -> None:
    """Open the stored object and compare: what cannot be read back is never announced."""
    digest, size = hashlib.sha256(), 0
    opened = vault.open_stream(storage=storages["objects"], path=sealed.path, key_name=sealed.key_name)
    for chunk in _keeping_lease(opened, package, clock):
        digest.update(chunk)
        size += len(chunk)
    if (size, digest.hexdigest()) != (sealed.plain_bytes, sealed.plain_sha256):
        raise PackageBroken("the stored package is not the one that was written")


@transaction.atomic
def _publish(package: Package, builder: PackageBuilder, sealed: vault.Sealed, now: datetime) -> None:
    """One commit makes it ready; a holder whose lease was taken publishes nothing."""
    dsr = moves.locked(package.dsr_id)
    built = builder.result
    published = Package.objects.filter(_held(package)).update(
        state=PackageState.READY,
        file_name=built.file_name,
        path=sealed.path,
        key_name=sealed.key_name,
        bytes=sealed.plain_bytes,
        sha256=sealed.plain_sha256,
        sums_sha256=built.sums_sha256,
        rows=built.rows,
        inventory=built.inventory,
        built_at=now,
        lease_until=None,
        next_at=None,
        error="",
    )
    if not published:
        raise LeaseLost
    data: dict[str, str | int] = {
        "package_sha256": sealed.plain_sha256,
        "bytes": sealed.plain_bytes,
        "rows": built.rows,
        "attempt": package.attempt,
    }
    RequestEvent.objects.record(dsr, EventKind.PACKAGE_BUILT, at=now, data=data)


def _note_failure(package: Package, error: Exception, now: datetime) -> None:
    """Come back later; after the last try a person must look."""
    logger.warning("package failed", reference=package.dsr.reference, reason=type(error).__name__, tries=package.tries)
    sentence = _sentence(error)
    if package.tries >= settings.LAST_TRY or isinstance(error, PartsDestroyed | EmptyItem):
        _park(package, sentence, now)
        return
    wait = WAITS[min(package.tries, len(WAITS)) - 1]
    Package.objects.filter(_held(package)).update(lease_until=None, next_at=now + wait, error=sentence)


@transaction.atomic
def _park(package: Package, sentence: str, now: datetime) -> None:
    dsr = moves.locked(package.dsr_id)
    held = Package.objects.filter(_held(package))
    if held.update(state=PackageState.FAILED, lease_until=None, next_at=None, error=sentence):
        RequestEvent.objects.record(
            dsr, EventKind.PACKAGE_FAILED, at=now, data={"attempt": package.attempt, "tries": package.tries}
        )


def _sentence(error: Exception) -> str:
    """What happened and what to do, without a value: only our own errors may speak."""
    if isinstance(error, PartsDestroyed):
        return f"Les données collectées sont détruites ({error}) : relancez la collecte. / Parts destroyed: collect again."
    if isinstance(error, EmptyItem | PackageBroken):
        return str(error)[:300]
    return f"Construction interrompue ({type(error).__name__}) ; nouvel essai prévu. / Build interrupted; another try follows."


# Sweeping


def _say_gone(package: Package, now: datetime) -> int:
    with transaction.atomic():
        dsr = moves.locked(package.dsr_id)
        states = [PackageState.READY, PackageState.RELEASED]
        sentence = "Le fichier a disparu du stockage : refaites le paquet. / The file is gone from storage: build again."
        changed = Package.objects.filter(pk=package.pk, state__in=states).update(state=PackageState.FAILED, error=sentence)
        if changed:
            RequestEvent.objects.record(dsr, EventKind.PACKAGE_FAILED, at=now, data={"attempt": package.attempt, "gone": True})
    return changed


def _old_objects(storage: Storage, folder: str, now: datetime) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        path = f"{folder}/{name}"
        if now - storage.get_modified_time(path) > ORPHAN_AGE:
            yield path
    for name in folders:
        yield from _old_objects(storage, f"{folder}/{name}", now)
