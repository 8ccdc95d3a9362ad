"""Every address of the REST API under /api/v1. Each endpoint stands beside its service."""

from django.urls import URLPattern, path

from nannychain.api.endpoints import Endpoint
from payments.deposits import api as deposits
from payments.transfers import api as transfers
from payments.withdrawals import api as withdrawals
from ussd import api as ussd
from wallets.wallet import api as wallet
from workers.identity import api as workers
from workers.identity.codes import api as codes
from workers.identity.me import api as me
from workers.identity.phone_changes import api as phone_changes
from workers.identity.pins import api as pins
from workers.identity.registration import api as registration
from workers.identity.tokens import api as tokens

PREFIX = "api/v1/"

ROUTES: tuple[tuple[str, type[Endpoint]], ...] = (
    ("auth/otp", codes.SendCode),
    ("auth/token", tokens.SignIn),
    ("auth/refresh", tokens.Refresh),
    ("auth/logout", tokens.Logout),
    ("auth/devices", tokens.Devices),
    ("auth/devices/<uuid:device_id>", tokens.Device),
    ("auth/pin", pins.Pin),
    ("auth/pin/verify", pins.VerifyPin),
    ("auth/pin/reset", pins.ResetPin),
    ("workers/register", registration.Register),
    ("workers/by-phone/<str:phone>", workers.WorkerByPhone),
    ("workers/<str:worker_id>", workers.WorkerById),
    ("me", me.Me),
    ("me/dashboard", me.Dashboard),
    ("me/export", me.Export),
    ("me/phone-change", phone_changes.NumberChange),
    ("me/phone-change/codes", phone_changes.NumberChangeCodes),
    ("wallet", wallet.Wallet),
    ("wallet/statement", wallet.Statement),
    ("wallet/statement.csv", wallet.StatementCsv),
    ("wallet/deposits", deposits.Deposits),
    ("wallet/deposits/<uuid:deposit_id>", deposits.DepositById),
    ("wallet/deposits/<uuid:deposit_id>/cancel", deposits.DepositCancellation),
    ("wallet/transfers", transfers.Transfers),
    ("wallet/transfers/quote", transfers.TransferQuote),
    ("wallet/transfers/<uuid:transfer_id>", transfers.TransferById),
    ("wallet/withdrawals", withdrawals.Withdrawals),
    ("wallet/withdrawals/quote", withdrawals.WithdrawalQuote),
    ("wallet/withdrawals/<uuid:withdrawal_id>", withdrawals.WithdrawalById),
    ("ussd/sessions", ussd.UssdSessions),
    ("ussd/queue/<str:phone>", ussd.UssdQueue),
    ("ussd/sync", ussd.UssdSync),
)

urlpatterns: list[URLPattern] = [path(route, endpoint.as_view()) for route, endpoint in ROUTES]
