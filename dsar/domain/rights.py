"""What each right is: its article, how it can end, and which acts need two people."""

from __future__ import annotations

from collections.abc import Mapping

from dsar.domain.vocabulary import AT_ONCE, Act, Outcome, RequestType

ARTICLES: Mapping[RequestType, str] = {
    RequestType.ACCESS: "15",
    RequestType.RECTIFICATION: "16",
    RequestType.ERASURE: "17",
    RequestType.RESTRICTION: "18",
    RequestType.PORTABILITY: "20",
    RequestType.OBJECTION: "21(1)",
    RequestType.MARKETING_OBJECTION: "21(2)",
    RequestType.WITHDRAWAL: "7(3)",
    RequestType.UNSPECIFIED: "12(2)",
}

_BY_A_PERSON = (
    Outcome.GRANTED,
    Outcome.PARTLY_GRANTED,
    Outcome.REFUSED,
    Outcome.NOTHING_HELD,
    Outcome.CANNOT_IDENTIFY,
)


def article(right: RequestType, language: str) -> str:
    """The article as a lawyer of that language cites it: "GDPR Art. 21(1)", "RGPD, art. 21.1"."""
    number = ARTICLES[right]
    return f"RGPD, art. {number.replace('(', '.').replace(')', '')}" if language == "fr" else f"GDPR Art. {number}"


def outcomes(right: RequestType) -> tuple[Outcome, ...]:
    """How a person may decide a part. At once means granted; free wording that asks for no right can only be refused."""
    if right in AT_ONCE:
        return (Outcome.GRANTED,)  # absolute: GDPR Art. 21(3) and 7(3) know no refusal
    if right is RequestType.UNSPECIFIED:
        return (Outcome.REFUSED, Outcome.NOTHING_HELD, Outcome.CANNOT_IDENTIFY)
    return _BY_A_PERSON


def needs_two_people(right: RequestType, outcome: Outcome) -> Act | None:
    """The act that a second person must approve before it takes effect; None when one person decides."""
    if outcome in (Outcome.REFUSED, Outcome.PARTLY_GRANTED):
        return Act.REFUSE
    if right is RequestType.ERASURE and outcome is Outcome.GRANTED:
        return Act.ERASE
    return None
