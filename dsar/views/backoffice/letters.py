"""What the person is about to receive, shown to the officer before anything leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import translation

from dsar import selectors
from dsar.controller import controller
from dsar.domain.vocabulary import BY_PACKAGE, Ground, Outcome, RequestType
from dsar.labels import label
from dsar.models import DataSubjectRequest
from dsar.services import tell, verify
from notifications.rendering import Rendered, render


def words_mail(dsr: DataSubjectRequest, words: str) -> Rendered:
    """An officer's words in their mail."""
    return _mail(dsr, "letter_to_subject", words=words)


def decision_mail(
    dsr: DataSubjectRequest, right: RequestType, outcome: Outcome, grounds: Sequence[Ground], facts: str, *, now: datetime
) -> Rendered | None:
    """The mail that this decision leads to; None for a copy, whose mail is written once the package exists."""
    with translation.override(dsr.language):
        name = str(label(right))
        if outcome in (Outcome.REFUSED, Outcome.PARTLY_GRANTED):
            granted = str(label(outcome)) if outcome is Outcome.PARTLY_GRANTED else ""
            named = [str(label(ground)) for ground in grounds]
            return _mail(dsr, "refusal", right=name, grounds=named, facts=facts, granted_part=granted)
        if outcome is Outcome.NOTHING_HELD:
            systems = [source.label.in_language(dsr.language) for source in controller().sources.values()]
            return _mail(dsr, "nothing_held", systems=systems, identifiers=sorted({"email", *dsr.identifiers}))
        if right in BY_PACKAGE:
            return None
        done = selectors.today_at_seat(now)
        return _mail(
            dsr, "answer", right=name, outcome_label=str(label(outcome)), done_date=done, facts=facts, recipients_told=""
        )


def cannot_identify_mail(dsr: DataSubjectRequest, attempt: str) -> Rendered:
    """That we cannot tell whose data were asked for, and what would be enough."""
    return _mail(dsr, "cannot_identify", attempt=attempt, what_could=verify.gentle_ways(dsr.language))


def identity_mail(dsr: DataSubjectRequest, kind: str, context: Mapping[str, object]) -> Rendered:
    """A question about identity or a mandate, as the person will get it."""
    return _mail(dsr, kind, **context)


def notice_mail(dsr: DataSubjectRequest, kind: str, facts: Mapping[str, object]) -> Rendered:
    """A notice about the clock, as it leaves now."""
    return _mail(dsr, kind, **facts)


def _mail(dsr: DataSubjectRequest, kind: str, **context: object) -> Rendered:
    who = controller()
    common = {
        "reference": dsr.reference,
        "controller_name": who.name,
        "dpo_name": who.dpo.name,
        "dpo_email": who.dpo.email,
        "authority": who.authority,
        "follow_url": tell.absolute("public:follow", dsr.language),
    }
    return render(kind, dsr.language, {**common, **context})
