"""Addresses of the people's pages, and of what is told about their SIMs."""

from django.urls import path

from workers.identity import terms
from workers.identity.sim_swaps import views as sim_swaps
from workers.identity.views import terms as terms_page

urlpatterns = [
    path(terms.PATH.lstrip("/"), terms_page, name="terms"),
    path("insights/<str:key>", sim_swaps.told),
]
