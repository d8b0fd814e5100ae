"""The back office under /<language>/office/, and the few account pages of allauth that we use: sign-up has no URL at all."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from dsar.access import own_account, public
from dsar.admin import site
from dsar.views.backoffice import account as own
from dsar.views.backoffice import (
    approvals,
    calendar,
    case,
    clock,
    decisions,
    delivery,
    files,
    identity,
    intake,
    journal,
    mail,
    messages,
    queue,
    sources,
    tasks,
    whatif,
    words,
)
from dsar.views.backoffice.suppressed import look_up

to_own_account = own_account(RedirectView.as_view(pattern_name="backoffice:account"))

account_patterns: list[URLPattern | URLResolver] = [
    path("login/", public(account.login), name="account_login"),
    path("login/code/", public(own.SecondFactorView.as_view()), name="mfa_authenticate"),
    path("inactive/", public(account.account_inactive), name="account_inactive"),
    path("logout/", own_account(account.logout), name="account_logout"),
    path("reauthenticate/", own_account(account.reauthenticate), name="account_reauthenticate"),
    path("code/", own_account(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("app/", own_account(own.ActivateView.as_view()), name="mfa_activate_totp"),
    path("app/active/", to_own_account, name="mfa_deactivate_totp"),
    path("second-factor/", to_own_account, name="mfa_index"),
    path("password/set/", to_own_account, name="account_set_password"),
    path("password/", own_account(account.password_change), name="account_change_password"),
    path("recovery-codes/", own_account(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("recovery-codes/new/", own_account(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("recovery-codes/file/", own_account(recovery.download_recovery_codes), name="mfa_download_recovery_codes"),
]

case_patterns: list[URLPattern | URLResolver] = [
    path("", case.show, name="case"),
    path("email/", case.reveal_email, name="reveal_email"),
    path("assign/", case.assign, name="assign"),
    path("qualify/<int:part_id>/", case.qualify, name="qualify"),
    path("close/", case.close, name="close"),
    path("reopen/", case.reopen, name="reopen"),
    path("identity/", identity.decide, name="identity"),
    path("whose/", identity.page, name="whose"),
    path("whose/file/", identity.reveal, name="whose_reveal"),
    path("whose/ask/", identity.ask_person, name="ask"),
    path("whose/again/", identity.ask_once_more, name="ask_again"),
    path("whose/code/", identity.send_code, name="send_code"),
    path("whose/facts/", identity.check_facts, name="check_facts"),
    path("whose/proof/", identity.proof, name="proof"),
    path("whose/paper/<uuid:document_id>/", identity.paper, name="paper"),
    path("whose/address/", identity.change_address, name="change_address"),
    path("source/<int:task_id>/retry/", sources.retry, name="retry_source"),
    path("source/<int:task_id>/skip/", sources.skip, name="skip_source"),
    path("gap/", sources.justify, name="justify"),
    path("rows/<int:part_file_id>/", sources.rows, name="rows"),
    path("decide/<int:part_id>/", decisions.decide, name="decide"),
    path("letter/<int:part_id>/", decisions.letter, name="letter"),
    path("proposal/<int:approval_id>/", approvals.answer, name="proposal"),
    path("task/<int:task_id>/reassign/", tasks.reassign, name="reassign_task"),
    path("release/", delivery.release, name="release"),
    path("package/again/", delivery.build_again, name="build_again"),
    path("release/withdraw/", delivery.withdraw_release, name="withdraw_release"),
    path("release/copy/", delivery.copy_for_post, name="copy_for_post"),
    path("write/", words.write, name="write"),
    path("note/", words.note, name="note"),
    path("clock/specify/", clock.specify, name="clock_specify"),
    path("clock/arrived/", clock.arrived, name="clock_arrived"),
    path("clock/extend/", clock.extend, name="clock_extend"),
    path("files/", files.index, name="files"),
    path("files/<uuid:document_id>/", files.show, name="file"),
    path("files/<uuid:document_id>/destroy/", files.destroy, name="file_destroy"),
    path("registered/", intake.registered, name="registered"),
    path("receipt/", intake.receipt, name="receipt"),
    path("scan/", intake.add_scan, name="add_scan"),
    path("messages/", messages.index, name="messages"),
    path("messages/<uuid:message_id>/", messages.show, name="message"),
    path("messages/<uuid:message_id>/html/", messages.as_html, name="message_html"),
    path("messages/<uuid:message_id>/letter/", messages.letter, name="message_letter"),
    path("messages/<uuid:message_id>/posted/", messages.posted, name="message_posted"),
    path("messages/<uuid:message_id>/see-to/", messages.see_to, name="message_see_to"),
]

office_patterns: list[URLPattern | URLResolver] = [
    path("", queue.show, name="queue"),
    path("assign/", queue.assign_many, name="assign_many"),
    path("approvals/", approvals.index, name="approvals"),
    path("tasks/", tasks.index, name="tasks"),
    path("post/", messages.post_room, name="post"),
    path("tasks/<int:task_id>/", tasks.confirm, name="confirm_task"),
    path("register/", intake.register, name="register"),
    path("mail/", mail.index, name="mail"),
    path("mail/<uuid:mail_id>/", mail.show, name="mail_one"),
    path("mail/<uuid:mail_id>/rights/", mail.name_rights, name="mail_rights"),
    path("mail/<uuid:mail_id>/join/", mail.join, name="mail_join"),
    path("mail/<uuid:mail_id>/aside/", mail.set_aside, name="mail_aside"),
    path("mail/<uuid:mail_id>/request/", mail.make_request, name="mail_request"),
    path("mail/<uuid:mail_id>/read/", mail.mark_read, name="mail_read"),
    path("mail/<uuid:mail_id>/acknowledge/", mail.acknowledge, name="mail_acknowledge"),
    path("sources/", sources.index, name="sources"),
    path("clock/", whatif.show, name="whatif"),
    path("journal/", journal.index, name="journal"),
    path("suppressed/", look_up, name="suppressed"),
    path("calendar/", calendar.show, name="calendar"),
    path("account/", own.account, name="account"),
    path("account/calendar/", calendar.link, name="calendar_link"),
    path("account/digest/", calendar.wants_digest, name="wants_digest"),
    path("case/<str:reference>/", include(case_patterns)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include(account_patterns)),
    path("office/admin/", site.urls),
    path("office/", include((office_patterns, "backoffice"))),
]
