"""Forgets what is no longer needed: packages after their window, collected parts after theirs, lapsed proposals."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import F

from dsar.controller import controller
from dsar.domain.vocabulary import EventKind, PackageState, Status
from dsar.models import AccessToken, DataSubjectRequest, Package, PartFile, RequestEvent
from dsar.selectors import today_at_seat
from dsar.services import deliver, moves, pass_phrase, tell
from identity import vault

WARNED_AHEAD = timedelta(days=7)


def expire_packages(now: datetime) -> int:
    """Packages whose window is over: state first, then the object and its key; the row keeps hash and inventory."""
    count = 0
    for package in Package.objects.filter(state=PackageState.RELEASED, expires_at__lte=now):
        with transaction.atomic():
            if not Package.objects.filter(pk=package.pk, state=PackageState.RELEASED).update(state=PackageState.EXPIRED):
                continue
            RequestEvent.objects.record(
                moves.locked(package.dsr_id), EventKind.EXPIRED, at=now, data={"package_sha256": package.sha256}
            )
        deliver.destroy_package_object(package)
        count += 1
    return count


def warn_before_expiry(now: datetime) -> int:
    """Tell people a week ahead that their copy goes; once, and not about a window so short that they have just been told."""
    soon = Package.objects.filter(
        state=PackageState.RELEASED,
        expires_at__gt=now,
        expires_at__lte=now + WARNED_AHEAD,
        released_at__lte=F("expires_at") - 2 * WARNED_AHEAD,
    )
    count = 0
    for package in soon.exclude(expires_at=None):
        with transaction.atomic():
            dsr = moves.locked(package.dsr_id)
            expires = today_at_seat(package.expires_at or now)
            phrase = pass_phrase.word_of(dsr, package)
            told = tell.tell(
                dsr,
                "expiring",
                now=now,
                occasion=f"package-{package.pk}",
                expires_date=expires,
                phrase_missing=phrase == "missing",
                phrase_asked=phrase == "chosen",
            )
        count += bool(told and told.created_at == now)
    return count


def destroy_old_parts(now: datetime) -> int:
    """Collected parts of requests answered longer ago than the controller keeps them."""
    old = PartFile.objects.filter(
        destroyed_at__isnull=True,
        task__dsr__status__in=[Status.ANSWERED, Status.CLOSED],
        task__dsr__parts__answered_at__lte=now - timedelta(days=controller().own_retention.parts_days),
    ).exclude(path="")
    count = 0
    for part in old.distinct():
        vault.destroy_object(storage=storages["objects"], path=part.path, key_name=part.key_name)
        part.destroyed_at = now
        part.save(update_fields=["destroyed_at"])
        count += 1
    return count


def close_answered(now: datetime) -> int:
    """Answered requests close by themselves when the window of their package, or 30 days, have passed."""
    window = now - timedelta(days=controller().own_retention.package_days)
    count = 0
    for dsr in DataSubjectRequest.objects.filter(status=Status.ANSWERED):
        if dsr.parts.filter(answered_at__gt=window).exists() or dsr.packages.filter(state=PackageState.RELEASED).exists():
            continue
        deliver.close(dsr_id=dsr.pk, now=now)
        count += 1
    return count


def drop_dead_tokens(now: datetime) -> int:
    """Codes and links that expired a day ago."""
    dead, _ = AccessToken.objects.filter(link_expires_at__lt=now - timedelta(days=1)).delete()
    return dead


def drop_old_counts(now: datetime) -> int:
    """Rows of the cache whose time is over. Django leaves them until somebody asks for the same key again, and fingerprints of
    network addresses are among them, whose time the notice promises (GDPR Art. 13(2)(a))."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        # The cache keeps whole seconds; a row of this second may be in use.
        over = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [over])  # noqa: S608  the name stands in our settings
        return cursor.rowcount
