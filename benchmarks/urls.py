"""The product's addresses and the yardsticks."""

from django.urls import include, path

from benchmarks import yardsticks

urlpatterns = [
    path("", include("config.urls")),
    path("yardstick/bare", yardsticks.bare),
    path("yardstick/insert", yardsticks.insert),
    path("yardstick/get-set-select", yardsticks.get_set_select),
]
