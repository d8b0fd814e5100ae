"""What each kind of mail is written from in tests: one context per kind, with the words of a French autumn."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from dsar.domain.vocabulary import Ground, Outcome, RequestType, TokenPurpose
from dsar.labels import asked, label
from dsar.services.acknowledge import Entry
from notifications.kinds import KINDS, LANGUAGES
from notifications.rendering import Rendered, render
from tests.people import DOMINIQUE_EMAIL

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FOLLOW = "https://droits.example/fr/suivre/"
LINK = "https://droits.example/fr/confirmer/x7_-Zq/"
CNIL = SimpleNamespace(name="CNIL", address="3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07", url="https://www.cnil.fr/")
COMMON_CONTEXT: dict[str, Any] = {
    "reference": "CE-7K4M-2XQZ",
    "controller_name": "Institut Exemple",
    "dpo_name": "Dominique Témoin",
    "dpo_email": DOMINIQUE_EMAIL,
    "authority": CNIL,
    "follow_url": FOLLOW,
}
DEADLINE: dict[str, Any] = {
    "due_date": date(2026, 12, 22),
    "legal_limit": date(2026, 12, 24),
    "days_left": 5,
    "days_late": 0,
    "paused_since": date(2026, 11, 24),
    "case_url": "https://droits.example/fr/office/CE-7K4M-2XQZ/",
}
TASK: dict[str, Any] = {
    "system": "Base des étudiants",
    "given_date": date(2026, 11, 24),
    "days_waiting": 7,
    "due_date": date(2026, 12, 4),
    "instructions_url": "https://droits.example/fr/office/taches/",
}
OWN_CONTEXT: dict[str, dict[str, Any]] = {
    "draft_link": {"link": LINK, "hours": 2, "days": 7},  # of a form that has no reference yet
    "acknowledgement": {
        "received_date": date(2026, 11, 22),
        "rights": [asked(RequestType.ACCESS), asked(RequestType.ERASURE)],
        "for_whom": "self",
        "without_delay": False,
        "stopped": False,
        "working_date": date(2026, 12, 22),
        "legal_limit": date(2026, 12, 24),
        "code": "204816",
        "link": LINK,
        "online": True,
        "code_minutes": 15,
        "file_years": 5,
    },
    "acknowledgement_digest": {
        "requests": [
            Entry(reference, date(2026, 11, 22), [asked(RequestType.ACCESS)], date(2026, 12, 22), date(2026, 12, 24))
            for reference in ("CE-7K4M-2XQZ", "CE-8L5N-3YRW")
        ],
        "file_years": 5,
    },
    "code": {"code": "204816", "link": LINK, "code_minutes": 15, "purpose_label": label(TokenPurpose.FOLLOW)},
    "ready": {
        "expires_date": date(2027, 1, 1),
        "sums_sha256": "ab" * 32,
        "size": 4_234_567,
        "by_post": False,
        "pass_phrase": "chosen",
    },
    "expiring": {"expires_date": date(2027, 1, 1), "phrase_missing": True, "phrase_asked": False},
    "closed": {"closed_date": date(2026, 12, 31), "file_years": 5},
    "answer": {
        "right": label(RequestType.RECTIFICATION),
        "outcome_label": label(Outcome.GRANTED),
        "done_date": date(2026, 12, 1),
        "facts": "Votre adresse a été corrigée.",
        "recipients_told": "Hébergeur Exemple",
    },
    "refusal": {
        "right": label(RequestType.ERASURE),
        "grounds": [label(Ground.ART_17_3_B)],
        "facts": "Votre diplôme est conservé 99 ans.",
        "granted_part": "",
    },
    "nothing_held": {"systems": ["Base des étudiants", "Site web"], "identifiers": ["email", "student_number"]},
    "cannot_identify": {"attempt": "Nous avons cherché votre adresse.", "what_could": ["votre numéro d’étudiant", "l’accueil"]},
    "done_at_once": {"right": label(RequestType.MARKETING_OBJECTION), "done_date": date(2026, 11, 22)},
    "letter_to_subject": {"words": "Pouvez-vous préciser l’année ?\n\nMerci."},
    "identity_request": {
        "doubt": "le nom diffère",
        "words": "Votre nom n’est pas celui du dossier.",
        "link": "https://droits.example/fr/identite/x7_-Zq/",
        "link_days": 14,
        "suspended": True,
        "asked_date": date(2026, 11, 24),
        "closes_date": date(2027, 1, 23),
        "ways": ["un code au contact que nous avons déjà", "passer à l’accueil"],
        "document": True,
    },
    "mandate_request": {
        "doubt": "le mandat n’est pas signé",
        "words": "Il manque la signature de la personne.",
        "link": "https://droits.example/fr/identite/x7_-Zq/",
        "link_days": 14,
        "suspended": True,
        "asked_date": date(2026, 11, 24),
        "closes_date": date(2027, 1, 23),
        "missing": ["la signature"],
    },
    "code_on_file": {"code": "204816", "code_minutes": 15},
    "closed_without_proof": {"asked_date": date(2026, 11, 24), "unanswered_days": 60},
    "pass_phrase_set": {
        "changed_date": date(2026, 11, 24),
        "again": True,
        "usable_from": date(2026, 11, 25),
        "usable_time": "10:30",
    },
    "pass_phrase_frozen": {"frozen_date": date(2026, 11, 24)},
    "address_changed": {"changed_date": date(2026, 11, 24), "frozen_until": date(2026, 11, 25)},
    "withdrawn": {
        "withdrawn_date": date(2026, 11, 24),
        "rights": [asked(RequestType.ACCESS)],
        "start_url": "https://droits.example/fr/",
    },
    "clarification_request": {
        "why": "Vous avez étudié chez nous pendant neuf ans.",
        "choices": ["vos notes", "vos paiements"],
        "reply_by": date(2026, 12, 8),
        "asked_date": date(2026, 11, 24),
    },
    "restarted": {
        "arrived_date": date(2026, 12, 1),
        "silent": False,
        "paused_days": 7,
        "working_date": date(2026, 12, 29),
        "legal_limit": date(2026, 12, 31),
    },
    "extension": {
        "reason_label": "votre demande est complexe",
        "words": "Neuf années de messages sont à relire.",
        "old_date": date(2026, 12, 22),
        "new_limit": date(2027, 2, 22),
        "delivered": [label(RequestType.PORTABILITY)],
    },
    "representative_acted": {
        "representative": "Maître Alix Figurant",
        "rights": [label(RequestType.ACCESS)],
        "received_date": date(2026, 11, 22),
        "answer_goes_to_them": False,
        "follows_here": True,
    },
    "child_told": {
        "parent": "Sacha Modèle",
        "rights": ["access", "erasure"],
        "received_date": date(2026, 11, 22),
        "phone": "01 23 45 67 89",
    },
    "many_files_opened": {
        "officer": "Alix Figurant",
        "files": 21,
        "noticed_on": date(2026, 11, 24),
        "noticed_at": "10:05",
        "journal_url": "https://droits.example/fr/office/journal/",
    },
    "deadline_reminder": DEADLINE,
    "deadline_escalation": DEADLINE,
    "unopened_case": {
        "received_date": date(2026, 11, 22),
        "days_waiting": 5,
        "working_date": date(2026, 12, 22),
        "case_url": "https://droits.example/fr/office/CE-7K4M-2XQZ/",
    },
    "task_reminder": TASK,
    "task_escalation": TASK | {"team": "Scolarité"},
    "identity_reminder": {
        "asked_date": date(2026, 11, 24),
        "question": "Votre nom n’est pas celui du dossier.",
        "clock_stands": True,
        "closes_date": date(2027, 1, 23),
    },
    "daily_digest": {
        "day": date(2026, 12, 1),
        "late": [SimpleNamespace(reference="CE-7K4M-2XQZ", days=2)],
        "late_count": 1,
        "soon": [SimpleNamespace(reference="CE-7K4M-2XR0", due_date=date(2026, 12, 4))],
        "soon_count": 1,
        "tasks": 1,
        "approvals": 1,
        "queue_url": "https://droits.example/fr/office/",
    },
    "hand_task": {
        "system": "Base des étudiants",
        "instructions_url": "https://droits.example/fr/office/taches/",
        "due_date": date(2026, 12, 4),
        "right": label(RequestType.ERASURE),
    },
    "approval_wanted": {
        "act_label": "Effacer des données",
        "case_url": "https://droits.example/fr/office/CE-7K4M-2XQZ/",
        "expires_date": date(2026, 11, 29),
    },
}
EVERY_MAIL = [(kind, language) for kind in sorted(KINDS) for language in LANGUAGES]
TO_STAFF = {
    "hand_task",
    "approval_wanted",
    "deadline_reminder",
    "deadline_escalation",
    "unopened_case",
    "task_reminder",
    "task_escalation",
    "daily_digest",
    "many_files_opened",
}
DECISIONS = {"ready", "answer", "refusal", "nothing_held", "cannot_identify", "done_at_once"}


def written(kind: str, language: str, **changes: Any) -> Rendered:
    return render(kind, language, COMMON_CONTEXT | OWN_CONTEXT[kind] | changes)
