"""The front door as a Django app."""

from django.apps import AppConfig


class UssdConfig(AppConfig):
    """Label `ussd`."""

    name = "ussd"
    verbose_name = "USSD"
