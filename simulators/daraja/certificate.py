"""The certificate for which initiators encrypt their password, and the key that opens it.

`python -m simulators.daraja.certificate <folder>` makes both in the folder, where they are not
there yet. The certificate ended long ago, as Safaricom's own has: nobody may look at its dates.
"""

import base64
import binascii
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CERTIFICATE, KEY = "certificate.pem", "key.pem"


class Opener:
    """What opens credentials: the key in the folder, or one of its own without a folder."""

    def __init__(self, folder: Path | None) -> None:
        """Read both halves, or make them."""
        if folder is None:
            self.certificate, key = _made()
        else:
            make(folder)
            self.certificate = (folder / CERTIFICATE).read_text()
            key = (folder / KEY).read_bytes()
        loaded = serialization.load_pem_private_key(key, password=None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise TypeError("no RSA key")
        self._key = loaded

    def open(self, credential: str) -> str:
        """Return the password in a credential; empty where it can't be opened."""
        try:
            sealed = base64.b64decode(credential, validate=True)
            return self._key.decrypt(sealed, padding.PKCS1v15()).decode()
        except (binascii.Error, ValueError):
            return ""


def make(folder: Path) -> None:
    """Make certificate and key in the folder, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / CERTIFICATE).exists() and (folder / KEY).exists():
        return
    certificate, key = _made()
    (folder / KEY).touch(mode=0o600)
    (folder / KEY).write_bytes(key)
    (folder / CERTIFICATE).write_text(certificate)


def _made() -> tuple[str, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "daraja.simulated")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2017, 3, 21, tzinfo=UTC))
        .not_valid_after(datetime(2018, 3, 21, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), pem


if __name__ == "__main__":
    make(Path(sys.argv[1]))
