"""API keys as hashes, with what they are good for."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id

NAME_LENGTH_MAX = 60
HINT_LENGTH = 8


class ApiKey(models.Model):
    """A key of an integrator. `hint` is how it begins, so that people can tell keys apart.

    `addresses` are networks (`192.0.2.0/24`) from which alone it is taken; none: from anywhere.
    `ends_at` is set when it is rotated or revoked: from then on it is nobody's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH_MAX)
    digest = models.BinaryField(max_length=32)
    hint = models.CharField(max_length=HINT_LENGTH)
    scopes = ArrayField(models.CharField(max_length=40))
    addresses = ArrayField(models.CharField("networks", max_length=50), default=list)
    issued_at = models.DateTimeField("issued", default=timezone.now)
    issued_by = models.UUIDField(editable=False)
    issuer = models.CharField("issued by", max_length=80)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )
    ends_at = models.DateTimeField("ends", null=True)
    ends_why = models.CharField("why", max_length=200, blank=True)
    last_used_at = models.DateTimeField("last used", null=True)
    last_address = models.GenericIPAddressField("from", null=True)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="api_key_once"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_key_is_good_for_something"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True, ends_why="")
                | (Q(ends_at__isnull=False) & ~Q(ends_why="")),
                name="api_key_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def is_live(self, at: datetime) -> bool:
        """Tell whether it is taken at that instant."""
        return self.ends_at is None or at < self.ends_at
