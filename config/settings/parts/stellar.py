"""Stellar: the network, the way to it, and who pays for members' accounts. Amounts in stroops."""

from config.env import current
from nannychain import strkey

_ENV = current()
_PASSPHRASES = {
    "TESTNET": "Test SDF Network ; September 2015",
    "PUBLIC": "Public Global Stellar Network ; September 2015",
}
_HORIZONS = {
    "TESTNET": "https://horizon-testnet.stellar.org",
    "PUBLIC": "https://horizon.stellar.org",
}

STELLAR_NETWORK = _ENV.stellar_network
STELLAR_NETWORK_PASSPHRASE = _ENV.stellar_network_passphrase or _PASSPHRASES[STELLAR_NETWORK]
STELLAR_HORIZON_URL = _ENV.stellar_horizon_url or _HORIZONS[STELLAR_NETWORK]
STELLAR_FUNDING_SECRET = _ENV.stellar_funding_secret
STELLAR_FUNDING_ACCOUNT = _ENV.stellar_funding_account or (
    strkey.address_of_seed(STELLAR_FUNDING_SECRET) if STELLAR_FUNDING_SECRET else ""
)
STELLAR_STARTING_BALANCE = _ENV.stellar_starting_balance
STELLAR_FUNDING_POLICY = _ENV.stellar_funding_policy or (
    "eager" if STELLAR_NETWORK == "TESTNET" else "on_need"
)
STELLAR_FRIENDBOT_URL = _ENV.stellar_friendbot_url
STELLAR_CHANNELS = _ENV.stellar_channels
