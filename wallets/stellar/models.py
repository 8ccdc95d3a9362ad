"""Requests for accounts, submissions to the network, and the channels that they go through.

Amounts and fees are whole stroops. The keys of channels lie in `wallets.custody`.
"""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.states.machine import choices
from wallets.stellar.states import PENDING, Funding, State
from wallets.wallet.models import Wallet

BATCH_MAX = 100  # operations in a transaction, by Stellar's protocol
FUNDING_NUMBER = 0  # the channel that is the funding account itself


def present_network() -> str:
    """Return the network that new requests are for."""
    return settings.STELLAR_NETWORK


class Network(models.Model):
    """What is known of a network, as Horizon told last, and whether staff have paused it."""

    name = models.CharField(max_length=20, primary_key=True)
    ledger = models.BigIntegerField("latest ledger", null=True)
    closed_at = models.DateTimeField("ledger closed", null=True)
    seen_at = models.DateTimeField("last heard of", null=True)
    fee_bid_stroops = models.BigIntegerField("fee bid per operation", default=100)
    funding_balance_stroops = models.BigIntegerField("funding balance", null=True)
    funding_seen_at = models.DateTimeField("balance last seen", null=True)
    payments_cursor = models.CharField(max_length=40, blank=True)
    holding = models.CharField("why nothing is sent", max_length=200, blank=True)
    paused_at = models.DateTimeField("paused", null=True)
    paused_by = models.UUIDField(null=True)
    pause_reason = models.CharField(max_length=200, blank=True)
    behind_since = models.DateTimeField("seems reset since", null=True)
    resets = models.IntegerField("resets noticed", default=0)
    reset_at = models.DateTimeField("last reset noticed", null=True)

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """An account of ours whose sequence numbers carry submissions. Number 0 is the funding account.

    `sequence` is the last one known to be used up; without it, the network is asked. A pending
    submission leases its channel, and can be in no ledger after `leased_until_ledger`; that it ends
    is proved by the network, and the lease with it. Where the network did not know an open channel,
    `missing_at_ledger` is the first ledger as of which it didn't.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    network = models.CharField(max_length=20, default=present_network)
    number = models.IntegerField()
    public_key = models.CharField("Stellar address", max_length=56)
    opened_at = models.DateTimeField("opened on the network", null=True)
    sequence = models.BigIntegerField(null=True)
    missing_at_ledger = models.BigIntegerField("not found at ledger", null=True)
    balance_stroops = models.BigIntegerField("balance", null=True)
    leased_until_ledger = models.BigIntegerField("leased until ledger", null=True)
    created_at = models.DateTimeField("made", default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "number"], name="channel_number_once"),
            models.UniqueConstraint(fields=["network", "public_key"], name="channel_key_once"),
        ]

    def __str__(self) -> str:
        return "funding account" if self.number == 0 else f"channel {self.number}"


class Submission(models.Model):
    """One transaction: what it is to do, its one place in a channel's sequence, and its life.

    `hash` is that of the inner transaction, whatever fee bumps are put around it.
    `base_fee_stroops` is what each operation bids. `blamed` are the ids of the wallets in it, or of
    its channel, that alone are why it came to nothing: without them another one may do.
    """

    class Purpose(models.TextChoices):
        """What it is for."""

        OPEN_ACCOUNTS = "open_accounts", "open accounts"
        CLOSE_ACCOUNTS = "close_accounts", "close accounts"
        KEEP_CHANNELS = "keep_channels", "keep channels"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    network = models.CharField(max_length=20, default=present_network)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    state = models.CharField(max_length=20, choices=choices(State), default=State.PLANNED)
    intents = models.JSONField()
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="submissions")
    sequence = models.BigIntegerField()
    planned_ledger = models.BigIntegerField("planned at ledger")
    max_ledger = models.BigIntegerField("valid until ledger")
    valid_until = models.DateTimeField()
    base_fee_stroops = models.BigIntegerField("fee bid per operation")
    hash = models.CharField(max_length=64, null=True, unique=True)
    posts = models.IntegerField("times posted", default=0)
    last_answer = models.CharField(max_length=200, blank=True)
    result_code = models.CharField(max_length=60, blank=True)
    operation_codes = models.JSONField(default=list)
    blamed = models.JSONField(default=list)
    ledger = models.BigIntegerField("in ledger", null=True)
    fee_charged_stroops = models.BigIntegerField("fee charged", null=True)
    due_at = models.DateTimeField("looked at next", default=timezone.now)
    created_at = models.DateTimeField("planned", default=timezone.now)
    signed_at = models.DateTimeField("signed", null=True)
    posted_at = models.DateTimeField("last posted", null=True)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=Q(state__in=PENDING), name="submission_pending_once"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=PENDING), name="submission_due"),
            models.Index(fields=["network", "ended_at"], name="submission_ended"),
            # By whose wallet or channel it is.
            GinIndex(fields=["intents"], opclasses=["jsonb_path_ops"], name="submission_intents"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {str(self.pk)[-6:]}"


class Envelope(models.Model):
    """A signed envelope of a submission, stored before it is posted. Number 0 is the transaction
    itself; the others are fee bumps around that same transaction.

    `fee_stroops` is the whole bid.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="envelopes")
    number = models.IntegerField()
    hash = models.CharField(max_length=64, unique=True)
    xdr = models.TextField()
    fee_stroops = models.BigIntegerField("fee bid")
    signed_at = models.DateTimeField("signed", default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="envelope_number_once")
        ]

    def __str__(self) -> str:
        return f"fee bump {self.number}" if self.number else "transaction"


class FundingRequest(models.Model):
    """The wish that a wallet's account be created on the network.

    `batch_max` is with how many others at most it is put into a transaction: fewer, each time that
    one fails for a reason that can't be pinned on an operation.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="funding_requests")
    network = models.CharField(max_length=20, default=present_network)
    state = models.CharField(max_length=20, choices=choices(Funding), default=Funding.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    proved_at = models.DateTimeField("phone proved", null=True)
    needed_at = models.DateTimeField("needed by a feature", null=True)
    is_sponsored = models.BooleanField("sponsored", default=False)
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, null=True, related_name="requests"
    )
    batch_max = models.IntegerField(default=BATCH_MAX)
    due_at = models.DateTimeField("looked at next", default=timezone.now)
    created_at = models.DateTimeField("asked for", default=timezone.now)
    submitted_at = models.DateTimeField("last put into a transaction", null=True)
    funded_at = models.DateTimeField("funded", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "network"], name="funding_request_once")
        ]
        indexes = [
            models.Index(
                fields=["network", "due_at", "created_at"],
                condition=Q(state=Funding.WAITING),
                name="funding_waiting",
            ),
            models.Index(fields=["network", "submitted_at"], name="funding_submitted"),
        ]

    def __str__(self) -> str:
        return f"{self.network}: {self.state.replace('_', ' ').lower()}"
