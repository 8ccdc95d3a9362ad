"""M-Pesa: prompts and paybill in, payouts out, and who may call us back."""

import ipaddress

from config.env import current

_ENV = current()
_ADDRESSES = {
    "sandbox": "https://sandbox.safaricom.co.ke",
    "production": "https://api.safaricom.co.ke",
}

MPESA_ENVIRONMENT = _ENV.mpesa_environment
MPESA_BASE_URL = _ENV.mpesa_base_url or _ADDRESSES[MPESA_ENVIRONMENT]
MPESA_CONSUMER_KEY = _ENV.mpesa_consumer_key
MPESA_CONSUMER_SECRET = _ENV.mpesa_consumer_secret
MPESA_SHORTCODE = _ENV.mpesa_shortcode
MPESA_PASSKEY = _ENV.mpesa_passkey
MPESA_B2C_SHORTCODE = _ENV.mpesa_b2c_shortcode
MPESA_INITIATOR_NAME = _ENV.mpesa_initiator_name
MPESA_INITIATOR_PASSWORD = _ENV.mpesa_initiator_password
MPESA_CERTIFICATE = _ENV.mpesa_certificate
# Without any, whoever knows an operation's address is believed.
MPESA_CALLBACK_IPS = tuple(ipaddress.ip_network(network) for network in _ENV.mpesa_callback_ips)
PAYBILL_CALLBACK_KEY = _ENV.paybill_callback_key
