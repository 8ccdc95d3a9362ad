"""The pause switch: nothing new is sent to the network. What is under way is still followed."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain import audit
from nannychain.audit.services import SYSTEM
from nannychain.errors import Invalid
from nannychain.transactions import required
from wallets.stellar.models import Network


class ReasonMissing(Invalid):
    """A pause without a reason."""

    code = "stellar.reason_missing"
    message = _("Say why, in a few words.")


@required
def pause(network: Network, *, reason: str, by: UUID | None = None, name: str = SYSTEM) -> None:
    """Stop planning on that network, on the word of a staff member or of the watcher.

    Raises ReasonMissing.
    """
    words = " ".join(reason.split())[:200]
    if not words:
        raise ReasonMissing
    Network.objects.filter(pk=network.pk).update(
        paused_at=timezone.now(), paused_by=by, pause_reason=words
    )
    _note(network, "stellar.paused", reason=words, by=by, name=name)


@required
def resume(network: Network, *, by: UUID | None = None, name: str = SYSTEM) -> None:
    """Let planning go on."""
    paused = Network.objects.filter(pk=network.pk, paused_at__isnull=False)
    if paused.update(paused_at=None, paused_by=None, pause_reason="", holding=""):
        _note(network, "stellar.resumed", reason="", by=by, name=name)


@required
def _note(network: Network, action: str, *, reason: str, by: UUID | None, name: str) -> None:
    audit.record(action, subject=network, actor_id=by, actor=name, reason=reason, channel="stellar")
