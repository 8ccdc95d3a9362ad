"""Foreign keys lead downward only, so that a lower storey never knows who stands on it."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from tests.architecture import tree

# Django's own tables lie below the ground: groups, permissions and content types know nothing of
# us. The admin's log of actions points up to the member, but it is not one of our models.
_BELOW = frozenset({"auth", "contenttypes"})


def _our_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in tree.STOREYS
    ]


def _links() -> Iterator[tuple[str, str, str]]:
    """Yield storey, storey led to, and the field, for every link that leaves one of our tables."""
    for model in _our_models():
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
            if field.remote_field is not None and field.related_model is not None:
                target = field.related_model._meta.app_label
                yield model._meta.app_label, target, f"{model._meta.label}.{field.name}"


def test_every_foreign_key_leads_downward() -> None:
    wrong = [
        name
        for source, target, name in _links()
        if target not in _BELOW and tree.STOREYS.index(target) > tree.STOREYS.index(source)
    ]
    assert wrong == []


def test_the_walk_sees_every_kind_of_link() -> None:
    seen = {name for _, _, name in _links()}
    assert {"workers.Member.wallet", "workers.Consent.member", "workers.Member.groups"} <= seen


def test_the_ground_and_the_vault_know_people_by_an_opaque_id_only() -> None:
    targets = {target for source, target, _ in _links() if source in ("nannychain", "wallets")}
    assert targets <= {"nannychain", "wallets"}


def test_no_column_counts_money_in_fractions() -> None:
    inexact = [
        f"{model._meta.label}.{field.name}"
        for model in _our_models()
        for field in model._meta.local_fields
        if isinstance(field, models.FloatField | models.DecimalField)
    ]
    assert inexact == []
