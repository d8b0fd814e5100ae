"""Whom a request is about, in the words that the sources are asked with."""

from __future__ import annotations

from dsar.domain.vocabulary import SubjectKind
from dsar.models import DataSubjectRequest
from dsar.sources.base import Identity

THEMSELVES = (SubjectKind.SELF, SubjectKind.SELF_MINOR)
_MOST_VALUES, _LONGEST_VALUE = 20, 254


def about_of(dsr: DataSubjectRequest) -> str:
    """For whom it is asked; nothing for oneself, who is spoken to as the person."""
    return "" if dsr.subject_kind in THEMSELVES else dsr.subject_kind


def identity_of(dsr: DataSubjectRequest) -> Identity:
    """Whom we search for. The address of a parent, proxy or heir is not the data subject's, so it is no key."""
    values: dict[str, list[str]] = {kind: list(given) for kind, given in dsr.identifiers.items()}
    if dsr.subject_kind in THEMSELVES:
        values["email"] = [dsr.email, dsr.delivery_email, *values.get("email", [])]
    names = [dsr.data_subject_name, *dsr.other_names.replace(";", ",").split(",")]
    return Identity(
        {kind: kept for kind, given in values.items() if (kept := cleaned(given))},
        tuple(dict.fromkeys(one.strip() for one in names if one.strip())),
    )


def cleaned(values: list[str]) -> tuple[str, ...]:
    """Without blanks and doubles; what no column could hold is no key."""
    kept = (value.strip() for value in values)
    return tuple(dict.fromkeys(value for value in kept if value and len(value) <= _LONGEST_VALUE))[:_MOST_VALUES]
