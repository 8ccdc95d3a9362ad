"""Addresses of payments: what M-Pesa calls back."""

from django.urls import path

from payments.mpesa.callbacks import sources, views
from payments.mpesa.callbacks.addresses import Path

urlpatterns = [
    path("cb/<str:key>/paybill/validation", views.may_pay, name="paybill-validation"),
    path("cb/<str:key>/paybill/confirmation", views.confirmation, name="paybill-confirmation"),
    *(path(f"cb/<str:token>/{place}", views.told, {"path": str(place)}) for place in Path),
    path("mpesa/deposit/callback", views.older, {"name": sources.OLDER_PUSHES}),
    path("mpesa/b2c/result", views.older, {"name": sources.OLDER_PAYOUTS}),
]
