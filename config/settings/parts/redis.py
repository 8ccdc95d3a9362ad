"""Redis (or Valkey): USSD sessions and heartbeats. Nothing here is the only copy of anything."""

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
            "CONNECTION_POOL_KWARGS": {"max_connections": 100, "health_check_interval": 30},
        },
    }
}
