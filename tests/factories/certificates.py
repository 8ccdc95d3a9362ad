"""A certificate such as Safaricom gives out, with the private half that only Safaricom has."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@dataclass(frozen=True)
class Pair:
    """A certificate in PEM, and its private key."""

    certificate: str
    key: rsa.RSAPrivateKey

    def open(self, credential: str) -> str:
        """Return what was encrypted for the certificate."""
        return self.key.decrypt(base64.b64decode(credential), padding.PKCS1v15()).decode()


@cache
def self_signed() -> Pair:
    """Return a pair whose certificate ended years ago, as the true one has."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "daraja.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2017, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2018, 3, 21, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), key)
