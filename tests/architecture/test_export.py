"""The export of a member's data leaves nothing out that names a member."""

from typing import Any

from django.apps import apps

from config import exports
from workers.identity.models import Member

TOLD = set().union(*(section.tables for section in exports.SECTIONS))


def test_every_table_that_names_a_member_stands_in_a_section() -> None:
    """A new one goes into the `export.py` beside it, and that into `config/exports.py`."""
    naming = {
        model._meta.label
        for model in apps.get_models()
        if any(getattr(field, "related_model", None) is Member for field in _own_fields(model))
    }
    assert naming - TOLD - exports.HOLD_NO_DATA == set()


def test_every_table_that_a_section_names_is_there() -> None:
    there = {model._meta.label for model in apps.get_models()}
    assert (TOLD | exports.HOLD_NO_DATA) - there == set()


def test_a_section_has_a_name_of_its_own() -> None:
    names = [section.name for section in exports.SECTIONS]
    assert len(set(names)) == len(names)


def _own_fields(model: Any) -> list[Any]:
    return [
        field for field in model._meta.get_fields() if field.concrete and not field.auto_created
    ]
