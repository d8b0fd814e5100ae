"""Reads controller.toml: who the controller is, how it is reached, and what it promises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from dsar.controller.audit import Audit
from dsar.controller.nodes import Node
from dsar.controller.problems import Page, nearest
from dsar.controller.reading import Table, is_slug
from dsar.controller.register import EEA
from dsar.controller.reminders import read_reminders
from dsar.controller.shape import (
    Authority,
    Contact,
    Documents,
    IdentityPolicy,
    OfficialChannel,
    OpenIDConnect,
    OwnRetention,
    Processor,
    Site,
    Text,
)
from dsar.domain.calendars import PACKS
from dsar.domain.reminders import ReminderPlan
from dsar.domain.vocabulary import IdentityMeans

CHANNEL_KINDS = ("email", "phone", "post", "form", "account")
LANGUAGES = ("fr", "en")
SHORTEST_JUSTIFICATION = 40  # characters: a sentence, not a word
LONGEST_CLOSURE = 92  # days in a row; more is a mistyped year

_DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})(?:/(\d{4}-\d{2}-\d{2}))?")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")


@dataclass(frozen=True)
class Who:
    """The scalars of `Controller` that controller.toml gives."""

    name: str
    slug: str
    address: str
    website: str
    seat_time_zone: str
    rule_pack: str
    reference_prefix: str
    languages: tuple[str, ...]
    promise_days: int
    dpo: Contact
    deputy: Contact
    authority: Authority
    channels: tuple[OfficialChannel, ...]
    sites: tuple[Site, ...]
    identity: IdentityPolicy
    own_retention: OwnRetention
    closing_days: frozenset[date]
    reminders: ReminderPlan
    processors: tuple[Processor, ...]
    audit: Audit | None


def read_who(root: Node, page: Page) -> Who:
    top = Table(root, "", page)
    zone = _time_zone(top)
    who = Who(
        name=top.text("name", example="Name of the school"),
        slug=top.matching("slug", is_slug, "a short name for files (small letters of ASCII, digits, hyphens)", example="school"),
        address=top.text("address", example="1 rue de l’École, 75001 Paris - FRANCE"),
        website=top.url("website"),
        seat_time_zone=zone,
        rule_pack=_rule_pack(top, zone),
        reference_prefix=top.matching(
            "reference_prefix", re.compile(r"[A-Z]{2,4}").fullmatch, "two to four capital letters", example="CE"
        ),
        languages=_languages(top),
        promise_days=top.integer("promise_days", lowest=1, highest=90, example=30),
        dpo=_contact(top, "dpo"),
        deputy=_contact(top, "deputy"),
        authority=_authority(top),
        channels=_channels(top),
        sites=_sites(top),
        identity=_identity(top),
        own_retention=_own_retention(top),
        closing_days=_closing_days(top),
        reminders=read_reminders(top),
        processors=_processors(top),
        audit=_audit(top),
    )
    top.done()
    return who


def _time_zone(top: Table) -> str:
    zone = top.text("time_zone", example="Europe/Paris")
    if zone and zone not in available_timezones():
        near = nearest(zone, available_timezones())
        top.problem("time_zone", f"{zone!r} is not a time zone.", f'Write for example `time_zone = "{near or "Europe/Paris"}"`.')
        return ""
    return zone


def _rule_pack(top: Table, zone: str) -> str:
    pack = top.text("rule_pack", example="FR")
    if pack and pack not in PACKS:
        top.problem("rule_pack", f"{pack!r} is not a rule pack.", f"Write one of: {', '.join(sorted(PACKS))}.")
        return ""
    # The clock counts the civil days of the pack's zone (LAW D6): another seat would silently move receipt days.
    if pack and zone and zone != PACKS[pack].time_zone:
        message = f"the rule pack {pack} counts days in {PACKS[pack].time_zone}, not in {zone}."
        top.problem("time_zone", message, f'Write `time_zone = "{PACKS[pack].time_zone}"`, or choose the rule pack of the seat.')
    return pack


def _languages(top: Table) -> tuple[str, ...]:
    given = top.texts("languages", example='["fr", "en"]')
    for language, line in given:
        if language not in LANGUAGES:
            top.page.problem(line, f"languages: {language!r} is not a language of this product.", 'Write "fr", "en" or both.')
    return tuple(dict.fromkeys(language for language, _ in given if language in LANGUAGES))


def _contact(top: Table, key: str) -> Contact:
    table = top.table(key)
    if table is None:
        return Contact("", "")
    contact = Contact(
        name=table.text("name", example="Data Protection Officer"),
        email=table.email("email"),
        phone=table.text("phone", example="01 23 45 67 89", default=""),
        post=table.text("post", example="1 rue de l’École, 75001 Paris - FRANCE", default=""),
    )
    table.done()
    return contact


def _authority(top: Table) -> Authority:
    table = top.table("authority")
    if table is None:
        return Authority("", "", "")
    authority = Authority(
        name=table.text("name", example="CNIL"),
        address=table.text("address", example="3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07"),
        url=table.url("url"),
    )
    table.done()
    return authority


def _channels(top: Table) -> tuple[OfficialChannel, ...]:
    channels = []
    for table in top.tables("channels"):
        kind = table.matching("kind", CHANNEL_KINDS.__contains__, f"one of {', '.join(CHANNEL_KINDS)}", example="email")
        label = table.words("label")
        value = table.email("value") if kind == "email" else table.text("value", example="01 23 45 67 89")
        table.done()
        channels.append(OfficialChannel(kind, label, value))
    return tuple(channels)


def _processors(top: Table) -> tuple[Processor, ...]:
    """Whom the notice of the form names; without any, it says that nobody outside reads a request."""
    processors = []
    for table in top.tables("processors", required=False):
        name = table.text("name", example="the company that hosts these pages")
        why, country = table.words("why"), table.country("country")
        safeguard = table.optional_words("safeguard")
        table.done()
        if country and country not in EEA and safeguard is None:
            table.problem(
                "country",
                f"{name} is in {country}, outside the EEA, and nothing says what protects the data.",
                f"Write {table.bilingual('safeguard')} (GDPR Art. 13(1)(f), 46).",
            )
        processors.append(Processor(name, why, country, safeguard))
    return tuple(processors)


def _audit(top: Table) -> Audit | None:
    """What a person found who audited the public pages by RGAA; absent: nobody has."""
    table = top.table("accessibility", required=False)
    if table is None:
        return None
    day = table.matching("audited_on", _is_day, "a day (ISO 8601)", example="2027-03-01")
    audit = Audit(
        audited_on=date.fromisoformat(day) if day else date.min,
        auditor=table.text("auditor", example="Name of the company that audited"),
        rate=table.integer("rate", lowest=0, highest=100, example=82),
        barriers=table.word_list("barriers") if table.find("barriers") is not None else (),
    )
    table.done()
    return audit


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _sites(top: Table) -> tuple[Site, ...]:
    sites: dict[str, Site] = {}
    for table in top.tables("sites"):
        key = table.matching("key", is_slug, "a key (small letters of ASCII, digits, hyphens)", example="bordeaux")
        name = table.text("name", example="Bordeaux")
        domain = table.matching(
            "domain",
            _DOMAIN.fullmatch,
            "a domain in small ASCII letters (hyphens are plain -)",
            example="bordeaux.school.example",
        )
        table.done()
        if key in sites:
            table.problem("key", f"{key!r} is the key of another site.", "Give each site a key of its own.")
        sites[key] = Site(key, name, domain)
    return tuple(sites.values())


def _identity(top: Table) -> IdentityPolicy:
    table = top.table("identity")
    if table is None:
        return IdentityPolicy(Documents.ON_DOUBT, None, ())
    documents = table.choice("documents", Documents)
    justification = table.optional_words("justification")
    mark = table.page.mark()
    automatic = table.choices("automatic", IdentityMeans, required=False)
    high_stake = table.choices("automatic_high_stake", IdentityMeans, required=False)
    given = table.find("unanswered_days") is not None
    unanswered = table.integer("unanswered_days", lowest=30, highest=365, example=60) if given else 60
    oidc = _oidc(table)
    table.done()
    if documents is Documents.ALWAYS and (justification is None or _too_short(justification)):
        table.problem(
            "justification" if justification else "documents",
            "a document for every request needs a written justification (GDPR Art. 12(6): only on reasonable doubt).",
            f'Write "on_doubt", or say why in `justification` (fr and en, from {SHORTEST_JUSTIFICATION} characters).',
        )
    if IdentityMeans.DOCUMENT in automatic:
        table.problem("automatic", "a document is looked at by a person, never accepted by the system.", 'Take "document" out.')
    extra = [means for means in high_stake if means not in automatic]
    if extra and table.page.mark() == mark:
        table.problem(
            "automatic_high_stake",
            f"{extra[0].value} is enough for data of high stake, and not for the others.",
            "Write it in `automatic` too, or take it out.",
        )
    return IdentityPolicy(documents, justification, automatic, high_stake, unanswered, oidc)


def _oidc(identity: Table) -> OpenIDConnect | None:
    """Our own sign-in for people who ask; absent: there is none."""
    table = identity.table("oidc", required=False)
    if table is None:
        return None
    issuer = table.url("issuer")
    if issuer.startswith("http://") and urlsplit(issuer).hostname not in ("127.0.0.1", "localhost"):
        table.problem("issuer", "the sign-in must be reached by https.", "Write https:// before its name.")
    claims = table.table("claims")
    found = OpenIDConnect(
        issuer=issuer,
        client_id=table.text("client_id", example="data-requests"),
        label=table.words("label"),
        claims={kind: claims.text(kind, example="email") for kind in claims.node.value} if claims else {},
    )
    table.done()
    return found


def _too_short(words: Text) -> bool:
    return min(len(words.fr), len(words.en)) < SHORTEST_JUSTIFICATION


def _own_retention(top: Table) -> OwnRetention:
    table = top.table("retention")
    if table is None:
        return OwnRetention(30, 90, 5, 5, 3, Text("", ""))
    kept = OwnRetention(
        package_days=table.integer("package_days", lowest=1, highest=365, example=30),
        parts_days=table.integer("parts_days", lowest=1, highest=365, example=90),
        file_years=table.integer("file_years", lowest=1, highest=10, example=5),
        log_years=table.integer("log_years", lowest=1, highest=10, example=5),
        suppression_years=table.integer("suppression_years", lowest=3, highest=99, example=3),
        justification=table.words("justification"),
    )
    table.done()
    return kept


def _closing_days(top: Table) -> frozenset[date]:
    """Every day on which the controller is closed, from days and ranges of days (ISO 8601)."""
    table = top.table("planning", required=False)
    if table is None:
        return frozenset()
    closed: set[date] = set()
    for words, line in table.texts("closing_days", example='["2026-12-24/2027-01-01"]', required=False):
        if mistake := _add_days(words, closed):
            message, mend = mistake
            table.page.problem(line, f"planning.closing_days: {words!r} {message}", mend)
    table.done()
    return frozenset(closed)


def _add_days(words: str, closed: set[date]) -> tuple[str, str] | None:
    """Adds the days to `closed`, or returns the mistake and its mend."""
    found = _DAYS.fullmatch(words)
    try:
        first, last = (date.fromisoformat(day) for day in (found[1], found[2] or found[1])) if found else (None, None)
    except ValueError:
        first = last = None
    if first is None or last is None:
        return "is not a day or a range of days.", 'Write for example "2026-05-15" or "2026-12-24/2027-01-01".'
    if last < first:
        return "ends before it begins.", "Write the first day first."
    if (last - first).days >= LONGEST_CLOSURE:
        return f"is longer than {LONGEST_CLOSURE} days.", "Look at the years, or write several ranges."
    closed.update(first + timedelta(days=n) for n in range((last - first).days + 1))
    return None
