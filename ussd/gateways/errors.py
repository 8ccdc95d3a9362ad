"""What can be wrong with a gateway's request."""

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Invalid


class InvalidRequest(Invalid):
    """A request that is no hop: a field is missing, doubled, or not of its form."""

    code = "ussd.invalid_request"
    message = _("This request can't be understood. Please dial again.")
