"""Secrets, hosts, passwords and cookies."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from config.env import current

_ENV = current()

SECRET_KEY = _ENV.secret_key
ENCRYPTION_KEY = _ENV.encryption_key
ENCRYPTION_KEYS_OLD = _ENV.encryption_keys_old
SEALING_PUBLIC_KEY = _ENV.sealing_public_key
# A trial has one without being asked for it; production refuses to start without its own.
PIN_PEPPER = _ENV.pin_pepper or f"the pepper of a trial: {_ENV.secret_key}"
# While an account is new to its PIN or phone: this much may leave it in all.
OUTGOING_CAP_CENTS = _ENV.outgoing_cap_shillings * 100
ALLOWED_HOSTS = list(_ENV.allowed_hosts)
TRUSTED_PROXIES = _ENV.trusted_proxies

AUTH_USER_MODEL = "workers.Member"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# Nothing here takes files: none is written to disk, whoever sends it.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
CSRF_FAILURE_VIEW = "config.errors.csrf_refused"

ADMIN_PATH = "/admin/"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# Other people's pages may call the API from a browser where we name them, and without cookies.
CORS_ALLOWED_ORIGINS = list(_ENV.cors_allowed_origins)
CORS_URLS_REGEX = r"^/(api/|openapi\.json$)"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CORS_ALLOW_HEADERS = (
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "x-pin-token",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = ("idempotent-replayed", "location", "retry-after", "x-request-id")
CORS_PREFLIGHT_MAX_AGE = 600
