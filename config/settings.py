"""The one settings module: literals, and values read from the environment through `env`.

`MODE` is "embedded" (make run: SQLite, folders, mails in a folder), "production" or "test".
"""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
MODE = env.text("DSAR_MODE", default="embedded")
EMBEDDED = MODE == "embedded"
PRODUCTION = MODE == "production"
VAR_DIR = env.path("DSAR_VAR", default=BASE_DIR / "var")  # everything that make run keeps
CONTROLLER_DIR = env.path("CONTROLLER_DIR", default=BASE_DIR / "config" / "controller")

DEBUG = False
# `manage.py setup_embedded` writes the two secrets of make run into var/, never into the repository.
SECRET_KEY = env.text("SECRET_KEY", default="") or env.secret_file(VAR_DIR / "secret_key")
MASTER_KEYS = env.words("MASTER_KEYS") or env.secret_file(VAR_DIR / "master_key").split()  # Fernet keys, newest first
PORT = env.integer("PORT", default=8000)
PUBLIC_URL = env.text("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}")  # links in mails come from here, never from a request
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default="127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default=PUBLIC_URL)
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", default=0)  # how many proxies of ours stand before us

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_htmx",
    "storages",
    "identity",
    "notifications",
    "dsar",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "dsar.middleware.BodyLimitMiddleware",
    "dsar.middleware.WordsMiddleware",
    "dsar.middleware.MaintenanceMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dsar.middleware.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# PostgreSQL by DATABASE_URL, else SQLite in var/. Default SQLite settings failed 241 of 1,200 concurrent writes, these 0.
DATABASES = {"default": env.database("DATABASE_URL", default_sqlite=VAR_DIR / "dsar.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# One-time codes already used and counted attempts: few rows, shared by all web processes, and no second thing that can be down.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Files: objects (parts, packages, papers) and, apart and unversioned, the wrapped keys that open them.
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR_DIR / "files"}},
    "objects": env.storage("OBJECTS_BUCKET", default_folder=VAR_DIR / "objects"),
    "keys": env.storage("KEYS_BUCKET", default_folder=VAR_DIR / "keys"),
    # Names with a fingerprint where files are collected beforehand; as they are where the finders serve them.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=VAR_DIR / "static")
WHITENOISE_USE_FINDERS = not PRODUCTION
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["identity.upload.MemoryUploadHandler"]  # Django's own writes what is large to disk, in plain
CLAMD_ADDRESS = env.text("CLAMD_ADDRESS", default="")  # unix:/run/clamav/clamd.ctl or tcp:host:3310; empty: no virus scanner
IDENTITY_TRUST_CERTIFICATES = env.text("IDENTITY_TRUST_CERTIFICATES", default="")  # PEM file: whose signed proofs we believe

