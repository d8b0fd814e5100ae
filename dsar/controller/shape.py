"""What `config/controller/` says, as frozen dataclasses. Everything else in the product reads these and never the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from babel import Locale

from dsar.controller.audit import Audit, Conformity
from dsar.controller.durations import Duration, parse_duration
from dsar.domain.reminders import ReminderPlan
from dsar.domain.vocabulary import Ground, IdentityMeans, LegalBasis
from dsar.language import language


@dataclass(frozen=True)
class Text:
    """Words in both languages of the product."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        return self.fr if language.startswith("fr") else self.en

    def __str__(self) -> str:
        """In the language of the page that is being written."""
        return self.in_language(language())


# Who we are: controller.toml


@dataclass(frozen=True)
class Contact:
    name: str
    email: str
    phone: str = ""
    post: str = ""  # postal address, on one line


@dataclass(frozen=True)
class Authority:
    """The supervisory authority that a person may complain to (GDPR Art. 77)."""

    name: str
    address: str
    url: str


@dataclass(frozen=True)
class OfficialChannel:
    """A way in: receipt at any of them starts the clock (LAW R-01)."""

    kind: str  # email, phone, post, form or account
    label: Text
    value: str


@dataclass(frozen=True)
class Site:
    key: str
    name: str
    domain: str


class Documents(StrEnum):
    """When a copy of an identity document may be asked."""

    ON_DOUBT = "on_doubt"  # on a recorded reasonable doubt (GDPR Art. 12(6))
    NEVER = "never"
    ALWAYS = "always"  # loads only with a written justification


@dataclass(frozen=True)
class OpenIDConnect:
    """The controller's own sign-in, by which a person may show who they are; its secret is OIDC_CLIENT_SECRET."""

    issuer: str
    client_id: str
    label: Text  # "With your school account"
    claims: Mapping[str, str]  # kind of identifier to the claim that holds it


@dataclass(frozen=True)
class IdentityPolicy:
    documents: Documents
    justification: Text | None
    automatic: tuple[IdentityMeans, ...]  # means that the system may accept without a member of staff
    automatic_high_stake: tuple[IdentityMeans, ...] = ()  # of these, the ones that are enough for data of high stake too
    unanswered_days: int = 60  # a question about identity that nobody answers closes the request after so long
    oidc: OpenIDConnect | None = None

    @property
    def why_always(self) -> Text | None:
        """The written reason of a policy that asks everybody for a document; None under any other policy."""
        return self.justification if self.documents is Documents.ALWAYS else None


@dataclass(frozen=True)
class OwnRetention:
    """How long the records of the requests themselves are kept (LAW 3.3), and why."""

    package_days: int  # the download stays open
    parts_days: int  # encrypted parts, after delivery
    file_years: int  # request file and letters, from closure
    log_years: int  # audit log without content, from closure
    suppression_years: int  # keyed hash of an address that objected to marketing
    justification: Text


# What lies where: datasets/*.yml, in the Fides format


class Direction(StrEnum):
    """Which way a reference leads: `from` the other field to this one, or from this one `to` the other."""

    FROM = "from"
    TO = "to"


@dataclass(frozen=True)
class Reference:
    """A key shared with another field; without a direction it may be followed both ways."""

    dataset: str
    collection: str
    field: str
    direction: Direction | None = None


@dataclass(frozen=True)
class Field:
    name: str  # the path inside its collection, with dots below an object: "address.city"
    data_categories: tuple[str, ...] = ()
    identity: str | None = None  # the kind of identifier it holds: email, phone_number, student_number, ga…
    primary_key: bool = False
    references: tuple[Reference, ...] = ()
    data_type: str | None = None
    read_only: bool = False
    fields: tuple[Field, ...] = ()

    @property
    def personal(self) -> bool:
        """False for what the data map calls technical (`system.…` alone)."""
        return not self.data_categories or any(not category.startswith("system") for category in self.data_categories)


@dataclass(frozen=True)
class Collection:
    name: str
    fields: tuple[Field, ...]
    skip_processing: bool = False
    after: tuple[str, ...] = ()  # "dataset.collection" to be read before this one
    erase_after: tuple[str, ...] = ()

    def every_field(self) -> Iterator[Field]:
        """Fields and the fields inside them, outermost first."""
        waiting = list(self.fields)
        while waiting:
            one = waiting.pop(0)
            yield one
            waiting[:0] = one.fields

    def field_named(self, name: str) -> Field | None:
        return next((one for one in self.every_field() if one.name == name), None)


@dataclass(frozen=True)
class Dataset:
    key: str
    collections: tuple[Collection, ...]
    name: str = ""
    description: str = ""
    file: str = ""

    def collection_named(self, name: str) -> Collection | None:
        return next((one for one in self.collections if one.name == name), None)


# What we do with it: register.yml, the record of processing (GDPR Art. 30)


@dataclass(frozen=True)
class Recipient:
    """Named, not described (CJEU C-154/21)."""

    name: str
    why: Text
    country: str  # ISO 3166-1 alpha-2

    def country_name(self, language: str) -> str:
        return country_name(self.country, language)


@dataclass(frozen=True)
class Processor(Recipient):
    """Who holds the records of the requests themselves for us: hosts the pages, carries the mail (GDPR Art. 13(1)(e), (f))."""

    safeguard: Text | None = None  # what protects the data outside the EEA


