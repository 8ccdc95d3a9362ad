"""Error reports: which settings they hide, beyond those that Django hides by itself."""

import re

from django.views.debug import SafeExceptionReporterFilter


class Filter(SafeExceptionReporterFilter):
    """Hides the pepper too, and the addresses of servers, which may hold a password."""

    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|PEPPER|BROKER|LOCATION|DSN|REDIS",
        re.IGNORECASE,
    )
