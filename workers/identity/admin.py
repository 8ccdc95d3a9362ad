"""Members in the admin: found by phone, Worker ID or name, and shown with all that belongs to them.

Nothing here writes a row by itself: an account is opened by `services.create_account`, rights are
given by `staff.set_rights`.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin
from unfold.decorators import display

from nannychain import phone
from nannychain.errors import Invalid
from nannychain.money import display as written
from nannychain.staff import timeline
from nannychain.staff.admin import ReadOnly, ReadOnlyAdmin, ReadOnlyInline
from wallets.stellar.selectors import funding_in_words
from wallets.wallet import selectors as wallets
from workers.identity import services, staff, standings, worker_id
from workers.identity.admin_acts import MemberActs
from workers.identity.forms import OpenAccountForm, RightsForm
from workers.identity.models import Consent, Member
from workers.identity.panels import panels
from workers.kyc.levels import WORDS
from workers.kyc.selectors import level_of

_RIGHTS = ("is_staff", "groups")
_SEE_ACCOUNTS = "wallets.view_account"
_MOMENTS = 12
_PROVED_COLOURS = {"yes": "success", "not yet": "info"}


class ConsentInline(ReadOnlyInline):
    """What the member agreed to."""

    model = Consent
    fields = ("purpose", "version", "language", "channel", "given_at", "withdrawn_at")
    ordering = ("-given_at",)
    tab = False


@admin.register(Member)
class MemberAdmin(MemberActs, ReadOnlyAdmin):
    """All members, and the page of each."""

    list_display = (
        "worker_id",
        "written_phone",
        "name",
        "language_name",
        "channel",
        "joined_at",
        "proved",
    )
    list_filter = ("language", "channel", "is_staff")
    search_fields = ("name",)
    search_help_text = "Phone or Worker ID, in any usual spelling, or name"
    ordering = ("-id",)  # ids grow with time
    inlines = (ConsentInline,)
    add_fieldsets = ((None, {"fields": ("phone", "name", "language", "agreed")}),)
    fieldsets: Any = (
        (
            "Member",
            {
                "fields": (
                    ("worker_id", "written_phone"),
                    ("name", "language_name"),
                    ("joined_at", "channel"),
                    "phone_proved",
                )
            },
        ),
        ("Standing", {"fields": (("standing_in_a_word", "level"), ("last_seen", "pin"), "sim")}),
        ("Wallet", {"fields": ("stellar_address", "funding")}),
    )
    readonly_fields = ("money", "held", "statement")
    change_form_outer_after_template = "workers/member_panels.html"

    # Who may do what.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow what the staff member's groups allow: adding goes through `create_account`."""
        return request.user.has_perm("workers.add_member")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow superusers to give rights to others; nothing else can be changed."""
        is_own = obj is not None and obj.pk == request.user.pk
        return bool(request.user.is_active and request.user.is_superuser and not is_own)

    # Finding.

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Member],
        search_term: str,
    ) -> tuple[QuerySet[Member], bool]:
        """Find by phone and Worker ID in any usual spelling, and by parts of the name."""
        found = Q(name__icontains=search_term.strip())
        for field, parse in (("phone", phone.parse), ("worker_id", worker_id.parse)):
            try:
                found |= Q(**{field: parse(search_term)})
            except Invalid:
                continue
        return queryset.filter(found) if search_term.strip() else queryset, False

    # Showing.

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        """Show rights to superusers only."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj and request.user.has_perm(_SEE_ACCOUNTS):
            shown = ("Money", {"fields": (("money", "held"), "statement")})
            fieldsets = (*fieldsets[:2], shown, *fieldsets[2:])
        if obj and self.has_change_permission(request, obj):
            return (*fieldsets, ("Staff", {"fields": _RIGHTS}))
        return fieldsets

    def get_readonly_fields(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Member | None = None,
    ) -> Any:
        """Show everything as text but the rights."""
        return (*flatten_fieldsets(self.fieldsets), *self.readonly_fields) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Member | None) -> Any:
        """Show consents of those who are members already."""
        return super().get_inlines(request, obj) if obj else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Put the tables of SMS and audit trail under the member's fields."""
        member = self.get_object(request, object_id) if object_id else None
        context = {**(extra_context or {}), "show_save_and_add_another": False}
        if member and self.has_view_permission(request, member):
            moments, _ = timeline.moments(
                member, request=request, before=timezone.now(), size=_MOMENTS
            )
            context["moments"] = moments
            context["timeline"] = reverse("admin:workers_member_timeline", args=[member.pk])
            context["panels"] = tuple(panels(member, request=request))
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> Any:
        """Add the whole timeline."""
        whole = require_safe(self.admin_site.admin_view(self.timeline))
        own = path("<uuid:member_id>/timeline/", whole, name="workers_member_timeline")
        return [own, *super().get_urls()]

    def timeline(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Show what happened to a member, a page at a time; what this person may see of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        member = Member.objects.filter(pk=member_id).first()
        if member is None:
            raise Http404
        before = timeline.instant(request.GET.get("before", "")) or timezone.now()
        moments, older = timeline.moments(member, request=request, before=before)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Timeline of {member}",
            "back": reverse("admin:workers_member_change", args=[member.pk]),
            "moments": moments,
            "older": older.isoformat() if older else "",
        }
        return TemplateResponse(request, "nannychain/timeline.html", context)

    @display(description="Phone", ordering="phone")
    def written_phone(self, member: Member) -> str:
        """Show the number as people in Kenya write it."""
        return phone.national(member.phone)

    @display(description="Language", ordering="language")
    def language_name(self, member: Member) -> str:
        """Show the language by name."""
        return str(dict(settings.LANGUAGES).get(member.language, member.language))

    @display(description="Phone proved", ordering="phone_proved_at", label=_PROVED_COLOURS)
    def proved(self, member: Member) -> str:
        """Show in a word whether the phone was ever shown to be in the person's hands."""
        return "yes" if member.phone_proved_at else "not yet"

    @display(description="Phone proved")
    def phone_proved(self, member: Member) -> str:
        """Show when the phone was first shown to be in the person's hands."""
        if member.phone_proved_at is None:
            return "Not yet: nobody has dialled from it or entered a code."
        return date_format(localtime(member.phone_proved_at), "DATETIME_FORMAT")

    @display(description="Standing", label=standings.COLOURS)
    def standing_in_a_word(self, member: Member) -> str:
        """Show whether money may leave."""
        return standings.in_a_word(member)

    @display(description="Known as")
    def level(self, member: Member) -> str:
        """Show how well we know her."""
        return WORDS[level_of(member.pk)].capitalize()

    @display(description="Last seen")
    def last_seen(self, member: Member) -> str:
        """Show when the phone was last in use with us, and what follows from its silence."""
        return standings.seen_in_words(member)

    @display(description="PIN")
    def pin(self, member: Member) -> str:
        """Show whether there is one, and whether it is locked; never more."""
        return standings.pin_in_words(member)

    @display(description="SIM")
    def sim(self, member: Member) -> str:
        """Show whether the SIM was changed, and what follows."""
        return standings.sim_in_words(member)

    @display(description="In the wallet")
    def money(self, member: Member) -> str:
        """Show what lies in the wallet."""
        return written(wallets.standing_of(member.pk).balance)

    @display(description="Held, and free to spend")
    def held(self, member: Member) -> str:
        """Show what of it is held, and what she can spend."""
        found = wallets.standing_of(member.pk)
        return f"{written(found.held)} held, {written(found.available)} free"

    @display(description="Statement")
    def statement(self, member: Member) -> str:
        """Show the way to the statement of the wallet's account."""
        account = wallets.account_of(member.pk)
        there = reverse("admin:wallets_account_change", args=[account])
        return format_html('<a class="underline" href="{}">Every entry, and as CSV</a>', there)

    @display(description="Stellar address")
    def stellar_address(self, member: Member) -> str:
        """Show the public key, with a way to the wallet's own page."""
        address = reverse("admin:wallets_wallet_change", args=[member.wallet_id])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            address,
            member.wallet.stellar_public_key,
        )

    @display(description="Funding")
    def funding(self, member: Member) -> str:
        """Show how far the account on the network is."""
        return format_html_join("\n", "{}", ([line] for line in funding_in_words(member.wallet)))

    # Writing, by services.

    def get_form(
        self, request: HttpRequest, obj: Member | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Choose the form: opening an account, or giving rights."""
        form = RightsForm if change else OpenAccountForm
        return super().get_form(request, obj, change, **{**kwargs, "form": form})

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        """Open the account or give the rights."""
        by = request.user
        if not isinstance(by, Member):
            raise TypeError
        if change:
            cleaned = form.cleaned_data
            staff.set_rights(obj, is_staff=cleaned["is_staff"], groups=cleaned["groups"], by=by)
            return
        account = services.create_account(
            obj.phone, name=obj.name, language=obj.language, channel="admin", by=by
        )
        if account.already_exists:
            messages.warning(request, "Somebody was faster: this account exists already.")
        obj.__dict__.update(account.member.__dict__)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnly, DjangoGroupAdmin, ModelAdmin):
    """The roles of staff, to read: they are written from a table in the code."""
