"""For the real thing: refuses whatever is only good for a trial."""

from config.checks import refuse_unsafe
from config.env import current
from config.settings.base import *  # noqa: F403

refuse_unsafe(current())

USSD_TEST_ENDPOINT = False
METRICS_OPEN_HERE = False

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
SECURE_SSL_REDIRECT = False  # the proxy in front does it, and load balancers ask /health by http
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # SECURE_SSL_REDIRECT: see above
    "security.W021",  # to be preloaded by browsers is for the owner of the domain to decide
]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if current().trusted_proxies else None
SESSION_COOKIE_SECURE = True
# Browsers take a cookie of that name over https, from this host and for all of it, or not at all.
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [current().public_base_url]
