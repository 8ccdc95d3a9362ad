"""The vault as a Django app."""

from django.apps import AppConfig


class WalletsConfig(AppConfig):
    """Label `wallets`."""

    name = "wallets"
    verbose_name = "Vault"
