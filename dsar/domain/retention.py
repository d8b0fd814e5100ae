"""Every field of every table: personal or not, and what forgetting does with the personal ones.

LAW 3.3: the request file is kept for years after it is closed, then forgotten. What stays then are dates, codes, counts and the
chain of events, whose words nobody can open any more. `tests/test_promises.py` fails when a field is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Forgetting(StrEnum):
    """What becomes of a personal field when its request is forgotten."""

    BLANK = "blank"  # emptied in place; the row stays
    SEALED = "sealed"  # unreadable once the request's key is destroyed; the bytes may stay
    ROW = "row"  # the whole row is deleted
    OBJECT = "object"  # the encrypted object and its key are destroyed before, by their own period
    STAFF = "staff"  # of a member of staff, kept as long as the account: who did what must stay provable


B, S, R, O, T = Forgetting.BLANK, Forgetting.SEALED, Forgetting.ROW, Forgetting.OBJECT, Forgetting.STAFF  # noqa: E741

PERSONAL: Mapping[str, Mapping[str, Forgetting]] = {
    "dsar.DataSubjectRequest": {
        "data_subject_name": B,
        "email": B,
        "delivery_email": B,
        "postal_address": B,
        "other_names": B,
        "identifiers": B,
        "about": B,
        "years": B,
        "site": B,
        "tie": B,
        "subject_kind": B,
        "language": B,
        "pass_phrase": B,
        "assigned_to": T,
    },
    "dsar.RequestPart": {"details": S, "reasons": S, "decided_by": T},
    "dsar.RequestEvent": {"sealed_text": S, "actor": T},
    "dsar.GapJustification": {"reason": R, "officer": T},
    "dsar.HandTask": {"instructions": S, "report": S, "owner_email": T, "confirmed_by": T},
    "dsar.Approval": {"sealed_reason": S, "proposed_by": T, "decided_by": T},
    "dsar.SourceTask": {"namesakes": R},
    "dsar.PartFile": {"path": O, "key_name": O},
    "dsar.Package": {"path": O, "key_name": O, "file_name": B},
    "dsar.AccessToken": {"audience_hash": R, "code_hash": R, "link_hash": R},
    "dsar.Download": {"session_hash": R},
    "dsar.Suppression": {"address_hash": R},
    "dsar.User": {
        "email": T,
        "first_name": T,
        "last_name": T,
        "password": T,
        "last_login": T,
        "date_joined": T,
        "role": T,
        "all_sites": T,
        "sites": T,
        "language": T,
        "wants_digest": T,
        "calendar_key_hash": T,
        "is_active": T,
        "is_staff": T,
        "is_superuser": T,
        "groups": T,
        "user_permissions": T,
    },
    "identity.Document": {"path": O, "key_name": O},
    "identity.DocumentView": {"by": T, "reason": R},
    "identity.Upload": {"mark": R},
    "identity.IdentityDecision": {"decided_by": T, "delivery_email_hash": R},
    "notifications.Message": {"recipient": B, "mailbox": B, "content": S, "language": B},
    "notifications.ReceivedMail": {"sender": B, "language": B, "content": S, "note": S, "settled_by": T},
}


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Codes, dates, counts, hashes of files, and the keys that hold the tables together.
NOT_PERSONAL: Mapping[str, frozenset[str]] = {
    "dsar.DataSubjectRequest": _fields(
        "id reference status channel received_at email_confirmed_at identified_at closed_at careful_date working_date legal_limit"
        " next_at idempotency_key extension_notice_by waiting_since waiting_for remind_at opened_at address_frozen_until"
        " pass_phrase_from"
    ),
    "dsar.RequestPart": _fields("id dsr right step outcome grounds decided_at answered_at"),
    "dsar.RequestEvent": _fields("id dsr sequence kind at actor_kind data previous_hash hash"),
    "dsar.GapJustification": _fields("id dsr gap at"),
    "dsar.HandTask": _fields("id part owner_team source_key created_at due_date confirmed_at items_changed"),
    "dsar.Approval": _fields("id dsr part act state proposed_at expires_at decided_at payload"),
    "dsar.SourceTask": _fields(
        "id dsr source_key state plan attempt next_at lease_until heartbeat_at fencing started_at finished_at rows error"
    ),
    "dsar.PartFile": _fields(
        "id task collection attempt current state reason rows bytes sha256 columns unmapped started_at finished_at destroyed_at"
    ),
    "dsar.Package": _fields(
        "id dsr attempt state bytes sha256 sums_sha256 rows inventory created_at next_at lease_until fencing tries built_at"
        " released_at expires_at error"
    ),
    "dsar.AccessToken": _fields("id dsr purpose created_at code_expires_at link_expires_at tries used_at"),
    "dsar.Download": _fields("id package at resume_until bytes_sent"),
    "dsar.Heartbeat": _fields("name at"),
    "dsar.User": frozenset({"id"}),
    "identity.Document": _fields(
        "id reference purpose state refusal kind pages bytes label scan signature uploaded_at opened_at destroy_by destroyed_at"
        " next_at lease_until fencing tries"
    ),
    "identity.DocumentView": _fields("id document at"),
    "identity.Upload": _fields("id reference purpose bytes held heard_at taken_at"),
    "identity.IdentityDecision": _fields("id reference established means decided_at superseded_at"),
    "notifications.Message": _fields(
        "id kind reference occasion key_name state created_at next_at lease_until fencing attempts sent_at error facts settled_at"
        " sent_in"
    ),
    # The hashes stay as the mark that a message was taken in: it may still lie in the mailbox, and must not come back as new.
    "notifications.ReceivedMail": _fields(
        "id account uidvalidity uid fingerprint message_id_hash is_copy received_at stored_at marked_at kind"
        " state reason unanswered"
        " reference named_reference key_name attachments rights settled_at"
    ),
    "dsar.Suppression": _fields("id key_mark reference since until"),
}
