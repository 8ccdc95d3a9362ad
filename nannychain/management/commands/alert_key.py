"""`manage.py alert_key`: print the key that signs alerts, for whoever sets up their receiver."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.views.decorators.debug import sensitive_variables

from nannychain.alerts import delivery


class Command(BaseCommand):
    """Prints the derived key; one that was chosen is known to whoever chose it."""

    help = "Print the key that signs alerts where ALERT_WEBHOOK_KEY is not set (a secret)."

    @sensitive_variables()
    def handle(self, **_: Any) -> None:
        """Print the key, and nothing else."""
        if settings.ALERT_WEBHOOK_KEY:
            raise CommandError("ALERT_WEBHOOK_KEY is set: alerts are signed with that key")
        self.stdout.write(delivery.webhook_key())
