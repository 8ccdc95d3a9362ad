"""Members and their consents."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from nannychain.ids import new_id
from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.phone import InvalidPhone
from nannychain.phone import parse as parse_phone
from wallets.wallet.models import Wallet

NAME_LENGTH_MAX = 80
_SESSION_SALT = "workers.identity.models.Member.session"


class MemberManager(BaseUserManager["Member"]):
    """Looks members up by phone, as Django's sign-in does. Members are made by services only."""

    def get_by_natural_key(self, username: str | None) -> "Member":
        """Return the member with that phone, in any usual spelling."""
        try:
            return self.get(phone=parse_phone(username or ""))
        except InvalidPhone:
            raise self.model.DoesNotExist from None


class Member(AbstractBaseUser, PermissionsMixin):
    """A person, known by phone number. The id is what lower storeys call the `party_id`.

    `phone_proved_at` is when it was last shown that the phone is in the person's hands: by dialling
    through an authenticated gateway, or by a code. Staff are members with `is_staff` and a
    password.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    worker_id = models.CharField("Worker ID", max_length=11, unique=True)
    phone = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=NAME_LENGTH_MAX, blank=True)
    language = models.CharField(max_length=8, default=DEFAULT_LANGUAGE)
    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=20)
    joined_at = models.DateTimeField("joined", default=timezone.now)
    phone_proved_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("staff", default=False)
    # Counts up to end all sessions in the admin: each is bound to the number it began with.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: MemberManager = MemberManager()

    class Meta:
        permissions = [
            ("freeze_member", "Can let nothing leave a member's wallet"),
            ("unfreeze_member", "Can let money leave a member's wallet again"),
            ("ban_member", "Can freeze a member and end all her sessions"),
            ("sign_out_member", "Can end all sessions of a member"),
            ("set_level", "Can say how well a member is known"),
            ("ask_pin_reset", "Can ask to reset a member's PIN"),
            ("ask_phone_release", "Can ask to let a member's number go"),
            ("ask_device_reset", "Can ask to forget a colleague's device"),
            ("decide_device_reset", "Can decide about forgetting a colleague's device"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phone__regex=r"^\+254[17][0-9]{8}$"), name="member_phone_e164"
            )
        ]

    def __str__(self) -> str:
        return self.worker_id

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Return what a session is bound to: the password, and the epoch."""
        bound_to = f"{self.session_epoch}:{self.password}"
        digest = salted_hmac(_SESSION_SALT, bound_to, secret=secret, algorithm="sha256")
        return digest.hexdigest()

    def get_full_name(self) -> str:
        """Return the name, as Django's own pages ask for it; the Worker ID where there is none."""
        return self.name or self.worker_id

    get_short_name = get_full_name


class Consent(models.Model):
    """What a member agreed to: which text, when, over which channel, in which language.

    Rows are never changed but for `withdrawn_at`. Source: Data Protection Act 2019, s. 32 (the
    controller bears the burden of proof; consent may be withdrawn).
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=8)
    channel = models.CharField(max_length=20)
    given_at = models.DateTimeField("given", default=timezone.now)
    withdrawn_at = models.DateTimeField("withdrawn", null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["member", "purpose", "-given_at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"
