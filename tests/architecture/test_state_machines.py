"""Every state machine, walked over every pair of its states."""

from itertools import product

import pytest
from django.apps import apps
from django.db import models, transaction

from nannychain.states.machine import IllegalMove, Machine, choices
from nannychain.states.models import StateChange
from tests.architecture import tree
from wallets.stellar.models import FundingRequest
from workers.identity import services as identity

MACHINES = sorted(
    {
        value
        for module in tree.modules("states.py")
        for value in vars(module).values()
        if isinstance(value, Machine)
    },
    key=lambda machine: machine.name,
)
BY_NAME = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)


@pytest.fixture
def thing() -> FundingRequest:
    """A real row with a state field; it lends itself to every machine."""
    identity.create_account("0712345678", channel="test", send_sms=False)
    return FundingRequest.objects.get()


def test_there_are_machines_and_their_names_differ() -> None:
    names = [machine.name for machine in MACHINES]
    assert names
    assert len(set(names)) == len(names)


@BY_NAME
@pytest.mark.django_db
def test_only_the_drawn_edges_can_be_walked(machine: Machine, thing: FundingRequest) -> None:
    drawn = {(edge.source, edge.target) for edge in machine.edges}
    for source, target in product(machine.states, repeat=2):
        FundingRequest.objects.update(state=source)
        thing.refresh_from_db()
        if (source, target) in drawn:
            with transaction.atomic():
                machine.move(thing, to=target)
            change = StateChange.objects.order_by("-id").first()
            assert change is not None
            assert (change.machine, change.source, change.target) == (machine.name, source, target)
        else:
            with pytest.raises(IllegalMove), transaction.atomic():
                machine.move(thing, to=target)
            thing.refresh_from_db()
            assert thing.state == source


@BY_NAME
def test_every_state_can_be_reached_and_every_edge_tells_what_happened(machine: Machine) -> None:
    reached = {machine.initial}
    for _ in machine.states:
        reached |= {edge.target for edge in machine.edges if edge.source in reached}
    assert reached == set(machine.states)
    pairs = [(edge.source, edge.target) for edge in machine.edges]
    assert len(set(pairs)) == len(pairs)
    assert all(len(edge.phrase.split()) > 1 for edge in machine.edges)


@BY_NAME
def test_a_model_keeps_the_states_of_the_machine(machine: Machine) -> None:
    fields = [
        field
        for model in apps.get_models()
        if model._meta.app_label in tree.STOREYS
        for field in model._meta.local_fields
        if isinstance(field, models.CharField) and field.choices == choices(machine.states)
    ]
    assert fields, f"no model has the states of {machine.name}"
    for field in fields:
        assert field.default == machine.initial
        assert max(len(state) for state in machine.states) <= field.max_length
