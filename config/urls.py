"""All addresses of the site; each app's own are in its `urls.py`."""

from django.contrib import admin
from django.urls import include, path

from config import api
from nannychain.api.views import docs, errors, openapi
from nannychain.health.views import health, ready
from nannychain.metrics.views import metrics

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.broken"

urlpatterns = [
    path("health", health),
    path("health/ready", ready),
    path("metrics", metrics),
    path(api.PREFIX, include("config.api")),
    path("docs", docs),
    path("docs/errors", errors),
    path("openapi.json", openapi),
    path("", include("nannychain.urls")),
    path("", include("ussd.urls")),
    path("", include("workers.urls")),
    path("", include("payments.urls")),
    path("admin/", admin.site.urls),
]
