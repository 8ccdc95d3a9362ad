"""Secrets at rest: sealed to a public key, so that whoever can write one need not be able to read.

`seal` works with the public half alone and is for everybody. `nannychain.sealing.opening` needs
`ENCRYPTION_KEY`; an import rule says who may use it.
"""

from nannychain.sealing.seal import Sealed, seal

__all__ = ["Sealed", "seal"]
