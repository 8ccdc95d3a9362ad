"""The admin's looks (django-unfold): name, colours, and the way around in the side bar."""

from collections.abc import Callable
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

from config.env import current

_MODE_COLOURS = {"sandbox": "info", "partner": "warning", "licensed": "danger"}


def _may(permission: str) -> Callable[[Any], bool]:
    return lambda request: bool(request.user.has_perm(permission))


def _page(title: str, *, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


UNFOLD = {
    "SITE_TITLE": "NannyChain",
    "SITE_HEADER": "NannyChain",
    "SITE_SUBHEADER": "Operations",
    "SITE_SYMBOL": "link",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "sizes": "any",
            "type": "image/svg+xml",
            "href": lambda _: static("workers/icon.svg"),
        }
    ],
    "STYLES": [
        lambda _: static("nannychain/charts.css"),
        lambda _: static("nannychain/desk.css"),
    ],
    "SHOW_HISTORY": True,
    "ENVIRONMENT": lambda _: (current().operating_mode, _MODE_COLOURS[current().operating_mode]),
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {"navigation": [{"title": "My device", "link": reverse_lazy("admin:my_device")}]},
    "LOGIN": {"form": "workers.identity.forms.SignInForm"},
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .02 165)",
            "100": "oklch(94% .05 164)",
            "200": "oklch(89% .085 164)",
            "300": "oklch(82% .115 163)",
            "400": "oklch(72% .125 163)",
            "500": "oklch(61% .12 162)",
            "600": "oklch(51% .105 163)",
            "700": "oklch(44% .09 164)",
            "800": "oklch(38% .075 166)",
            "900": "oklch(33% .062 168)",
            "950": "oklch(23% .045 170)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "People",
                "items": [
                    _page("Members", icon="group", model="workers.member"),
                    _page("PINs", icon="pin", model="workers.pin"),
                    _page("Devices", icon="devices", model="workers.session"),
                    _page("Changes of number", icon="sim_card", model="workers.phonechange"),
                    _page("Codes", icon="password", model="workers.code"),
                    _page("API keys", icon="key", model="workers.apikey"),
                    _page("SMS", icon="sms", model="nannychain.sms"),
                    _page("Opt-outs", icon="notifications_off", model="nannychain.optout"),
                ],
            },
            {
                "title": "Vault",
                "items": [_page("Wallets", icon="wallet", model="wallets.wallet")],
            },
            {
                "title": "Payments",
                "items": [
                    _page("Deposits", icon="south_west", model="payments.deposit"),
                    _page("Withdrawals", icon="north_east", model="payments.withdrawal"),
                    _page("Payout desk", icon="point_of_sale", model="payments.desk"),
                    _page("Paybill", icon="receipt", model="payments.paybillpayment"),
                    _page("Transfers", icon="swap_horiz", model="payments.transfer"),
                    _page("Money above limits", icon="lock", model="payments.excess"),
                ],
            },
            {
                "title": "Reconciliation",
                "items": [
                    _page("Breaks", icon="rule", model="payments.break"),
                    _page("Daily reports", icon="summarize", model="payments.dailyreport"),
                    _page("Balances at M-Pesa", icon="balance", model="payments.balancereading"),
                    _page("Moves of float", icon="sync_alt", model="payments.floatmove"),
                    _page("Statements", icon="description", model="payments.statementfile"),
                    _page("Statement lines", icon="list", model="payments.statementline"),
                ],
            },
            {
                "title": "Rules",
                "items": [
                    _page("What things cost", icon="sell", model="payments.tariff"),
                    _page("Limits by level", icon="speed", model="payments.levellimits"),
                    _page("Limits by operation", icon="tune", model="payments.operationlimits"),
                    _page("Caps of the modes", icon="compress", model="nannychain.modecaps"),
                    _page("Stopped flows", icon="front_hand", model="nannychain.stoppedflow"),
                ],
            },
            {
                "title": "Ledger",
                "items": [
                    _page("Accounts", icon="account_balance", model="wallets.account"),
                    _page("Journals", icon="receipt_long", model="wallets.journal"),
                    _page("Holds", icon="lock_clock", model="wallets.hold"),
                    _page("Manual journals", icon="edit_note", model="wallets.manualjournal"),
                    _page("Checks of the books", icon="fact_check", model="wallets.bookscheck"),
                    _page("Chart of accounts", icon="list_alt", model="wallets.accountkind"),
                    _page("Kinds of journal", icon="category", model="wallets.journalkind"),
                ],
            },
            {
                "title": "Stellar",
                "items": [
                    _page("Submissions", icon="outbox", model="wallets.submission"),
                    _page("Accounts", icon="person_add", model="wallets.fundingrequest"),
                    _page("Movements", icon="swap_horiz", model="wallets.movement"),
                    _page("Channels", icon="fork_right", model="wallets.channel"),
                    _page("Networks", icon="hub", model="wallets.network"),
                ],
            },
            {
                "title": "House",
                "separator": True,
                "items": [
                    {
                        "title": "Requests for approval",
                        "icon": "how_to_reg",
                        "link": reverse_lazy("admin:nannychain_approvalrequest_changelist"),
                        "permission": "nannychain.approvals.admin.may_see",
                    },
                    _page("Alerts", icon="notifications", model="nannychain.alert"),
                    _page("Audit trail", icon="history", model="nannychain.auditentry"),
                    _page("State changes", icon="timeline", model="nannychain.statechange"),
                    _page("Callbacks", icon="call_received", model="nannychain.inboxmessage"),
                    _page("Events", icon="campaign", model="nannychain.outboxevent"),
                    _page("Groups of staff", icon="admin_panel_settings", model="auth.group"),
                ],
            },
        ],
    },
}
