"""The first screen of a member."""

from django.utils.translation import gettext as _

from ussd.engine.hop import Visit


def prompt(visit: Visit) -> str:
    """Greet a member, and tell the Worker ID."""
    return _("NannyChain\nWorker ID: {worker_id}").format(worker_id=visit.caller.worker_id)
