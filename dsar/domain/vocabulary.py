"""The law's words, once: every other room uses these members and never a string of its own."""

from enum import StrEnum


class RequestType(StrEnum):
    """A right that can be asked for. One `RequestPart` carries one of these (LAW: GDPR Art. 7(3), 15-18, 20, 21)."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    MARKETING_OBJECTION = "marketing_objection"  # Art. 21(2)-(3): absolute, at once, no identity document
    WITHDRAWAL = "withdrawal"  # Art. 7(3): as easy as giving, at once
    UNSPECIFIED = "unspecified"  # free wording; a person qualifies it (Art. 12(2))


# Answered by a package that the machine builds.
BY_PACKAGE = frozenset({RequestType.ACCESS, RequestType.PORTABILITY})
# Carried out at once, without identity document and without decision (Art. 21(3), 7(3)).
AT_ONCE = frozenset({RequestType.MARKETING_OBJECTION, RequestType.WITHDRAWAL})


class Status(StrEnum):
    """Where a part stands; a request stands where its least advanced open part stands."""

    RECEIVED = "received"
    IDENTIFYING = "identifying"
    COLLECTING = "collecting"
    REVIEWING = "reviewing"
    APPROVING = "approving"
    EXECUTING = "executing"
    ANSWERED = "answered"
    CLOSED = "closed"


class Channel(StrEnum):
    """How a request reached the controller (Art. 12: no form may be imposed)."""

    FORM = "form"
    EMAIL = "email"
    POST = "post"
    PHONE = "phone"
    COUNTER = "counter"
    API = "api"


class SubjectKind(StrEnum):
    """For whom the request is made."""

    SELF = "self"
    SELF_MINOR = "self_minor"
    CHILD = "child"
    MANDATE = "mandate"
    DECEASED = "deceased"


class Tie(StrEnum):
    """How the controller knows the person."""

    STUDENT = "student"
    APPLICANT = "applicant"
    GRADUATE = "graduate"
    PARENT = "parent"
    STAFF = "staff"
    COMPANY = "company"
    OTHER = "other"


class Outcome(StrEnum):
    """What was decided about a part."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"
    NOTHING_HELD = "nothing_held"
    CANNOT_IDENTIFY = "cannot_identify"  # Art. 11(2)
    WITHDRAWN = "withdrawn"  # by the person


class Ground(StrEnum):
    """Why a part is refused or partly granted; Art. 12(4) wants it named to the person."""

    ART_11_2 = "art_11_2"  # cannot identify
    ART_12_5_UNFOUNDED = "art_12_5_unfounded"
    ART_12_5_EXCESSIVE = "art_12_5_excessive"
    ART_15_4 = "art_15_4"  # rights of others
    ART_16_ACCURATE = "art_16_accurate"
    ART_17_3_A = "art_17_3_a"
    ART_17_3_B = "art_17_3_b"
    ART_17_3_C = "art_17_3_c"
    ART_17_3_D = "art_17_3_d"
    ART_17_3_E = "art_17_3_e"
    ART_18_NO_GROUND = "art_18_no_ground"
    ART_20_SCOPE = "art_20_scope"
    ART_20_4 = "art_20_4"
    ART_21_COMPELLING = "art_21_compelling"


