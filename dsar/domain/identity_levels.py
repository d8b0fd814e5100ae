"""How sure we must be of who asks, and by which steps a system or only a person may be sure (GDPR Art. 12(6), LAW R-21 to R-31).

The level follows from what is at stake: the right that is used, for whom, and whether the register calls the data concerned high
stake. What each step of the ladder may settle without a person is the controller's choice in controller.toml.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum, StrEnum

from dsar.domain.vocabulary import AT_ONCE, Doubt, IdentityMeans, RequestType, SubjectKind


class Level(IntEnum):
    """How much certainty a request needs, in rising order."""

    NONE = 0  # a marketing objection or a withdrawal: nothing is disclosed, so nobody is asked (Art. 21(3), 7(3))
    CONTACT = 1  # control of a contact or an account that the controller already holds
    HIGH = 2  # the same, where the register says that a mistake would cost the person dearly
    PERSON = 3  # somebody asks for somebody else: a named member of staff decides


class Compared(StrEnum):
    """What an officer compared with a source; the event of a check holds these codes and no value."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    NUMBER = "number"  # student, applicant or staff number
    CAMPUS = "campus"
    PROGRAMME = "programme"
    YEARS = "years"
    CONTACT = "contact"  # an address or a telephone number on file
    EXCHANGE = "exchange"  # an exchange that only the two know of
    # Of a mandate (LAW R-30)
    MANDATE_PROXY = "mandate_proxy"  # the proxy's own identity
    MANDATE_RIGHTS = "mandate_rights"
    MANDATE_DURATION = "mandate_duration"
    MANDATE_OBJECT = "mandate_object"  # which data, which controller
    MANDATE_RECEIVES = "mandate_receives"  # whether the proxy may receive the answer
    # Of a parent (LAW R-41)
    PARENT_TIE = "parent_tie"
    CHILD_AGE = "child_age"
    CHILD_VIEW = "child_view"  # from 15 the child's own view and privacy are weighed
    # Of an heir (LAW)
    DEATH = "death"
    HEIR_TIE = "heir_tie"
    DIRECTIVES = "directives"  # directives of the deceased come before the heirs


FACTS = (
    Compared.NAME,
    Compared.BIRTH_DATE,
    Compared.NUMBER,
    Compared.CAMPUS,
    Compared.PROGRAMME,
    Compared.YEARS,
    Compared.CONTACT,
    Compared.EXCHANGE,
)
# What must all be ticked before somebody may act for somebody else.
NEEDED = {
    SubjectKind.MANDATE: (
        Compared.MANDATE_PROXY,
        Compared.MANDATE_RIGHTS,
        Compared.MANDATE_DURATION,
        Compared.MANDATE_OBJECT,
        Compared.MANDATE_RECEIVES,
    ),
    SubjectKind.CHILD: (Compared.PARENT_TIE, Compared.CHILD_AGE, Compared.CHILD_VIEW),
    SubjectKind.DECEASED: (Compared.DEATH, Compared.HEIR_TIE, Compared.DIRECTIVES),
}
IDENTITY_DOUBTS = (
    Doubt.ADDRESS_NOT_ON_FILE,
    Doubt.SEVERAL_PEOPLE_FIT,
    Doubt.DETAILS_DO_NOT_FIT,
    Doubt.ADDRESS_CHANGED,
    Doubt.HIGH_STAKE,
)
MANDATE_DOUBTS = (Doubt.MANDATE_INCOMPLETE, Doubt.TIE_NOT_SHOWN)
FACTS_MEANS = (IdentityMeans.CALL_BACK, IdentityMeans.COUNTER, IdentityMeans.KNOWN_DETAILS, IdentityMeans.POST_ON_FILE)

_FOR_THEMSELVES = (SubjectKind.SELF, SubjectKind.SELF_MINOR)
_DISCLOSES_OR_CHANGES = frozenset(
    {RequestType.ACCESS, RequestType.PORTABILITY, RequestType.RECTIFICATION, RequestType.ERASURE, RequestType.UNSPECIFIED}
)


def required_level(rights: Iterable[RequestType], kind: SubjectKind, *, high_stake: bool) -> Level:
    """How sure we must be. `high_stake`: the register has a category of high stake that these rights would open or change."""
    asked = set(rights) - AT_ONCE
    if not asked:
        return Level.NONE
    if kind not in _FOR_THEMSELVES:
        return Level.PERSON
    return Level.HIGH if high_stake and asked & _DISCLOSES_OR_CHANGES else Level.CONTACT


def settles_alone(
    means: IdentityMeans,
    level: Level,
    *,
    automatic: Collection[IdentityMeans],
    automatic_high_stake: Collection[IdentityMeans],
) -> bool:
    """Whether this step is enough without a named member of staff. A document never is (it is looked at by a person)."""
    if means is IdentityMeans.DOCUMENT or level is Level.PERSON:
        return False
    if level is Level.HIGH:
        return means in automatic and means in automatic_high_stake
    return level is Level.NONE or means in automatic
