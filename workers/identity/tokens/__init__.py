"""Tokens of the API: opaque, stored as keyed hashes, and gone at once when they are revoked.

A session is one device signed in. It has an access token for ten minutes and a refresh token for 30
days; refreshing gives a new pair and spends the old one. A spent refresh token that is shown again
was stolen, by whoever shows it or whoever used it before: the session is closed. A PIN token says
for five minutes that the PIN was right, for one operation of one session, once.

    services        open_session, sign_in, refresh, authenticate, close_session, close_all
    pin_tokens      issue_pin_token, check_pin_token (given on by services)
    authentication  how REST requests show a token or an API key
"""
