"""Whatever is done: lumens stay as many, reserves are lent by as many as borrow, nobody owes."""

import random
from typing import Any

import pytest
import stellar_sdk as sdk
from stellar_sdk import Claimant

from simulators.horizon.ledger.chain import Chain
from tests.factories.stellar_worlds import KESX, KEYS, LUMENS, PASSPHRASE, World

LEDGERS = 60
NAMES = sorted(KEYS)
SIGNER_KEY = sdk.SignerKey.ed25519_public_key(KEYS["nobody"].public_key)


class Chance:
    """One random history; the same seed makes the same again."""

    def __init__(self, seed: int) -> None:
        self.world = World()
        self.random = random.Random(seed)

    def somebody(self) -> str:
        """Return somebody who has an account."""
        there = [name for name in NAMES if self.world.chain.account(KEYS[name].public_key)]
        return self.random.choice(there)

    def anybody(self) -> str:
        """Return an address, whether or not it has an account."""
        return KEYS[self.random.choice(NAMES)].public_key

    def operation(self) -> tuple[str, Any]:
        """Return who acts, and what she does."""
        name, pick = self.somebody(), self.random.choice
        who, asset = KEYS[name].public_key, pick([LUMENS, KESX])
        amount = pick(["0.5", "1", "20", "60"])
        made = pick(
            [
                lambda: sdk.Payment(self.anybody(), asset, amount),
                lambda: sdk.CreateAccount(self.anybody(), pick(["0", "1", "5"])),
                lambda: sdk.ChangeTrust(KESX, pick(["0", "30", "900"])),
                lambda: sdk.ManageData(pick("xy"), pick(["1", "2", None])),
                lambda: sdk.SetOptions(signer=sdk.Signer(SIGNER_KEY, pick([0, 1, 1]))),
                lambda: sdk.AccountMerge(self.anybody()),
                lambda: self._set_aside(asset, amount),
                lambda: self._revoke(pick([who, self.anybody()])),
            ]
        )()
        if (waiting := self._claimable()) and self.random.random() < 0.2:
            name, made = waiting
        made.source = sdk.MuxedAccount(KEYS[name].public_key)
        return name, made

    def _set_aside(self, asset: sdk.Asset, amount: str) -> sdk.CreateClaimableBalance:
        names = self.random.sample(NAMES, self.random.choice([1, 2, 3]))
        claimants = [Claimant(KEYS[name].public_key) for name in names]
        return sdk.CreateClaimableBalance(asset, amount, claimants)

    def _claimable(self) -> tuple[str, Any] | None:
        """Return somebody who may claim, and her claim."""
        balances = list(self.world.chain._state.balances.values())
        if not balances:
            return None
        balance = self.random.choice(balances)
        names = [name for name in NAMES if KEYS[name].public_key in balance.predicates]
        return self.random.choice(names), sdk.ClaimClaimableBalance(balance.id)

    def _revoke(self, owner: str) -> sdk.RevokeSponsorship:
        revoke = sdk.RevokeSponsorship
        balances = [*self.world.chain._state.balances, "00000000" + "ab" * 32]
        return self.random.choice(
            [
                revoke.revoke_data_sponsorship(owner, "x"),
                revoke.revoke_trustline_sponsorship(owner, KESX),
                revoke.revoke_signer_sponsorship(owner, SIGNER_KEY),
                revoke.revoke_account_sponsorship(owner),
                revoke.revoke_claimable_balance_sponsorship(self.random.choice(balances)),
            ]
        )

    def transaction(self) -> None:
        """Hand a transaction in, with its reserves lent or not, signed by all that are in it."""
        steps = [self.operation() for _ in range(self.random.choice([1, 1, 2, 3]))]
        by, operations = steps[0][0], [made for _, made in steps]
        names = {by, *(name for name, _ in steps)}
        if self.random.random() < 0.4:
            sponsor = self.somebody()
            borrower = self.random.choice([steps[0][0], self.random.choice(NAMES)])
            source = KEYS[borrower].public_key
            operations.insert(
                0, sdk.BeginSponsoringFutureReserves(source, source=KEYS[sponsor].public_key)
            )
            operations.append(sdk.EndSponsoringFutureReserves(source=source))
            names |= {sponsor, borrower}
        signers = tuple(KEYS[name] for name in sorted(names))
        self.world.submit(self.world.envelope(*operations, by=KEYS[by], signers=signers))


def _check(world: World) -> None:
    state = world.chain._state
    accounts = state.accounts.values()
    assert world.chain.lumens() == 10**18
    lent = sum(each.num_sponsoring for each in accounts)
    borrowed = sum(each.num_sponsored for each in accounts)
    claimants = sum(len(each.predicates) for each in state.balances.values())
    assert lent == borrowed + claimants
    for each in accounts:
        assert min(each.balance, each.num_sponsoring, each.num_sponsored) >= 0
        entries = [*each.trustlines.values(), *each.signers.values(), *each.data.values()]
        own = sum(entry.sponsor is not None for entry in entries)
        assert each.num_sponsored == own + (2 if each.sponsor else 0)
        for line in each.trustlines.values():
            assert 0 <= line.balance <= line.limit


@pytest.mark.parametrize("seed", range(12))
def test_lumens_and_reserves_add_up_after_every_ledger(seed: int) -> None:
    chance = Chance(seed)
    landed = 0
    for _ in range(LEDGERS):
        for _ in range(chance.random.randint(1, 4)):
            chance.transaction()
        landed += sum(each.is_successful for each in chance.world.chain.close_ledger().transactions)
        _check(chance.world)
    assert landed > 10, "a history in which nothing happens proves nothing"
    dumped = chance.world.chain.dump()
    other = Chain(passphrase=PASSPHRASE)
    other.restore(dumped)
    assert other.dump() == dumped
    assert other._state.accounts == chance.world.chain._state.accounts
