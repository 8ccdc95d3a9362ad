"""Every address of the REST API under /api/v1. Each endpoint stands beside its service."""

from django.urls import URLPattern, path

from nannychain.api.endpoints import Endpoint

PREFIX = "api/v1/"

ROUTES: tuple[tuple[str, type[Endpoint]], ...] = ()

urlpatterns: list[URLPattern] = [path(route, endpoint.as_view()) for route, endpoint in ROUTES]
