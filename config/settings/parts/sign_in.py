"""How staff sign in to the admin, how long that lasts, and what follows too many failures."""

from datetime import timedelta

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Sessions are those of the admin. They end with the browser, and after half an hour of doing
# nothing; `workers.identity.site` ends them after twelve hours, whatever is done.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# Five failures, of either step, lock a phone and an address for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "workers.identity.signing_in.username"
AXES_CLIENT_IP_CALLABLE = "workers.identity.signing_in.address"
AXES_CLIENT_STR_CALLABLE = "workers.identity.signing_in.named_in_logs"
AXES_LOCKOUT_CALLABLE = "workers.identity.site.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "code", "csrfmiddlewaretoken"]
# Successes are in the audit trail.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
