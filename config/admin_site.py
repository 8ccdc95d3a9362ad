"""Which admin site there is: the one whose sign-in has two steps."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, on our own site."""

    default_site = "workers.identity.site.StaffSite"
