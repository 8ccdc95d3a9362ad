"""The answers that were given, by key."""

from django.db import models
from django.utils import timezone


class IdempotentAnswer(models.Model):
    """What was answered under `scope` and `key`; `fingerprint` tells one question from another."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=160)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotent_answer_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
