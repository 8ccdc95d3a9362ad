"""Stellar in the admin, to read: what is sent, by which channels, and from which money."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Prefetch, QuerySet
from django.forms import CharField
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from nannychain.errors import NannyChainError
from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin, ReadOnlyInline
from wallets.stellar import contents, pausing, runway, services, words
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.states import PENDING, Funding, State


class StateFilter(admin.SimpleListFilter):
    """Submissions by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer what is under way, and every state."""
        return [("pending", "under way"), *((str(s), text) for s, text in words.STATES.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() == "pending":
            return queryset.filter(state__in=PENDING)
        return queryset.filter(state=self.value()) if self.value() in words.STATES else queryset


class EnvelopeInline(ReadOnlyInline):
    """The signed envelopes: the transaction and its fee bumps."""

    model = Envelope
    fields = ("number", "signed_at", "hash", "bid")
    readonly_fields = fields
    ordering = ("number",)
    tab = False

    @display(description="Fee bid")
    def bid(self, envelope: Envelope) -> str:
        """Show the whole bid."""
        return words.xlm(envelope.fee_stroops)


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """All submissions, the newest first."""

    list_display = (
        *("created_at", "purpose", "state_in_words", "what", "short_hash", "fee", "ledger"),
        "last_answer",
    )
    list_filter = (StateFilter, "purpose", ("created_at", admin.DateFieldListFilter))
    list_select_related = ("channel",)
    search_fields = ("hash",)
    search_help_text = "Hash, or the whole Stellar address of a wallet or channel that is in it"
    ordering = ("-id",)
    inlines = (EnvelopeInline,)
    fieldsets = (
        (
            "Submission",
            {"fields": ("purpose", "state_in_words", "what", "result", "timeline", "contents")},
        ),
        (
            "On the network",
            {
                "fields": (
                    "hash",
                    ("ledger", "fee"),
                    ("channel", "sequence"),
                    ("planned_ledger", "max_ledger"),
                    ("posts", "posted_at"),
                    "last_answer",
                )
            },
        ),
    )
    readonly_fields = ("state_in_words", "what", "result", "timeline", "contents", "fee")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Submission],
        search_term: str,
    ) -> tuple[QuerySet[Submission], bool]:
        """Find by how a hash begins, also a fee bump's, or by a wallet's address."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.upper().startswith("G") and len(term) == 56:
            return contents.naming(queryset, address=term.upper()), False
        return queryset.filter(envelopes__hash__startswith=term.lower()).distinct(), False

    @display(description="State", label=words.COLOURS, ordering="state")
    def state_in_words(self, submission: Submission) -> str:
        """Show the state in words."""
        return words.STATES[State(submission.state)]

    @display(description="What")
    def what(self, submission: Submission) -> str:
        """Show what it is to do."""
        return ", ".join(words.intents(submission))

    @display(description="Hash")
    def short_hash(self, submission: Submission) -> str:
        """Show how the hash begins."""
        return f"{submission.hash[:8]}…" if submission.hash else "-"

    @display(description="Fee")
    def fee(self, submission: Submission) -> str:
        """Show what was charged."""
        charged = submission.fee_charged_stroops
        return words.xlm(charged) if charged is not None else "-"

    @display(description="What the network said")
    def result(self, submission: Submission) -> str:
        """Show the codes in words."""
        return words.result(submission) or "-"

    @display(description="What it is to do")
    def contents(self, submission: Submission) -> str:
        """Show everything in it, with ways to the wallets and to what became of their requests."""
        lines = ((line.what, _links(line)) for line in contents.of(submission))
        return format_html_join("", "<div>{} {}</div>", lines)

    @display(description="What happened")
    def timeline(self, submission: Submission) -> str:
        """Show every step with its time."""
        return format_html_join("", "<div>{}: {}</div>", words.timeline(submission))


def _links(line: contents.Line) -> str:
    """Return the ways from a line to the pages of what it names."""
    return format_html_join(
        " · ",
        '<a class="underline" href="{}">{}</a>',
        (
            (
                reverse(
                    f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change",
                    args=[thing.pk],
                ),
                text,
            )
            for thing, text in line.things
        ),
    )


