"""Every screen, in every language, with the longest values it can hold, fits the plainest phone."""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

from nannychain import translations
from nannychain.gsm import septets
from nannychain.language import codes, speaking
from tests.factories.members import MemberFactory
from ussd import proof
from ussd.engine import fold, showing, text
from ussd.engine.application import Item
from ussd.engine.pages import Labels, lay_out
from ussd.engine.screens import BACK_KEY, HOME_KEY, MORE_KEY, Ask
from ussd.engine.session import Place
from ussd.engine.text import SEPTETS_MAX, cut, cut_to_screen, fits, plain
from ussd.menu import APPLICATION, SENTENCES, TREE
from workers.identity import messages, worker_id
from workers.identity.models import Member
from workers.identity.selectors import caller_by_phone

PSEUDO = "xx"
LANGUAGES = codes()
# Screens of one page each; these hold a list or a text of any length.
OF_SEVERAL_PAGES = {"statement.shown", "wages.shown"}
# The grammar of a screen: a last line or several of `key. label`, the special ones at the end.
SPECIAL = (BACK_KEY, HOME_KEY, MORE_KEY)


def longer(message: str) -> str:
    """Return the text as a language would have it that is 40 % longer, with the same places."""
    room = len("".join(literal for literal, *_ in Formatter().parse(message)))
    return message + "x" * (room * 2 // 5)


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Speak a language that is 40 % longer than English."""
    folder = tmp_path_factory.mktemp("locale")
    where = folder / PSEUDO / "LC_MESSAGES"
    where.mkdir(parents=True)
    catalog = Catalog(locale="en", fuzzy=False)
    for message in translations.gather():
        if isinstance(message.id, str) and message.id:
            catalog.add(message.id, longer(message.id))
    with (where / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "LANGUAGES", [*settings.LANGUAGES, (PSEUDO, "Pseudo")])
        patch.setattr(settings, "LOCALE_PATHS", [*settings.LOCALE_PATHS, folder])
        _forget()
        yield
    _forget()


def _forget() -> None:
    trans_real._translations.clear()
    trans_real.reset_cache(setting="LANGUAGES", enter=True)
    translation.activate("en")


@pytest.fixture(params=[*LANGUAGES, PSEUDO])
def language(request: pytest.FixtureRequest, pseudo: None) -> str:
    return request.param


def hints(language: str) -> list[str]:
    """Return what may stand above a screen after a wrong input, and nothing."""
    with speaking(language):
        said = [str(SENTENCES.wrong_choice), str(SENTENCES.ask_again), str(SENTENCES.start_again)]
        return ["", *said, text.fill(str(SENTENCES.pin_wrong), tries=text.count(2))]


def test_the_pseudo_language_is_longer(pseudo: None) -> None:
    with speaking(PSEUDO):
        assert str(SENTENCES.goodbye).startswith("Thank you for using NannyChain.xxxx")


def test_every_screen_fits_with_the_longest_values(language: str) -> None:
    for hint in hints(language):
        for screen in proof.screens(language, at_longest=True, hint=hint):
            for page in screen.pages:
                assert fits(page), (screen.name, septets(page), page)
                assert "\n\n" not in page


def test_every_screen_fits_on_one_page_but_those_that_hold_lists() -> None:
    for language in LANGUAGES:
        for screen in proof.screens(language, at_longest=True):
            assert len(screen.pages) == 1 or screen.name in OF_SEVERAL_PAGES, screen


def test_every_screen_keeps_to_the_grammar(language: str) -> None:
    for screen in proof.screens(language, at_longest=True):
        for number, page in enumerate(screen.pages, start=1):
            keys = [line.partition(". ")[0] for line in page.split("\n")]
            numbers = [key for key in keys if key.isdigit()]
            assert (MORE_KEY in numbers) == (number < len(screen.pages))
            choices = [key for key in numbers if key not in SPECIAL]
            assert choices == sorted(choices, key=int)
            assert screen.name == "welcome" or BACK_KEY in numbers


@pytest.mark.parametrize("name", SENTENCES.__dataclass_fields__)
def test_a_last_word_fits(name: str, language: str) -> None:
    with speaking(language):
        assert fits(str(getattr(SENTENCES, name)))


def test_every_text_of_ussd_fits_by_itself(language: str) -> None:
    """Whatever ends a session is one of these, and can't be turned over."""
    too_long = []
    for message in translations.gather():
        if not any(place.startswith("ussd/") for place, _ in message.locations):
            continue
        with speaking(language):
            said = translation.gettext(message.id)
        places = {name for _, name, _, _ in Formatter().parse(said) if name}
        filled = said.format(**dict.fromkeys(places, "W" * 11))
        if not fits(filled) and not (language == PSEUDO and len(message.id) > 114):
            too_long.append((septets(filled), filled))
    assert too_long == []


def test_choices_are_numbered_lines_that_lead_to_known_screens() -> None:
    for item in TREE:
        assert item.parent in APPLICATION.screens
        assert item.key.isdigit()
        target = getattr(item.step, "screen", None)
        assert target is None or target in APPLICATION.screens


def test_no_key_of_a_screen_is_given_twice_and_none_is_a_special_one() -> None:
    keys = [(item.parent, item.key) for item in TREE]
    assert len(keys) == len(set(keys))
    assert all(item.key != "00" and item.key != "98" for item in TREE)


def test_the_labels_that_scripts_look_for_are_there() -> None:
    labels = {str(item.label) for item in TREE if isinstance(item, Item)}
    assert labels >= {"Create account", "Sign in", "Exit", "Balance", "Statement"}
    assert labels >= {"Deposit", "Withdraw", "Send", "Wages", "My work"}
    assert labels >= {"My account", "Language", "PIN", "Help", "Enter code"}


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_all_choices_of_a_member_stand_on_one_page(spoken: str) -> None:
    shown = next(
        screen for screen in proof.screens(spoken, at_longest=True) if screen.name == "home"
    )
    (page,) = shown.pages
    for item in TREE:
        if item.parent == "home":
            with speaking(spoken):
                assert f"{item.key}. {item.label}" in page


def test_the_welcome_sms_fits_one_message() -> None:
    for language in LANGUAGES:
        said = messages.welcome(worker_id=worker_id.new(), language=language)
        assert septets(said) <= SEPTETS_MAX
        assert said.isascii()


@pytest.mark.django_db
def test_a_hostile_name_cannot_forge_a_screen() -> None:
    member = MemberFactory.create()
    Member.objects.update(name="A\n1. Send money to B`\N{LATIN SMALL LETTER E WITH ACUTE}")
    visit = proof.visit("en", name="account")
    visit.who.found = caller_by_phone(member.phone)
    shown, _ = showing.show(APPLICATION, visit, place=Place.at("home", "account", language="en"))
    assert fits(shown.text)
    assert "\n1." not in shown.text


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "9", "0722 000", "x" * 80, "\x00", "\N{GRINNING FACE}", "*"])
def test_a_wrong_input_is_asked_again_on_every_screen(typed: str) -> None:
    member = MemberFactory.create()
    for name in APPLICATION.screens:
        visit = proof.visit("en", name=name)
        if visit.caller is not None:
            visit.who.found = caller_by_phone(member.phone)
        place = proof.place_of(name, language="en")
        if name in ("send.amount", "deposit", "withdraw") and typed == "9":
            continue  # nine shillings
        if any(item.key == typed for item in TREE if item.parent == name):
            continue
        result = fold.step(APPLICATION, visit, place=place, text=typed)
        asks = isinstance(APPLICATION.screens[name], Ask)
        assert isinstance(result, fold.Moved), (name, result)
        assert result.place.top.hint or not asks
        assert result.place.screen.partition(".")[0] == name.partition(".")[0]


