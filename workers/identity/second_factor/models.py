"""Devices and recovery codes. No secret stands here in plain: locked, or as a keyed hash."""

from django.db import models

from workers.identity.models import Member


class SecondFactor(models.Model):
    """The device of one member of staff. Until `confirmed_at` it may be enrolled, for a while.

    `last_step` is the newest period of 30 seconds whose code was used: no code counts twice.
    """

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    locked_secret = models.BinaryField()
    key_id = models.CharField(max_length=16)
    may_enrol_until = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"second factor of {self.member_id}"


class RecoveryCode(models.Model):
    """A code for the day on which the device isn't there. It counts once."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.factor_id}"
