"""State machines: only drawn edges, one mover of many, and a history that can't be changed."""

from enum import StrEnum

import pytest
from django.db import DatabaseError, connection, transaction

from nannychain.alerts.models import Alert
from nannychain.states.machine import AlreadyMoved, Edge, IllegalMove, Machine, choices
from nannychain.states.models import StateChange
from nannychain.transactions import TransactionRequired
from tests.factories.threads import at_once
from wallets.stellar.models import FundingRequest
from workers.identity import services as identity


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    DARK = "DARK"


LIGHT = Machine(
    name="test.light",
    initial=Light.RED,
    edges=(
        Edge(Light.RED, Light.GREEN, "cars may go"),
        Edge(Light.GREEN, Light.RED, "cars must stop"),
        Edge(Light.GREEN, Light.DARK, "the bulb broke"),
    ),
)


@pytest.fixture
def thing() -> FundingRequest:
    """A real row with a state field, whose states we borrow for the light."""
    identity.create_account("0712345678", channel="test", send_sms=False)
    FundingRequest.objects.update(state=Light.RED)
    return FundingRequest.objects.get()


def test_a_machine_knows_its_states_and_ends() -> None:
    assert LIGHT.states == (Light.RED, Light.GREEN, Light.DARK)
    assert LIGHT.terminal == {Light.DARK}
    assert LIGHT.sources_of(Light.RED) == (Light.GREEN,)
    assert choices(LIGHT.states)[0] == ("RED", "red")


@pytest.mark.django_db
class TestMove:
    def test_an_edge_is_followed_and_leaves_history(self, thing: FundingRequest) -> None:
        StateChange.objects.all()
        LIGHT.move(thing, to=Light.GREEN, why="it was time", reason="go")
        thing.refresh_from_db()
        assert (thing.state, thing.reason) == ("GREEN", "go")
        change = StateChange.objects.get(machine="test.light")
        assert (change.source, change.target, change.why) == ("RED", "GREEN", "it was time")
        assert change.subject_id == str(thing.pk)

    @pytest.mark.parametrize(
        ("source", "target"),
        [(s, t) for s in Light for t in Light if not LIGHT.allows(s, t)],
    )
    def test_what_is_no_edge_is_refused(
        self, thing: FundingRequest, source: Light, target: Light
    ) -> None:
        FundingRequest.objects.update(state=source)
        thing.refresh_from_db()
        with pytest.raises(IllegalMove):
            LIGHT.move(thing, to=target)
        assert not StateChange.objects.filter(machine="test.light").exists()

    def test_who_knows_an_old_state_is_told(self, thing: FundingRequest) -> None:
        FundingRequest.objects.update(state=Light.DARK)
        with pytest.raises(AlreadyMoved):
            LIGHT.move(thing, to=Light.GREEN)

    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET why = 'x'"])
    @pytest.mark.parametrize("table", ["nannychain_statechange", "nannychain_auditentry"])
    def test_history_cannot_be_changed_by_raw_sql(
        self, thing: FundingRequest, statement: str, table: str
    ) -> None:
        sql = statement.format(table).replace("why", "reason" if "audit" in table else "why")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_a_move_needs_a_transaction(self, thing: FundingRequest) -> None:
        with pytest.raises(TransactionRequired):
            LIGHT.move(thing, to=Light.GREEN)

    def test_of_eight_movers_one_moves(self, thing: FundingRequest) -> None:
        def move() -> str:
            mine = FundingRequest(pk=thing.pk, state=Light.RED)
            try:
                with transaction.atomic():
                    LIGHT.move(mine, to=Light.GREEN)
                return "moved"
            except AlreadyMoved:
                return "too late"

        outcomes = at_once(move, times=8)
        assert sorted(outcomes) == ["moved"] + ["too late"] * 7
        assert StateChange.objects.filter(machine="test.light").count() == 1
        assert Alert.objects.count() == 0
