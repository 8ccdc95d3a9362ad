"""Where alerts are told outside, and by which server."""

import environ

from config.env import current

# Without a server that takes our e-mail nobody is written to; `config.startup` says so.
ALERT_EMAIL = current().alert_email if current().email_url else ""
ALERT_WEBHOOK_URL = current().alert_webhook_url
ALERT_WEBHOOK_KEY = current().alert_webhook_key

EMAIL_TIMEOUT = 10
if current().email_url:
    _SERVER = environ.Env.email_url_config(current().email_url)
    EMAIL_HOST, EMAIL_PORT = _SERVER["EMAIL_HOST"], _SERVER["EMAIL_PORT"] or 25
    EMAIL_HOST_USER = _SERVER["EMAIL_HOST_USER"] or ""
    EMAIL_HOST_PASSWORD = _SERVER["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS = bool(_SERVER.get("EMAIL_USE_TLS"))
    EMAIL_USE_SSL = bool(_SERVER.get("EMAIL_USE_SSL"))
