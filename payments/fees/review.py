"""What things cost is changed by two members of staff: one asks, another one approves."""

from collections.abc import Iterable, Mapping
from typing import Any

from nannychain.dated.review import changing, withdrawing
from nannychain.money import InvalidAmount, display, parse_cents
from payments.fees import services
from payments.fees.models import Tariff
from payments.fees.table import UnfairTable

_PERMISSION = "payments.add_tariff"


def wording(operation: str, *, bands: Iterable[tuple[int, int]], tax: int) -> dict[str, str]:
    """Return a tariff as two people read it: `up to KSh 1,500: KSh 5; …`, and basis points."""
    lines = "; ".join(f"up to {display(up_to)}: {display(price)}" for up_to, price in bands)
    return {"operation": operation, "bands": lines, "duty_basis_points": str(tax)}


def build(payload: Mapping[str, Any]) -> Tariff:
    """Return the tariff that such words say, unsaved; raise UnfairTable."""
    try:
        bands = [_band(line) for line in str(payload["bands"]).split("; ")]
        return services.tariff(
            str(payload["operation"]),
            bands=bands,
            tax_basis_points=int(payload["duty_basis_points"]),
        )
    except (InvalidAmount, ValueError, KeyError):
        raise UnfairTable from None


def _band(line: str) -> tuple[int, int]:
    up_to, _, price = line.removeprefix("up to ").partition(": ")
    return parse_cents(up_to), 0 if price == display(0) else parse_cents(price)


CHANGE = changing(
    code="fees.change_tariff",
    words="change what it costs",
    permission=_PERMISSION,
    build=build,
    payload=frozenset({"operation", "bands", "duty_basis_points"}),
    value_length_max=2_000,  # forty bands
)
WITHDRAW = withdrawing(
    code="fees.withdraw_tariff",
    words="withdraw the change of what it costs",
    permission=_PERMISSION,
    model=Tariff,
)
KINDS = (CHANGE, WITHDRAW)
