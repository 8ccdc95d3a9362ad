"""Africa's Talking: SMS with delivery reports and opt-outs, and USSD, as they really answer."""
