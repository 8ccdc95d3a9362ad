"""Africa's Talking: SMS and questions about SIMs out, delivery reports and USSD in."""

from config.env import current

_ENV = current()
_SANDBOX = "https://api.sandbox.africastalking.com"
_LIVE = "https://api.africastalking.com"
_INSIGHTS_SANDBOX = "https://insights.sandbox.africastalking.com"
_INSIGHTS_LIVE = "https://insights.africastalking.com"
_IS_SANDBOX = _ENV.at_username == "sandbox"

AT_USERNAME = _ENV.at_username
AT_API_KEY = _ENV.at_api_key
AT_SENDER_ID = _ENV.at_sender_id
AT_BASE_URL = _ENV.at_base_url or (_SANDBOX if _IS_SANDBOX else _LIVE)
AT_INSIGHTS_BASE_URL = _ENV.at_insights_base_url or (
    _INSIGHTS_SANDBOX if _IS_SANDBOX else _INSIGHTS_LIVE
)
SMS_CALLBACK_KEY = _ENV.sms_callback_key
SMS_DAILY_BUDGET = _ENV.sms_daily_budget
USSD_API_KEY = _ENV.ussd_api_key
USSD_SESSION_TTL = _ENV.ussd_session_ttl
USSD_SERVICE_CODE = _ENV.ussd_service_code
