"""Payments to the paybill in the admin, and what two of the staff do about those in suspense."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from nannychain import phone
from nannychain.approvals.asking import ask_page
from nannychain.errors import Invalid
from nannychain.money import display as money
from nannychain.staff.admin import ReadOnlyAdmin
from nannychain.staff.downloads import Downloads, shillings, when
from nannychain.staff.forms import ReasonForm
from payments.paybill import echoes, review, selectors, words
from payments.paybill.models import PaybillPayment
from payments.paybill.states import OPEN, State
from workers.identity import worker_id


class AllotForm(ReasonForm):
    """For whom it was."""

    member = forms.CharField(
        max_length=60,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "placeholder": "Worker ID or phone"}
        ),
    )


class EvidenceForm(ReasonForm):
    """What a decision rests on."""

    evidence = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "placeholder": "Statement line, letter or call of Safaricom's"}
        ),
    )


class DepositForm(EvidenceForm):
    """The deposit whose payment it is."""

    deposit = forms.CharField(
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "off", "placeholder": "The deposit's reference, such as D7K3QX9MB2P"}
        ),
    )


# The page, what it asks for, its form, the state in which it is offered, and what the way says.
_ACTS = (
    ("allot", review.ALLOT, AllotForm, State.SUSPENSE, "Put it into a wallet"),
    (
        "of-deposit",
        review.OF_DEPOSIT,
        DepositForm,
        State.SUSPENSE,
        "It is that of a deposit",
    ),
    ("give-back", review.GIVE_BACK, ReasonForm, State.SUSPENSE, "Give it back to the payer"),
    ("returned", review.AS_RETURNED, EvidenceForm, State.RETURNING, "It was given back"),
    (
        "not-returned",
        review.AS_NOT_RETURNED,
        EvidenceForm,
        State.RETURNING,
        "It was not given back",
    ),
)


class StateFilter(admin.SimpleListFilter):
    """Payments by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer what waits, and every state."""
        ways = [("open", "waits"), ("doubt", "in doubt for long")]
        return [*ways, *((str(s), text) for s, text in words.STATES.items())]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[PaybillPayment],
    ) -> QuerySet[PaybillPayment]:
        """Narrow the list."""
        if self.value() == "open":
            return queryset.filter(state__in=OPEN)
        if self.value() == "doubt":
            return queryset & selectors.in_doubt()
        return queryset.filter(state=self.value()) if self.value() in words.STATES else queryset


class AgeFilter(admin.SimpleListFilter):
    """What lies in suspense, by how long it has lain there."""

    title = "age in suspense"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer the classes of a reconciliation report."""
        ages = [(str(number), text) for number, (_, text) in enumerate(selectors.AGES)]
        return [*ages, ("oldest", selectors.OLDEST)]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[PaybillPayment],
    ) -> QuerySet[PaybillPayment]:
        """Narrow the list."""
        places = [str(number) for number in range(len(selectors.AGES))]
        if self.value() not in (*places, "oldest"):
            return queryset
        now, waiting = timezone.now(), queryset.filter(state=State.SUSPENSE)
        place = len(places) if self.value() == "oldest" else places.index(str(self.value()))
        if place > 0:
            waiting = waiting.filter(created_at__lt=now - selectors.AGES[place - 1][0])
        if place < len(places):
            waiting = waiting.filter(created_at__gte=now - selectors.AGES[place][0])
        return waiting