class TestPages:
    LABELS = Labels(more="More", back="Back", out="Back", home=None)

    def test_a_word_longer_than_a_screen_is_broken(self) -> None:
        pages = lay_out("x" * 400, choices=[], labels=self.LABELS)
        assert all(fits(page.text) for page in pages)
        shown = "".join(page.text.partition("\n")[0] for page in pages)
        assert shown == "x" * 400

    def test_a_choice_longer_than_a_screen_is_a_fault(self) -> None:
        with pytest.raises(ValueError, match="longer than a screen"):
            lay_out("x", choices=[("1", "y" * 200)], labels=self.LABELS)

    def test_two_septets_of_one_character_are_counted(self) -> None:
        pages = lay_out("{" * 70, choices=[("1", "}" * 60)], labels=self.LABELS)
        assert len(pages) == 2
        assert all(fits(page.text) for page in pages)


class TestText:
    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("Wanjikũ", "Wanjiku"),
            ("\N{LEFT DOUBLE QUOTATION MARK}a\N{RIGHT DOUBLE QUOTATION MARK}", '"a"'),
            ("a\N{EN DASH}b", "a-b"),
            ("a`b", "a'b"),
            ("\N{GRINNING FACE}", "?"),
            ("a\x00b", "ab"),
        ],
    )
    def test_what_is_not_ascii_is_made_so(self, said: str, shown: str) -> None:
        assert plain(said) == shown

    def test_a_long_value_is_cut_and_says_so(self) -> None:
        assert cut("abcdef", length=5) == "abc.."
        assert cut("abcde", length=5) == "abcde"

    def test_while_proving_a_value_is_as_long_as_it_may_be(self) -> None:
        with text.proving():
            assert text.fill("{name}", name=text.name("A")) == "W" * text.NAME_LENGTH_MAX
        assert text.fill("{name}", name=text.name("A")) == "A"

    def test_a_last_word_that_is_too_long_is_cut_to_the_screen(self) -> None:
        said = cut_to_screen("word " * 50)
        assert fits(said)
        assert said.endswith("..")


def test_every_catalogue_is_looked_at() -> None:
    assert {name for name, _ in translations.catalogues()} == set(LANGUAGES) - {"en"}
    assert all(isinstance(path, Path) for _, path in translations.catalogues())


def test_numbers_are_shown_as_they_are_written_in_kenya() -> None:
    shown: dict[str, Any] = {
        "amount": str(text.amount(1498050)),
        "phone": str(text.phone_number("+254712345678")),
    }
    assert shown == {"amount": "KSh 14,980.50", "phone": "0712345678"}
