"""Where tables in force from a day on meet the figures that they begin with."""

from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate

from nannychain.dated import services as dated
from nannychain.operating.figures import CAPS
from nannychain.operating.models import ModeCaps
from payments.fees.figures import TARIFFS
from payments.fees.models import Tariff
from payments.limits.figures import LEVELS, OPERATIONS
from payments.limits.models import LevelLimits, OperationLimits

# The table, what its rows are told apart by, and what it begins with.
FIGURES = (
    (ModeCaps, "mode", CAPS),
    (Tariff, "operation", TARIFFS),
    (LevelLimits, "level", LEVELS),
    (OperationLimits, "operation", OPERATIONS),
)


def after_migrate(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Write what each table begins with, where it knows nothing yet; change nothing that stands."""
    with connections[using].cursor() as cursor:
        tables = set(connections[using].introspection.table_names(cursor))
    for model, key, rows in FIGURES:
        if model._meta.db_table in tables:
            dated.begin(model, key, rows, using=using)


def connect() -> None:
    """Have them written after every migration, and so into emptied tables of tests."""
    post_migrate.connect(
        after_migrate,
        sender=apps.get_app_config("payments"),
        dispatch_uid="config.figures",
    )
