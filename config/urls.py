"""All addresses of the site; each app's own are in its `urls.py`."""

from django.contrib import admin
from django.urls import path

from nannychain.health.views import health, ready

urlpatterns = [
    path("health", health),
    path("health/ready", ready),
    path("admin/", admin.site.urls),
]
