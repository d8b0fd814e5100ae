# ruff: noqa: E501  a sentence is one line
"""The reckoning in words: whole, literal, in both languages."""

from __future__ import annotations

from dsar.domain.asked import asked
from dsar.domain.clock import Deadlines
from dsar.domain.explain import lines

NBSP = "\N{NO-BREAK SPACE}"


def dates(pack: str, received: str, **given: object) -> Deadlines:
    return asked({"pack": pack, "received": received, **given}).dates()


def pause(kind: str, start: str, end: str, **given: object) -> dict[str, object]:
    return {"kind": kind, "from": f"{start}T12:00:00+01:00", "until": f"{end}T12:00:00+01:00", **given}


def test_a_month_that_is_clamped_and_rolled_in_french() -> None:
    assert lines(dates("FR", "2026-01-31T10:00:00+01:00", promise_days=30), "fr") == (
        "Reçue le samedi 31 janvier 2026, date civile au siège (Europe/Paris). Ce jour ne compte pas (règlement 1182/71, art. 3, § 1).",
        f"1 mois à partir du samedi 31 janvier 2026{NBSP}: samedi 28 février 2026, car ce mois n’a pas de 31 (RGPD, art. 12, § 3).",
        "Reporté au jour ouvré suivant, lundi 2 mars 2026, après samedi 28 février 2026 et dimanche 1er mars 2026"
        " (règlement 1182/71, art. 3, § 4).",
        f"Limite légale{NBSP}: lundi 2 mars 2026, jusqu’à minuit au siège (RGPD, art. 12, § 3).",
        "Une prolongation, avec ses raisons, s’annonce jusqu’au lundi 2 mars 2026 (RGPD, art. 12, § 3).",
        f"Date prudente, la première de l’engagement (30 jours) et du délai, sans pause ni report{NBSP}: samedi 28 février 2026"
        " (engagement publié).",
        f"Notre engagement de 30 jours à partir du samedi 31 janvier 2026{NBSP}: lundi 2 mars 2026 (engagement publié).",
        f"Date de travail, la première de l’engagement et de la limite légale{NBSP}: lundi 2 mars 2026 (engagement publié).",
    )


def test_a_pause_and_a_late_question_in_english() -> None:
    pauses = [pause("identity", "2026-03-04", "2026-03-05"), pause("clarification", "2026-03-10", "2026-03-12", late=True)]
    assert lines(dates("FR", "2026-03-03T10:00:00+01:00", pauses=pauses, promise_days=30), "en") == (
        "Received on Tuesday 3 March 2026, civil date at the seat (Europe/Paris). That day is not counted (Regulation 1182/71 Art. 3(1)).",
        "1 month from Tuesday 3 March 2026: Friday 3 April 2026 (GDPR Art. 12(3)).",
        "1 day of pause added, while an answer of the person was awaited: Saturday 4 April 2026 (EDPB Guidelines 01/2022, s. 5.3).",
        "The question of Tuesday 10 March 2026 left too late: it adds nothing (EDPB Guidelines 01/2022, s. 5.3).",
        "Carried to the next working day, Tuesday 7 April 2026, past Saturday 4 April 2026, Sunday 5 April 2026 and"
        " Monday 6 April 2026 (Easter Monday) (Regulation 1182/71 Art. 3(4)).",
        "Legal limit: the end of Tuesday 7 April 2026 at the seat (GDPR Art. 12(3)).",
        "An extension, with its reasons, can be announced until Tuesday 7 April 2026 (GDPR Art. 12(3)).",
        "Careful date, the earlier of promise (30 days) and time limit, without pauses or carrying over: Thursday 2 April 2026"
        " (published promise).",
        "Our promise of 30 days from Tuesday 3 March 2026 and 1 day of pause: Friday 3 April 2026 (published promise).",
        "Working date, the earlier of promise and legal limit: Friday 3 April 2026 (published promise).",
    )


def test_a_restart_in_the_united_kingdom() -> None:
    told = lines(dates("UK", "2026-03-02T10:00:00Z", pauses=[pause("identity", "2026-03-04", "2026-03-11")]), "en")
    assert (
        told[1] == "Proof of identity came on Wednesday 11 March 2026: the time limit starts on that day (UK GDPR Art. 12A(2))."
    )
    assert told[2] == "1 month from Wednesday 11 March 2026: Saturday 11 April 2026 (UK GDPR Art. 12(3) and 12A)."


def test_business_days_name_the_holidays_they_left_out() -> None:
    told = lines(dates("CCPA", "2026-06-26T10:00:00-07:00"), "en")
    assert told[1] == (
        "Receipt to be confirmed within 10 business days: by Monday 13 July 2026, not counting"
        " Friday 3 July 2026 (Independence Day (substitute day)) (CCPA, 11 CCR § 7021)."
    )


def test_where_there_is_no_extension_the_words_say_what_remains() -> None:
    told = lines(dates("CH", "2026-03-02T10:00:00+01:00", extended=True), "fr")
    assert (
        "Ce délai ne connaît pas de prolongation : l’annonce est sans effet, la limite reste le mercredi 1er avril 2026"
        " (LPD, art. 25, al. 7). Si la réponse prend plus de temps, dites-le à la personne dans ce délai, avec la date de la réponse."
    ).replace(" :", f"{NBSP}:") in told
