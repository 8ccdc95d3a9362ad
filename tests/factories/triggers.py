"""Trouble inside PostgreSQL, on order: a trigger that fails, breaks the connection or waits."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Model


@contextmanager
def trigger(part: type[Model], *, body: str, timing: str = "BEFORE INSERT") -> Iterator[None]:
    """Let PostgreSQL run the PL/pgSQL `body` for each row of `part`; `timing` may be AT COMMIT."""
    kind, when, suffix = "TRIGGER", timing, ""
    if timing == "AT COMMIT":
        kind, when, suffix = "CONSTRAINT TRIGGER", "AFTER INSERT", "DEFERRABLE INITIALLY DEFERRED"
    with as_owner():
        execute(
            "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NEW; END $$"
        )
        execute(
            f"CREATE {kind} trouble {when} ON {part._meta.db_table} {suffix} "
            "FOR EACH ROW EXECUTE FUNCTION trouble()"
        )
    try:
        yield
    finally:
        with as_owner():
            execute("DROP FUNCTION trouble CASCADE")


@contextmanager
def as_owner() -> Iterator[None]:
    """Work as the owner of the tables: the application role may not add a trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
    execute("SET ROLE NONE")
    yield
    execute(f'SET ROLE "{role}"')


def execute(sql: str) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
