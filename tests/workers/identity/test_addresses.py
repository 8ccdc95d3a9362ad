"""Whom a text names: Worker IDs and phones in every spelling that people type, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain import ids
from tests.factories.members import MemberFactory
from workers.identity import addresses, selectors, worker_id
from workers.identity.addresses import Address

PHONE = Address(phone="+254712345678")
# `NW-` and seven characters with the check character that belongs to them.
BODY = "7K0M1Q9"
WORKER = f"NW-{BODY}{ids.check_character(BODY)}"
NAMED = Address(worker_id=WORKER)
_CHECK = WORKER[-1]


@pytest.mark.parametrize(
    "text",
    [
        "0712345678",
        "712345678",
        "254712345678",
        "+254712345678",
        "00254712345678",
        "0712 345 678",
        "0712-345-678",
        " 0712.345.678 ",
        "O712345678",
        "o7l2345678",
        "0712 345 678 Wanjiku",
        "Wanjiku 0712345678",
        "Acc 0712345678",
        "A/C No. 0712345678",
        "acc.no:0712345678",
        "account number 0712345678",
        "Simu 0712345678",
        "Tel: +254 712 345 678",
        "NO O712345678",
    ],
)
def test_a_phone_is_read_however_it_is_typed(text: str) -> None:
    assert addresses.read(text) == PHONE


@pytest.mark.parametrize(
    "text",
    [
        f"NW-{BODY}{_CHECK}",
        f"nw-{BODY.lower()}{_CHECK.lower()}",
        f"NW{BODY}{_CHECK}",
        f"N W {BODY[:4]} {BODY[4:]}{_CHECK}",
        f"NW-7KOMIQ9{_CHECK}",
        f"nw 7koml q9{_CHECK}",
        f"{BODY}{_CHECK}",
        f"{BODY[:4]}-{BODY[4:]}{_CHECK}",
        f"ID NW-{BODY}{_CHECK}",
        f"Worker ID: NW-{BODY}{_CHECK}",
        f"acc nw{BODY}{_CHECK}",
        f"#NW-{BODY}{_CHECK}",
        f"NW.{BODY}{_CHECK}",
        f"NW{BODY}{_CHECK} Achieng",
        f"Achieng NW {BODY}{_CHECK}",
    ],
)
def test_a_worker_id_is_read_however_it_is_typed(text: str) -> None:
    assert addresses.read(text) == NAMED


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "Wanjiku",
        "school fees",
        "0712345",
        "07123456789",
        "+1 202 555 0123",
        "0202222222",  # a landline
        "NW-",
        "NW-7K0M1Q9",
        f"NW-{BODY}{'A' if _CHECK != 'A' else 'B'}",
        f"0712345678 NW-{BODY}{_CHECK}",
        "0712345678 or 0722345678",
        "\u0660712345678",
        "0712345678" * 7,
        "NW\x00",
    ],
)
def test_what_names_nobody_or_two_is_nobody(text: str) -> None:
    assert addresses.read(text) is None


@given(st.text(max_size=80))
def test_any_text_at_all_is_read_or_not(text: str) -> None:
    found = addresses.read(text)

    assert found is None or bool(found.phone) != bool(found.worker_id)


_SPACES = st.sampled_from(["", " ", "-", "  ", ".", "/", " - "])


@given(
    body=st.text(ids.ALPHABET, min_size=7, max_size=7),
    spaces=st.lists(_SPACES, min_size=9, max_size=9),
    before=st.sampled_from(["", "NW", "nw", "Nw", "ID NW", "acc: nw", "A/C NW"]),
    is_lower=st.booleans(),
    looks=st.booleans(),
)
def test_every_worker_id_is_read_in_every_spelling(
    body: str, spaces: list[str], before: str, is_lower: bool, looks: bool
) -> None:
    whole = body + ids.check_character(body)
    typed = whole.translate(str.maketrans({"0": "O", "1": "I"})) if looks else whole
    spelled = before + "".join(a + b for a, b in zip(spaces, typed, strict=False))
    text = spelled.lower() if is_lower else spelled

    if len(text) <= addresses.LENGTH_MAX:
        assert addresses.read(text) == Address(worker_id=f"NW-{whole}")


@given(
    number=st.from_regex(r"[17][0-9]{8}", fullmatch=True),
    before=st.sampled_from(["0", "254", "+254", "", "00254", "acc 0", "No. 0", "O"]),
    gap=st.sampled_from(["", " ", "-"]),
)
def test_every_phone_is_read_in_every_spelling(number: str, before: str, gap: str) -> None:
    text = f"{before}{number[:3]}{gap}{number[3:6]}{gap}{number[6:]}"

    assert addresses.read(text) == Address(phone=f"+254{number}")


@given(body=st.text(ids.ALPHABET, min_size=7, max_size=7), data=st.data())
def test_one_wrong_character_is_never_another_member(body: str, data: st.DataObject) -> None:
    whole = body + ids.check_character(body)
    place = data.draw(st.integers(0, 7))
    wrong = data.draw(st.sampled_from([each for each in ids.ALPHABET if each != whole[place]]))

    mistyped = whole[:place] + wrong + whole[place + 1 :]

    assert addresses.read(f"NW-{mistyped}") is None


@pytest.mark.django_db
def test_a_member_is_found_by_either() -> None:
    her = MemberFactory.create(phone="0712345678")

    assert selectors.member_by_address("0712 345 678") == her
    assert selectors.member_by_address(worker_id.parse(her.worker_id).lower()) == her
    assert selectors.member_by_address("0722345678") is None
    assert selectors.member_by_address("nobody") is None
