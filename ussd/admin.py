"""USSD in the admin: where people are on the phone, and where they give up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from nannychain.staff.admin import ReadOnlyAdmin
from ussd import charts
from ussd.engine.models import ScreenFigure

_BAR_PIXELS = 120


@admin.register(ScreenFigure)
class ScreenFigureAdmin(ReadOnlyAdmin):
    """Charts of two weeks, and one line for each screen and day with a bar of who gave up."""

    list_before_template = "nannychain/charts_of_list.html"

    list_display = ("screen", "day", "began", "shown", "given_up_bar", "wrong", "ended")
    list_filter = ("day",)
    search_fields = ("screen",)
    ordering = ("-day", "-shown")
    fields = ("screen", "day", "began", "shown", "left", "wrong", "ended")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw the charts above the list."""
        drawn = list(charts.of_screens()) if self.has_view_permission(request) else []
        context = {**(extra_context or {}), "charts": drawn}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    @display(description="given up")
    def given_up_bar(self, figure: ScreenFigure) -> SafeString:
        """Show how many of those who saw the screen did nothing after it, as a bar."""
        share = figure.given_up / figure.shown if figure.shown else 0
        return format_html(
            '<svg width="{}" height="10" role="img" aria-label="{} of {}">'
            '<rect width="{}" height="10" fill="currentColor" opacity="0.15"/>'
            '<rect width="{}" height="10" fill="#c2410c"/></svg> {}',
            _BAR_PIXELS,
            figure.given_up,
            figure.shown,
            _BAR_PIXELS,
            round(share * _BAR_PIXELS),
            figure.given_up,
        )
