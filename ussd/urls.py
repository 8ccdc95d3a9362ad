"""Addresses of USSD."""

from django.conf import settings
from django.urls import path

from ussd.gateways import other, views

urlpatterns = [
    path("ussd", views.hop),
    path("ussd/events", views.session_ended),
    path("ussd/k/<str:key>", views.hop),
    path("ussd/k/<str:key>/events", views.session_ended),
    path("ussd/gateways/<str:name>", other.hop),
    path("ussd/gateways/<str:name>/<path:path>", other.hop),
    path("ussd/k/<str:key>/gateways/<str:name>", other.hop),
    path("ussd/k/<str:key>/gateways/<str:name>/<path:path>", other.hop),
]

if settings.USSD_TEST_ENDPOINT:
    urlpatterns.append(path("ussd/test", views.hop_for_scripts))
