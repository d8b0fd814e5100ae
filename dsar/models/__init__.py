"""The tables, by idea: staff, request, event, work, decision, package, ledger."""

from dsar.models.decision import Approval
from dsar.models.event import RequestEvent
from dsar.models.ledger import Suppression
from dsar.models.package import AccessToken, Download, Package
from dsar.models.request import DataSubjectRequest, RequestPart
from dsar.models.staff import User
from dsar.models.work import GapJustification, HandTask, Heartbeat, PartFile, SourceTask

__all__ = [
    "AccessToken",
    "Approval",
    "DataSubjectRequest",
    "Download",
    "GapJustification",
    "HandTask",
    "Heartbeat",
    "Package",
    "PartFile",
    "RequestEvent",
    "RequestPart",
    "SourceTask",
    "Suppression",
    "User",
]
