"""Migrations: complete, named for what they do, and walked back to nothing and forward again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from tests.architecture import tree
from tests.factories.scratch import scratch_database

# pgtrigger drops its triggers and leaves their functions, which the next migration replaces.
_MADE = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S')
    UNION ALL
    SELECT proname FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE '%pgtrigger\\_%'
"""


def _our_apps() -> list[str]:
    with_migrations = {app for app, _ in _on_disk()}
    return [storey for storey in tree.STOREYS if storey in with_migrations]


def _on_disk() -> list[tuple[str, str]]:
    """Return app and name of every migration, whatever a database says of it."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return sorted(loader.disk_migrations)


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_storey_with_models_has_migrations() -> None:
    with_models = {model._meta.app_label for model in apps.get_models()}
    assert with_models & set(tree.STOREYS) == set(_our_apps())


def test_migrations_are_named_for_what_they_do() -> None:
    unnamed = [
        f"{app}.{name}"
        for app, name in _on_disk()
        if app in tree.STOREYS and ("_auto_" in name or name.endswith("_and_more"))
    ]
    assert unnamed == []


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """An empty database beside the one of the tests; return its alias."""
    with django_db_blocker.unblock(), scratch_database() as alias:
        yield alias


@pytest.mark.timeout(600)  # as long as it takes, for each migration twice
def test_all_migrations_can_be_undone_and_done_again(scratch: str) -> None:
    call_command("migrate", database=scratch, verbosity=0)
    made = _made_by_us(scratch)
    assert "workers_member" in made
    for app in reversed(_our_apps()):
        call_command("migrate", app, "zero", database=scratch, verbosity=0)
    assert _made_by_us(scratch) == set()
    call_command("migrate", database=scratch, verbosity=0)
    assert _made_by_us(scratch) == made


def _made_by_us(alias: str) -> set[str]:
    """Return the names of tables, views, sequences and functions that Django's own apps lack."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_MADE)
        return {
            name
            for (name,) in cursor.fetchall()
            if not name.startswith(("auth_", "axes_", "django_"))
        }
