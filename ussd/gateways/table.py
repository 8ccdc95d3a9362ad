"""The gateways beside Africa's Talking, by the name in their paths. A new one: a file, a line."""

from ussd.gateways.dialects.airtel import Airtel
from ussd.gateways.dialects.arkesel import Arkesel
from ussd.gateways.dialects.beem import Beem
from ussd.gateways.dialects.cellulant import Cellulant
from ussd.gateways.dialects.hubtel import Hubtel
from ussd.gateways.dialects.infobip import Infobip
from ussd.gateways.dialects.nalo import Nalo
from ussd.gateways.dialects.safaricom import Safaricom
from ussd.gateways.seam import Dialect

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Airtel(), Arkesel(), Beem(), Cellulant(), Hubtel(), Infobip(), Nalo(), Safaricom()
    )
}  # fmt: skip
