"""The access token, one for all processes: a new one ends the life of the one before.

It lies in Redis, encrypted with a key that only those have who hold our secret. Whoever finds none
takes a lock and asks for one, and the others wait for it. Without Redis each process keeps its own;
they then take it away from each other, which costs a second request each time and nothing else.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field

import structlog
from django.views.decorators.debug import sensitive_variables
from django_redis import get_redis_connection
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from redis.exceptions import RedisError

from nannychain.http import AnswerLost, NotSent, Session
from payments.mpesa import reading
from payments.mpesa.account import Account

log = structlog.get_logger(__name__)

_PATH = "/oauth/v1/generate?grant_type=client_credentials"
_EARLY_SECONDS = 60  # a token is not used in the last minute of its life
_LIFE_SECONDS_MAX = 3600
_LOCK_MILLISECONDS = 35_000  # longer than an exchange may take
_WAIT_SECONDS_MAX = 32.0
_POLL_SECONDS = 0.05
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"

_own_lock = threading.Lock()
_own: dict[str, "Token"] = {}  # by account, while Redis is away


class NoToken(Exception):
    """No token could be had. `is_refused`: our key or our secret is not right."""

    def __init__(self, *, is_refused: bool = False) -> None:
        super().__init__("refused" if is_refused else "none")
        self.is_refused = is_refused


@dataclass(frozen=True)
class Token:
    """A token and until when it may be used, in seconds of the clock on the wall."""

    value: str = field(repr=False)
    good_until: float

    @property
    def is_good(self) -> bool:
        """Tell whether it may still be used."""
        return time.time() < self.good_until


@sensitive_variables()
def token(session: Session, account: Account, *, not_this: str = "") -> str:
    """Return a token that is good, asking for a new one where there is none; raise NoToken.

    `not_this` is one that was refused. Where another process has replaced it, nothing is asked.
    """
    place = _Place(account)
    deadline = time.monotonic() + _WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            if kept := place.read(not_this=not_this):
                return kept
            if lock := place.lock():
                try:
                    # Whoever had the lock until now may have left one.
                    kept = place.read(not_this=not_this)
                    return kept or place.keep(_ask(session, account))
                finally:
                    place.unlock(lock)
        except (RedisError, OSError) as error:
            log.warning("mpesa.token_store_unreachable", error=type(error).__name__)
            return _own_token(session, account, not_this=not_this)
        time.sleep(_POLL_SECONDS)
    raise NoToken


@sensitive_variables()
def _own_token(session: Session, account: Account, *, not_this: str) -> str:
    with _own_lock:
        key = _name(account)
        kept = _own.get(key)
        if kept is None or not kept.is_good or kept.value == not_this:
            kept = _own[key] = _ask(session, account)
        return kept.value


@sensitive_variables()
def _ask(session: Session, account: Account) -> Token:
    """Ask for a new token; raise NoToken."""
    pair = f"{account.consumer_key}:{account.consumer_secret}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    try:
        answer = session.exchange("GET", account.base_url + _PATH, headers=headers)
    except (NotSent, AnswerLost):
        raise NoToken from None
    if answer.status_code in (400, 401, 403):
        raise NoToken(is_refused=True)
    try:
        told = reading.parse(answer.content)
    except reading.Unreadable:
        raise NoToken from None
    value = reading.text(reading.item(told, "access_token"))
    if answer.status_code != 200 or not value:
        raise NoToken
    life_seconds = _life(reading.text(reading.item(told, "expires_in")))
    log.info("mpesa.token_renewed", seconds=life_seconds)
    return Token(value, time.time() + life_seconds - _EARLY_SECONDS)


def _life(told: str) -> int:
    """Return the seconds of life, which come as a text or a number; the usual hour without."""
    seconds = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
    return min(seconds, _LIFE_SECONDS_MAX) if seconds > _EARLY_SECONDS else _LIFE_SECONDS_MAX - 1


class _Place:
    """Where the token of one account lies in Redis, and its lock."""

    def __init__(self, account: Account) -> None:
        self._redis = get_redis_connection("default")
        self._name = _name(account)
        self._key = f"mpesa:token:{self._name}"
        self._box = SecretBox(
            hashlib.blake2b(account.consumer_secret.encode(), digest_size=32).digest()
        )

    @sensitive_variables()
    def read(self, *, not_this: str) -> str:
        """Return the token that lies there; empty where none is good, or none that we can open."""
        sealed = self._redis.get(self._key)
        if sealed is None:
            return ""
        try:
            value, good_until = json.loads(self._box.decrypt(sealed))
            kept = Token(str(value), float(good_until))
        except (CryptoError, ValueError, TypeError):
            return ""
        return kept.value if kept.is_good and kept.value != not_this else ""

    @sensitive_variables()
    def keep(self, token: Token) -> str:
        """Put it there for as long as it is good; without Redis, keep it for this process."""
        _own[self._name] = token
        seconds = max(1, int(token.good_until - time.time()))
        sealed = bytes(self._box.encrypt(json.dumps([token.value, token.good_until]).encode()))
        try:
            self._redis.set(self._key, sealed, ex=seconds)
        except (RedisError, OSError) as error:
            log.warning("mpesa.token_not_kept", error=type(error).__name__)
        return token.value

    def lock(self) -> str:
        """Return the name of our lock; empty while somebody else asks for a token."""
        name = secrets.token_hex(8)
        taken = self._redis.set(f"{self._key}:lock", name, nx=True, px=_LOCK_MILLISECONDS)
        return name if taken else ""

    def unlock(self, name: str) -> None:
        """Let others ask. Where Redis is away the lock ends by itself."""
        try:
            self._redis.eval(_UNLOCK, 1, f"{self._key}:lock", name)
        except (RedisError, OSError) as error:
            log.warning("mpesa.token_lock_kept", error=type(error).__name__)


def _name(account: Account) -> str:
    """Return a name of the account that tells nothing of its key."""
    whole = f"{account.base_url} {account.consumer_key}"
    return hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()
