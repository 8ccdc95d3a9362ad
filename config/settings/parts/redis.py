"""Redis (or Valkey): USSD sessions and heartbeats. Nothing here is the only copy of anything."""

from redis.backoff import NoBackoff
from redis.retry import Retry

from config.env import current

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": current().redis_url,
        "KEY_PREFIX": "nannychain",
        "OPTIONS": {
            # A hop goes on without Redis, so it must not wait for it either.
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
            # One more try at once, for a connection that a restart of Redis has cut; no waiting.
            "CONNECTION_POOL_KWARGS": {"max_connections": 100, "retry": Retry(NoBackoff(), 1)},
        },
    }
}
