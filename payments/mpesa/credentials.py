"""What proves to M-Pesa that a request is ours: the push's password and the initiator's credential.

Both are secrets, and stand in requests only.
"""

import base64
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.views.decorators.debug import sensitive_variables

from nannychain.clock import NAIROBI


class BadCertificate(ValueError):
    """A certificate that holds no RSA key."""


def timestamp(instant: datetime) -> str:
    """Return an instant as M-Pesa wants it: Nairobi's wall clock, to the second."""
    return f"{instant.astimezone(NAIROBI):%Y%m%d%H%M%S}"


@sensitive_variables()
def password(*, shortcode: str, passkey: str, timestamp: str) -> str:
    """Return the password of a push; the timestamp must be the one in the request."""
    return base64.b64encode(f"{shortcode}{passkey}{timestamp}".encode()).decode()


@sensitive_variables()
def security_credential(*, initiator_password: str, certificate: str) -> str:
    """Return the initiator's password encrypted for M-Pesa (RSA, PKCS #1 v1.5, base64).

    The certificate's dates are not looked at: the one that everybody uses ended in 2018. Raises
    BadCertificate.
    """
    encrypted = _public_key(certificate).encrypt(initiator_password.encode(), padding.PKCS1v15())
    return base64.b64encode(encrypted).decode()


@lru_cache(maxsize=4)
def _public_key(certificate: str) -> rsa.RSAPublicKey:
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError:
        raise BadCertificate("no certificate in PEM") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadCertificate("no RSA key")
    return key
