"""Both servers together, as the tests and the benchmarks want them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nannychain.embedded.postgres import Postgres
from nannychain.embedded.valkey import Valkey


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Running servers, and the addresses (with passwords) at which they answer."""

    folder: Path
    postgres: Postgres
    valkey: Valkey

    @property
    def owner_url(self) -> str:
        """Return the database as its owner, who may make tables and databases."""
        return self.postgres.owner_url

    @property
    def app_url(self) -> str:
        """Return the database as the application, which may read and write rows."""
        return self.postgres.app_url

    @property
    def redis_url(self) -> str:
        """Return Valkey's address."""
        return self.valkey.url

    def stop(self, *, timeout_seconds: float = 10) -> None:
        """Stop both, Valkey first."""
        self.valkey.stop(timeout_seconds=timeout_seconds)
        self.postgres.stop(timeout_seconds=timeout_seconds)


def start(directory: Path, *, durable: bool) -> Servers:
    """Start both on a folder and wait until they answer.

    `durable`: what was committed survives a power cut; else it is quick and for throwing away.
    Raise EmbeddedError with one clear sentence, and leave nothing running.
    """
    postgres = Postgres(directory, durable=durable)
    valkey = Valkey(directory, durable=durable)
    postgres.start()
    try:
        valkey.start()
    except BaseException:
        postgres.stop()
        raise
    return Servers(folder=directory, postgres=postgres, valkey=valkey)
