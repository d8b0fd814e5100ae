"""The words that people see for the law's words, in English here and in French in locale/messages.

Every member has its own context, so that "Closed" can be feminine for a request and masculine for a file.
"""

from __future__ import annotations

from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from dsar.domain import vocabulary as words


def label(member: Enum) -> Promise:
    """A short label in the language of whoever reads it; lazy, so `str()` it under `translation.override` for a mail."""
    return LABELS[type(member)][member.name]


def asked(right: words.RequestType) -> Promise:
    """The right as whoever asked for it reads it: plain words, the law's name behind them."""
    return ASKED[right]


ASKED: dict[words.RequestType, Promise] = {
    words.RequestType.ACCESS: pgettext_lazy("asked", "Get a copy of the data (access)"),
    words.RequestType.RECTIFICATION: pgettext_lazy("asked", "Have a mistake corrected (rectification)"),
    words.RequestType.ERASURE: pgettext_lazy("asked", "Have data erased (erasure)"),
    words.RequestType.RESTRICTION: pgettext_lazy("asked", "Limit the use of the data (restriction)"),
    words.RequestType.PORTABILITY: pgettext_lazy("asked", "Take the data elsewhere (portability)"),
    words.RequestType.OBJECTION: pgettext_lazy("asked", "Object to a use of the data (objection)"),
    words.RequestType.MARKETING_OBJECTION: pgettext_lazy("asked", "Receive no more advertising (objection)"),
    words.RequestType.WITHDRAWAL: pgettext_lazy("asked", "Withdraw an agreement (withdrawal of consent)"),
    words.RequestType.UNSPECIFIED: pgettext_lazy("asked", "What you told us in your own words; a person reads it"),
}


def told(doubt: words.Doubt) -> Promise:
    """The doubt as the person reads it, concrete but about what was given: "several people fit" or "we do not know that
    address" would tell a stranger what is on file (LAW section 4, UX 4.5)."""
    return TOLD[doubt]


