"""Intents are read back exactly as they were stored, and nothing else is read at all."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    InvalidIntent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
    as_json,
    from_json,
)

_STROOPS = st.integers(min_value=1, max_value=10**15)
_ASSETS = st.lists(st.just("KESX:GABC"), max_size=2).map(tuple)
_INTENTS: st.SearchStrategy[Intent] = st.one_of(
    st.builds(OpenAccount, wallet_id=st.uuids(), stroops=_STROOPS),
    st.builds(SponsorAccount, wallet_id=st.uuids(), assets=_ASSETS),
    st.builds(CloseAccount, wallet_id=st.uuids(), assets=_ASSETS),
    st.builds(MakeChannel, channel_id=st.uuids(), stroops=_STROOPS),
    st.builds(TopUpChannel, channel_id=st.uuids(), stroops=_STROOPS),
)
_GOOD: dict[str, Any] = {"kind": "open_account", "wallet_id": str(UUID(int=7)), "stroops": 5}


@given(intents=st.lists(_INTENTS, min_size=1, max_size=5))
def test_whatever_is_stored_is_read_back(intents: list[Intent]) -> None:
    # What the database gives back has lists where we had tuples.
    stored = [
        {name: list(value) if isinstance(value, tuple) else value for name, value in each.items()}
        for each in as_json(intents)
    ]
    assert from_json(stored) == tuple(intents)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        "open_account",
        [None],
        [{}],
        [{**_GOOD, "kind": "send_everything"}],
        [{**_GOOD, "destination": "GABC"}],
        [{name: value for name, value in _GOOD.items() if name != "stroops"}],
        [{**_GOOD, "stroops": 0}],
        [{**_GOOD, "stroops": -5}],
        [{**_GOOD, "stroops": 5.0}],
        [{**_GOOD, "stroops": True}],
        [{**_GOOD, "stroops": "5"}],
        [{**_GOOD, "wallet_id": "somebody"}],
        [{**_GOOD, "wallet_id": 7}],
        [_GOOD, {**_GOOD, "stroops": None}],
        [{"kind": "sponsor_account", "wallet_id": str(UUID(int=7)), "assets": "KESX"}],
        [{"kind": "sponsor_account", "wallet_id": str(UUID(int=7)), "assets": [1]}],
    ],
)
def test_anything_else_is_refused(stored: object) -> None:
    with pytest.raises(InvalidIntent):
        from_json(stored)


def test_an_intent_says_how_many_operations_it_takes() -> None:
    wallet = uuid4()
    assert OpenAccount(wallet_id=wallet, stroops=1).operations == 1
    assert SponsorAccount(wallet_id=wallet).operations == 3
    assert SponsorAccount(wallet_id=wallet, assets=("A:G", "B:G")).operations == 5
    assert CloseAccount(wallet_id=wallet, assets=("A:G",)).operations == 2
