"""Members of staff: who they are, what they may do, and for which sites."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from dsar.domain.vocabulary import Role

READING_ROLES = frozenset({Role.DPO, Role.DEPUTY, Role.OFFICER, Role.AUDITOR})
ACTING_ROLES = frozenset({Role.DPO, Role.DEPUTY, Role.OFFICER})


class UserManager(BaseUserManager["User"]):
    """Accounts are known by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        fields.setdefault("role", Role.OPERATOR)
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A member of staff. `sites` holds site keys of controller.toml; `all_sites` lifts the limit."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)  # type: ignore[misc]
    role = models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role], default=Role.OFFICER)
    all_sites = models.BooleanField(default=False)
    sites = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=2, default="fr")
    wants_digest = models.BooleanField(default=True, help_text="one mail a day with what is due")
    calendar_key_hash = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of the calendar link's key")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Every session ends when password, role, reach or standing change (SECURITY T5)."""
        standing = [self.password, str(self.role), self.all_sites, sorted(self.sites), self.is_staff, self.is_superuser]
        return salted_hmac("dsar.models.staff.session", repr(standing), secret=secret, algorithm="sha256").hexdigest()

    @property
    def may_read_cases(self) -> bool:
        return self.is_active and self.role in READING_ROLES

    @property
    def may_act_on_cases(self) -> bool:
        """Role of a person who decides; a superuser without such a role may not."""
        return self.is_active and self.role in ACTING_ROLES
