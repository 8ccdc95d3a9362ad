"""Addresses of the people's pages."""

from django.urls import path

from workers.identity import terms
from workers.identity.views import terms as terms_page

urlpatterns = [path(terms.PATH.lstrip("/"), terms_page, name="terms")]
