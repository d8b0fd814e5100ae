"""Every kind of mail and the variables its templates may use; one missing or undeclared is an error, not a hole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LANGUAGES = ("fr", "en")

COMMON = frozenset({"reference", "controller_name", "dpo_name", "dpo_email", "authority", "follow_url"})


@dataclass(frozen=True)
class Kind:
    """One kind of mail and its own variables, on top of the common ones."""

    name: str
    own: frozenset[str]
    by_post: bool = True  # whether it makes sense as a letter

    @property
    def variables(self) -> frozenset[str]:
        """All that a template of this kind may use."""
        return COMMON | self.own


class ContextMismatch(ValueError):
    """A mail was to be written with too little or too much."""


def check_context(kind: Kind, given: Iterable[str]) -> None:
    """Raises `ContextMismatch`, naming what is missing and what nobody declared."""
    names = set(given)
    missing = sorted(kind.variables - names)
    undeclared = sorted(names - kind.variables)
    if missing or undeclared:
        raise ContextMismatch(f"Mail {kind.name}: missing {missing or 'nothing'}, undeclared {undeclared or 'nothing'}.")


def _kind(name: str, *own: str, by_post: bool = True) -> Kind:
    return Kind(name, frozenset(own), by_post)


_DEADLINE = ("due_date", "days_left", "days_late", "paused_since", "legal_limit", "case_url")
_TASK = ("system", "given_date", "days_waiting", "due_date", "instructions_url")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(
            "acknowledgement",
            "received_date",
            "rights",
            "for_whom",
            "without_delay",
            "stopped",
            "working_date",
            "legal_limit",
            "code",
            "link",
            "online",
            "code_minutes",
            "file_years",
        ),
        _kind("acknowledgement_digest", "requests", "file_years", by_post=False),
        _kind("code", "code", "link", "code_minutes", "purpose_label", by_post=False),
        _kind("draft_link", "link", "hours", "days", by_post=False),
        _kind("ready", "expires_date", "sums_sha256", "size", "by_post", "pass_phrase"),
        _kind("expiring", "expires_date", "phrase_missing", "phrase_asked", by_post=False),
        _kind("closed", "closed_date", "file_years"),
        _kind("answer", "right", "outcome_label", "done_date", "facts", "recipients_told"),
        _kind("refusal", "right", "grounds", "facts", "granted_part"),
        _kind("nothing_held", "systems", "identifiers"),
        _kind("cannot_identify", "attempt", "what_could"),
        _kind("done_at_once", "right", "done_date"),
        _kind("letter_to_subject", "words"),
        _kind(
            "identity_request",
            *("doubt", "words", "link", "link_days", "suspended", "asked_date", "closes_date", "ways", "document"),
        ),
        _kind(
            "mandate_request",
            *("doubt", "words", "link", "link_days", "suspended", "asked_date", "closes_date", "missing"),
        ),
        _kind("code_on_file", "code", "code_minutes", by_post=False),
        _kind("closed_without_proof", "asked_date", "unanswered_days"),
        _kind("address_changed", "changed_date", "frozen_until", by_post=False),
        _kind("withdrawn", "withdrawn_date", "rights", "start_url", by_post=False),
        _kind("pass_phrase_set", "changed_date", "again", "usable_from", "usable_time", by_post=False),
        _kind("pass_phrase_frozen", "frozen_date", by_post=False),
        _kind("clarification_request", "why", "choices", "reply_by", "asked_date"),
        _kind("restarted", "arrived_date", "silent", "paused_days", "working_date", "legal_limit"),
        _kind("extension", "reason_label", "words", "old_date", "new_limit", "delivered"),
        _kind("hand_task", "system", "instructions_url", "due_date", "right", by_post=False),
        _kind("approval_wanted", "act_label", "case_url", "expires_date", by_post=False),
        _kind("representative_acted", "representative", "rights", "received_date", "answer_goes_to_them", "follows_here"),
        _kind("child_told", "parent", "rights", "received_date", "phone", by_post=False),  # by mail to addresses on file alone
        # Written when they leave, by dsar/services/remind.py
        _kind("many_files_opened", "officer", "files", "noticed_on", "noticed_at", "journal_url", by_post=False),
        _kind("deadline_reminder", *_DEADLINE, by_post=False),
        _kind("deadline_escalation", *_DEADLINE, by_post=False),
        _kind("unopened_case", "received_date", "days_waiting", "working_date", "case_url", by_post=False),
        _kind("task_reminder", *_TASK, by_post=False),
        _kind("task_escalation", *_TASK, "team", by_post=False),
        _kind("identity_reminder", "asked_date", "question", "clock_stands", "closes_date"),
        _kind(
            "daily_digest",
            "day",
            "late",
            "late_count",
            "soon",
            "soon_count",
            "tasks",
            "approvals",
            "queue_url",
            by_post=False,
        ),
    )
}

# How a person reads the kinds of identifiers that we searched with.
IDENTIFIERS: Mapping[str, Mapping[str, str]] = {
    "email": {"fr": "adresse e-mail", "en": "email address"},
    "phone_number": {"fr": "numéro de téléphone", "en": "telephone number"},
    "student_number": {"fr": "numéro d’étudiant", "en": "student number"},
    "applicant_number": {"fr": "numéro de candidat", "en": "applicant number"},
    "ga": {"fr": "identifiant Google Analytics (cookie _ga)", "en": "Google Analytics identifier (cookie _ga)"},
    "hjsession": {"fr": "identifiant Hotjar (cookie _hjSessionUser)", "en": "Hotjar identifier (cookie _hjSessionUser)"},
    "visitor_id": {"fr": "identifiant de visiteur", "en": "visitor identifier"},
    "name": {"fr": "nom", "en": "name"},
}
