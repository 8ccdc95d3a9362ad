"""USSD in the admin: where people are on the phone, and where they give up."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from nannychain.staff.admin import ReadOnlyAdmin
from ussd.engine.models import ScreenFigure

_BAR_PIXELS = 120


@admin.register(ScreenFigure)
class ScreenFigureAdmin(ReadOnlyAdmin):
    """One line for each screen and day, the newest day first, with a bar of those who gave up."""

    list_display = ("screen", "day", "began", "shown", "given_up_bar", "wrong", "ended")
    list_filter = ("day",)
    search_fields = ("screen",)
    ordering = ("-day", "-shown")
    fields = ("screen", "day", "began", "shown", "left", "wrong", "ended")

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
