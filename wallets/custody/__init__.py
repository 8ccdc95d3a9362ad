"""Custody: the secret halves of Stellar keys, sealed when made, opened to sign or to rotate.

Whoever serves requests can seal and not open (`SEALING_PUBLIC_KEY` alone). The seal holds the
wallet's id and public key, so that a sealed key moved to another row does not open there.
"""