@admin.register(PaybillPayment)
class PaybillPaymentAdmin(Downloads, ReadOnlyAdmin):
    """All payments, the newest first."""

    list_display = (
        *("created_at", "receipt", "amount", "state_in_words", "account", "member"),
        "age",
    )
    list_filter = (StateFilter, AgeFilter, ("created_at", admin.DateFieldListFilter))
    list_select_related = ("member",)
    address_filters = ("member",)
    search_fields = ("receipt", "account")
    search_help_text = "M-Pesa's receipt, account number as typed, or the member's phone"
    ordering = ("-id",)
    fieldsets = (
        ("Payment", {"fields": ("now", ("amount", "member"), "timeline", "settling")}),
        (
            "As M-Pesa tells it",
            {
                "fields": (
                    ("receipt", "shortcode"),
                    ("account", "who_paid"),
                    ("told_by", "paid_at"),
                    ("questions", "due_at"),
                )
            },
        ),
    )
    readonly_fields = ("now", "amount", "timeline", "settling", "who_paid")

    # As CSV.

    download_header = (
        *("id", "told", "paid", "receipt", "account number", "payer", "amount", "member"),
        *("state", "why"),
    )

    def download_rows(self, page: list[PaybillPayment]) -> Iterator[tuple[object, ...]]:
        """Yield a line for each."""
        for payment in page:
            yield (
                payment.pk,
                when(payment.created_at),
                when(payment.paid_at),
                payment.receipt,
                payment.account,
                words.payer(payment),
                shillings(payment.amount_cents),
                payment.member,
                words.STATES[State(payment.state)],
                payment.why,
            )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PaybillPayment], search_term: str
    ) -> tuple[QuerySet[PaybillPayment], bool]:
        """Find by receipt, by account number, or by the member."""
        for field, parse in (("phone", phone.parse), ("worker_id", worker_id.parse)):
            try:
                return queryset.filter(**{f"member__{field}": parse(search_term)}), False
            except Invalid:
                continue
        found: tuple[QuerySet[PaybillPayment], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    # Acts of two.

    def get_urls(self) -> Any:
        """Add the pages on which staff ask for a decision."""
        own = [
            path(
                f"<uuid:payment_id>/{name}/",
                self.admin_site.admin_view(self.settle),
                {"kind": kind.code, "form": form, "state": state},
                name=f"payments_paybillpayment_{name}",
            )
            for name, kind, form, state, _ in _ACTS
        ]
        return [*own, *super().get_urls()]

    def settle(
        self,
        request: HttpRequest,
        payment_id: UUID,
        *,
        kind: str,
        form: type[forms.Form],
        state: State,
    ) -> HttpResponse:
        """Ask another member of staff for a decision."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        payment = PaybillPayment.objects.filter(pk=payment_id, state=state).first()
        if payment is None:
            raise Http404
        sentences = (
            words.now(payment),
            f"Paid by {words.payer(payment)}.",
            *(echoes.suggestions(payment) if state is State.SUSPENSE else ()),
        )
        return ask_page(self, request, kind=kind, subject=payment, sentences=sentences, form=form)

    # Showing.

    @display(description="State", label=words.COLOURS, ordering="state")
    def state_in_words(self, payment: PaybillPayment) -> str:
        """Show the state in words."""
        return words.STATES[State(payment.state)]

    @display(description="Amount", ordering="amount_cents")
    def amount(self, payment: PaybillPayment) -> str:
        """Show how much was paid."""
        return money(payment.amount_cents)

    @display(description="Age")
    def age(self, payment: PaybillPayment) -> str:
        """Show how long it lies in suspense."""
        if payment.state != State.SUSPENSE:
            return "-"
        return selectors.age_in_words(payment, at=timezone.now())

    @display(description="How it stands")
    def now(self, payment: PaybillPayment) -> str:
        """Show in one sentence how it stands."""
        return words.now(payment)

    @display(description="Payer")
    def who_paid(self, payment: PaybillPayment) -> str:
        """Show what is known of the payer."""
        return words.payer(payment)

    @display(description="What happened")
    def timeline(self, payment: PaybillPayment) -> str:
        """Show every step with its time."""
        return format_html_join("", "<div>{}: {}</div>", words.timeline(payment))

    @display(description="Decide")
    def settling(self, payment: PaybillPayment) -> str:
        """Show the ways to a decision, where it waits for one."""
        ways = [
            (reverse(f"admin:payments_paybillpayment_{name}", args=[payment.pk]), text)
            for name, _, _, state, text in _ACTS
            if payment.state == state
        ]
        if not ways:
            return "-"
        links = format_html_join(" · ", '<a class="underline" href="{}">{}</a>', ways)
        hints = echoes.suggestions(payment) if payment.state == State.SUSPENSE else ()
        return links + format_html_join("", "<div>{}</div>", ((hint,) for hint in hints))
