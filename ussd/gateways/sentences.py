"""What callers are told whom no application ever sees."""

from django.utils.translation import gettext_lazy as _

NOT_KENYAN = _("NannyChain works with Kenyan mobile numbers only.")