@dataclass(frozen=True)
class Transfer:
    """To a country outside the EEA, and what protects the data there (GDPR Art. 15(2), 46)."""

    recipient: str
    country: str
    safeguard: Text

    def country_name(self, language: str) -> str:
        return country_name(self.country, language)


@dataclass(frozen=True)
class Retention:
    period: str | None  # ISO 8601, "P1Y"; None when only the rule in `text` can be told
    from_event: Text
    law: Text | None
    text: Text
    categories: tuple[str, ...] = ()  # the categories it is for; empty: those that no other line names

    @property
    def duration(self) -> Duration | None:
        return parse_duration(self.period) if self.period else None


@dataclass(frozen=True)
class FieldUse:
    name: str
    label: Text
    mask: bool = False  # names another person: masked before release (GDPR Art. 15(4))
    provided: bool = False  # typed by the person or observed from them (GDPR Art. 20)
    free_text: bool = False  # may name other people anywhere in it


class ErasureKind(StrEnum):
    ERASE = "erase"
    ANONYMISE = "anonymise"
    KEEP = "keep"


@dataclass(frozen=True)
class ErasureRule:
    """What an erasure does with a category: whole rows, some fields, or nothing for a while."""

    kind: ErasureKind
    fields: tuple[str, ...] = ()  # which fields anonymising blanks
    until: str | None = None  # ISO 8601, from `from_field`: how long it is kept
    from_field: str | None = None
    ground: Ground | None = None  # why it is kept: GDPR Art. 17(3)
    why: Text | None = None


@dataclass(frozen=True)
class Category:
    """What one file of the package holds; `key` is its name there."""

    key: str
    label: Text
    activity: str
    collection: str  # "dataset.collection"
    fields: tuple[FieldUse, ...]
    erasure: ErasureRule
    date_field: str | None = None
    portable: bool = False
    high_stake: bool = False

    def field_named(self, name: str) -> FieldUse | None:
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True)
class Activity:
    """One line of the record of processing; the Art. 15(1) letter is written from it."""

    key: str
    label: Text
    purposes: tuple[Text, ...]
    legal_basis: tuple[LegalBasis, ...]
    recipients: tuple[Recipient, ...]
    transfers: tuple[Transfer, ...]
    retention: tuple[Retention, ...]
    origin: Text
    automated_decisions: Text | None
    categories: tuple[Category, ...]
    uses: tuple[str, ...] = ()  # categories of other activities that this one reads too

    def retention_of(self, category: str) -> tuple[Retention, ...]:
        """The lines that name the category, or those that name none."""
        own = tuple(line for line in self.retention if category in line.categories)
        return own or tuple(line for line in self.retention if not line.categories)


@dataclass(frozen=True)
class Register:
    activities: tuple[Activity, ...]


# Where to fetch it: sources.yml


class SourceKind(StrEnum):
    SQL = "sql"
    HTTP = "http"
    FILES = "files"
    PEOPLE = "people"


@dataclass(frozen=True)
class SourceConfig:
    key: str
    label: Text
    kind: SourceKind
    connection_env: str  # the environment variable that holds the connection; "" for people
    embedded_default: str  # used when the variable is unset on one machine; {VAR} is the product's folder
    datasets: tuple[str, ...]
    owner_team: str
    owner_email: str
    deputy_email: str
    service_level_days: int
    ignored: Mapping[str, Text] = field(default_factory=dict)  # "table" or "table.column": why it is left out
    name_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "dataset.collection": columns of a name
    case_insensitive: frozenset[str] = frozenset()  # "dataset.collection.field"
    manager_email: str = ""  # written to when the owner stays silent; empty: the deputy


@dataclass(frozen=True)
class Controller:
    name: str
    slug: str  # for file names
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
    closing_days: frozenset[date]  # for planning only; no date of the law moves
    register: Register
    sources: Mapping[str, SourceConfig]
    datasets: Mapping[str, Dataset]
    fingerprint: str  # SHA-256 of the files
    reminders: ReminderPlan = field(default_factory=ReminderPlan)
    processors: tuple[Processor, ...] = ()
    audit: Audit | None = None

    def conformity(self, today: date) -> Conformity:
        """What the statement about accessibility may say: without an audit that holds, there is one word only."""
        return self.audit.word if self.audit is not None and self.audit.holds(today) else Conformity.NONE

    @property
    def categories(self) -> Mapping[str, Category]:
        return {category.key: category for activity in self.register.activities for category in activity.categories}

    @property
    def activities(self) -> Mapping[str, Activity]:
        return {activity.key: activity for activity in self.register.activities}

    def categories_of(self, collection: str) -> tuple[Category, ...]:
        """The categories that name "dataset.collection"."""
        return tuple(category for category in self.categories.values() if category.collection == collection)

    def activities_of(self, category: str) -> tuple[Activity, ...]:
        """The activity that keeps the category, then those that use it too."""
        keeps = [one for one in self.register.activities if any(own.key == category for own in one.categories)]
        return (*keeps, *(one for one in self.register.activities if category in one.uses))

    def site(self, key: str) -> Site | None:
        return next((one for one in self.sites if one.key == key), None)

    def source_of(self, dataset: str) -> SourceConfig | None:
        return next((one for one in self.sources.values() if dataset in one.datasets), None)


def country_name(code: str, language: str) -> str:
    """ "États-Unis" or "United States" for US."""
    return str(Locale.parse("fr" if language.startswith("fr") else "en").territories.get(code, code))
