"""What the ledger's pages share: lists with columns read at once, and pages with tables."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from unfold.views import ChangeList

from nannychain.staff.admin import ReadOnlyAdmin
from wallets.ledger.tables import Table

LINES_MAX = 20


class PreparedList(ChangeList):
    """A list whose admin reads what the rows of a page need for all of them at once."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows, and let the admin prepare them."""
        super().get_results(request)
        rows = list(self.result_list)
        self.model_admin.prepare(rows)
        self.result_list = rows


class LedgerAdmin(ReadOnlyAdmin):
    """A list and a page to read, with tables below the fields."""

    change_form_outer_after_template = "wallets/tables.html"

    class Media:
        """Its style sheet."""

        css = {"all": ("wallets/ledger.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ARG002
        """Return the list that prepares its rows."""
        return PreparedList

    def prepare(self, rows: list[Any]) -> None:
        """Read what the columns of these rows need."""

    def tables(self, shown: Any, *, request: HttpRequest) -> Iterator[Table]:  # noqa: ARG002
        """Return the tables of a page."""
        yield from ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Put the tables under the fields."""
        shown = self.get_object(request, object_id) if object_id else None
        may = shown is not None and self.has_view_permission(request, shown)
        tables = list(self.tables(shown, request=request)) if may else []
        context = {**(extra_context or {}), "tables": tables}
        return super().changeform_view(request, object_id, form_url, context)
