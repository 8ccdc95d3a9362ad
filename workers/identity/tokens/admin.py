"""Devices that are signed in: to read, and to sign out one by one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin
from workers.identity.acts import refuse_own
from workers.identity.tokens import services
from workers.identity.tokens.models import Session

_SIGN_OUT = "workers.sign_out_member"


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """All devices, the newest first."""

    list_display = ("member", "device", "last_used_at", "address", "opened_at", "closed_at")
    list_select_related = ("member",)
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    address_filters = ("member",)
    search_fields = ("=member__worker_id", "=member__phone")
    search_help_text = "Worker ID, or phone as +254…"
    ordering = ("-id",)
    fields = (
        ("member", "device"),
        ("opened_at", "refresh_expires_at"),
        ("last_used_at", "address"),
        ("closed_at", "closed_why"),
        "way_out",
    )
    readonly_fields = ("way_out",)

    def get_urls(self) -> Any:
        """Add the page on which one device is signed out."""
        sign_out = self.admin_site.admin_view(self.sign_out)
        own = path("<uuid:session_id>/sign-out/", sign_out, name="workers_session_sign_out")
        return [own, *super().get_urls()]

    def sign_out(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """Sign one device out: its tokens are worth nothing at once."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        session = Session.objects.select_related("member").filter(pk=session_id).first()
        if session is None or session.closed_at is not None:
            raise Http404
        device, member = session.device or "unnamed", session.member

        def run(cleaned: Mapping[str, Any]) -> str:
            by = actor(request)
            refuse_own(member.pk, by=by)
            services.close_session(session_id, why=f"staff: {cleaned['reason']}"[:60], by=by)
            return reverse("admin:workers_member_change", args=[member.pk])

        act = Act(
            title=f"Sign out {device}: {member}",
            button="Sign it out",
            permission=_SIGN_OUT,
            run=run,
            done="Signed out.",
            sentences=("This device has to sign in again. The others stay.",),
        )
        return act_page(self, request, act)

    @display(description="Sign out")
    def way_out(self, session: Session) -> str:
        """Show the way to sign this device out, while it is signed in."""
        if session.closed_at is not None:
            return "-"
        there = reverse("admin:workers_session_sign_out", args=[session.pk])
        return format_html('<a class="underline" href="{}">Sign this device out</a>', there)
