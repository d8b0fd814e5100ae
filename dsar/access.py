"""Who may call which route: every route declares its role set, and a test walks the URL resolver to see it (SECURITY T4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch

from dsar.domain.vocabulary import Role
from dsar.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class StaffRequest(HttpRequest):
    """The request of a signed-in member of staff, as views behind `roles` get it."""

    user: User  # type: ignore[assignment]


PUBLIC: frozenset[str] = frozenset({"public"})
EVERY_ROLE = frozenset(Role)
READERS = frozenset({Role.DPO, Role.DEPUTY, Role.OFFICER, Role.AUDITOR})
ACTORS = frozenset({Role.DPO, Role.DEPUTY, Role.OFFICER})
# The stock admin checks the rest itself: `dsar.admin` lets in staff with the role of an operator, or a superuser.
ADMIN = EVERY_ROLE


def public(view: View) -> View:
    """Declare a route that anyone may call."""
    view.declared_roles = PUBLIC  # type: ignore[attr-defined]
    return view


def own_account(view: View) -> View:
    """Declare a route about one's own account, reachable before the second factor is set up."""
    view.declared_roles = EVERY_ROLE  # type: ignore[attr-defined]
    view.before_second_factor = True  # type: ignore[attr-defined]
    return view


def roles(*allowed: Role) -> Callable[[View], View]:
    """Declare and enforce the role set of a route. Sign-in and second factor are the middleware's work, before this."""
    allowed_set = frozenset(allowed)

    def declare(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated or request.user.role not in allowed_set:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.declared_roles = allowed_set  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return declare


def declared_roles(match: ResolverMatch) -> frozenset[str] | None:
    """The role set that a route declares; None when it declares nothing, which the middleware treats as staff only."""
    if "admin" in match.namespaces:
        return ADMIN
    return getattr(match.func, "declared_roles", None)


def is_own_account(match: ResolverMatch) -> bool:
    return bool(getattr(match.func, "before_second_factor", False))
