"""The stock admin, for accounts alone: staff with a second factor. Cases and their history are not here to be edited."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin, action
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dsar import accounts
from dsar.domain.vocabulary import Role
from dsar.models import User


def keeps_accounts(request: HttpRequest) -> bool:
    """Operators and superusers keep accounts."""
    user = request.user
    return bool(user.is_active and user.is_staff and (user.is_superuser or user.role == Role.OPERATOR))


class AccountsSite(AdminSite):
    """An admin without a door of its own: sign-in is the product's, second factor included."""

    site_header = site_title = _("Accounts")
    index_title = _("Accounts of staff")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and keeps_accounts(request) and accounts.second_factor_proved(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("backoffice:account"))
        return HttpResponseRedirect(reverse("account_login"))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A change of accounts wants a proof of the last five minutes."""
        inner = super().admin_view(view, cacheable)

        def fresh(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            leaving = request.resolver_match is not None and request.resolver_match.url_name in ("logout", "login")
            if self.has_permission(request) and not leaving and not accounts.is_fresh(request):
                return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?next={request.path}")
            return inner(request, *args, **kwargs)

        return fresh


site = AccountsSite(name="admin")


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "role", "all_sites", "sites", "language")


class AccountAdmin(UserAdmin):
    """Accounts of staff. Nobody changes their own role or reach; only a superuser makes superusers."""

    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "role", "all_sites", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("email", "first_name", "last_name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "language")}),
        (_("Role and reach"), {"fields": ("role", "all_sites", "sites", "is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "first_name", "last_name", "role", "all_sites", "sites", "language", "password1", "password2")},
        ),
    )
    actions = ("reset_second_factor",)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        locked = tuple(self.readonly_fields)
        if obj is not None and obj.pk == request.user.pk:
            locked += ("role", "all_sites", "sites", "is_active", "is_staff", "is_superuser")
        elif not request.user.is_superuser:
            locked += ("is_superuser",)
        return locked

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_accounts(request)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return keeps_accounts(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return keeps_accounts(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An operator does not touch a superuser's account: its password would be a way up."""
        return keeps_accounts(request) and (obj is None or request.user.is_superuser or not obj.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are closed, never deleted: the history names them."""
        return False

    @action(description=_("Reset the second factor"))
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For a lost phone. Re-checked for each account; sessions that rest on the old app end with it."""
        for user in queryset:
            if not self.has_change_permission(request, user):
                continue
            Authenticator.objects.filter(user=user).delete()
            self.log_change(request, user, "second factor reset")
            self.message_user(request, f"{user.email}", messages.SUCCESS)


class LogAdmin(ModelAdmin):
    """Who changed which account: to read only."""

    list_display = ("action_time", "user", "content_type", "object_repr", "action_flag")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_accounts(request)

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return keeps_accounts(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False


site.register(User, AccountAdmin)
site.register(LogEntry, LogAdmin)
