"""The reckoning in words, French and English, and as JSON: the same events give the same bytes, wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockStep, Deadlines, StepKind
from dsar.domain.rules import RulePack, Unit

LANGUAGES = ("fr", "en")
DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
# French, then English. The space before a French colon is made one that never starts a line.
SENTENCES: dict[StepKind, tuple[str, str]] = {
    StepKind.RECEIPT: (
        "Reçue le {day}, date civile au siège ({zone}). Ce jour ne compte pas ({source}).",
        "Received on {day}, civil date at the seat ({zone}). That day is not counted ({source}).",
    ),
    StepKind.ACKNOWLEDGE: (
        "Réception à confirmer sous {count} : {day} au plus tard{passed} ({source}).",
        "Receipt to be confirmed within {count}: by {day}{passed} ({source}).",
    ),
    StepKind.EXTENDED: (
        "Prolongation annoncée à temps : elle pouvait l’être jusqu’au {day} ({source}).",
        "Extension announced in time: it could be until {day} ({source}).",
    ),
    StepKind.RESTART: (
        "Preuve d’identité reçue le {day} : le délai part de ce jour ({source}).",
        "Proof of identity came on {day}: the time limit starts on that day ({source}).",
    ),
    StepKind.AWAITED: (
        "Preuve d’identité attendue : compté comme si elle arrivait le {day} ({source}).",
        "Proof of identity is awaited: counted as if it came on {day} ({source}).",
    ),
    StepKind.PERIOD: (
        "{count} à partir du {since} : {day}{clamped}{passed} ({source}).",
        "{count} from {since}: {day}{clamped}{passed} ({source}).",
    ),
    StepKind.PAUSE: (
        "{count} de pause en plus, pendant que la réponse de la personne était attendue : {day} ({source}).",
        "{count} of pause added, while an answer of the person was awaited: {day} ({source}).",
    ),
    StepKind.NO_CREDIT: (
        "La question du {day} est partie trop tard : elle n’ajoute rien ({source}).",
        "The question of {day} left too late: it adds nothing ({source}).",
    ),
    StepKind.NO_PAUSE: (
        "La question du {day} n’arrête pas ce délai ({source}).",
        "The question of {day} does not stop this time limit ({source}).",
    ),
    StepKind.ROLL: (
        "Reporté au jour ouvré suivant, {day}, après {skipped} ({source}).",
        "Carried to the next working day, {day}, past {skipped} ({source}).",
    ),
    StepKind.LIMIT: (
        "Limite légale : {day}, jusqu’à minuit au siège ({source}).",
        "Legal limit: the end of {day} at the seat ({source}).",
    ),
    StepKind.OPEN: (
        "La question du {since} attend sa réponse : la limite n’est pas avant le {day} et recule chaque jour ({source}).",
        "The question of {since} is unanswered: the limit is not before {day} and moves on with each day ({source}).",
    ),
    StepKind.NOTICE: (
        "Une prolongation, avec ses raisons, s’annonce jusqu’au {day} ({source}).",
        "An extension, with its reasons, can be announced until {day} ({source}).",
    ),
    StepKind.VOID_EXTENSION: (
        "La prolongation annoncée le {day} est sans effet : elle devait l’être au plus tard le {since} ({source}).",
        "The extension announced on {day} has no effect: it had to be by {since} ({source}).",
    ),
    StepKind.NO_EXTENSION: (
        "Ce délai ne connaît pas de prolongation : l’annonce est sans effet, la limite reste le {day} ({source}).{remains}",
        "This time limit has no extension: the notice has no effect, and the limit stays {day} ({source}).{remains}",
    ),
    StepKind.CAREFUL: (
        "Date prudente, sans pause ni report : {day} ({source}).",
        "Careful date, without pauses or carrying over: {day} ({source}).",
    ),
    StepKind.PROMISE: (
        "Notre engagement de {count} à partir du {since}{moved} : {day} ({source}).",
        "Our promise of {count} from {since}{moved}: {day} ({source}).",
    ),
    StepKind.WORKING: (
        "Date de travail, la limite légale : {day} ({source}).",
        "Working date, the legal limit: {day} ({source}).",
    ),
}
# With a promise, the two dates of our own are the earlier of two.
WITH_PROMISE: dict[StepKind, tuple[str, str]] = {
    StepKind.CAREFUL: (
        "Date prudente, la première de l’engagement ({count}) et du délai, sans pause ni report : {day} ({source}).",
        "Careful date, the earlier of promise ({count}) and time limit, without pauses or carrying over: {day} ({source}).",
    ),
    StepKind.WORKING: (
        "Date de travail, la première de l’engagement et de la limite légale : {day} ({source}).",
        "Working date, the earlier of promise and legal limit: {day} ({source}).",
    ),
}


def sentence(step: ClockStep, *, pack: RulePack, language: str) -> str:
    """One line of the reckoning in `language` ("fr" or "en")."""
    french = language == "fr"
    forms = (step.amount and WITH_PROMISE.get(step.kind)) or SENTENCES[step.kind]
    moved = (step.day - step.since).days - step.amount if step.kind is StepKind.PROMISE and step.since else 0
    return (forms[0] if french else forms[1]).format(
        day=full_date(step.day, language),
        since=full_date(step.since, language) if step.since else "",
        source=step.source.say(language),
        zone=pack.time_zone,
        count=_count(step, language),
        clamped=_clamped(step, language),
        passed=_passed(step, pack, language),
        skipped=_several(step.skipped, pack, language),
        moved=(" et de {} de pause" if french else " and {} of pause").format(_days(moved, language)) if moved else "",
        remains=f" {note}" if (note := pack.no_extension.say(language)) else "",
    )


def lines(dates: Deadlines, language: str) -> tuple[str, ...]:
    """The whole reckoning in words."""
    return tuple(sentence(step, pack=rule_pack(dates.pack), language=language) for step in dates.steps)


def as_json(dates: Deadlines) -> dict[str, Any]:
    """Dates in ISO 8601, None where the law has none, and the steps in both languages with the version of the rules."""
    pack = rule_pack(dates.pack)
    return {
        "careful_date": dates.careful_date.isoformat(),
        "working_date": dates.working_date.isoformat(),
        "legal_limit": dates.legal_limit.isoformat(),
        "extension_notice_by": _iso(dates.extension_notice_by),
        "acknowledge_by": _iso(dates.acknowledge_by),
        "steps": [
            {
                "rule": step.rule,
                "article": step.source.en,
                "date": step.day.isoformat(),
                "kind": step.kind.value,
                "fr": sentence(step, pack=pack, language="fr"),
                "en": sentence(step, pack=pack, language="en"),
                "pack": dates.version,
            }
            for step in dates.steps
        ],
    }


def full_date(day: date, language: str) -> str:
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{DAYS[language][day.weekday()]} {number} {MONTHS[language][day.month - 1]} {day.year}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _days(n: int, language: str) -> str:
    return f"{n} {'jour' if language == 'fr' else 'day'}{'s' if n != 1 else ''}"


def _count(step: ClockStep, language: str) -> str:
    n = step.amount
    match step.unit:
        case Unit.MONTHS:
            return f"{n} mois" if language == "fr" else f"{n} month{'s' if n != 1 else ''}"
        case Unit.BUSINESS_DAYS:
            return f"{n} jours ouvrés" if language == "fr" else f"{n} business days"
        case Unit.DAYS:
            return _days(n, language)


def _clamped(step: ClockStep, language: str) -> str:
    """Why a month from the 31st ends on another number."""
    if step.unit is not Unit.MONTHS or step.since is None or step.since.day == step.day.day:
        return ""
    number = step.since.day
    return f", car ce mois n’a pas de {number}" if language == "fr" else f", since that month has no day {number}"


def _passed(step: ClockStep, pack: RulePack, language: str) -> str:
    """Holidays that a count of business days left out."""
    if step.unit is not Unit.BUSINESS_DAYS or not step.skipped:
        return ""
    named = _several(step.skipped, pack, language)
    return f", sans compter {named}" if language == "fr" else f", not counting {named}"


def _several(days: Iterable[date], pack: RulePack, language: str) -> str:
    said = []
    for day in days:
        name = pack.holiday_name(day, language)
        said.append(full_date(day, language) + (f" ({name})" if name else ""))
    *first, last = said or [""]
    return f"{', '.join(first)} {'et' if language == 'fr' else 'and'} {last}" if first else last
