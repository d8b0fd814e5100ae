"""The data subject's pages. One URL per page and language, the same in every language after its prefix."""

from django.urls import path

from dsar.views.backoffice import calendar
from dsar.views.public import address, download, follow, form, identity, mails, pages, save, sent, status, write

app_name = "public"

urlpatterns = [
    path("", form.start, name="start"),
    path("request/check/", form.check, name="check"),
    path("request/go-on/", form.go_on, name="go_on"),
    path("request/sent/", sent.sent, name="sent"),
    path("request/sent/code/", sent.resend, name="resend"),
    path("request/sent/already/", form.already_sent, name="already_sent"),
    path("request/receipt/", sent.receipt, name="receipt"),
    path("request/save/", save.save, name="save"),
    path("request/resume/<str:link>/", save.resume, name="resume"),
    path("request/<slug:step>/", form.question, name="question"),
    path("confirm/", sent.confirmed, name="confirmed"),
    path("confirm/<str:link>/", sent.confirm, name="confirm"),
    path("follow/", follow.follow, name="follow"),
    path("follow/code/", follow.follow_code, name="follow_code"),
    path("follow/code/new/", follow.follow_resend, name="follow_resend"),
    path("follow/open/<str:link>/", follow.follow_link, name="follow_link"),
    path("follow/signed-out/", follow.signed_out, name="signed_out"),
    path("status/", status.status, name="status"),
    path("status/write/", write.write, name="write"),
    path("status/file/remove/", write.remove_file, name="remove_file"),
    path("status/easy/", status.easy, name="status_easy"),
    path("status/confirm/", status.confirm_code, name="status_confirm"),
    path("status/confirm/code/", status.confirm_resend, name="status_confirm_code"),
    path("status/address/", address.address, name="address"),
    path("status/address/code/", address.address_code, name="address_code"),
    path("status/withdraw/", status.withdraw, name="withdraw"),
    path("status/sign-out/", follow.sign_out, name="sign_out"),
    path("status/download/", download.download, name="download"),
    path("status/download/code/", download.download_code, name="download_code"),
    path("status/download/again/", download.download_again, name="download_again"),
    path("identity/", identity.identity, name="identity"),
    path("identity/open/<str:link>/", identity.identity_link, name="identity_link"),
    path("identity/code/", identity.identity_code, name="identity_code"),
    path("identity/code/send/", identity.identity_want_code, name="identity_want_code"),
    path("identity/call/", identity.identity_call, name="identity_call"),
    path("identity/other/", identity.identity_cannot, name="identity_cannot"),
    path("identity/add/", identity.identity_add, name="identity_add"),
    path("identity/remove/", identity.identity_remove, name="identity_remove"),
    path("identity/send/", identity.identity_send, name="identity_send"),
    path("identity/account/", identity.identity_account, name="identity_account"),
    path("identity/account/back/", identity.identity_account_back, name="identity_account_back"),
    path("mails/", mails.mails, name="mails"),
    path("mails/<str:name>/", mails.mail, name="mail"),
    path("notice/", pages.notice, name="notice"),
    path("easy/", pages.easy, name="easy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("contact/", pages.contact, name="contact"),
    path("calendar/<str:key>.ics", calendar.feed, name="calendar_feed"),
]
