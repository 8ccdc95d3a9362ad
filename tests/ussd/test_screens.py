"""Every screen, in every language, with the longest values it can hold, fits the plainest phone."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from nannychain.gsm import septets
from nannychain.language import codes, speaking
from ussd.engine import fold, resuming, showing
from ussd.engine.hop import Hop, Visit, Who
from ussd.engine.session import Place
from ussd.engine.steps import Again, Finish
from ussd.engine.text import SEPTETS_MAX, cut, fits, plain
from ussd.menu import APPLICATION, SENTENCES, TREE
from workers.identity import messages, worker_id
from workers.identity import services as identity
from workers.identity.models import Member
from workers.identity.selectors import Caller, caller_by_phone

HOP = Hop(
    gateway="africastalking",
    session_id="ATUid_fits",
    phone="+254712345678",
    service_code="*384*70421*123456#",
    text="",
    is_authenticated=True,
)
TYPED = ["", "9", "0722000111", "+254 722 000 111", "x" * 80]


LONGEST_NAME = "Wanjik\N{LATIN SMALL LETTER U WITH TILDE} " + "W" * 72


def visit_by(caller: Caller | None, language: str) -> Visit:
    return Visit(hop=HOP, language=language, who=Who(lambda _: caller))


@pytest.fixture
def member(db: None) -> Caller | None:
    identity.create_account(HOP.phone, name=LONGEST_NAME, channel="test", send_sms=False)
    return caller_by_phone(HOP.phone)


@pytest.fixture(params=codes())
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("name", APPLICATION.screens)
def test_a_screen_fits_with_and_without_a_hint(name: str, language: str, member: Caller) -> None:
    assert settings.HELP_LINE
    visit = visit_by(member, language)
    place = Place.at(name, language=language)
    hints = [""]
    for typed in TYPED:
        result = fold.step(APPLICATION, visit, place=place, text=typed)
        if isinstance(result, fold.Moved) and result.is_wrong_input:
            hints.append(result.place.top.hint)
    assert len(hints) > 1
    for hint in hints:
        shown = showing.show(APPLICATION, visit, place=place.with_top(hint=hint))[0].text
        assert fits(shown), (septets(shown), shown)
        assert "\n\n" not in shown


@pytest.mark.parametrize("name", SENTENCES.__dataclass_fields__)
def test_a_last_word_fits(name: str, language: str) -> None:
    with speaking(language):
        assert fits(str(getattr(SENTENCES, name)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["register", "sign_in"])
def test_the_end_of_a_screen_fits(name: str, language: str) -> None:
    for caller in (None, Caller(uuid4(), worker_id.new(), language, timezone.now())):
        visit = visit_by(caller, language)
        with speaking(language):
            for _, taken in APPLICATION.screens[name].keys(visit).values():
                for _ in range(2):  # the first time joins, the second finds the account
                    end = taken if isinstance(taken, Finish) else taken.effect()  # type: ignore[union-attr]
                    assert fits(end.text)


def test_choices_are_numbered_lines_that_lead_to_known_screens() -> None:
    for item in TREE:
        assert item.parent in APPLICATION.screens
        assert item.key.isdigit()
        target = getattr(item.step, "screen", None)
        assert target is None or target in APPLICATION.screens


def test_every_screen_can_be_reached() -> None:
    reached = {getattr(item.step, "screen", None) for item in TREE} | APPLICATION.root_names
    reached.add(resuming.NAME)
    assert set(APPLICATION.all_flows) <= reached


def test_the_labels_that_scripts_look_for_are_there() -> None:
    labels = {str(item.label) for item in TREE}
    assert {"Create account", "Sign in", "Exit", "My account", "Language", "Help"} <= labels


def test_the_welcome_sms_fits_one_message(language: str) -> None:
    text = messages.welcome(worker_id=worker_id.new(), language=language)
    assert septets(text) <= SEPTETS_MAX
    assert text.isascii()


def test_a_hostile_name_cannot_forge_a_screen(member: Caller) -> None:
    Member.objects.update(name="A\n1. Send money to B`\N{LATIN SMALL LETTER E WITH ACUTE}")
    visit = visit_by(member, "en")
    shown, _ = showing.show(APPLICATION, visit, place=Place.at("account", language="en"))
    assert fits(shown.text)
    assert "\n1." not in shown.text


class TestText:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("Wanjikũ", "Wanjiku"),
            ("\N{LEFT DOUBLE QUOTATION MARK}a\N{RIGHT DOUBLE QUOTATION MARK}", '"a"'),
            ("a\N{EN DASH}b", "a-b"),
            ("a`b", "a'b"),
            ("\N{GRINNING FACE}", "?"),
            ("a\x00b", "ab"),
        ],
    )
    def test_what_is_not_ascii_is_made_so(self, text: str, shown: str) -> None:
        assert plain(text) == shown

    def test_a_long_value_is_cut_and_says_so(self) -> None:
        assert cut("abcdef", length=5) == "abc.."
        assert cut("abcde", length=5) == "abcde"

    def test_again_is_a_step_and_no_end(self) -> None:
        assert not isinstance(Again("hint"), Finish)
