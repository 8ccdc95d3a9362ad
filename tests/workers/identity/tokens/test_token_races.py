"""Tokens shown many times at once: one refresh, one use of a PIN token."""

import pytest

from tests.factories.members import MemberFactory
from tests.factories.phones import sent_code
from tests.factories.threads import at_once
from workers.identity.codes import services as codes
from workers.identity.tokens import pin_tokens, services
from workers.identity.tokens.models import Session, SpentRefresh

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_sixteen_refreshes_with_one_token_one_gets_a_pair_and_the_session_is_closed() -> None:
    token = services.open_session(MemberFactory.create(), device="x").refresh

    def refresh() -> services.Tokens | None:
        try:
            return services.refresh(token)
        except services.TokenRefused:
            return None

    got = [pair for pair in at_once(refresh, times=16, threads=16) if pair]

    assert len(got) == 1
    assert Session.objects.get().closed_at is not None
    assert services.authenticate(got[0].access) is None
    assert SpentRefresh.objects.count() == 1


def test_of_sixteen_uses_of_a_pin_token_one_is_good() -> None:
    session = services.authenticate(
        services.open_session(MemberFactory.create(), device="x").access
    )
    assert session
    token = services.issue_pin_token(session, operation="transfer")

    def use() -> bool:
        try:
            services.check_pin_token(session, token=token, operation="transfer")
        except pin_tokens.PinTokenRefused:
            return False
        return True

    assert at_once(use, times=16, threads=16).count(True) == 1


def test_a_code_signs_one_of_many_in() -> None:
    member = MemberFactory.create()
    code = sent_code(member.phone)

    def sign_in() -> bool:
        try:
            services.sign_in(member.phone, code=code, device="x")
        except codes.Refused:
            return False
        return True

    assert at_once(sign_in, times=16, threads=16).count(True) == 1
    assert Session.objects.count() == 1


def test_nobody_is_left_signed_in_after_everybody_was_signed_out() -> None:
    member = MemberFactory.create()
    for _ in range(3):
        services.open_session(member, device="x")

    at_once(lambda: services.close_all(member.id), times=8, threads=8)

    assert not Session.objects.filter(closed_at__isnull=True).exists()


def test_devices_signed_in_at_once_stay_within_ten() -> None:
    member = MemberFactory.create()

    at_once(lambda: services.open_session(member, device="x"), times=24, threads=12)

    assert Session.objects.filter(closed_at__isnull=True).count() == services.SESSIONS_MAX