@admin.register(Channel)
class ChannelAdmin(ReadOnlyAdmin):
    """The channels, and the funding account as number 0."""

    list_display = (
        *("number", "address", "network", "is_open", "balance", "under_way"),
        *("leased_until_ledger", "sequence"),
    )
    ordering = ("network", "number")
    fields = (
        *("number", "public_key", "network", "opened_at", "balance", "sequence"),
        *("leased_until_ledger", "under_way"),
    )
    readonly_fields = ("balance", "under_way")

    @display(description="Stellar address")
    def address(self, channel: Channel) -> str:
        """Show how the address begins and ends."""
        return words.address(channel.public_key)

    @display(description="Open", boolean=True)
    def is_open(self, channel: Channel) -> bool:
        """Show whether it is on the network."""
        return channel.opened_at is not None

    @display(description="Balance")
    def balance(self, channel: Channel) -> str:
        """Show what it holds, as far as is known."""
        return words.xlm(channel.balance_stroops)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the submissions that are under way for a whole page at once."""
        pending = Submission.objects.filter(state__in=PENDING)
        way = Prefetch("submissions", queryset=pending, to_attr="pending")
        return super().get_queryset(request).prefetch_related(way)

    @display(description="Under way")
    def under_way(self, channel: Channel) -> str:
        """Show the submission that it carries, with a way there."""
        pending: list[Submission] = getattr(channel, "pending", [])
        if not pending:
            return "nothing"
        return _links(contents.Line(what="", things=[(each, str(each)) for each in pending]))


class ReasonForm(ActionForm):
    """The reason that goes with an action."""

    reason = CharField(
        required=False,
        max_length=200,
        label="",
        widget=UnfoldAdminTextInputWidget(
            {"placeholder": "Reason for a pause", "aria-label": "Reason", "class": "lg:w-96"}
        ),
    )


@admin.register(Network)
class NetworkAdmin(ReadOnlyAdmin):
    """The networks: how they are, what pays on them, and the pause switch."""

    list_display = ("name", "ledger", "closed", "balance", "switch", "holding")
    action_form = ReasonForm
    actions = ("pause", "resume")
    fieldsets = (
        ("Network", {"fields": ("name", ("ledger", "closed"), ("seen_at", "resets"), "bid")}),
        ("Funding account", {"fields": ("account", "balance", "lasts", "opened_today", "waiting")}),
        ("Pause", {"fields": ("holding", ("paused_at", "pause_reason"))}),
    )
    readonly_fields = ("closed", "bid", "account", "balance", "lasts", "opened_today", "waiting")

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change networks: there is nothing else to change."""
        return bool(request.user.has_perm("wallets.change_network"))

    @action(description="Pause, with a reason", permissions=["switch"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Network]) -> None:
        """Stop sending anything new."""
        by = actor(request)
        try:
            with transaction.atomic():
                for network in queryset:
                    reason = request.POST.get("reason", "")
                    pausing.pause(network, reason=reason, by=by.id, name=by.name)
        except pausing.ReasonMissing as error:
            messages.error(request, str(error.message))
            return
        messages.success(request, "Paused. What is under way is still followed.")

    @action(description="Go on", permissions=["switch"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Network]) -> None:
        """Send again."""
        by = actor(request)
        with transaction.atomic():
            for network in queryset:
                pausing.resume(network, by=by.id, name=by.name)
        messages.success(request, "Going on.")

    @display(description="Switch", label={"paused": "danger", "on": "success"})
    def switch(self, network: Network) -> str:
        """Show whether staff, or a reset, have paused it."""
        return "on" if network.paused_at is None else "paused"

    @display(description="Ledger closed")
    def closed(self, network: Network) -> str:
        """Show how old the latest ledger is, as far as is known."""
        return words.age(network.closed_at)

    @display(description="Funding account")
    def account(self, network: Network) -> str:
        """Show who pays, where it is the network of today."""
        is_present = network.name == settings.STELLAR_NETWORK
        return (is_present and settings.STELLAR_FUNDING_ACCOUNT) or "none is set"

    @display(description="Fee bid")
    def bid(self, network: Network) -> str:
        """Show what is bid for an operation."""
        return f"{network.fee_bid_stroops:,} stroops for an operation"

    @display(description="Funding balance")
    def balance(self, network: Network) -> str:
        """Show what the funding account can spend."""
        return words.xlm(network.funding_balance_stroops)

    @display(description="Lasts for")
    def lasts(self, network: Network) -> str:
        """Show for how many days that lasts."""
        found = runway.of(network)
        return f"{found.days:,.1f} days of {words.xlm(found.day_need)}"

    @display(description="Opened in the last 24 hours")
    def opened_today(self, network: Network) -> int:
        """Show how many accounts were opened lately."""
        since = timezone.now() - timedelta(days=1)
        return FundingRequest.objects.filter(network=network.name, funded_at__gte=since).count()

    @display(description="Waiting")
    def waiting(self, network: Network) -> str:
        """Show how many wait, by reason."""
        rows = FundingRequest.objects.filter(network=network.name, state=Funding.WAITING)
        counts = rows.values_list("reason").annotate(count=Count("id")).order_by("-count")
        told = [f"{count}: {reason or 'for the next transaction'}" for reason, count in counts]
        return format_html_join("", "<div>{}</div>", ((line,) for line in told)) or "nobody"


@admin.register(FundingRequest)
class FundingRequestAdmin(ReadOnlyAdmin):
    """Requests for accounts, the newest first."""

    list_display = (
        *("created_at", "wallet", "network", "state", "reason", "submission", "funded_at"),
    )
    list_filter = ("state", "network")
    list_select_related = ("wallet", "submission")
    search_fields = ("wallet__stellar_public_key",)
    search_help_text = "Stellar address, or how it begins"
    ordering = ("-id",)
    actions = ("try_again",)
    fields = (
        *("wallet", "network", "state", "reason", "is_sponsored"),
        *("proved_at", "needed_at", "submission", "submitted_at", "funded_at", "batch_max"),
    )

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[FundingRequest],
        search_term: str,
    ) -> tuple[QuerySet[FundingRequest], bool]:
        """Find by how the address begins."""
        term = search_term.strip().upper()
        found = queryset.filter(wallet__stellar_public_key__startswith=term)
        return found if term else queryset, False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Allow those who may change requests: there is nothing else to change."""
        return bool(request.user.has_perm("wallets.change_fundingrequest"))

    @action(description="Try again", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[FundingRequest]) -> None:
        """Let those that failed alone have another try."""
        by, moved = actor(request), 0
        for found in queryset:
            try:
                with transaction.atomic():
                    services.try_again(found, by=by.id, name=by.name)
            except NannyChainError:
                continue
            moved += 1
        messages.success(request, f"{moved} wait for another try.")
