"""Lists of the admin as CSV: what is on the list, as it is narrowed, by a permission of its own.

Rows are read a page at a time, from the newest back along the primary key, and sent as they come:
neither the server's memory nor a transaction grows with the list. Each download is written down.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from nannychain import audit, csv_lines
from nannychain.clock import NAIROBI
from nannychain.money import CENTS_PER_SHILLING
from nannychain.staff import proving
from nannychain.staff.acting import actor

PAGE = 500


class Downloads:
    """Mixed into the admin of a list. Say what a line holds by the two names below."""

    list_before_template = "nannychain/download.html"
    download_header: tuple[str, ...] = ()
    # Gets the rows of a page, and yields their lines: one or several for each.
    download_rows: Callable[[list[Any]], Iterator[Sequence[object]]]
    opts: Any
    admin_site: Any

    @property
    def download_name(self) -> str:
        """Return the name of the address, within the admin."""
        return f"{self.opts.app_label}_{self.opts.model_name}_download"

    def may_download(self, request: HttpRequest) -> bool:
        """Tell whether this person may take the list out: whoever may see it, and no fewer."""
        label = self.opts.app_label
        names = [f"{label}.{verb}_{self.opts.model_name}" for verb in ("view", "download")]
        return request.user.has_perms(names)

    def get_urls(self) -> Any:
        """Add the list as CSV."""
        download = require_safe(self.admin_site.admin_view(self.download))
        own = path("download.csv", download, name=self.download_name)
        return [own, *super().get_urls()]  # type: ignore[misc]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the way to the CSV to those who may take it."""
        there = f"admin:{self.download_name}" if self.may_download(request) else ""
        context = {**(extra_context or {}), "download_name": there}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def download(self, request: HttpRequest) -> HttpResponseBase:
        """Return the list, narrowed as the address says, to those who may take it; note it.

        Asks for a code first where the last one is old. Raises PermissionDenied.
        """
        if not self.may_download(request):
            raise PermissionDenied
        if to_confirm := proving.missing(request, back=request.get_full_path()):
            return to_confirm
        changes = self.get_changelist_instance(request)  # type: ignore[attr-defined]
        rows: QuerySet[Any] = changes.queryset
        self._note(request)
        answer = StreamingHttpResponse(
            csv_lines.lines(self.download_header, self._lines(rows)),
            content_type="text/csv; charset=utf-8",
        )
        name = f"{self.opts.verbose_name_plural}.csv".replace(" ", "-")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["Cache-Control"] = "no-store"
        return answer

    def _lines(self, rows: QuerySet[Any]) -> Iterator[Sequence[object]]:
        newest_first, last = rows.order_by("-pk"), None
        while page := list((newest_first.filter(pk__lt=last) if last else newest_first)[:PAGE]):
            # Rows that a search has found twice stand beside each other.
            once = {row.pk: row for row in page}
            yield from self.download_rows(list(once.values()))
            last = page[-1].pk

    def _note(self, request: HttpRequest) -> None:
        # A list is no row: it is noted with who took it. What it was narrowed to may be a phone.
        by = actor(request)
        assert isinstance(request.user, Model)
        with transaction.atomic():
            audit.record(
                "staff.list_downloaded",
                subject=request.user,
                actor_id=by.id,
                actor=by.name,
                after={
                    "list": self.opts.label_lower,
                    "narrowed": sorted(request.GET)[:20],
                },
                channel="admin",
            )


def when(instant: datetime | None) -> str:
    """Return an instant as a cell: Nairobi's time, with its offset."""
    return "" if instant is None else localtime(instant, NAIROBI).isoformat(timespec="seconds")


def shillings(cents: int | None) -> str:
    """Return cents as a plain decimal number of shillings: 123456 is `1234.56`."""
    if cents is None:
        return ""
    whole, rest = divmod(abs(cents), CENTS_PER_SHILLING)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"
