"""The history of a case as sentences: who did what, when, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dsar import selectors
from dsar.controller import controller
from dsar.domain.vocabulary import (
    Act,
    ActorKind,
    Channel,
    Doubt,
    EventKind,
    ExtensionReason,
    Ground,
    IdentityMeans,
    Outcome,
    PauseKind,
    ReceiptEvidence,
    RequestType,
)
from dsar.labels import label
from dsar.language import language
from dsar.models import RequestEvent, User
from dsar.templatetags.office import mail_error, mail_kind
from dsar.templatetags.page import day as words_of
from identity.models import Purpose


@dataclass(frozen=True)
class Line:
    """One event. `quote` is text that was written; `kind` tells the page how to tint it."""

    at: datetime
    who: str
    what: str
    details: str
    quote: str
    kind: str


def lines(events: Iterable[RequestEvent], *, person: str, with_text: bool = True) -> list[Line]:
    """The events as lines, in the order given; without `with_text` nothing that anybody wrote is opened."""
    events = list(events)
    ids = {event.data.get("to") for event in events if event.kind == EventKind.ASSIGNED}
    owners = {user.pk: str(user) for user in User.objects.filter(pk__in=ids - {None, 0})}
    return [_line(event, person, owners, with_text) for event in events]


def _line(event: RequestEvent, person: str, owners: dict[int, str], with_text: bool) -> Line:
    kind = EventKind(event.kind)
    describe = _DETAILS.get(kind)
    details = describe(event.data) if describe else ""
    if kind is EventKind.ASSIGNED:
        details = owners.get(event.data.get("to", 0), _("nobody"))
    if kind is EventKind.MESSAGE_FROM_SUBJECT and not event.sealed_text:
        details = _files_alone(event.data)
    text = event.text() if with_text and event.sealed_text else ""
    if kind is EventKind.UNDELIVERABLE:
        text = mail_error(text)
    return Line(at=event.at, who=who(event, person), what=str(label(kind)), details=details, quote=text, kind=kind.value)


def who(event: RequestEvent, person: str) -> str:
    if event.actor is not None:
        return str(event.actor)
    if event.actor_kind == ActorKind.DATA_SUBJECT:
        return person
    return str(label(ActorKind(event.actor_kind)))


def source_name(key: str) -> str:
    source = controller().sources.get(key)
    return source.label.in_language(language()) if source else key


def _member(vocabulary: type, value: object) -> str:
    try:
        return str(label(vocabulary(value)))
    except ValueError:
        return str(value)


def _source(data: dict[str, Any]) -> str:
    name = source_name(str(data.get("source", data.get("source_key", ""))))
    rows = data.get("rows")
    if not isinstance(rows, int):
        return name
    return f"{name}, " + ngettext("%(n)s item", "%(n)s items", rows) % {"n": rows}


def _decision(data: dict[str, Any]) -> str:
    said = [_member(RequestType, data["right"])] if data.get("right") else []
    said += [_member(Outcome, data["outcome"])] if data.get("outcome") else []
    said += [_member(Ground, ground) for ground in data.get("grounds", [])]
    return " · ".join(said)


def _rights(data: dict[str, Any]) -> str:
    return ", ".join(_member(RequestType, right) for right in data.get("rights", []))


def _received(data: dict[str, Any]) -> str:
    evidence = _member(ReceiptEvidence, data["evidence"]) if data.get("evidence") else ""
    tool = data.get("handed_over_by")
    begun = _("begun by a link of “%(tool)s”") % {"tool": tool} if tool else ""
    return " · ".join(part for part in (_member(Channel, data.get("channel", "")), begun, evidence, _rights(data)) if part)


def _day(text: object) -> str:
    """A stored day or instant in words; an instant by the day at the seat."""
    if not isinstance(text, str) or not text:
        return ""
    day = selectors.today_at_seat(datetime.fromisoformat(text)) if "T" in text else date.fromisoformat(text)
    return words_of(day)


def _paused(data: dict[str, Any]) -> str:
    said = [_member(PauseKind, data.get("kind", ""))]
    said += [_member(Doubt, data["doubt"])] if data.get("doubt") else []
    said += [_("answer asked by %(day)s") % {"day": _day(data["reply_by"])}] if data.get("reply_by") else []
    said += [_("asked late: the clock did not stop")] if data.get("late") else []
    return " · ".join(said)


def _resumed(data: dict[str, Any]) -> str:
    arrived = {"day": _day(data.get("arrived_at"))}
    said = [_member(PauseKind, data.get("kind", ""))]
    if data.get("silent"):
        said.append(_("no answer by %(day)s") % arrived)
    elif arrived["day"]:
        said.append(_("arrived on %(day)s") % arrived)
    return " · ".join(said)


def _extended(data: dict[str, Any]) -> str:
    said = [_member(ExtensionReason, data["reason"])] if data.get("reason") else []
    said += [_("new limit %(day)s") % {"day": _day(data["limit"])}] if data.get("limit") else []
    return " · ".join(said)


def _task(data: dict[str, Any]) -> str:
    name = f"{_member(RequestType, data.get('right', ''))} · {source_name(str(data.get('source', '')))}"
    items = data.get("items")
    return name if items is None else f"{name} · " + ngettext("%(n)s item changed", "%(n)s items changed", items) % {"n": items}


def _package(data: dict[str, Any]) -> str:
    rows = data.get("rows")
    said = [ngettext("%(n)s item", "%(n)s items", rows) % {"n": rows}] if isinstance(rows, int) else []
    if data.get("package_sha256"):
        said.append(f"SHA-256 {str(data['package_sha256'])[:12]}…")
    if data.get("downloads"):
        said.append(ngettext("already opened once", "already opened %(n)s times", data["downloads"]) % {"n": data["downloads"]})
    if data.get("by_post"):
        said.append(_("by post"))
    return " · ".join(said)


def _letter(data: dict[str, Any]) -> str:
    day = words_of(date.fromisoformat(str(data["posted_on"]))) if data.get("posted_on") else ""
    return " · ".join(part for part in (mail_kind(str(data.get("kind", ""))), day) if part)


def _seen_to(data: dict[str, Any]) -> str:
    how = {"again": _("sent again"), "by_post": _("written by post"), "settled": _("settled otherwise")}
    return f"{mail_kind(str(data.get('kind', '')))} · {how.get(str(data.get('how')), '')}"


def _files_alone(data: dict[str, Any]) -> str:
    files = data.get("files", 0)
    return ngettext("%(n)s file, no words", "%(n)s files, no words", files) % {"n": files} if files else ""


def _file(data: dict[str, Any]) -> str:
    return _("scan of a letter") if data.get("purpose") == Purpose.SCAN else ""


_DETAILS: dict[EventKind, Callable[[dict[str, Any]], str]] = {
    EventKind.RECEIVED: _received,
    EventKind.QUALIFIED: _rights,
    EventKind.IDENTITY_VERIFIED: lambda data: _member(IdentityMeans, data.get("means", "")),
    EventKind.IDENTITY_REFUSED: lambda data: _member(IdentityMeans, data.get("means", "")),
    EventKind.PAUSED: _paused,
    EventKind.RESUMED: _resumed,
    EventKind.EXTENDED: _extended,
    EventKind.EXTENSION_REFUSED: lambda data: _member(ExtensionReason, data.get("reason", "")),
    EventKind.SOURCE_FINISHED: _source,
    EventKind.SOURCE_RETRIED: _source,
    EventKind.DATA_VIEWED: lambda data: str(data.get("collection", "")),
    EventKind.DOCUMENT_RECEIVED: _file,
    EventKind.DOCUMENT_VIEWED: _file,
    EventKind.DOCUMENT_DESTROYED: _file,
    EventKind.LETTER_POSTED: _letter,
    EventKind.UNDELIVERABLE: lambda data: mail_kind(str(data.get("kind", ""))),
    EventKind.MESSAGE_SETTLED: _seen_to,
    EventKind.GAP_JUSTIFIED: lambda data: str(data.get("gap", "")),
    EventKind.DECIDED: _decision,
    EventKind.ANSWERED: _decision,
    EventKind.APPROVAL_PROPOSED: lambda data: " · ".join([_member(Act, data.get("act", "")), _decision(data)]).strip(" ·"),
    EventKind.APPROVAL_GRANTED: lambda data: _member(Act, data.get("act", "")),
    EventKind.APPROVAL_REFUSED: lambda data: _member(Act, data.get("act", "")),
    EventKind.TASK_GIVEN: _task,
    EventKind.TASK_CONFIRMED: _task,
    EventKind.PACKAGE_BUILT: _package,
    EventKind.RELEASED: _package,
    EventKind.RELEASE_WITHDRAWN: _package,
    EventKind.DOWNLOADED: _package,
}
