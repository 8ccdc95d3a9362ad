"""Movements in the admin: who has to look at what, and what was found."""

import pytest
from django.test import Client

from nannychain.audit.models import AuditEntry
from tests.factories.members import StaffFactory
from tests.factories.stellar_networks import StellarNetwork, join
from wallets.stellar.watching import services as watching
from wallets.stellar.watching.models import Movement

pytestmark = pytest.mark.django_db
LIST = "/admin/wallets/movement/"


@pytest.fixture
def movement(network: StellarNetwork) -> Movement:
    """What somebody has paid to a member's address, before we had opened it."""
    watching.watch()
    (address,) = join(1)
    network.fund(30, address)
    watching.watch()
    return Movement.objects.get(address=address)


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(StaffFactory.create(name="Achieng Odhiambo"))
    return found


def _review(client: Client, movement: Movement, *, note: str) -> str:
    form = {"action": "review", "_selected_action": movement.pk, "note": note}
    return client.post(LIST, form, follow=True).content.decode()


def test_what_waits_for_a_person_is_found_until_somebody_says_what_it_was(
    client: Client, movement: Movement
) -> None:
    assert str(movement.wallet) in client.get(f"{LIST}?attention=wanted").content.decode()

    assert "Say what you found" in _review(client, movement, note=" ")
    assert str(movement.wallet) in client.get(f"{LIST}?attention=wanted").content.decode()
    assert "1 noted" in _review(client, movement, note="Her sister sent it")
    assert "0 noted" in _review(client, movement, note="No, her brother")

    assert str(movement.wallet) not in client.get(f"{LIST}?attention=wanted").content.decode()
    page = client.get(f"{LIST}{movement.pk}/change/").content.decode()
    for shown in (
        "Her sister sent it",
        "Achieng Odhiambo",
        "looked at",
        "30 XLM",
        "create_account",
    ):
        assert shown in page, shown
    assert AuditEntry.objects.get(action="stellar.movement_reviewed").reason == "Her sister sent it"
