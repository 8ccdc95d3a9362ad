"""Addresses of the kernel: what providers call back."""

from django.urls import path

from nannychain.notifications import views as sms

urlpatterns = [
    path("sms/reports/<str:key>", sms.report),
    path("sms/optout/<str:key>", sms.opt_out),
]
