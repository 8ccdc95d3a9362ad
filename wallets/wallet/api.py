"""What is in my wallet, and how it came about. `request.user` is the party, whoever that is."""

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nannychain.api.access import SignedIn, party_id
from nannychain.api.endpoints import HOUR, Endpoint, Limit
from nannychain.api.explained import Answer, explained
from nannychain.api.fields import CURRENCY, Currency, Form, Instant
from nannychain.api.json import CsvRenderer, JsonRenderer
from nannychain.api.pagination import InvalidCursor, PageQuery, cursor_of, read_cursor
from wallets.ledger import statements
from wallets.wallet import selectors

_CSV = "text/csv"
_ENTRY = {
    "number": 3,
    "kind": "transfer.sent",
    "reference": "transfer:019ac000-0000-7000-8000-000000000001",
    "currency": CURRENCY,
    "amount_cents": -50_000,
    "balance_cents": 240_000,
    "effective_at": "2026-11-28T12:00:00.000000Z",
    "recorded_at": "2026-11-28T12:00:00.000000Z",
}


class WalletAnswer(Form):
    """What stands in the wallet: all of it, what is held back, and what can be spent."""

    currency = Currency()
    balance_cents = serializers.IntegerField()
    held_cents = serializers.IntegerField()
    available_cents = serializers.IntegerField()


class EntryAnswer(Form):
    """One line of the statement; money that went out is below zero."""

    number = serializers.IntegerField(help_text="counts the wallet's entries from 1")
    kind = serializers.CharField(help_text="what happened, such as `deposit.settled`")
    reference = serializers.CharField(help_text="what caused it")
    currency = Currency()
    amount_cents = serializers.IntegerField()
    balance_cents = serializers.IntegerField(help_text="after this entry")
    effective_at = Instant(help_text="when it happened")
    recorded_at = Instant(help_text="when it was written down")


class StatementAnswer(Form):
    """A page of the statement, the newest entry first."""

    items = EntryAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Wallet(Endpoint):
    """The caller's wallet."""

    access = {"GET": SignedIn()}

    @explained(
        "See my wallet",
        tag="Wallet",
        answers={
            200: Answer(
                WalletAnswer,
                example={
                    "currency": CURRENCY,
                    "balance_cents": 240_000,
                    "held_cents": 50_000,
                    "available_cents": 190_000,
                },
            )
        },
    )
    def get(self, request: Request) -> Response:
        """See what is there, what is held for something under way, and what can be spent."""
        found = selectors.standing_of(party_id(request))
        return Response(
            {
                "currency": found.currency,
                "balance_cents": found.balance,
                "held_cents": found.held,
                "available_cents": found.available,
            }
        )


class Statement(Endpoint):
    """The entries of the caller's wallet."""

    access = {"GET": SignedIn()}

    @explained(
        "See my statement",
        tag="Wallet",
        query=PageQuery,
        answers={
            200: Answer(StatementAnswer, example={"items": [_ENTRY], "next_cursor": "Mw"}),
        },
    )
    def get(self, request: Request) -> Response:
        """See what came and went, from the newest back, each with the balance after it."""
        asked = self.asked(PageQuery)
        place = read_cursor(asked["cursor"]) if "cursor" in asked else None
        try:
            found = statements.page(
                selectors.account_of(party_id(request)), cursor=place, size=asked["size"]
            )
        except statements.InvalidCursor:
            raise InvalidCursor from None
        next_cursor = None if found.cursor is None else cursor_of(found.cursor)
        items = [_entry(entry) for entry in found.entries]
        return Response(StatementAnswer({"items": items, "next_cursor": next_cursor}).data)


class StatementCsv(Endpoint):
    """The whole statement as a table."""

    renderer_classes = (CsvRenderer, JsonRenderer)
    access = {"GET": SignedIn()}
    limits = {"GET": Limit(20, HOUR)}

    @explained(
        "Get my whole statement as CSV",
        tag="Wallet",
        answers={
            200: Answer(
                {"type": "string"},
                example="number,journal,kind,cause,effective,recorded,amount,balance,currency\r\n",
                media_type=_CSV,
            )
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Get every entry, in shillings, for a spreadsheet."""
        return StreamingHttpResponse(
            statements.as_csv(selectors.account_of(party_id(request))),
            content_type=f"{_CSV}; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="nannychain-statement.csv"'},
        )


def _entry(entry: statements.Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "reference": entry.cause,
        "currency": CURRENCY,
        "amount_cents": entry.amount,
        "balance_cents": entry.balance,
        "effective_at": entry.effective_at,
        "recorded_at": entry.recorded_at,
    }
