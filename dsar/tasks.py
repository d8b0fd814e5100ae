"""What the workers run. Arguments are ids only; every task is safe to run twice and finds its work in the database."""

from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from dsar.models import DataSubjectRequest
from dsar.services import (
    acknowledge,
    advance,
    ask,
    collect,
    decide,
    digest,
    forget,
    inbox,
    inbox_desk,
    looks,
    package,
    papers,
    pause,
    post,
    remind,
)
from dsar.services.drafts import forget_old_links
from dsar.services.heartbeat import beat
from dsar.services.suppress import forget_old_entries, move_old_entries
from identity import documents, vault
from notifications.inbox import MailboxUnavailable
from notifications.relay import relay_waiting

logger = structlog.get_logger(__name__)

AT_A_TIME = 200


@shared_task(acks_late=True)
def advance_requests() -> None:
    """The finder, each minute: due requests, due source tasks, due packages. A lost broker message costs a minute."""
    now = timezone.now()
    for dsr_id in DataSubjectRequest.objects.due_for_advance(now).values_list("pk", flat=True)[:AT_A_TIME]:
        advance_request.delay(dsr_id=str(dsr_id))
    for task_id in collect.due_tasks(now)[:AT_A_TIME]:
        collect_source.delay(task_id=str(task_id))
    for package_id in package.due_packages(now)[:AT_A_TIME]:
        build_package.delay(package_id=str(package_id))
    for document_id in documents.due(now).values_list("pk", flat=True)[:AT_A_TIME]:
        process_paper.delay(document_id=str(document_id))
    beat("advance_requests", now)  # /healthz listens


@shared_task(acks_late=True)
def advance_request(*, dsr_id: str) -> None:
    """Bring one request forward."""
    advance.advance(dsr_id=UUID(dsr_id), now=timezone.now())


@shared_task(acks_late=True)
def collect_source(*, task_id: str) -> None:
    """Search one source for one person, under a lease."""
    collect.run_source_task(task_id=int(task_id), clock=timezone.now)


@shared_task(acks_late=True)
def build_package(*, package_id: str) -> None:
    """Build one package, under a lease."""
    package.build_package(package_id=UUID(package_id), clock=timezone.now)


@shared_task(acks_late=True)
def process_paper(*, document_id: str) -> None:
    """Have one file scanned and made into page images, in a caged child process."""
    documents.process(UUID(document_id), clock=timezone.now)


@shared_task(acks_late=True)
def relay_messages() -> None:
    """Send what waits in the outbox."""
    report = relay_waiting(
        unseal=vault.open_text,
        clock=timezone.now,
        seal=vault.seal_text,
        write=lambda message: remind.written(message, now=timezone.now()),
        go_on=timedelta(minutes=1),  # far below the time limit of a task; what is left is found ten seconds later
    )
    if report.undeliverable:
        post.report_undeliverable(timezone.now())
    beat("relay_messages", timezone.now())
    if report.sent or report.retried or report.undeliverable:
        logger.info("messages relayed", sent=report.sent, retried=report.retried, undeliverable=report.undeliverable)


@shared_task(acks_late=True)
def send_reminders() -> None:
    """Each minute: store the reminders that have come due, once a day the digests, and the alarm about many opened files."""
    now = timezone.now()
    report = remind.sweep(now)
    looks.watch(now)
    digests = digest.store_digests(now)
    beat("send_reminders", now)
    if report.stored or report.superseded or digests:
        logger.info("reminders stored", reminders=report.stored, superseded=report.superseded, digests=digests)


@shared_task(acks_late=True)
def expire_what_is_due() -> None:
    """Each hour: forget what is over."""
    now = timezone.now()
    decide.expire_proposals(now)
    digest.forget_old(now)
    ask.close_unanswered(now)
    pause.end_silent_questions(now)
    pause.recompute_open_pauses(now)
    forget.warn_before_expiry(now)
    forget.expire_packages(now)
    forget.destroy_old_parts(now)
    forget.close_answered(now)
    forget.drop_dead_tokens(now)
    forget.drop_old_counts(now)
    forget_old_entries(now)
    move_old_entries()
    acknowledge.forget_old(now)
    forget_old_links(now)
    inbox_desk.forget_set_aside(now)
    package.sweep_orphans(now)
    papers.sweep(now)
    post.report_undeliverable(now)
    call_command("clearsessions")


@shared_task(acks_late=True)
def poll_mailbox() -> None:
    """Take in the mail that arrived, when a mailbox is configured. One that is down loses nothing, and /healthz tells."""
    if inbox.mailbox() is None:
        return
    try:
        report = inbox.poll_mailbox(clock=timezone.now)
    except MailboxUnavailable as reason:
        logger.warning("mailbox not read", reason=str(reason))
        return
    beat("poll_mailbox", timezone.now())
    if report.taken:
        post.report_undeliverable(timezone.now())  # what came back
        logger.info("mail taken in", taken=report.taken, marked=report.marked)
