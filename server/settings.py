"""Settings: one file, runs with nothing set, refuses bad values.

Everything that a deployment may want to change is an environment variable read
through ``server.env``; what protects the shop has checks in ``server.checks``.
"""

from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from psycopg.conninfo import make_conninfo

from server import env
from server.embedded import borrow, postgres, valkey

BASE_DIR = env.BASE_DIR
VAR_DIR = env.VAR_DIR

# --- what kind of place this is ---------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", True)
DEBUG_PAGES = env.flag("DEBUG_PAGES", False)  # Django's pages for developers, with DEBUG only
DEFAULT_EXCEPTION_REPORTER = "server.insides.Reporter"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# --- secrets: given, or made once into var/secrets.json ---------------------------------------------------

SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
QUOTE_KEY = env.secret("QUOTE_KEY")  # signs price quotes
LEDGER_KEY = env.secret("LEDGER_KEY")  # seals the chain of the ledger; losing it means losing the proof

# --- parts ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "server",
    "ledger",
    "configurator",
    "orders",
    "production",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "server.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "server.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "server.zone.WorkshopZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "server.bodies.BodiesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "server.patience.PatienceMiddleware",
    "server.errors.ErrorsMiddleware",
]

ROOT_URLCONF = "server.urls"
WSGI_APPLICATION = "server.wsgi.application"
ASGI_APPLICATION = "server.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
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

# --- database: PostgreSQL only ----------------------------------------------------------------------------

EMBEDDED_DATABASE = not env.text("DATABASE_URL")
_database_url = env.text("DATABASE_URL") or postgres.in_var(VAR_DIR).url(borrow.DATABASE)
_database: dict[str, Any] = dict(
    dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True)
)
if _database["ENGINE"] != "django.db.backends.postgresql":
    raise env.BadSetting("DATABASE_URL must name a PostgreSQL: postgres://user:password@host:5432/name")
# A query that hangs must not hold a worker or a lock for ever; the supervisor sets 5000 for the web.
STATEMENT_TIMEOUT_MS = env.number("STATEMENT_TIMEOUT_MS", 30_000)
_database["OPTIONS"] = {
    **_database.get("OPTIONS", {}),
    "connect_timeout": 5,
    "application_name": env.text("APPLICATION_NAME", "shop"),
    "options": (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={env.number('LOCK_TIMEOUT_MS', 3_000)} "
        "-c idle_in_transaction_session_timeout=60000"
    ),
}
_database["ATOMIC_REQUESTS"] = False  # an operation opens its own transaction, and says where it ends
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["server.people.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none" if DEBUG else "mandatory"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_ADAPTER = "allauth.account.adapter.DefaultAccountAdapter"
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "shop@localhost")

# --- language and time: stored and computed in UTC, shown in the workshop's zone --------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
WORKSHOP_ZONE = env.text("WORKSHOP_ZONE", "Europe/Amsterdam")  # in which pages show times (server/zone.py)

# --- files ------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
QUARANTINE = VAR_DIR / "quarantine"  # what shoppers sent, as they sent it; never served
UPLOADS_AT_ONCE = env.number("UPLOADS_AT_ONCE", 2, least=1)  # pictures being opened, each up to 300 MB
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "server.static_files.HashedStaticFiles"
    },
}
PREVIEW_MEGABYTES = env.number("PREVIEW_MEGABYTES", 2048)  # kept of pictures that can be drawn again
MACHINE_PROFILES = env.text("MACHINE_PROFILES") or str(
    VAR_DIR / "machines"
)  # the shop's own (docs/machines.md)
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_HANDLERS = ["configurator.receiving.Receiver"]  # which stops at what is too large
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- what the browser is told -----------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# Behind TLS (everywhere but on this machine) cookies travel over TLS only.
HTTPS = env.flag("HTTPS", not DEBUG)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes speak plain HTTP from inside
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_INCLUDE_SUBDOMAINS", False)
if env.flag("BEHIND_PROXY", False):  # only where the proxy sets and overwrites the header
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- work that leaves the request: the job row is the truth, Celery runs it, the broker is a doorbell -----

EMBEDDED_BROKER = not env.text("BROKER_URL")
BROKER_URL = env.text("BROKER_URL") or valkey.url(VAR_DIR)
# What somebody stands and waits for comes by `interactive`; it has a worker of its own besides.
QUEUES = ("default", "interactive", "planning")

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
# Acknowledged after the work, and given back when the pool child is lost: the claim
# on the job row keeps a second delivery harmless (tests/ledger has the chaos test).
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False  # the relay tries again; a publisher must never hang
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_LOST_WAIT = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # kilobytes
# What runs goes on when the broker is lost: a second delivery finds the row claimed or done.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# On: its subscription is what notices a broker that went away while all slots were busy. Without it
# the acknowledgements fail, the slots count as taken for ever and the worker never asks for work again
# (seen in tests/ledger/test_chaos.py). PGMQ polls instead and has no such channel.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = env.flag("CELERY_REMOTE_CONTROL", not BROKER_URL.startswith("pgmq:"))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TIMEZONE = "UTC"
if BROKER_URL.startswith("pgmq:"):
    # `pgmq://` alone means: the queue lives in this shop's own database (`migrate` puts PGMQ's SQL in).
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 900,
        "init_extension": False,
        # Short questions often: the transport asks one queue after the other, so a long wait at an
        # empty one (its default) holds up what waits in the next.
        "wait_time_seconds": 0,
        "polling_interval": 0.2,
        "pool_size": 4,
    }
    if BROKER_URL.rstrip("/") == "pgmq:":
        CELERY_BROKER_TRANSPORT_OPTIONS["conn_string"] = make_conninfo(
            host=_database["HOST"] or None,
            port=_database["PORT"] or None,
            dbname=_database["NAME"],
            user=_database["USER"] or None,
            password=_database["PASSWORD"] or None,
        )
