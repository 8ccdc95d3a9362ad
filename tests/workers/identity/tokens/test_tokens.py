"""Sessions and their tokens: short, rotating, revocable at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from nannychain.logs import context
from tests.factories.members import MemberFactory
from tests.factories.phones import other_than, sent_code
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.tokens import pin_tokens, services
from workers.identity.tokens.models import PinToken, Session, SpentRefresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Member:
    return MemberFactory.create(phone="+254712345678")


@pytest.fixture
def tokens(member: Member) -> services.Tokens:
    return services.open_session(member, device="Tecno Pop")


class TestAccess:
    def test_it_is_the_members_for_ten_minutes(
        self, member: Member, tokens: services.Tokens
    ) -> None:
        session = services.authenticate(tokens.access)
        assert session is not None
        assert session.member == member
        with time_machine.travel(timezone.now() + timedelta(minutes=9)):
            assert services.authenticate(tokens.access)
        with time_machine.travel(timezone.now() + timedelta(minutes=10)):
            assert services.authenticate(tokens.access) is None

    @pytest.mark.parametrize("text", ["", "nca_", "nca_" + "x" * 43, "\x00", "é" * 2000])
    def test_any_other_text_is_nobodys(self, tokens: services.Tokens, text: str) -> None:
        assert services.authenticate(text) is None

    def test_a_refresh_token_is_no_access_token(self, tokens: services.Tokens) -> None:
        assert services.authenticate(tokens.refresh) is None
        assert services.authenticate(tokens.refresh.replace("ncr_", "nca_")) is None

    def test_it_costs_one_query(self, tokens: services.Tokens) -> None:
        with CaptureQueriesContext(connection) as queries:
            services.authenticate(tokens.access)
        assert len(queries) == 1

    def test_a_use_is_noted_once_in_five_minutes_with_its_address(
        self, tokens: services.Tokens
    ) -> None:
        opened = Session.objects.get().last_used_at
        context.begin(client_address="192.0.2.7")
        services.authenticate(tokens.access)
        assert Session.objects.get().last_used_at == opened
        with time_machine.travel(timezone.now() + timedelta(minutes=6)):
            services.authenticate(tokens.access)
        context.end()

        session = Session.objects.get()
        assert session.last_used_at - opened > timedelta(minutes=5)
        assert session.address == "192.0.2.7"

    def test_a_member_who_was_shut_out_is_nobody(
        self, member: Member, tokens: services.Tokens
    ) -> None:
        Member.objects.update(is_active=False)

        assert services.authenticate(tokens.access) is None
        with pytest.raises(services.TokenRefused):
            services.refresh(tokens.refresh)

    def test_no_token_is_stored_or_shown(self, tokens: services.Tokens) -> None:
        row = repr(Session.objects.values_list().get())
        for text in (tokens.access, tokens.refresh):
            assert text not in row
            assert text not in repr(tokens)


class TestRefreshing:
    def test_it_gives_a_new_pair_and_ends_the_old_one(self, tokens: services.Tokens) -> None:
        new = services.refresh(tokens.refresh)

        assert services.authenticate(new.access)
        assert services.authenticate(tokens.access) is None
        assert services.refresh(new.refresh)

    def test_a_spent_one_closes_the_session_for_thief_and_owner(
        self, tokens: services.Tokens
    ) -> None:
        new = services.refresh(tokens.refresh)

        with pytest.raises(services.TokenRefused):
            services.refresh(tokens.refresh)
        assert services.authenticate(new.access) is None
        with pytest.raises(services.TokenRefused):
            services.refresh(new.refresh)
        session = Session.objects.get()
        assert session.closed_why == "a spent token was shown again"
        assert AuditEntry.objects.filter(action="member.signed_out").count() == 1

    def test_one_that_was_spent_long_ago_does_so_too(self, tokens: services.Tokens) -> None:
        latest = tokens
        for _ in range(3):
            latest = services.refresh(latest.refresh)

        with pytest.raises(services.TokenRefused):
            services.refresh(tokens.refresh)
        assert services.authenticate(latest.access) is None

    def test_other_sessions_of_the_member_go_on(
        self, member: Member, tokens: services.Tokens
    ) -> None:
        other = services.open_session(member, device="other")
        services.refresh(tokens.refresh)
        with pytest.raises(services.TokenRefused):
            services.refresh(tokens.refresh)

        assert services.authenticate(other.access)

    def test_it_lives_for_thirty_days_from_the_last_use(self, tokens: services.Tokens) -> None:
        now = timezone.now()
        with time_machine.travel(now + timedelta(days=29)):
            new = services.refresh(tokens.refresh)
        with time_machine.travel(now + timedelta(days=58)):
            new = services.refresh(new.refresh)
        with (
            time_machine.travel(now + timedelta(days=89)),
            pytest.raises(services.TokenRefused),
        ):
            services.refresh(new.refresh)

    @pytest.mark.parametrize("text", ["", "ncr_", "nca_" + "x" * 43])
    def test_any_other_text_is_refused(self, tokens: services.Tokens, text: str) -> None:
        with pytest.raises(services.TokenRefused):
            services.refresh(text)
        with pytest.raises(services.TokenRefused):
            services.refresh(tokens.access)


class TestClosing:
    def test_signed_out_means_at_once(self, tokens: services.Tokens) -> None:
        session = services.authenticate(tokens.access)
        assert session
        services.close_session(session.id)
        services.close_session(session.id)

        assert services.authenticate(tokens.access) is None
        with pytest.raises(services.TokenRefused):
            services.refresh(tokens.refresh)
        assert AuditEntry.objects.filter(action="member.signed_out").count() == 1

    def test_everywhere_means_every_device_of_that_member(self, member: Member) -> None:
        ours = [services.open_session(member, device=str(n)) for n in range(3)]
        theirs = services.open_session(MemberFactory.create(), device="theirs")

        assert services.close_all(member.id) == 3

        assert not any(services.authenticate(each.access) for each in ours)
        assert services.authenticate(theirs.access)

    def test_the_eleventh_device_signs_the_first_one_out(self, member: Member) -> None:
        now = timezone.now()
        opened = []
        for n in range(services.SESSIONS_MAX + 1):
            with time_machine.travel(now + timedelta(seconds=n)):
                opened.append(services.open_session(member, device=str(n)))

        alive = [bool(services.authenticate(each.access)) for each in opened]
        assert alive == [False] + [True] * services.SESSIONS_MAX

    def test_a_label_is_cut_and_cleaned(self, member: Member) -> None:
        services.open_session(member, device="\x00\n" + "x" * 200)

        assert Session.objects.get().device == "x" * 80

    def test_what_is_long_over_is_forgotten(self, member: Member, tokens: services.Tokens) -> None:
        services.refresh(tokens.refresh)
        session = Session.objects.get()
        services.issue_pin_token(session, operation="transfer")
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            services.forget_old()
            assert (SpentRefresh.objects.count(), PinToken.objects.count()) == (0, 0)
            assert Session.objects.count() == 1
        with time_machine.travel(timezone.now() + timedelta(days=61)):
            services.forget_old()
            assert Session.objects.count() == 0


class TestSigningIn:
    def sign_in(self, phone: str, code: str) -> services.Tokens:
        return services.sign_in(phone, code=code, device="x", address="192.0.2.1")

    def test_with_a_code_a_member_gets_tokens_and_the_phone_is_proved(self, member: Member) -> None:
        tokens = self.sign_in("0712 345 678", sent_code(member.phone))

        session = services.authenticate(tokens.access)
        assert session is not None
        assert session.member.phone_proved_at is not None

    def test_a_wrong_code_is_refused_alike_for_members_and_strangers(self, member: Member) -> None:
        counts = []
        for phone in (member.phone, "+254722000111"):
            code = sent_code(phone)
            with CaptureQueriesContext(connection) as queries, pytest.raises(codes.Refused):
                self.sign_in(phone, other_than(code))
            counts.append(len(queries))

        assert counts[0] == counts[1]
        assert not Session.objects.exists()

    def test_a_stranger_with_the_right_code_is_told_that_there_is_no_account(self) -> None:
        with pytest.raises(services.NoAccount):
            self.sign_in("+254722000111", sent_code("+254722000111"))

    def test_a_code_for_something_else_does_not_sign_in(self, member: Member) -> None:
        with pytest.raises(codes.Refused):
            self.sign_in(member.phone, sent_code(member.phone, Purpose.JOIN))

    def test_a_member_who_was_shut_out_does_not_get_in(self, member: Member) -> None:
        Member.objects.update(is_active=False)

        with pytest.raises(services.NoAccount):
            self.sign_in(member.phone, sent_code(member.phone))


class TestPinTokens:
    @pytest.fixture
    def session(self, tokens: services.Tokens) -> Session:
        session = services.authenticate(tokens.access)
        assert session
        return session

    def test_it_is_good_once_for_its_operation(self, session: Session) -> None:
        token = services.issue_pin_token(session, operation="transfer")

        services.check_pin_token(session, token=token, operation="transfer")

        with pytest.raises(pin_tokens.PinTokenRefused):
            services.check_pin_token(session, token=token, operation="transfer")

    def test_for_another_operation_it_is_refused_and_stays_good_for_its_own(
        self, session: Session
    ) -> None:
        token = services.issue_pin_token(session, operation="transfer")

        with pytest.raises(pin_tokens.PinTokenRefused):
            services.check_pin_token(session, token=token, operation="withdrawal")
        services.check_pin_token(session, token=token, operation="transfer")

    def test_in_another_session_of_the_same_member_it_is_refused(
        self, member: Member, session: Session
    ) -> None:
        other = services.authenticate(services.open_session(member, device="other").access)
        assert other
        token = services.issue_pin_token(session, operation="transfer")

        with pytest.raises(pin_tokens.PinTokenRefused):
            services.check_pin_token(other, token=token, operation="transfer")

    def test_after_five_minutes_it_is_refused(self, session: Session) -> None:
        token = services.issue_pin_token(session, operation="transfer")

        with (
            time_machine.travel(timezone.now() + timedelta(minutes=5)),
            pytest.raises(pin_tokens.PinTokenRefused),
        ):
            services.check_pin_token(session, token=token, operation="transfer")

    def test_when_the_session_is_closed_it_is_refused(self, session: Session) -> None:
        token = services.issue_pin_token(session, operation="transfer")
        services.close_session(session.id)

        with pytest.raises(pin_tokens.PinTokenRefused):
            services.check_pin_token(session, token=token, operation="transfer")

    def test_any_other_text_is_refused(self, session: Session) -> None:
        for text in ("", "ncp_", uuid4().hex):
            with pytest.raises(pin_tokens.PinTokenRefused):
                services.check_pin_token(session, token=text, operation="transfer")
