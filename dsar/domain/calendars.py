"""Whose calendar counts and which periods: the rule packs, as data.

LAW conventions D5 (nationwide holidays of the seat's state), D6 (civil date at the seat), D8 (flat counts are never rolled) and
section 6. A change of a period, a roll rule or a holiday wants a new `version`: every explanation names the version it used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache, partial

from holidays import country_holidays

from dsar.domain.holiday_names import AMERICAN, BRITISH, FRENCH, GERMAN
from dsar.domain.rules import Bilingual, Period, Questions, RulePack, Unit

__all__ = ["PACKS", "RulePack", "UnknownRulePack", "rule_pack"]


class UnknownRulePack(ValueError):
    """The controller names a rule pack that does not exist; the sentence is for the operator."""


def rule_pack(key: str) -> RulePack:
    """The pack of that key. Raises `UnknownRulePack`, which names those that exist."""
    try:
        return PACKS[key]
    except KeyError:
        raise UnknownRulePack(f"There is no rule pack {key!r}; choose one of {', '.join(sorted(PACKS))}.") from None


# Holidays


@lru_cache(maxsize=1024)
def _nationwide(country: str, language: str, year: int, subdivision: str | None = None) -> Mapping[date, str]:
    return dict(country_holidays(country, subdiv=subdivision, years=[year], language=language))


def _french(year: int) -> Mapping[date, str]:
    """The 11 of Code du travail L3133-1; Good Friday and 26 December are holidays of Alsace-Moselle only."""
    return _nationwide("FR", "fr", year)


def _german(year: int) -> Mapping[date, str]:
    """Nationwide holidays only."""
    return _nationwide("DE", "de", year)


def _weekends_only(year: int) -> Mapping[date, str]:
    """GDPR without a member state: no holiday is common to all."""
    return {}


def _english(year: int) -> Mapping[date, str]:
    """England and Wales; a bank holiday on a weekend has a substitute day."""
    return _nationwide("GB", "en_GB", year, "ENG")


def _federal_american(year: int) -> Mapping[date, str]:
    """The federal holidays, with the Friday or Monday on which one that falls on a weekend is observed."""
    return _nationwide("US", "en_US", year)


def _brazilian(year: int) -> Mapping[date, str]:
    return _nationwide("BR", "pt_BR", year)


def _canadian(year: int) -> Mapping[date, str]:
    return _nationwide("CA", "en_CA", year)


def _quebec(year: int) -> Mapping[date, str]:
    return _nationwide("CA", "fr", year, "QC")


def _swiss(year: int) -> Mapping[date, str]:
    return _nationwide("CH", "fr", year)


# Periods

_GDPR = Bilingual("RGPD, art. 12, § 3", "GDPR Art. 12(3)")
_UK_GDPR = Bilingual("RGPD britannique, art. 12, § 3, et 12A", "UK GDPR Art. 12(3) and 12A")
_CCPA = Bilingual("CCPA, 11 CCR § 7021", "CCPA, 11 CCR § 7021")
_PIPEDA = Bilingual("LPRPDE, art. 8", "PIPEDA s. 8")

_ONE_MONTH = Period("EU-1M", 1, Unit.MONTHS, _GDPR, "EU-1M-PAUSE")
_THREE_MONTHS = Period("EU-3M", 3, Unit.MONTHS, _GDPR, "EU-3M-PAUSE")
_FIRST_DAY = Bilingual("règlement 1182/71, art. 3, § 1", "Regulation 1182/71 Art. 3(1)")
_EU_ROLL = Bilingual("règlement 1182/71, art. 3, § 4", "Regulation 1182/71 Art. 3(4)")
_FLAT = Bilingual("compte en jours, convention D8", "count of days, convention D8")

_under_the_gdpr = partial(
    RulePack,
    limit=_ONE_MONTH,
    extension=_THREE_MONTHS,
    first_day=_FIRST_DAY,
    roll=_EU_ROLL,
    questions=Questions.SUSPEND,
)
_in_flat_days = partial(RulePack, first_day=_FLAT, questions=Questions.NOTHING)

PACKS: Mapping[str, RulePack] = {
    pack.key: pack
    for pack in (
        _under_the_gdpr(
            key="FR",
            version="FR-2026.1",
            time_zone="Europe/Paris",
            holidays=_french,
            names=FRENCH,
        ),
        _under_the_gdpr(
            key="DE",
            version="DE-2026.1",
            time_zone="Europe/Berlin",
            holidays=_german,
            names=GERMAN,
        ),
        _under_the_gdpr(
            key="EU",
            version="EU-2026.1",
            time_zone="Europe/Brussels",
            holidays=_weekends_only,
        ),
        # Corresponding date of the ICO (A15). "To 3 months from the original start": one run from the relevant time, which is
        # the later of receipt and proof of identity (Art. 12A(2)); never one month rolled, then two more.
        RulePack(
            key="UK",
            version="UK-2026.1",
            time_zone="Europe/London",
            holidays=_english,
            names=BRITISH,
            limit=Period("UK-1M", 1, Unit.MONTHS, _UK_GDPR, "UK-CLAR"),
            extension=Period("UK-3M", 3, Unit.MONTHS, _UK_GDPR, "UK-CLAR"),
            first_day=Bilingual("ICO, date correspondante", "ICO, corresponding date"),
            roll=Bilingual("ICO, jour ouvré suivant", "ICO, next working day"),
            questions=Questions.RESTART,
        ),
        # 11 CCR § 7021 asks to confirm the receipt of requests to know, correct and delete: an opt-out has none to confirm.
        _in_flat_days(
            key="CCPA",
            version="CCPA-2026.1",
            time_zone="America/Los_Angeles",
            holidays=_federal_american,
            names=AMERICAN,
            limit=Period("CCPA-45D", 45, Unit.DAYS, _CCPA),
            extension=Period("CCPA-90D", 90, Unit.DAYS, _CCPA),
            acknowledge=Period("CCPA-ACK-10BD", 10, Unit.BUSINESS_DAYS, _CCPA),
            opt_out=Period(
                "CCPA-OPTOUT-15BD", 15, Unit.BUSINESS_DAYS, Bilingual("CCPA, 11 CCR § 7026, 7027", "CCPA, 11 CCR § 7026, 7027")
            ),
        ),
        _in_flat_days(
            key="BR",
            version="BR-2026.1",
            time_zone="America/Sao_Paulo",
            holidays=_brazilian,
            limit=Period("BR-15D", 15, Unit.DAYS, Bilingual("LGPD, art. 19, II", "LGPD Art. 19(II)")),
        ),
        _in_flat_days(
            key="CA",
            version="CA-2026.1",
            time_zone="America/Toronto",
            holidays=_canadian,
            limit=Period("CA-30D", 30, Unit.DAYS, _PIPEDA),
            extension=Period("CA-60D", 60, Unit.DAYS, _PIPEDA),
        ),
        _in_flat_days(
            key="QC",
            version="QC-2026.1",
            time_zone="America/Toronto",
            holidays=_quebec,
            limit=Period("QC-30D", 30, Unit.DAYS, Bilingual("P-39.1, art. 32", "P-39.1 s. 32")),
        ),
        # "In general" thirty days: the law lets the controller name a later date and gives no number to count, so the limit
        # stays, and the date that was told to the person is kept by people.
        _in_flat_days(
            key="CH",
            version="CH-2026.1",
            time_zone="Europe/Zurich",
            holidays=_swiss,
            limit=Period("CH-30D", 30, Unit.DAYS, Bilingual("LPD, art. 25, al. 7", "FADP Art. 25(7)")),
            no_extension=Bilingual(
                "Si la réponse prend plus de temps, dites-le à la personne dans ce délai, avec la date de la réponse.",
                "If the answer takes longer, tell the person within this limit, with the date of the answer.",
            ),
        ),
    )
}
