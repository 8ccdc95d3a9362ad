"""API keys in the admin: issued, rotated and revoked. A key is shown on one page, once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display

from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin
from workers.identity.api_keys import services
from workers.identity.api_keys.forms import IssueForm
from workers.identity.api_keys.models import ApiKey

_ADD, _CHANGE = "workers.add_apikey", "workers.change_apikey"
_COLOURS = {"works": "success", "ends soon": "warning", "over": "danger"}


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """All keys, the newest first, and the page of each. What is shown of a key is how it begins."""

    list_display = ("name", "begins", "standing", "scopes", "last_used_at", "issued_at", "issuer")
    search_fields = ("name",)
    search_help_text = "Whose it is"
    ordering = ("-id",)
    fieldsets: Any = (
        ("Key", {"fields": (("name", "begins"), ("standing", "acts"))}),
        ("Good for", {"fields": ("scopes", "networks")}),
        (
            "Life",
            {
                "fields": (
                    ("issued_at", "issuer"),
                    ("last_used_at", "last_address"),
                    ("ends_at", "ends_why"),
                    "replaces",
                )
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow what the staff member's groups allow: issuing goes through the service."""
        return bool(request.user.has_perm(_ADD))

    def get_urls(self) -> Any:
        """Add the forms that rotate and revoke."""
        view = self.admin_site.admin_view
        own = [
            path("<uuid:key_id>/rotate/", view(self.rotate), name="workers_apikey_rotate"),
            path("<uuid:key_id>/revoke/", view(self.revoke), name="workers_apikey_revoke"),
        ]
        return [*own, *super().get_urls()]

    @sensitive_variables()
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Issue a key, and show it."""

        def issue() -> tuple[ApiKey, str]:
            return services.issue(**given, by=actor(request))

        given: dict[str, Any] = {}
        act = {
            "title": "Issue an API key",
            "button": "Issue",
            "permission": _ADD,
            "done": "Issued.",
            "form": IssueForm,
        }
        return self._shown(request, act, make=issue, given=given)

    @sensitive_variables()
    def rotate(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """Issue another key in the place of this one, and show it."""

        def rotate() -> tuple[ApiKey, str]:
            return services.rotate(key_id, by=actor(request), reason=given["reason"])

        given: dict[str, Any] = {}
        act = {
            "title": "Rotate the API key",
            "button": "Rotate",
            "permission": _CHANGE,
            "done": "Rotated.",
            "sentences": (
                "A new key is shown once. "
                f"The old one works for {services.OVERLAP.days} days more, then no longer.",
            ),
        }
        return self._shown(request, act, make=rotate, given=given)

    def revoke(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """End the key at once."""

        def run(cleaned: Mapping[str, Any]) -> str:
            services.revoke(key_id, by=actor(request), reason=cleaned["reason"])
            return reverse("admin:workers_apikey_change", args=[key_id])

        act = Act(
            title="Revoke the API key",
            button="Revoke",
            permission=_CHANGE,
            run=run,
            done="Revoked. It is nobody's now.",
            sentences=("Whoever uses it is shut out at once.",),
            is_dangerous=True,
        )
        return act_page(self, request, act)

    @sensitive_variables()
    def _shown(
        self, request: HttpRequest, act: dict[str, Any], *, make: Any, given: dict[str, Any]
    ) -> HttpResponse:
        """Ask with the form of `act`; once it is sent, make the key and show it on this answer.

        Neither a redirect nor a message of the session carries it: both are kept somewhere.
        """
        made: list[tuple[ApiKey, str]] = []

        @sensitive_variables()
        def run(cleaned: Mapping[str, Any]) -> str:
            given.update(cleaned)
            made.append(make())
            return reverse("admin:workers_apikey_changelist")

        answer = act_page(self, request, Act(**act, run=run))
        if not made:
            return answer
        key, secret = made[0]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": f"The API key of {key.name}",
            "secret": secret,
            "key_page": reverse("admin:workers_apikey_change", args=[key.pk]),
        }
        return TemplateResponse(request, "workers/api_key.html", context)

    @display(description="Begins with")
    def begins(self, key: ApiKey) -> str:
        """Show how it begins."""
        return f"{key.hint}…"

    @display(description="State", label=_COLOURS)
    def standing(self, key: ApiKey) -> str:
        """Show whether it is taken."""
        if key.ends_at is None:
            return "works"
        return "ends soon" if key.is_live(timezone.now()) else "over"

    @display(description="Networks")
    def networks(self, key: ApiKey) -> str:
        """Show where it may come from."""
        return ", ".join(key.addresses) or "from everywhere"

    @display(description="")
    def acts(self, key: ApiKey) -> str:
        """Lead to the forms."""
        if not key.is_live(timezone.now()):
            return ""
        ways = [("Revoke…", "revoke")]
        if key.ends_at is None:
            ways.insert(0, ("Rotate…", "rotate"))
        links = [
            (reverse(f"admin:workers_apikey_{name}", args=[key.pk]), say) for say, name in ways
        ]
        return format_html(
            " ".join(
                '<a class="text-primary-600 dark:text-primary-500 mr-4" href="{}">{}</a>'
                for _ in links
            ),
            *(part for link in links for part in link),
        )
