"""Keys of integrators: shown once, bound to scopes and networks, rotated without a gap."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.audit.models import AuditEntry
from nannychain.reasons import InvalidReason
from workers.identity.api_keys import services
from workers.identity.api_keys.models import ApiKey

pytestmark = pytest.mark.django_db
BY = Actor(id=uuid4(), name="NW-STAFF")
HERE = "192.0.2.7"


def issue(*, addresses: tuple[str, ...] = ()) -> tuple[ApiKey, str]:
    return services.issue(name="Acme", scopes=["members:register"], addresses=addresses, by=BY)


def is_taken(secret: str, *, address: str | None = HERE) -> bool:
    return services.authenticate(secret, address=address) is not None


class TestIssuing:
    def test_the_secret_is_taken_and_stored_nowhere(self) -> None:
        key, secret = issue()

        found = services.authenticate(secret, address=HERE)
        assert found == key
        assert found.scopes == ["members:register"]
        assert secret not in repr(ApiKey.objects.values_list().get())
        assert secret.startswith(key.hint)
        assert str(key) == f"Acme ({secret[:8]}…)"

    def test_who_issued_it_is_in_the_audit_trail_and_the_secret_is_not(self) -> None:
        _, secret = issue(addresses=("192.0.2.0/24",))

        entry = AuditEntry.objects.get(action="api_key.issued")
        assert entry.actor == "NW-STAFF"
        assert entry.after["networks"] == ["192.0.2.0/24"]
        assert secret not in str(entry.after)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b"])
    def test_a_name_that_says_nothing_is_refused(self, name: str) -> None:
        with pytest.raises(services.InvalidKeyName):
            services.issue(name=name, scopes=["members:register"], by=BY)

    @pytest.mark.parametrize("scopes", [[], ["members:rob"], ["members:register", ""]])
    def test_scopes_that_nobody_knows_are_refused(self, scopes: list[str]) -> None:
        with pytest.raises(services.UnknownScope):
            services.issue(name="Acme", scopes=scopes, by=BY)

    @pytest.mark.parametrize("address", ["", "here", "192.0.2.0/33", "300.1.1.1", "1.2.3.4/"])
    def test_what_is_no_network_is_refused(self, address: str) -> None:
        with pytest.raises(services.InvalidNetwork):
            issue(addresses=(address,))

    def test_the_database_refuses_a_key_that_is_good_for_nothing(self) -> None:
        issue()
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.update(scopes=[])


class TestTaking:
    @pytest.mark.parametrize("text", ["", "nck_", "nck_" + "x" * 43, "\x00", "é"])
    def test_any_other_text_is_nobodys(self, text: str) -> None:
        issue()

        assert not is_taken(text)

    @pytest.mark.parametrize(
        ("addresses", "address", "taken"),
        [
            ((), None, True),
            (("192.0.2.0/24",), "192.0.2.255", True),
            (("192.0.2.0/24",), "192.0.3.1", False),
            (("192.0.2.0/24",), None, False),
            (("192.0.2.7",), "192.0.2.7", True),
            (("192.0.2.7/24",), "192.0.2.9", True),
            (("192.0.2.7",), "::ffff:192.0.2.7", True),
            (("2001:db8::/32",), "2001:db8:1::1", True),
            (("2001:db8::/32",), "192.0.2.7", False),
            (("192.0.2.7", "198.51.100.0/24"), "198.51.100.3", True),
        ],
    )
    def test_it_is_taken_from_its_networks_only(
        self, addresses: tuple[str, ...], address: str | None, taken: bool
    ) -> None:
        _, secret = issue(addresses=addresses)

        assert is_taken(secret, address=address) == taken

    def test_a_use_is_noted_once_in_five_minutes(self) -> None:
        _, secret = issue()
        assert is_taken(secret)
        noted = ApiKey.objects.get()
        assert noted.last_address == HERE

        with CaptureQueriesContext(connection) as queries:
            assert is_taken(secret)
        assert len(queries) == 1
        with time_machine.travel(timezone.now() + timedelta(minutes=6)):
            assert is_taken(secret, address="192.0.2.8")
        assert ApiKey.objects.get().last_address == "192.0.2.8"


class TestEnding:
    def test_a_revoked_key_is_nobodys_at_once(self) -> None:
        key, secret = issue()

        services.revoke(key.pk, by=BY, reason="leaked")

        assert not is_taken(secret)
        assert AuditEntry.objects.get(action="api_key.revoked").reason == "leaked"

    def test_it_is_revoked_once_and_with_a_reason(self) -> None:
        key, _ = issue()
        with pytest.raises(InvalidReason):
            services.revoke(key.pk, by=BY, reason=" ")
        services.revoke(key.pk, by=BY, reason="leaked")
        with pytest.raises(services.KeyIsOver):
            services.revoke(key.pk, by=BY, reason="again")

    def test_rotated_the_old_one_works_for_seven_days_beside_the_new_one(self) -> None:
        key, secret = issue(addresses=("192.0.2.0/24",))

        new, new_secret = services.rotate(key.pk, by=BY, reason="yearly")

        assert (new.name, new.scopes, new.addresses) == (key.name, key.scopes, key.addresses)
        assert is_taken(secret)
        assert is_taken(new_secret)
        assert not is_taken(new_secret, address="198.51.100.1")
        with time_machine.travel(timezone.now() + timedelta(days=7)):
            assert not is_taken(secret)
            assert is_taken(new_secret)

    def test_a_rotated_one_is_not_rotated_again_and_can_be_revoked(self) -> None:
        key, secret = issue()
        services.rotate(key.pk, by=BY, reason="yearly")

        with pytest.raises(services.KeyIsOver):
            services.rotate(key.pk, by=BY, reason="yearly")
        services.revoke(key.pk, by=BY, reason="leaked")
        assert not is_taken(secret)

    def test_what_is_not_there_can_not_be_ended(self) -> None:
        with pytest.raises(services.NoSuchKey):
            services.rotate(uuid4(), by=BY, reason="x")
        with pytest.raises(services.NoSuchKey):
            services.revoke(uuid4(), by=BY, reason="x")
