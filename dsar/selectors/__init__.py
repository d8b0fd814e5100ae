"""Questions about requests, answered for the pages: the queue, the case, and what the data subject sees."""

from dsar.selectors.actions import DONE, NextAction, next_action
from dsar.selectors.cases import Case, case
from dsar.selectors.days import ready_by, today_at_seat
from dsar.selectors.duties import Duties, duties
from dsar.selectors.inbox import MAIL_VIEWS, case_is_visible, mails, mails_of, mails_waiting, unread_answers
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
from dsar.selectors.post import MailToSeeTo, mail_to_see_to, post_room, post_room_count
from dsar.selectors.running import date_before_extension, days_kept, next_reminder
from dsar.selectors.search import Gap, current_part_files, gaps, rows_found
from dsar.selectors.subject import SubjectView, TimelineStep, of_same_mailbox, subject_view

__all__ = [
    "DONE",
    "MAIL_VIEWS",
    "SOON",
    "VIEWS",
    "Case",
    "Duties",
    "Figures",
    "Gap",
    "MailToSeeTo",
    "NextAction",
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
    "duties",
    "figures",
    "gaps",
    "hand_tasks_of",
    "mail_to_see_to",
    "mails",
    "mails_of",
    "mails_waiting",
    "next_action",
    "next_reminder",
    "of_same_mailbox",
    "open_approvals",
    "post_room",
    "post_room_count",
    "queue",
    "ready_by",
    "rows_found",
    "strip",
    "subject_view",
    "today_at_seat",
    "unread_answers",
]
