"""Settings of the yardstick's own process: django-hordak, and nothing of ours."""

import environ

SECRET_KEY = "only for measuring"
USE_TZ = True
DATABASES = {
    "default": {**environ.Env().db_url_config(environ.Env()("DATABASE_URL")), "CONN_MAX_AGE": None}
}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "mptt",
    "hordak",
]
DEFAULT_CURRENCY = "KES"
CURRENCIES = ["KES"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
