"""What all settings share. `local`, `test` and `production` import it and change little."""

from pathlib import Path

from config.checks import refuse_half_configured
from config.env import BASE_DIR, current
from config.settings.parts.africastalking import *  # noqa: F403
from config.settings.parts.alerts import *  # noqa: F403
from config.settings.parts.celery import *  # noqa: F403
from config.settings.parts.database import *  # noqa: F403
from config.settings.parts.logging import *  # noqa: F403
from config.settings.parts.mpesa import *  # noqa: F403
from config.settings.parts.redis import *  # noqa: F403
from config.settings.parts.rest import *  # noqa: F403
from config.settings.parts.security import *  # noqa: F403
from config.settings.parts.sentry import *  # noqa: F403
from config.settings.parts.sign_in import *  # noqa: F403
from config.settings.parts.stellar import *  # noqa: F403
from config.settings.parts.unfold import *  # noqa: F403

refuse_half_configured(current())

BASE_DIR = BASE_DIR  # noqa: PLW0127 - a setting too
DEBUG = False
OPERATING_MODE = current().operating_mode
HELP_LINE = current().help_line
PUBLIC_BASE_URL = current().public_base_url
METRICS_KEY = current().metrics_key
METRICS_OPEN_HERE = True  # GET /metrics without a key, on this machine; production has it not
USSD_TEST_ENDPOINT = True  # POST /ussd/test, for scripts; production has it not

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.admin_site.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "corsheaders",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "nannychain",
    "wallets",
    "workers",
    "payments",
    "ussd",
    "config",
]

MIDDLEWARE = [
    "nannychain.logs.middleware.RequestLog",
    "nannychain.metrics.middleware.RequestCounts",
    "django.middleware.security.SecurityMiddleware",
    "nannychain.policy.ContentPolicy",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "en"
# Each under its own name, which is never translated.
LANGUAGES = [("en", "English"), ("sw", "Kiswahili")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Africa/Nairobi"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
