"""The picture that a device scans, drawn here: nobody outside learns what it says."""

import segno
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_variables


@sensitive_variables()
def picture(address: str) -> SafeString:
    """Return the QR code as SVG that stands in the page itself."""
    drawn = segno.make(address, error="m")
    svg = drawn.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True)
    return mark_safe(svg)  # noqa: S308 - drawn by us of our own text
