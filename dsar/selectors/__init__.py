"""Questions about requests, answered for the pages: the queue, the case, and what the data subject sees."""

from dsar.selectors.actions import DONE, NextAction, next_action
from dsar.selectors.cases import Case, case
from dsar.selectors.days import ready_by, today_at_seat
from dsar.selectors.duties import Duties, duties
from dsar.selectors.lists import (
    SOON,
    VIEWS,
    Figures,
    QueueGroup,
    QueuePage,
    QueueRow,
    StripDay,
    figures,
    hand_tasks_of,
    open_approvals,
    queue,
    strip,
)
from dsar.selectors.running import date_before_extension, days_kept
from dsar.selectors.search import Gap, current_part_files, gaps, rows_found
from dsar.selectors.subject import SubjectView, TimelineStep, subject_view

__all__ = [
    "DONE",
    "MAIL_VIEWS",
    "SOON",
    "VIEWS",
    "Case",
    "Figures",
    "Gap",
    "NextAction",
    "Duties",
    "QueueGroup",
    "QueuePage",
    "QueueRow",
    "StripDay",
    "SubjectView",
    "TimelineStep",
    "case",
    "case_is_visible",
    "current_part_files",
    "date_before_extension",
    "days_kept",
    "figures",
    "gaps",
    "hand_tasks_of",
    "mails",
    "mails_of",
    "mails_waiting",
    "next_action",
    "open_approvals",
    "date_before_extension",
    "days_kept",
    "duties",
    "queue",
    "ready_by",
    "rows_found",
    "strip",
    "subject_view",
    "today_at_seat",
]
