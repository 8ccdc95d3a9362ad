"""The fault machine itself: it finds each fail point, each bug can be planted, and it shortens."""

from pathlib import Path
from typing import Any

import pytest

from nannychain import ids
from payments.mpesa import codes
from tests.faults.machine import places, points, shrinking
from tests.faults.machine.history import WEIGHTS, History, Step, written
from tests.faults.machine.planted import planting, table
from tests.faults.machine.planted.planting import Bug, NoLongerThere
from tests.faults.machine.seeding import seeded
from tests.faults.machine.telling import Told

BUGS_MIN = 30


class TestFailPoints:
    def test_every_place_that_commits_or_calls_is_known_to_the_machine(self) -> None:
        found = {point.split(":")[0] for point in points.scan()}
        known = places.REACHED | places.NESTED | places.IDLE | places.STATEMENTS
        assert found == known

    def test_a_new_transaction_and_a_new_call_are_found(self, tmp_path: Path) -> None:
        place = tmp_path / "payments" / "loans" / "sending.py"
        place.parent.mkdir(parents=True)
        place.write_text(
            "def pay(x):\n    with transaction.atomic():\n        pass\n    client.pay_out(x)\n"
        )

        assert points.scan(tmp_path) == {
            f"payments.loans.sending.pay: {where}"
            for where in (*points.AROUND_COMMIT, *points.AROUND_CALL)
        }

    def test_what_stands_in_the_admin_or_moves_no_money_is_none(self, tmp_path: Path) -> None:
        for name in ("payments/loans/admin.py", "ussd/menu.py"):
            place = tmp_path / name
            place.parent.mkdir(parents=True)
            place.write_text("def pay():\n    with transaction.atomic():\n        pass\n")

        assert points.scan(tmp_path) == set()

    def test_the_process_dies_at_the_point_that_was_counted_out(self) -> None:
        passed = points.Points()
        passed.arm(after=2)

        assert [passed.reach(name) for name in "abcd"] == [False, False, True, False]
        assert dict(passed.died_at) == {"c": 1}


class TestPlantedBugs:
    def test_there_are_enough_of_them_and_each_has_a_name(self) -> None:
        assert len(table.BY_NAME) == len(table.BUGS) >= BUGS_MIN

    @pytest.mark.parametrize("bug", table.BUGS, ids=lambda bug: bug.name)
    def test_each_can_still_be_planted(self, bug: Bug) -> None:
        if not bug.module:
            assert len(planting.changed_statements(bug)) == 1
            return
        with planting.planted(bug):
            pass

    def test_one_whose_text_is_gone_is_refused(self) -> None:
        gone = Bug("gone", "payments/operations.py", "nothing", (("no such text", ""),))
        with pytest.raises(NoLongerThere):
            gone.planted()

    def test_one_that_changes_nothing_is_refused(self) -> None:
        nothing = Bug("same", "nannychain/ids.py", "nothing", (("ALPHABET =", "ALPHABET  ="),))
        with pytest.raises(NoLongerThere), planting.planted(nothing):
            pass

    def test_whoever_holds_a_function_has_its_bug_until_it_is_taken_out(self) -> None:
        held = ids.new_token
        bug = Bug("short", "nannychain/ids.py", "short", (("token_hex(16)", "token_hex(2)"),))

        with planting.planted(bug):
            assert len(held()) == 4
        assert len(held()) == 32

    def test_a_code_of_m_pesas_means_something_else_until_it_is_taken_out(self) -> None:
        lost = (codes.Where.TRANSPORT, "answer_lost")
        with planting.planted(table.BY_NAME["lost-answer-is-a-no"]):
            assert codes.meaning_of(*lost).outcome == codes.Outcome.REJECTED
        assert codes.meaning_of(*lost).outcome == codes.Outcome.UNKNOWN


class TestTelling:
    def test_the_same_seed_writes_the_same_history_and_draws_the_same(self) -> None:
        assert written(7) == written(7) != written(8)
        with seeded(7):
            first = ids.new_token()
        with seeded(7):
            assert ids.new_token() == first
        assert ids.new_token() != first

    def test_every_kind_of_step_is_there(self) -> None:
        assert [kind for kind in WEIGHTS if not callable(getattr(History, kind, None))] == []

    def test_a_history_is_shortened_to_what_it_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        steps = tuple(Step("wait", number) for number in range(20))
        needed = {steps[3], steps[14]}

        def tell(_: Any, seed: int, *, steps: Any) -> Told:
            is_found = needed <= set(steps)
            return Told(seed, tuple(steps), ["books: wrong"] if is_found else [])

        monkeypatch.setattr(shrinking, "tell", tell)
        told = Told(1, steps, ["books: wrong by 5"])

        assert set(shrinking.shrunk(None, told)) == needed  # type: ignore[arg-type]
