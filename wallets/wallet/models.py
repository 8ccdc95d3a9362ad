"""The wallet: whose it is, and its address on Stellar."""

from django.db import models
from django.utils import timezone

from nannychain.ids import new_id


class Wallet(models.Model):
    """One party's wallet. `party_id` is opaque here: whose it is, the people's storey knows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    party_id = models.UUIDField(unique=True)
    stellar_public_key = models.CharField("Stellar address", max_length=56, unique=True)
    created_at = models.DateTimeField("opened", default=timezone.now)

    def __str__(self) -> str:
        return f"{self.stellar_public_key[:4]}…{self.stellar_public_key[-4:]}"
