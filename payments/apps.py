"""Payments as a Django app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Label `payments`."""

    name = "payments"
    verbose_name = "Payments"
