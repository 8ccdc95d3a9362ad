"""The ledger's tables. The functions in `sql/` alone write them; what no model can say is there.

Amounts are whole minor units of the account's currency (cents for KES). Signs are the ledger's own:
a debit is above zero, a credit below. `sign` turns a balance to its account's natural side.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

AMOUNT_MAX = 2**53 - 1  # exact in every JSON reader
KEY_LENGTH_MAX = 120
CAUSE_LENGTH_MAX = 120


class Side(models.IntegerChoices):
    """On which side an account grows: assets and expenses by debits, the others by credits."""

    DEBIT = 1
    CREDIT = -1


class Currency(models.Model):
    """A currency, and how many decimal places its minor unit stands for."""

    code = models.CharField(max_length=4, primary_key=True)
    name = models.CharField(max_length=60)
    scale = models.SmallIntegerField()

    class Meta:
        verbose_name_plural = "currencies"

    def __str__(self) -> str:
        return self.code


class AccountKind(models.Model):
    """A line of the chart of accounts, as `chart.py` has it."""

    class Type(models.TextChoices):
        """The five classes of bookkeeping."""

        ASSET = "asset", "asset"
        LIABILITY = "liability", "liability"
        EQUITY = "equity", "equity"
        INCOME = "income", "income"
        EXPENSE = "expense", "expense"

    code = models.SmallIntegerField(primary_key=True)
    name = models.CharField(max_length=60)
    type = models.CharField(max_length=10, choices=Type.choices)
    side = models.SmallIntegerField(choices=Side.choices)
    is_deferred = models.BooleanField("hot")
    floor = models.BigIntegerField(null=True)
    is_customer_money = models.BooleanField("customers' money")
    clears_within_days = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_deferred=False) | Q(floor__isnull=True), name="hot_has_no_floor"
            ),
            models.CheckConstraint(
                condition=Q(type__in=("asset", "expense"), side=1)
                | Q(type__in=("liability", "equity", "income"), side=-1),
                name="type_has_its_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class JournalKind(models.Model):
    """A kind of journal, and which kinds of account it may debit and credit.

    `sides` says the same in one array, as the posting reads it: 1 where it debits hot accounts
    alone, -1 where it credits hot ones alone, else 0; then the kinds that it debits, and, below
    zero, those it credits.
    """

    code = models.CharField(max_length=60, primary_key=True)
    phrase = models.CharField(max_length=200)
    debits = ArrayField(models.SmallIntegerField())
    credits = ArrayField(models.SmallIntegerField())
    sides = ArrayField(models.SmallIntegerField(), default=list)

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """One account. `owner_id` is opaque: whose it is, the people's storey knows; none is ours.

    `label` tells accounts of one kind and owner apart: a short code, a bank, a contract.
    """

    kind = models.ForeignKey(
        AccountKind, on_delete=models.PROTECT, related_name="accounts", db_constraint=False
    )
    owner_id = models.UUIDField(null=True)
    label = models.CharField(max_length=60, blank=True)
    currency = models.ForeignKey(
        Currency, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    opened_at = models.DateTimeField("opened", db_default=Now())
    closed_at = models.DateTimeField("closed", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "kind", "label", "currency"],
                nulls_distinct=False,
                name="account_once",
            )
        ]
        permissions = [("download_statement", "Can download the statement of an account")]

    def __str__(self) -> str:
        return f"{self.kind_id}.{self.label or str(self.owner_id or '')[-12:] or self.currency_id}"


class Balance(models.Model):
    """What stands on an account. Kind, currency, sign, floor and mode are copies, for the posting.

    A strict account's balance is that after its last posting, whose number is `version`. Of a hot
    one's, what was not rolled up yet stands in `Unrolled`. Floors are kept by the functions
    that post and the triggers of holds, which alone move a balance: a check of the table would be
    read anew by PostgreSQL at each posting.
    """

    account = models.OneToOneField(
        Account,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="balance",
        db_constraint=False,
    )
    kind = models.ForeignKey(
        AccountKind,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    currency = models.CharField(max_length=4)
    sign = models.SmallIntegerField()
    floor = models.BigIntegerField(null=True)
    is_deferred = models.BooleanField()
    is_closed = models.BooleanField()
    balance = models.BigIntegerField()
    held = models.BigIntegerField()
    version = models.BigIntegerField("postings")

    def __str__(self) -> str:
        return f"balance of {self.account_id}"


class Journal(models.Model):
    """One thing that happened to money: legs that add up to zero in each currency.

    It carries its legs, which its key stands for: `amounts` on `accounts`, in the order of their
    ids. Its postings are written together with it, by the functions that post.

    `effective_at` is when it happened in the world, `recorded_at` when we wrote it. `cause` names
    what brought it about (`deposit:<id>`), `reverses` the journal that it undoes.
    """

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=KEY_LENGTH_MAX, db_collation="C")
    accounts = ArrayField(models.BigIntegerField())
    amounts = ArrayField(models.BigIntegerField())
    effective_at = models.DateTimeField("effective")
    recorded_at = models.DateTimeField("recorded", db_default=Now())
    cause = models.CharField(max_length=CAUSE_LENGTH_MAX, blank=True)
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="reversals",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="journal_key_once"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="reversed_once"
            ),
        ]
        # For reading what stood at an instant not long ago. It costs a posting next to nothing.
        indexes = [BrinIndex(fields=["recorded_at"], name="journal_recorded")]
        permissions = [("download_journal", "Can take journals out as CSV")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Posting(models.Model):
    """One leg of a journal. On a strict account it has a number without gaps, `version`, and the
    balance after it.
    """

    pk = models.CompositePrimaryKey("journal_id", "account_id")
    journal = models.ForeignKey(
        Journal,
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
    )
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
    )
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(null=True)
    version = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "version"],
                condition=Q(version__isnull=False),
                name="posting_version_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "journal"],
                condition=Q(version__isnull=True),
                name="posting_on_hot_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.account_id}"


class Unrolled(models.Model):
    """What was posted onto a hot account, and is not in its balance yet.

    The table has no key, whatever Django thinks: many rows of an account stand there, and all are
    rolled up at once.
    """

    account = models.OneToOneField(
        Account,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )
    amount = models.BigIntegerField()
    postings = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.amount} on {self.account_id}"


class Hold(models.Model):
    """Money set aside on a strict account. What is neither captured nor released is still held."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="holds", db_constraint=False
    )
    key = models.CharField(max_length=KEY_LENGTH_MAX, db_collation="C")
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    cause = models.CharField(max_length=CAUSE_LENGTH_MAX, blank=True)
    placed_at = models.DateTimeField("placed", db_default=Now())
    expires_at = models.DateTimeField("expires", null=True)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=AMOUNT_MAX, captured__gte=0, released__gte=0)
                & Q(amount__gte=F("captured") + F("released")),
                name="hold_within_its_amount",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, amount__gt=F("captured") + F("released"))
                | Q(ended_at__isnull=False, amount=F("captured") + F("released")),
                name="hold_ends_when_nothing_is_held",
            ),
            models.UniqueConstraint(fields=["key"], name="hold_key_once"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(ended_at__isnull=True), name="hold_due")
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"

    @property
    def held(self) -> int:
        """Return what is still held, in minor units."""
        return self.amount - self.captured - self.released


class HoldCapture(models.Model):
    """A part of a hold that a journal has taken."""

    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, related_name="captures", db_constraint=False
    )
    journal = models.ForeignKey(
        Journal, on_delete=models.PROTECT, related_name="captures", db_constraint=False
    )
    amount = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "journal"], name="captured_once_by_a_journal"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="capture_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of hold {self.hold_id}"
