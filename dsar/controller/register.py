"""Reads register.yml: the record of processing (GDPR Art. 30), from which letters, portability and erasure follow."""

from __future__ import annotations

from dsar.controller.durations import parse_duration
from dsar.controller.nodes import Node
from dsar.controller.problems import Page
from dsar.controller.reading import Table, is_key, is_slug, undecided
from dsar.controller.shape import (
    Activity,
    Category,
    ErasureKind,
    ErasureRule,
    FieldUse,
    Recipient,
    Register,
    Retention,
    Text,
    Transfer,
)
from dsar.domain.vocabulary import Ground, LegalBasis

# Where the GDPR applies without a transfer: the EU and the EEA (Art. 44).
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()  # noqa: SIM905
)
KEEPING_GROUNDS = frozenset({Ground.ART_17_3_A, Ground.ART_17_3_B, Ground.ART_17_3_C, Ground.ART_17_3_D, Ground.ART_17_3_E})
# Files of the package that are not categories, and names that Windows keeps for itself.
TAKEN_NAMES = frozenset(
    {"searches", "redactions", "index", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)


def read_register(root: Node, page: Page) -> Register:
    top = Table(root, "", page)
    activities = tuple(_activity(key, table) for key, table in top.named_tables("activities"))
    top.done()
    return Register(activities)


def _activity(key: str, table: Table) -> Activity:
    if not is_key(key):
        table.problem("", f"{key!r} is not a key.", "Use small letters of ASCII, digits and underscores, 40 at most.")
    mark = table.page.mark()
    legal_basis = table.choices("legal_basis", LegalBasis)
    basis_is_sound = table.page.mark() == mark
    recipients = () if table.says_none("recipients") else _recipients(table)
    mark = table.page.mark()
    transfers = () if table.says_none("transfers") else _transfers(table, recipients)
    if table.page.mark() == mark:
        _check_transfers(table, recipients, transfers)
    categories = () if table.says_none("categories") else _categories(key, table)
    activity = Activity(
        key=key,
        label=table.words("label"),
        purposes=table.word_list("purposes"),
        legal_basis=legal_basis,
        recipients=recipients,
        transfers=transfers,
        retention=_retentions(table, {category.key for category in categories}),
        origin=table.words("origin"),
        automated_decisions=None if table.says_none("automated_decisions") else table.words("automated_decisions"),
        categories=categories,
        uses=tuple(words for words, _ in table.texts("uses", required=False)),
    )
    _check_portability(table, activity, basis_is_sound=basis_is_sound)
    table.done()
    return activity


# Art. 15(1)(c) and 15(2): recipients and transfers


def _recipients(table: Table) -> tuple[Recipient, ...]:
    if not table.find("recipients") or table.node.value["recipients"].value == []:
        table.problem(
            "recipients", "is empty.", "Name each recipient, or write `recipients: none` when nobody outside receives the data."
        )
        return ()
    recipients = []
    for one in table.tables("recipients"):
        name = one.matching("name", lambda words: not undecided(words), "the name of a recipient", example="Print Works Ltd")
        recipients.append(Recipient(name, one.words("why"), one.country("country")))
        one.done()
    return tuple(recipients)


def _transfers(table: Table, recipients: tuple[Recipient, ...]) -> tuple[Transfer, ...]:
    if not table.find("transfers"):
        table.problem(
            "transfers", "is not said.", "Name each transfer outside the EEA with its safeguard, or write `transfers: none`."
        )
        return ()
    names = {recipient.name for recipient in recipients}
    transfers = []
    for one in table.tables("transfers"):
        name = one.text("recipient", example="the name of a recipient above")
        if name and name not in names:
            one.problem(
                "recipient",
                f"{name!r} is not among the recipients of this activity.",
                "Write the name as it stands there, or add the recipient.",
            )
        transfers.append(Transfer(name, one.country("country"), one.words("safeguard")))
        one.done()
    return tuple(transfers)


def _check_transfers(table: Table, recipients: tuple[Recipient, ...], transfers: tuple[Transfer, ...]) -> None:
    covered = {(transfer.recipient, transfer.country) for transfer in transfers}
    listed = table.node.child("recipients")
    lines = {recipient.name: listed.line_at((n, "country")) for n, recipient in enumerate(recipients) if listed}
    for recipient in recipients:
        if recipient.country and recipient.country not in EEA and (recipient.name, recipient.country) not in covered:
            table.page.problem(
                lines.get(recipient.name, table.line("recipients")),
                f"{recipient.name} is in {recipient.country}, outside the EEA, and no transfer says what protects the data.",
                "Add a transfer with this recipient, country and safeguard (GDPR Art. 15(2), 46).",
            )


# Art. 15(1)(d): retention


def _retentions(table: Table, categories: set[str]) -> tuple[Retention, ...]:
    lines = []
    for one in table.tables("retention"):
        period = one.duration("period", default="")
        given = one.optional_words("text")
        from_event = one.words("from") if period or not given else Text("", "")
        law = one.optional_words("law")
        chosen = one.texts("for", required=False)
        for key, line in chosen:
            if key not in categories:
                one.page.problem(
                    line,
                    f"{one.name('for')}: {key!r} is not a category of this activity.",
                    f"Write one of: {', '.join(sorted(categories))}.",
                )
        if not one.find("period") and not given:
            one.problem(
                "period",
                "neither a period nor a rule is given (GDPR Art. 15(1)(d)).",
                "Write `period: P1Y`, or the rule in `text: {fr: …, en: …}`.",
            )
        one.done()
        lines.append(
            Retention(period or None, from_event, law, given or _sentence(period, from_event), tuple(key for key, _ in chosen))
        )
    return tuple(lines)


def _sentence(period: str, from_event: Text) -> Text:
    """ "1 an après la fin de la formation", "1 year after the end of the training"."""
    duration = parse_duration(period)
    if duration is None:
        return Text("", "")
    return Text(f"{duration.in_language('fr')} après {from_event.fr}", f"{duration.in_language('en')} after {from_event.en}")


# Art. 15(1)(b), 17, 20: categories


def _categories(activity: str, table: Table) -> tuple[Category, ...]:
    categories = []
    for key, one in table.named_tables("categories"):
        if not is_slug(key) or key in TAKEN_NAMES:
            why = "is the name of another file of the package" if key in TAKEN_NAMES else "is not a file name"
            one.problem(
                "",
                f"{key!r} {why}.",
                "Use small letters of ASCII, digits and hyphens, 40 at most: it names a file of the package.",
            )
        fields = tuple(_field_use(name, use) for name, use in one.named_tables("fields"))
        categories.append(
            Category(
                key=key,
                label=one.words("label"),
                activity=activity,
                collection=one.text("collection", example="school.students"),
                fields=fields,
                erasure=_erasure(one),
                date_field=one.text("date_field", example="created_at", default="") or None,
                portable=one.boolean("portable"),
                high_stake=one.boolean("high_stake"),
            )
        )
        one.done()
    return tuple(categories)


def _field_use(name: str, table: Table) -> FieldUse:
    label = Text(table.text("fr", example="Prénom"), table.text("en", example="First name"))
    use = FieldUse(name, label, table.boolean("mask"), table.boolean("provided"), table.boolean("free_text"))
    table.done()
    return use


def _erasure(category: Table) -> ErasureRule:
    table = category.table("erasure")
    if table is None:
        return ErasureRule(ErasureKind.KEEP)
    mark = table.page.mark()
    kind = table.choice("kind", ErasureKind)
    if table.page.mark() != mark:  # what else belongs there depends on the kind
        return ErasureRule(kind)
    fields = tuple(words for words, _ in table.texts("fields", example="[email]", required=kind is ErasureKind.ANONYMISE))
    keeps = kind is ErasureKind.KEEP
    rule = ErasureRule(
        kind=kind,
        fields=fields,
        until=table.duration("until", default=None if keeps else "") or None,
        from_field=table.text("from", example="ended_on", default=None if keeps else "") or None,
        ground=table.choice("ground", Ground) if keeps else None,
        why=table.words("why") if keeps else table.optional_words("why"),
    )
    if keeps and rule.ground not in KEEPING_GROUNDS and table.find("ground"):
        table.problem(
            "ground",
            f"{rule.ground} is no ground to keep data against an erasure.",
            f"Write one of: {', '.join(sorted(KEEPING_GROUNDS))}.",
        )
    if not keeps and table.find("ground"):
        table.problem("ground", f"an erasure rule of the kind {kind} keeps nothing.", "Take `ground` out, or write `kind: keep`.")
    if fields and kind is not ErasureKind.ANONYMISE:
        table.problem(
            "fields", f"an erasure rule of the kind {kind} has no fields.", "Take `fields` out, or write `kind: anonymise`."
        )
    table.done()
    return rule


def _check_portability(table: Table, activity: Activity, *, basis_is_sound: bool) -> None:
    """Art. 20(1): provided by the person, and on consent or contract."""
    inside = table.node.value.get("categories")
    for category in activity.categories:
        if not category.portable or inside is None:
            continue
        line = inside.line_at((category.key, "portable"))
        if basis_is_sound and not {LegalBasis.CONSENT, LegalBasis.CONTRACT} & set(activity.legal_basis):
            table.page.problem(
                line,
                f"{category.key} cannot be portable: {activity.key} rests on neither consent nor contract (GDPR Art. 20(1)(a)).",
                "Take `portable` out, or correct `legal_basis`.",
            )
        if not any(use.provided for use in category.fields):
            table.page.problem(
                line,
                f"{category.key} is portable, and none of its fields is provided by the person (GDPR Art. 20(1)).",
                "Write `provided: true` at the fields that the person gave, or take `portable` out.",
            )
