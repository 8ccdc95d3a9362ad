"""The second step of a sign-in to the admin: a code from a device (TOTP, RFC 6238).

Whoever becomes staff has a day to enrol a device at the first sign-in: the page shows a picture to
scan, a code proves that it was scanned, and ten recovery codes are shown, once. Every code counts
once. A device that is lost is forgotten by `reset`, for which two other members of staff agree, or
somebody at the command line; then a new day begins. Forgetting ends all sessions in the admin.
"""