TOLD: dict[words.Doubt, Promise] = {
    words.Doubt.ADDRESS_NOT_ON_FILE: pgettext_lazy(
        "doubt told", "the address given is not enough to recognise you with certainty"
    ),
    words.Doubt.SEVERAL_PEOPLE_FIT: pgettext_lazy(
        "doubt told", "the name and address given are not enough to be sure that it is you"
    ),
    words.Doubt.DETAILS_DO_NOT_FIT: pgettext_lazy("doubt told", "the details given are not enough to be sure that it is you"),
    words.Doubt.ADDRESS_CHANGED: pgettext_lazy("doubt told", "the address for the answer was changed"),
    words.Doubt.HIGH_STAKE: pgettext_lazy("doubt told", "what you ask for calls for more certainty"),
    words.Doubt.MANDATE_INCOMPLETE: pgettext_lazy("doubt told", "the mandate is missing or incomplete"),
    words.Doubt.TIE_NOT_SHOWN: pgettext_lazy("doubt told", "the relationship to the person is not shown"),
}
LABELS: dict[type[Enum], dict[str, Promise]] = {
    words.RequestType: {
        "ACCESS": pgettext_lazy("right", "Access"),
        "RECTIFICATION": pgettext_lazy("right", "Rectification"),
        "ERASURE": pgettext_lazy("right", "Erasure"),
        "RESTRICTION": pgettext_lazy("right", "Restriction"),
        "PORTABILITY": pgettext_lazy("right", "Portability"),
        "OBJECTION": pgettext_lazy("right", "Objection"),
        "MARKETING_OBJECTION": pgettext_lazy("right", "Objection to advertising"),
        "WITHDRAWAL": pgettext_lazy("right", "Withdrawal of consent"),
        "UNSPECIFIED": pgettext_lazy("right", "Request to be read"),
    },
    words.Status: {
        "RECEIVED": pgettext_lazy("status", "To take up"),
        "IDENTIFYING": pgettext_lazy("status", "To identify"),
        "COLLECTING": pgettext_lazy("status", "Collecting"),
        "REVIEWING": pgettext_lazy("status", "Review"),
        "APPROVING": pgettext_lazy("status", "To approve"),
        "EXECUTING": pgettext_lazy("status", "Carrying out"),
        "ANSWERED": pgettext_lazy("status", "Answered"),
        "CLOSED": pgettext_lazy("status", "Closed"),
    },
    words.Channel: {
        "FORM": pgettext_lazy("channel", "Online form"),
        "EMAIL": pgettext_lazy("channel", "Email"),
        "POST": pgettext_lazy("channel", "Letter"),
        "PHONE": pgettext_lazy("channel", "Telephone"),
        "COUNTER": pgettext_lazy("channel", "At the counter"),
        "API": pgettext_lazy("channel", "Programming interface"),
    },
    words.SubjectKind: {
        "SELF": pgettext_lazy("subject kind", "The person concerned"),
        "SELF_MINOR": pgettext_lazy("subject kind", "The person concerned, a minor"),
        "CHILD": pgettext_lazy("subject kind", "A parent, for a child"),
        "MANDATE": pgettext_lazy("subject kind", "A representative"),
        "DECEASED": pgettext_lazy("subject kind", "A relative of a deceased person"),
    },
    words.Tie: {
        "STUDENT": pgettext_lazy("tie", "Student"),
        "APPLICANT": pgettext_lazy("tie", "Applicant"),
        "GRADUATE": pgettext_lazy("tie", "Graduate"),
        "PARENT": pgettext_lazy("tie", "Parent"),
        "STAFF": pgettext_lazy("tie", "Member of staff"),
        "COMPANY": pgettext_lazy("tie", "Company contact"),
        "OTHER": pgettext_lazy("tie", "Other"),
    },
    words.Outcome: {
        "GRANTED": pgettext_lazy("outcome", "Granted"),
        "PARTLY_GRANTED": pgettext_lazy("outcome", "Partly granted"),
        "REFUSED": pgettext_lazy("outcome", "Refused"),
        "NOTHING_HELD": pgettext_lazy("outcome", "No data held"),
        "CANNOT_IDENTIFY": pgettext_lazy("outcome", "Identity not established"),
        "WITHDRAWN": pgettext_lazy("outcome", "Withdrawn by the person"),
    },
    words.Ground: {
        "ART_11_2": pgettext_lazy("ground", "We cannot tell which data are yours (GDPR Art. 11(2))"),
        "ART_12_5_UNFOUNDED": pgettext_lazy("ground", "The request is manifestly unfounded (GDPR Art. 12(5))"),
        "ART_12_5_EXCESSIVE": pgettext_lazy("ground", "The request is manifestly excessive (GDPR Art. 12(5))"),
        "ART_15_4": pgettext_lazy("ground", "A copy would harm the rights of other people (GDPR Art. 15(4))"),
        "ART_16_ACCURATE": pgettext_lazy("ground", "The data are accurate and complete (GDPR Art. 16)"),
        "ART_17_3_A": pgettext_lazy("ground", "Freedom of expression and information (GDPR Art. 17(3)(a))"),
        "ART_17_3_B": pgettext_lazy("ground", "The law obliges us to keep the data (GDPR Art. 17(3)(b))"),
        "ART_17_3_C": pgettext_lazy("ground", "Public interest in the area of public health (GDPR Art. 17(3)(c))"),
        "ART_17_3_D": pgettext_lazy("ground", "Archives, research or statistics in the public interest (GDPR Art. 17(3)(d))"),
        "ART_17_3_E": pgettext_lazy("ground", "The data are needed for legal claims (GDPR Art. 17(3)(e))"),
        "ART_18_NO_GROUND": pgettext_lazy("ground", "None of the four cases of restriction applies (GDPR Art. 18(1))"),
        "ART_20_SCOPE": pgettext_lazy("ground", "Portability does not cover these data (GDPR Art. 20(1) and (3))"),
        "ART_20_4": pgettext_lazy("ground", "The transfer would harm the rights of other people (GDPR Art. 20(4))"),
        "ART_21_COMPELLING": pgettext_lazy("ground", "Compelling legitimate grounds override the objection (GDPR Art. 21(1))"),
    },
    words.LegalBasis: {
        "CONSENT": pgettext_lazy("legal basis", "Consent (GDPR Art. 6(1)(a))"),
        "CONTRACT": pgettext_lazy("legal basis", "Contract (GDPR Art. 6(1)(b))"),
        "LEGAL_OBLIGATION": pgettext_lazy("legal basis", "Legal obligation (GDPR Art. 6(1)(c))"),
        "VITAL_INTERESTS": pgettext_lazy("legal basis", "Vital interests (GDPR Art. 6(1)(d))"),
        "PUBLIC_TASK": pgettext_lazy("legal basis", "Public task (GDPR Art. 6(1)(e))"),
        "LEGITIMATE_INTERESTS": pgettext_lazy("legal basis", "Legitimate interests (GDPR Art. 6(1)(f))"),
    },
    words.PauseKind: {
        "IDENTITY": pgettext_lazy("pause", "Proof of identity awaited"),
        "CLARIFICATION": pgettext_lazy("pause", "Clarification awaited"),
    },
    words.IdentityMeans: {
        "EMAIL_ON_FILE": pgettext_lazy("identity means", "Email address on file, confirmed by a code"),
        "SCHOOL_ACCOUNT": pgettext_lazy("identity means", "School account"),
        "CALL_BACK": pgettext_lazy("identity means", "Call back to a number on file"),
        "COUNTER": pgettext_lazy("identity means", "Seen in person"),
        "KNOWN_DETAILS": pgettext_lazy("identity means", "Details that only the person knows"),
        "POST_ON_FILE": pgettext_lazy("identity means", "Registered letter to the address on file"),
        "DOCUMENT": pgettext_lazy("identity means", "Identity document"),
    },
    words.CoverageState: {
        "FOUND": pgettext_lazy("coverage", "Found"),
        "NONE": pgettext_lazy("coverage", "Nothing found"),
        "FAILED": pgettext_lazy("coverage", "Search failed"),
        "SKIPPED": pgettext_lazy("coverage", "Left out, with a reason"),
        "UNMAPPED": pgettext_lazy("coverage", "Not described in the data map"),
    },
    words.Role: {
        "DPO": pgettext_lazy("role", "Data protection officer"),
        "DEPUTY": pgettext_lazy("role", "Deputy data protection officer"),
        "OFFICER": pgettext_lazy("role", "Case officer"),
        "AUDITOR": pgettext_lazy("role", "Auditor (reads only)"),
        "OPERATOR": pgettext_lazy("role", "Operator (accounts, no cases)"),
    },
    words.ReceiptEvidence: {
        "FORM_SENT": pgettext_lazy("receipt evidence", "Sent by the online form"),
        "MAIL_HEADERS": pgettext_lazy("receipt evidence", "Taken by our mail server"),
        "DELIVERY_SLIP": pgettext_lazy("receipt evidence", "Advice of delivery of a registered letter"),
        "POST_STAMP": pgettext_lazy("receipt evidence", "Mail room’s stamp of the day of delivery"),
        "CALL_NOTE": pgettext_lazy("receipt evidence", "Note of a telephone call"),
        "COUNTER_RECEIPT": pgettext_lazy("receipt evidence", "Signed receipt handed over at the counter"),
        "API_CALL": pgettext_lazy("receipt evidence", "Sent by a program"),
        "FORWARDED": pgettext_lazy("receipt evidence", "Received first by a processor or a campus"),
    },
    words.Doubt: {
        "ADDRESS_NOT_ON_FILE": pgettext_lazy("doubt", "The address given is in none of our files"),
        "SEVERAL_PEOPLE_FIT": pgettext_lazy("doubt", "What was given may fit several people"),
        "DETAILS_DO_NOT_FIT": pgettext_lazy("doubt", "What was given does not fit our files"),
        "ADDRESS_CHANGED": pgettext_lazy("doubt", "The address for the answer was changed"),
        "HIGH_STAKE": pgettext_lazy("doubt", "These data call for more certainty"),
        "MANDATE_INCOMPLETE": pgettext_lazy("doubt", "The mandate is missing or incomplete"),
        "TIE_NOT_SHOWN": pgettext_lazy("doubt", "The relationship to the person is not shown"),
    },
    words.ExtensionReason: {
        "COMPLEXITY": pgettext_lazy("extension reason", "The request is complex"),
        "NUMBER": pgettext_lazy("extension reason", "This person made several requests"),
    },
    words.ActorKind: {
        "STAFF": pgettext_lazy("actor", "Member of staff"),
        "SYSTEM": pgettext_lazy("actor", "Automatic"),
        "DATA_SUBJECT": pgettext_lazy("actor", "The person"),
        "COLLEAGUE": pgettext_lazy("actor", "Colleague"),
    },
    words.EventKind: {
        "RECEIVED": pgettext_lazy("event", "Request received"),
        "QUALIFIED": pgettext_lazy("event", "Request read as one or more rights"),
        "ASSIGNED": pgettext_lazy("event", "Case assigned"),
        "EMAIL_CONFIRMED": pgettext_lazy("event", "Email address confirmed"),
        "IDENTITY_MATCHED": pgettext_lazy("event", "Address found in our files"),
        "IDENTITY_NOT_MATCHED": pgettext_lazy("event", "Address not found in our files"),
        "IDENTITY_VERIFIED": pgettext_lazy("event", "Identity established"),
        "IDENTITY_REFUSED": pgettext_lazy("event", "Identity not established"),
        "PAUSED": pgettext_lazy("event", "Time limit paused"),
        "RESUMED": pgettext_lazy("event", "Time limit running again"),
        "EXTENDED": pgettext_lazy("event", "Time limit extended"),
        "EXTENSION_REFUSED": pgettext_lazy("event", "Extension not approved"),
        "PROOF_RECEIVED": pgettext_lazy("event", "Something arrived that may settle the question"),
        "PROOF_INSUFFICIENT": pgettext_lazy("event", "What arrived is not enough"),
        "FACTS_CHECKED": pgettext_lazy("event", "Facts compared with a system"),
        "DOCUMENT_RECEIVED": pgettext_lazy("event", "Document received"),
        "DOCUMENT_VIEWED": pgettext_lazy("event", "Document viewed"),
        "DOCUMENT_DESTROYED": pgettext_lazy("event", "Document destroyed"),
        "MAIL_JOINED": pgettext_lazy("event", "An email joined this case"),
        "LETTER_POSTED": pgettext_lazy("event", "Letter posted"),
        "UNDELIVERABLE": pgettext_lazy("event", "A message could not be delivered"),
        "MESSAGE_SETTLED": pgettext_lazy("event", "Undelivered message dealt with"),
        "SUPPRESSED": pgettext_lazy("event", "Entered in the list of people not to be written to"),
        "COLLECTION_STARTED": pgettext_lazy("event", "Collection started"),
        "SOURCE_FINISHED": pgettext_lazy("event", "A system has been searched"),
        "SOURCE_RETRIED": pgettext_lazy("event", "Search of a system started again"),
        "COLLECTION_FINISHED": pgettext_lazy("event", "Collection finished"),
        "DATA_VIEWED": pgettext_lazy("event", "Data viewed"),
        "GAP_JUSTIFIED": pgettext_lazy("event", "Gap in the search justified"),
        "DECIDED": pgettext_lazy("event", "Decision taken"),
        "APPROVAL_PROPOSED": pgettext_lazy("event", "Approval asked of a second person"),
        "APPROVAL_GRANTED": pgettext_lazy("event", "Approved by a second person"),
        "APPROVAL_REFUSED": pgettext_lazy("event", "Sent back by a second person"),
        "TASK_GIVEN": pgettext_lazy("event", "Task given to a colleague"),
        "TASK_CONFIRMED": pgettext_lazy("event", "Task confirmed as done"),
        "PACKAGE_BUILT": pgettext_lazy("event", "Package built"),
        "PACKAGE_FAILED": pgettext_lazy("event", "Package could not be built"),
        "RELEASED": pgettext_lazy("event", "Package made available"),
        "RELEASE_WITHDRAWN": pgettext_lazy("event", "Package withdrawn"),
        "CODE_ISSUED": pgettext_lazy("event", "Code sent"),
        "DOWNLOADED": pgettext_lazy("event", "Package downloaded"),
        "ANSWERED": pgettext_lazy("event", "Answer sent"),
        "NOTE": pgettext_lazy("event", "Internal note"),
        "MESSAGE_TO_SUBJECT": pgettext_lazy("event", "Message to the person"),
        "MESSAGE_FROM_SUBJECT": pgettext_lazy("event", "Message from the person"),
        "DELIVERY_CHANGED": pgettext_lazy("event", "Answer address changed"),
        "PASS_PHRASE_SET": pgettext_lazy("event", "Pass-phrase chosen by the person"),
        "PASS_PHRASE_FROZEN": pgettext_lazy("event", "Five wrong pass-phrases: a new code is needed"),
        "LANGUAGE_CHANGED": pgettext_lazy("event", "Language of our letters changed by the person"),
        "WITHDRAWN_BY_SUBJECT": pgettext_lazy("event", "Request withdrawn by the person"),
        "REOPENED": pgettext_lazy("event", "Request reopened"),
        "EXPIRED": pgettext_lazy("event", "Package expired"),
        "CLOSED": pgettext_lazy("event", "Request closed"),
    },
    words.TaskState: {
        "WAITING": pgettext_lazy("task state", "Waiting"),
        "RUNNING": pgettext_lazy("task state", "Running"),
        "DONE": pgettext_lazy("task state", "Done"),
        "FAILED": pgettext_lazy("task state", "Failed"),
        "SKIPPED": pgettext_lazy("task state", "Left out"),
    },
    words.PackageState: {
        "BUILDING": pgettext_lazy("package state", "Being built"),
        "READY": pgettext_lazy("package state", "Ready, not yet made available"),
        "RELEASED": pgettext_lazy("package state", "Available for download"),
        "WITHDRAWN": pgettext_lazy("package state", "Withdrawn"),
        "EXPIRED": pgettext_lazy("package state", "Expired"),
        "FAILED": pgettext_lazy("package state", "Failed"),
    },
    words.TokenPurpose: {
        "CONFIRM_EMAIL": pgettext_lazy("code purpose", "confirm your email address"),
        "FOLLOW": pgettext_lazy("code purpose", "follow your request"),
        "DOWNLOAD": pgettext_lazy("code purpose", "download your data"),
        "IDENTITY": pgettext_lazy("code purpose", "show who you are"),
        "ON_FILE": pgettext_lazy("code purpose", "confirm who you are"),
        "CHANGE_ADDRESS": pgettext_lazy("code purpose", "change the address for our answer"),
        "RESUME_DRAFT": pgettext_lazy("code purpose", "go on with your request"),
        "PASS_PHRASE": pgettext_lazy("code purpose", "choose another pass-phrase"),
    },
    words.Act: {
        "ERASE": pgettext_lazy("act", "Erase data"),
        "REFUSE": pgettext_lazy("act", "Refuse, in full or in part"),
        "EXTEND": pgettext_lazy("act", "Extend the time limit"),
        "RELEASE_FLAGGED": pgettext_lazy("act", "Release data flagged in review"),
        "SEND_TO_REPRESENTATIVE": pgettext_lazy("act", "Send the answer to a representative"),
    },
    words.ApprovalState: {
        "PROPOSED": pgettext_lazy("approval state", "Proposed"),
        "APPROVED": pgettext_lazy("approval state", "Approved"),
        "REFUSED": pgettext_lazy("approval state", "Sent back"),
        "EXPIRED": pgettext_lazy("approval state", "Expired"),
    },
}