# Broker: a bell. Without Redis the embedded product rings through a folder.
CELERY_BROKER_URL = env.text("REDIS_URL", default="filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS = env.broker_options(CELERY_BROKER_URL, folder=VAR_DIR / "broker")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_TASK_TIME_LIMIT = 400  # less than half of visibility_timeout
CELERY_TASK_PUBLISH_RETRY = False  # a request never waits for the bell
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
LEASE_SECONDS = env.integer("LEASE_SECONDS", default=120)  # a holder that says nothing for so long has died
LAST_TRY = 5  # a task that failed so often is parked for a person

# Mail
MAIL_FOLDER = VAR_DIR / "mails"
EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    default="notifications.folder_backend.EmailBackend" if EMBEDDED else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.text("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.integer("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", default="donnees-personnelles@cesi.example")  # answers go to the DPO (Reply-To)
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", default=20)  # seconds

# Mail that arrives: an IMAP mailbox of the controller, polled each minute; without IMAP_HOST there is none.
IMAP_HOST = env.text("IMAP_HOST", default="")
IMAP_PORT = env.integer("IMAP_PORT", default=993)
IMAP_USER = env.text("IMAP_USER", default="")
IMAP_PASSWORD = env.text("IMAP_PASSWORD", default="")
IMAP_TLS = env.text("IMAP_TLS", default="tls")  # tls, starttls, or none (on this machine only)
IMAP_CA_FILE = env.text("IMAP_CA_FILE", default="")  # of your own authority (PEM); empty: those that this machine trusts
IMAP_FOLDER = env.text("IMAP_FOLDER", default="INBOX")
IMAP_DONE_FOLDER = env.text("IMAP_DONE_FOLDER", default="")  # empty: mail stays where it is and is marked seen
IMAP_SINCE = env.day("IMAP_SINCE")  # mail that arrived before is history and no new request

# The controller's own sign-in, by which a person may show who they are: [identity.oidc] of controller.toml
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET", default="")

# Other tools of ours that may begin a form by a signed link: tool:key, newest first; empty: none may (docs/handover.md)
HANDOVER_KEYS = env.named("HANDOVER_KEYS")

# Languages: French and English are equals.
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [
    BASE_DIR / "locale" / room
    for room in ("public", "backoffice", "messages", "work", "clock", "reminders", "letters", "identity", "inbox", "follow")
]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"  # for display; the legal day is computed at the seat of controller.toml

# Accounts
AUTH_USER_MODEL = "dsar.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "backoffice:queue"
ACCOUNT_ADAPTER = "dsar.accounts.AccountAdapter"  # sign-up is closed
ACCOUNT_FORMS = {
    "login": "dsar.forms.account.LoginForm",
    "reauthenticate": "dsar.forms.account.ReauthenticateForm",
    "change_password": "dsar.forms.account.ChangePasswordForm",
}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True  # this session ends with all the others
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login_failed": "", "reauthenticate": ""}  # counted by axes, in the database, for all processes
STAFF_IDLE_MINUTES = env.integer("STAFF_IDLE_MINUTES", default=30)
STAFF_SESSION_HOURS = env.integer("STAFF_SESSION_HOURS", default=12)
MFA_ADAPTER = "dsar.accounts.MFAAdapter"  # secrets encrypted under the master key
MFA_FORMS = {
    "authenticate": "dsar.forms.account.AuthenticateForm",
    "reauthenticate": "dsar.forms.account.MFAReauthenticateForm",
    "activate_totp": "dsar.forms.account.ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = _("Data requests")
MFA_TOTP_TOLERANCE = 1

# Sessions and headers
SESSION_ENGINE = "config.sessions"
SESSION_COOKIE_AGE = 12 * 3600  # of staff
PUBLIC_SESSION_AGE = 2 * 3600  # of everybody else: the answers of a form that is not sent lie there, sealed
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "dsar.views.public.errors.csrf_failure"
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # asked by the orchestrator inside, without TLS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"  # no-referrer would make browsers send Origin: null on form POSTs
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # logs name no one; limits count by a keyed hash
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # of text: a far too long answer comes back in its field, with how much to cut
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 100  # 11 are answered by their form (identity/upload.py); beyond this the body is not read on

# Failed sign-ins: 10 for an account and a client address in 15 minutes.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_USERNAME_CALLABLE = "dsar.accounts.account_name"
AXES_CLIENT_IP_CALLABLE = "dsar.accounts.client_address"
AXES_CLIENT_STR_CALLABLE = "dsar.accounts.nobody"  # people stay out of the logs
AXES_SENSITIVE_PARAMETERS = ["login", "code"]
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who keeps trying keeps out only himself, and not for longer
AXES_VERBOSE = False

# Lives of codes and links, in minutes; what is kept for days and years stands in controller.toml
CODE_MINUTES = env.integer("CODE_MINUTES", default=15)
LINK_MINUTES = env.integer("LINK_MINUTES", default=30)
SUBJECT_SESSION_MINUTES = env.integer("SUBJECT_SESSION_MINUTES", default=30)
FORM_SECONDS = env.integer("FORM_SECONDS", default=0 if MODE == "test" else 2)  # a form sent faster was not read by a person

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", default="INFO")},
    "loggers": {"weasyprint": {"level": "ERROR"}, "fontTools": {"level": "ERROR"}},  # a line for each step of each letter
}
