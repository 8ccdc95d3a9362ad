"""Who of the staff may do what: four roles, and one line for each permission.

Each role is a group of Django's, written after every migration: the table is here, not in the
database. A permission that stands in no line is a superuser's alone. `docs/roles.md` is drawn from
this table.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models.signals import post_migrate


class Role(StrEnum):
    """A part that members of the staff play, one or several. The value is the group's name."""

    SUPPORT = "Support"  # talks to members
    OPERATIONS = "Operations"  # keeps payments and machines going
    FINANCE = "Finance"  # answers for the books
    COMPLIANCE = "Compliance"  # answers to the regulator and to members for their rights


_S, _O, _F, _C = Role.SUPPORT, Role.OPERATIONS, Role.FINANCE, Role.COMPLIANCE
_ALL = tuple(Role)


@dataclass(frozen=True)
class Grant:
    """One line of the table: a permission (`app.codename`), who has it, and what it is for."""

    permission: str
    roles: tuple[Role, ...]
    what: str


GRANTS = (
    # People
    Grant("workers.view_member", _ALL, "find members and see their page"),
    Grant("workers.view_consent", (_S, _O, _C), "see what a member agreed to"),
    Grant("workers.add_member", (_S, _O), "open an account for a person"),
    Grant("workers.freeze_member", (_S, _O, _C), "let nothing leave a member's wallet"),
    Grant("workers.unfreeze_member", (_O, _C), "let money leave a member's wallet again"),
    Grant("workers.ban_member", (_O, _C), "freeze a member and end all her sessions"),
    Grant("workers.sign_out_member", (_S, _O, _C), "end all sessions of a member"),
    Grant("workers.set_level", (_C,), "say how well a member is known"),
    Grant("workers.ask_pin_reset", (_S, _O, _C), "ask to reset a member's PIN"),
    Grant("workers.reset_pin", (_O, _C), "decide about the reset of a PIN"),
    Grant("workers.ask_phone_release", (_S, _O, _C), "ask to let a member's number go"),
    Grant("workers.release_phone", (_O, _C), "decide about letting a number go"),
    Grant("workers.ask_device_reset", _ALL, "ask to forget a colleague's device"),
    Grant("workers.decide_device_reset", (_O, _C), "decide about forgetting a device"),
    Grant("nannychain.view_sms", (_S, _O), "see which SMS were sent; codes never show"),
    Grant("nannychain.view_deliveryreport", (_S, _O), "see what the network said of an SMS"),
    Grant("nannychain.add_sms", (_S, _O), "send a failed SMS again"),
    Grant("nannychain.view_optout", (_S, _C), "see who wants no messages"),
    Grant("workers.view_pin", (_S, _O, _C), "see who is locked out, or waits for a new PIN"),
    Grant("workers.view_code", (_S, _O), "see whether a code was sent and used; it never shows"),
    Grant("workers.view_session", (_S, _C), "see on which devices a member is signed in"),
    Grant("workers.view_phonechange", (_S, _O, _C), "see changes of number"),
    Grant("workers.view_apikey", (_O, _C), "see integrators' keys; the secret never shows"),
    Grant("workers.add_apikey", (_O,), "issue a key, which is shown once"),
    Grant("workers.change_apikey", (_O, _C), "rotate a key, and revoke it"),
    Grant("ussd.view_screenfigure", (_S, _O), "see where people give up on the phone"),
    Grant("ussd.view_sessions", (_S, _O), "see where USSD sessions stand, and what waits"),
    Grant("ussd.clear_sessions", (_O,), "end USSD sessions, work off what waits"),
    # Vault and ledger
    Grant("wallets.view_wallet", _ALL, "see a wallet's key and how far its account is"),
    Grant("wallets.view_account", (_O, _F, _C), "see accounts, and what stands on them"),
    Grant("wallets.download_statement", (_F, _C), "take a statement out as CSV"),
    Grant("wallets.view_journal", (_O, _F, _C), "see what was booked"),
    Grant("wallets.download_journal", (_F, _C), "take journals out as CSV"),
    Grant("wallets.view_hold", (_O, _F, _C), "see what is held"),
    Grant("wallets.view_manualjournal", (_O, _F, _C), "see manual journals"),
    Grant("wallets.propose_manual_journal", (_O, _F), "propose a journal or a reversal"),
    Grant("wallets.approve_manual_journal", (_F,), "decide about what somebody else proposed"),
    Grant("wallets.view_bookscheck", (_O, _F, _C), "see how the nightly checks ended"),
    Grant("wallets.view_accountkind", (_O, _F, _C), "see the chart of accounts"),
    Grant("wallets.view_journalkind", (_O, _F, _C), "see the kinds of journal"),
    # Payments
    Grant("payments.view_deposit", (_S, _O, _F), "see deposits and what happened to them"),
    Grant("payments.change_deposit", (_S, _O), "have M-Pesa asked about a deposit"),
    Grant("payments.download_deposit", (_O, _F), "take deposits out as CSV"),
    Grant("payments.view_withdrawal", (_S, _O, _F), "see withdrawals and what happened to them"),
    Grant("payments.view_payoutattempt", (_S, _O, _F), "see the attempts to pay one out"),
    Grant("payments.view_extrapayout", (_S, _O, _F), "see what M-Pesa has paid too many"),
    Grant("payments.change_withdrawal", (_S, _O), "have M-Pesa asked about a withdrawal"),
    Grant("payments.download_withdrawal", (_O, _F), "take withdrawals out as CSV"),
    Grant("payments.settle_withdrawal", (_O, _F), "settle, by two, what M-Pesa can't tell"),
    Grant("payments.view_desk", (_O, _F), "see whether payouts go"),
    Grant("payments.change_desk", (_O,), "let payouts go again"),
    Grant("payments.view_break", (_O, _F, _C), "see breaks, and what was done about each"),
    Grant("payments.download_break", (_F, _C), "take breaks out as CSV"),
    Grant("payments.change_break", (_O, _F), "take, explain, and ask to settle a break"),
    Grant("payments.view_statementfile", (_O, _F, _C), "see M-Pesa's statements, and their state"),
    Grant("payments.import_statement", (_O, _F), "hand in statements, confirm whose receipt it is"),
    Grant("payments.view_statementline", (_O, _F), "see lines, and which journal each is"),
    Grant("payments.settle_break", (_F,), "decide, by two, about writing off and settling"),
    Grant("payments.view_floatmove", (_O, _F, _C), "see moves between bank and M-Pesa"),
    Grant("payments.add_floatmove", (_O, _F), "propose to book such a move"),
    Grant("payments.settle_floatmove", (_F,), "decide about what somebody else proposed"),
    Grant("payments.view_balancereading", (_O, _F, _C), "see what M-Pesa says that it holds"),
    Grant("payments.view_dailyreport", (_O, _F, _C), "see and take out the daily reports"),
    Grant("payments.sign_dailyreport", (_F, _C), "sign a daily report off, or have it made anew"),
    # Stellar
    Grant("wallets.view_submission", (_O,), "see transactions and their outcome"),
    Grant("wallets.view_envelope", (_O,), "see what was signed"),
    Grant("wallets.view_fundingrequest", (_S, _O), "see which accounts wait, and why"),
    Grant("wallets.change_fundingrequest", (_O,), "try again to open an account"),
    Grant("wallets.view_movement", (_O, _F, _C), "see movements on accounts"),
    Grant("wallets.change_movement", (_O, _F), "say that a movement was looked at"),
    Grant("wallets.view_channel", (_O,), "see the channels"),
    Grant("wallets.view_network", (_O, _F), "see the funding account and its runway"),
    Grant("wallets.change_network", (_O,), "pause and resume"),
    Grant("payments.view_transfer", (_S, _O, _F, _C), "see transfers between members"),
    Grant("payments.view_paybillpayment", (_S, _O, _F), "see payments to the paybill"),
    Grant("payments.download_paybillpayment", (_O, _F), "take paybill payments out as CSV"),
    Grant("payments.settle_paybillpayment", (_O, _F), "allot, by two, what is in suspense"),
    Grant("payments.view_tariff", _ALL, "see what things cost"),
    Grant("payments.add_tariff", (_F,), "change, by two, what things cost, from a day to come"),
    Grant("payments.view_levellimits", _ALL, "see limits by level"),
    Grant("payments.add_levellimits", (_C,), "change, by two, limits by level, from a day to come"),
    Grant("payments.view_operationlimits", _ALL, "see limits by operation"),
    Grant("payments.add_operationlimits", (_C,), "change, by two, limits by operation"),
    Grant("payments.view_excess", (_S, _O, _F, _C), "see what is held above a limit"),
    Grant("nannychain.view_modecaps", (_O, _F, _C), "see the caps of the operating modes"),
    Grant("nannychain.add_modecaps", (_C,), "change, by two, those caps, from a day to come"),
    Grant("nannychain.view_stoppedflow", _ALL, "see which flows stand still"),
    Grant("nannychain.add_stoppedflow", (_O, _C), "stop a flow at once"),
    Grant("nannychain.delete_stoppedflow", (_O,), "let a flow go on"),
    # House
    Grant("nannychain.view_alert", _ALL, "see alerts"),
    Grant("nannychain.change_alert", (_O, _F, _C), "say that an alert was seen, or is over"),
    Grant("nannychain.view_approvalrequest", (_O, _C), "see all requests for approval"),
    Grant("nannychain.view_auditentry", (_O, _C), "see who did what"),
    Grant("nannychain.view_statechange", (_O, _C), "see the history of states"),
    Grant("nannychain.view_inboxmessage", (_O,), "see callbacks"),
    Grant("nannychain.view_outboxevent", (_O,), "see events"),
    Grant("nannychain.view_outboxdelivery", (_O,), "see who reacted to an event"),
    Grant("auth.view_group", (_C,), "see which roles there are"),
)


def connect() -> None:
    """Have the groups written after every migration, once all permissions are there."""
    with_models = [app for app in apps.get_app_configs() if app.models_module is not None]
    post_migrate.connect(after_migrate, sender=with_models[-1], dispatch_uid="config.roles")


def after_migrate(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Write the groups, where the tables for them are there."""
    with connections[using].cursor() as cursor:
        tables = connections[using].introspection.table_names(cursor)
    if "auth_group" in tables:
        sync(using=using)


@transaction.atomic
def sync(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make each role's group hold what the table gives it, and nothing else."""
    stored = {
        f"{app}.{codename}": key
        for app, codename, key in Permission.objects.using(using).values_list(
            "content_type__app_label", "codename", "pk"
        )
    }
    for role in Role:
        group, _ = Group.objects.using(using).get_or_create(name=role.value)
        wanted = {stored[name] for name in permissions_of(role) if name in stored}
        if set(group.permissions.values_list("pk", flat=True)) != wanted:
            group.permissions.set(wanted)


def permissions_of(role: Role) -> tuple[str, ...]:
    """Return what a role may do."""
    return tuple(grant.permission for grant in GRANTS if role in grant.roles)
