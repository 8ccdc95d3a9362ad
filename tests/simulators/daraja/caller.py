"""Calls to the simulated Daraja as an app of Safaricom's portal makes them, without our client."""

import base64
import time
from dataclasses import dataclass
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.simulators.program import SECONDS_MAX, Simulators

KEY, SECRET, PASSKEY = "app-key", "app-secret", "app-passkey"
SHORTCODE, B2C, INITIATOR, PASSWORD = "174379", "600000", "testapi", "pass#word"
ENVIRONMENT = {
    "MPESA_CONSUMER_KEY": KEY,
    "MPESA_CONSUMER_SECRET": SECRET,
    "MPESA_SHORTCODE": SHORTCODE,
    "MPESA_PASSKEY": PASSKEY,
    "MPESA_B2C_SHORTCODE": B2C,
    "MPESA_INITIATOR_NAME": INITIATOR,
    "MPESA_INITIATOR_PASSWORD": PASSWORD,
    "SIMULATORS_MPESA_RESULT_SECONDS": "0.1",
}


@dataclass
class Caller:
    """One app; `base` is the product's address, which is called back."""

    simulators: Simulators
    base: str
    token: str = ""

    def new_token(self) -> str:
        """Ask for a token and use it from now on."""
        answer = requests.get(
            f"{self.simulators.url}/daraja/oauth/v1/generate?grant_type=client_credentials",
            auth=(KEY, SECRET),
            timeout=SECONDS_MAX,
        )
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self.token

    def call(self, path: str, **body: Any) -> requests.Response:
        """Make one call with the token."""
        if not self.token:
            self.new_token()
        return requests.post(
            f"{self.simulators.url}/daraja{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=SECONDS_MAX,
        )

    def push(self, phone: str, shillings: int, **changes: Any) -> requests.Response:
        """Ask for a prompt."""
        stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 3 * 3600))
        body = {
            "BusinessShortCode": SHORTCODE,
            "Password": base64.b64encode(f"{SHORTCODE}{PASSKEY}{stamp}".encode()).decode(),
            "Timestamp": stamp,
            "TransactionType": "CustomerPayBillOnline",
            "Amount": str(shillings),
            "PartyA": phone[1:],
            "PartyB": SHORTCODE,
            "PhoneNumber": phone[1:],
            "CallBackURL": f"{self.base}/cb/1/deposit",
            "AccountReference": "D1",
            "TransactionDesc": "Deposit",
            **changes,
        }
        return self.call("/mpesa/stkpush/v1/processrequest", **body)

    def query(self, checkout_id: str) -> requests.Response:
        """Ask how a prompt stands."""
        stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 3 * 3600))
        return self.call(
            "/mpesa/stkpushquery/v1/query",
            BusinessShortCode=SHORTCODE,
            Password=base64.b64encode(f"{SHORTCODE}{PASSKEY}{stamp}".encode()).decode(),
            Timestamp=stamp,
            CheckoutRequestID=checkout_id,
        )

    def pay_out(self, phone: str, shillings: int, **changes: Any) -> requests.Response:
        """Ask for a payout."""
        body = {
            "OriginatorConversationID": f"o-{time.time_ns()}",
            "InitiatorName": INITIATOR,
            "SecurityCredential": self.credential(),
            "CommandID": "BusinessPayment",
            "Amount": str(shillings),
            "PartyA": B2C,
            "PartyB": phone[1:],
            "Remarks": "Withdrawal",
            "QueueTimeOutURL": f"{self.base}/cb/1/payout/timeout",
            "ResultURL": f"{self.base}/cb/1/payout/result",
            "Occassion": "",
            **changes,
        }
        return self.call("/mpesa/b2c/v3/paymentrequest", **body)

    def ask(self, path: str, **changes: Any) -> requests.Response:
        """Ask a question, or for a reversal."""
        body = {
            "Initiator": INITIATOR,
            "SecurityCredential": self.credential(),
            "PartyA": B2C,
            "IdentifierType": "4",
            "RecieverIdentifierType": "11",
            "Remarks": "asked",
            "QueueTimeOutURL": f"{self.base}/cb/1/timeout",
            "ResultURL": f"{self.base}/cb/1/result",
            **changes,
        }
        return self.call(path, **body)

    def credential(self, password: str = PASSWORD) -> str:
        """Encrypt the initiator's password for the certificate that is given out."""
        pem = requests.get(f"{self.simulators.url}/daraja/certificate", timeout=SECONDS_MAX).content
        key = x509.load_pem_x509_certificate(pem).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        return base64.b64encode(key.encrypt(password.encode(), padding.PKCS1v15())).decode()