elif BROKER_URL.startswith(("redis", "valkey")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 900,  # above the longest task, or work is delivered twice
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    }
else:  # RabbitMQ
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}

# --- how much one order may ask for; more is a conversation with the workshop -----------------------------

MAX_PIECES_A_LINE = env.number("MAX_PIECES_A_LINE", 500, least=1, most=10_000)  # the database holds 10 000
MAX_PIECES_AN_ORDER = env.number("MAX_PIECES_AN_ORDER", 2_000, least=1)

# Who answers "when would it be ready?" (configurator/promise.py is the port).
PROMISER = "production.promising.Promiser"
WORKSHOP_CURRENCY = env.text("WORKSHOP_CURRENCY", "EUR")  # the planner reckons in its minor units
SOONER_MARGIN_PERCENT = env.number("SOONER_MARGIN_PERCENT", 50)  # on what a sooner date costs the workshop
SOONER_LEAST_CENTS = env.number("SOONER_LEAST_CENTS", 500)  # and at least so much
PROMISE_HOLD_MINUTES = env.number("PROMISE_HOLD_MINUTES", 30, least=1)  # in a cart, from the last look at it
PROMISE_HOLD_MOST_MINUTES = env.number("PROMISE_HOLD_MOST_MINUTES", 240, least=1)  # however often looked at
PLANNING_QUIET_SECONDS = env.number("PLANNING_QUIET_SECONDS", 60)  # between plans that nobody asked for
# A plan is searched for until so many schedules were tried (the same plan again from the same facts and
# seed), or for so long.
PLANNING_TRIES = env.number("PLANNING_TRIES", 2_000)
PLANNING_SECONDS = env.number("PLANNING_SECONDS", 20, least=1)
PLANNING_DRAFT_SECONDS = env.number("PLANNING_DRAFT_SECONDS", 900)  # for staff to look at a repair
PLANNING_REPAIR_SECONDS = env.number("PLANNING_REPAIR_SECONDS", 20, least=1)  # for a better repair
PLANNING_PIECES = env.number("PLANNING_PIECES", 5_000, least=1)  # in one plan: those due first
# From twice so many pieces on, a plan is computed as cells that share nothing, by workers side by side.
PLANNING_CELL_PIECES = env.number("PLANNING_CELL_PIECES", 1_500, least=1)
PLANNING_CELLS = env.number("PLANNING_CELLS", 16, least=1, most=200)
JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", 15, least=2)

# --- logs: one line an event, with the id of the request --------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "server.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["request_id"], "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        # fontTools and kombu tell their life story at INFO
        "fontTools": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "ezdxf": {"level": "WARNING"},
    },
}

# --- the API (server/api.py) ------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "ledger.api.schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ledger.api.parsing.StrictJsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ledger.api.callers.KeyAuthentication",
        "ledger.api.callers.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ledger.api.callers.Scoped"],
    "DEFAULT_THROTTLE_CLASSES": ["ledger.api.throttles.CallerThrottle"],
    "DEFAULT_PAGINATION_CLASS": "ledger.api.paging.Cursor",
    "EXCEPTION_HANDLER": "server.problems.handle",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": env.number("NUM_PROXIES", 0),
}
# Requests a caller may make, by kind; counted in each web process.
API_RATES = {
    "read": env.text("API_RATE_READ", "600/min"),
    "change": env.text("API_RATE_CHANGE", "300/min"),
    "preview": env.text("API_RATE_PREVIEW", "120/min"),
    "upload": env.text("API_RATE_UPLOAD", "30/hour"),
    "bulk": env.text("API_RATE_BULK", "30/hour"),
    "checkout": env.text("API_RATE_CHECKOUT", "60/min"),
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Order configurator",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "DESCRIPTION": "Configure, price, order and make personalised products. Refusals are problem documents "
    "(RFC 9457) with stable codes; money is decimal text with an ISO 4217 currency; times are UTC; "
    "lengths are millimetres.",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # a change names what it changes: its fields are not all optional
    "ENUM_NAME_OVERRIDES": {
        "JobState": "ledger.models.Job.State",
        "PaymentState": "orders.models.Payment.State",
        "OrderState": "orders.models.ORDER_STATES",
        "LineState": "orders.models.LINE_STATES",
        "RunState": "production.models.RunState",
        "PlanState": "production.models.PlanState",
        "DraftState": "production.models.Draft.State",
        "OperationState": "production.models.OperationState",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "server.api.with_problems",
    ],
}