class LegalBasis(StrEnum):
    """GDPR Art. 6(1)(a)-(f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"


class PauseKind(StrEnum):
    """What stops the clock (LAW 5.3); a mandate in doubt is treated like an identity in doubt (LAW R-31)."""

    IDENTITY = "identity"
    CLARIFICATION = "clarification"


class IdentityMeans(StrEnum):
    """How identity was established, gentlest first (GDPR Art. 12(6))."""

    EMAIL_ON_FILE = "email_on_file"  # a code answered from the address the controller already holds
    SCHOOL_ACCOUNT = "school_account"
    CALL_BACK = "call_back"  # to a number on file
    COUNTER = "counter"  # seen in person
    KNOWN_DETAILS = "known_details"  # answers only the person would know
    POST_ON_FILE = "post_on_file"  # registered letter to the address on file
    DOCUMENT = "document"


class CoverageState(StrEnum):
    """How the search of one collection ended; every collection ends as one of these."""

    FOUND = "found"
    NONE = "none"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNMAPPED = "unmapped"


class Role(StrEnum):
    """What a member of staff may do; scope by site comes on top."""

    DPO = "dpo"
    DEPUTY = "deputy"
    OFFICER = "officer"
    AUDITOR = "auditor"  # reads, never acts
    OPERATOR = "operator"  # accounts and health, no cases


class ActorKind(StrEnum):
    """Who did what an event tells."""

    STAFF = "staff"
    SYSTEM = "system"
    DATA_SUBJECT = "data_subject"
    COLLEAGUE = "colleague"


class ReceiptEvidence(StrEnum):
    """What shows on which day a request reached us, by channel (LAW R-02, R-03)."""

    FORM_SENT = "form_sent"  # the instant our server took it
    MAIL_HEADERS = "mail_headers"  # the instant our mail server took it
    DELIVERY_SLIP = "delivery_slip"  # registered letter: the day on the advice of delivery
    POST_STAMP = "post_stamp"  # the mail room's stamp of the day of delivery, never the postmark
    CALL_NOTE = "call_note"
    COUNTER_RECEIPT = "counter_receipt"  # the signed receipt handed over
    API_CALL = "api_call"
    FORWARDED = "forwarded"  # a processor or campus had it first: their day of receipt (LAW R-05)


class Doubt(StrEnum):
    """Why existing means are not enough to be sure who asks (GDPR Art. 12(6), LAW R-22); the free text beside it never reveals
    what is on file."""

    ADDRESS_NOT_ON_FILE = "address_not_on_file"
    SEVERAL_PEOPLE_FIT = "several_people_fit"
    DETAILS_DO_NOT_FIT = "details_do_not_fit"
    ADDRESS_CHANGED = "address_changed"  # the address for the answer was changed after intake
    HIGH_STAKE = "high_stake"  # the register asks for more than was shown
    MANDATE_INCOMPLETE = "mandate_incomplete"
    TIE_NOT_SHOWN = "tie_not_shown"  # parental authority, or the tie to the deceased


class ExtensionReason(StrEnum):
    """The only two grounds of GDPR Art. 12(3)."""

    COMPLEXITY = "complexity"
    NUMBER = "number"  # of requests by this person


class EventKind(StrEnum):
    """What can happen to a request; clock events are stored here and dates computed from them."""

    RECEIVED = "received"
    QUALIFIED = "qualified"
    ASSIGNED = "assigned"
    EMAIL_CONFIRMED = "email_confirmed"
    IDENTITY_MATCHED = "identity_matched"
    IDENTITY_NOT_MATCHED = "identity_not_matched"
    IDENTITY_VERIFIED = "identity_verified"
    IDENTITY_REFUSED = "identity_refused"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    EXTENSION_REFUSED = "extension_refused"
    PROOF_RECEIVED = "proof_received"  # something arrived that may settle identity or a question; a person looks
    PROOF_INSUFFICIENT = "proof_insufficient"  # it ends no pause
    FACTS_CHECKED = "facts_checked"  # an officer compared facts with a source
    DOCUMENT_RECEIVED = "document_received"
    DOCUMENT_VIEWED = "document_viewed"
    DOCUMENT_DESTROYED = "document_destroyed"
    MAIL_JOINED = "mail_joined"  # a mail that arrived joined this case
    LETTER_POSTED = "letter_posted"
    UNDELIVERABLE = "undeliverable"
    MESSAGE_SETTLED = "message_settled"  # a person dealt with a message that could not be delivered
    SUPPRESSED = "suppressed"  # the keyed hash entered the list of those who object to marketing
    COLLECTION_STARTED = "collection_started"
    SOURCE_FINISHED = "source_finished"
    SOURCE_RETRIED = "source_retried"
    COLLECTION_FINISHED = "collection_finished"
    DATA_VIEWED = "data_viewed"
    GAP_JUSTIFIED = "gap_justified"
    DECIDED = "decided"
    APPROVAL_PROPOSED = "approval_proposed"
    APPROVAL_GRANTED = "approval_granted"
    APPROVAL_REFUSED = "approval_refused"
    TASK_GIVEN = "task_given"
    TASK_CONFIRMED = "task_confirmed"
    PACKAGE_BUILT = "package_built"
    PACKAGE_FAILED = "package_failed"
    RELEASED = "released"
    RELEASE_WITHDRAWN = "release_withdrawn"
    CODE_ISSUED = "code_issued"
    DOWNLOADED = "downloaded"
    ANSWERED = "answered"
    NOTE = "note"
    MESSAGE_TO_SUBJECT = "message_to_subject"
    MESSAGE_FROM_SUBJECT = "message_from_subject"
    DELIVERY_CHANGED = "delivery_changed"
    PASS_PHRASE_SET = "pass_phrase_set"  # noqa: S105  by the person: the first, or another that counts a day later
    PASS_PHRASE_FROZEN = "pass_phrase_frozen"  # noqa: S105  five wrong ones: a new code first
    LANGUAGE_CHANGED = "language_changed"  # in which we write to the person, by the person
    WITHDRAWN_BY_SUBJECT = "withdrawn_by_subject"
    REOPENED = "reopened"
    EXPIRED = "expired"
    CLOSED = "closed"


class TaskState(StrEnum):
    """A source task's life; the lease says who holds it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # after the last try: a person must act
    SKIPPED = "skipped"  # left out by a person, with a reason


class PackageState(StrEnum):
    BUILDING = "building"
    READY = "ready"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"


class TokenPurpose(StrEnum):
    """A code or link serves one purpose and no other."""

    CONFIRM_EMAIL = "confirm_email"
    FOLLOW = "follow"
    DOWNLOAD = "download"
    IDENTITY = "identity"  # answer a question about identity or a mandate: 14 days (SECURITY T3)
    ON_FILE = "on_file"  # a code to a contact that the sources hold, not to the one typed
    CHANGE_ADDRESS = "change_address"
    RESUME_DRAFT = "resume_draft"
    PASS_PHRASE = "pass_phrase"  # noqa: S105  choose another pass-phrase


class Act(StrEnum):
    """What needs two people (SECURITY T21)."""

    ERASE = "erase"
    REFUSE = "refuse"
    EXTEND = "extend"
    RELEASE_FLAGGED = "release_flagged"
    SEND_TO_REPRESENTATIVE = "send_to_representative"


class ApprovalState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
