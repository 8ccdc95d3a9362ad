"""Tariffs, limits, caps and stopped flows in the admin: changes to come, withdrawn or made."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nannychain.approvals.models import ApprovalRequest
from nannychain.clock import nairobi_date
from nannychain.operating.flows import Flow
from nannychain.operating.models import ModeCaps, StoppedFlow
from payments import fees
from payments.fees import review as fees_review
from payments.fees.models import Tariff
from payments.limits.models import LevelLimits, OperationLimits
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    return signed_in(StaffFactory.create())


def _days(days: int) -> str:
    return (nairobi_date(timezone.now()) + timedelta(days=days)).isoformat()


TARIFF = {
    "operation": "withdrawal",
    "bands": "1,500: 0\n\nKSh 250,000: 6.50\n",
    "tax_percent": "15",
    "reason": "M-Pesa has become cheaper",
}
LEVEL = {
    "level": "0",
    "wallet_max_cents": "30,000",
    "transaction_max_cents": "6,000",
    "day_max_cents": "9,000",
    "reason": "the pilot went well",
}
OPERATION = {
    "operation": "transfer",
    "min_cents": "5",
    "max_cents": "100,000",
    "reason": "small ones cost more than they bring",
}
CAPS = {
    "mode": "partner",
    "members_max": "5000",
    "liability_max_cents": "",
    "outflow_day_max_cents": "1,000,000",
    "reason": "the partner agrees",
}
CHANGES: list[tuple[type[Any], dict[str, str]]] = [
    (Tariff, TARIFF),
    (LevelLimits, LEVEL),
    (OperationLimits, OPERATION),
    (ModeCaps, CAPS),
]
EACH = pytest.mark.parametrize(("model", "form"), CHANGES, ids=lambda each: str(each)[:30])


def _add(staff: Client, model: type[Any], form: dict[str, str], *, days: int = 1) -> Any:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    return staff.post(address, {**form, "starts_on": _days(days)})


def _decide(who: Client, answer: Any = "approve") -> Any:
    request = ApprovalRequest.objects.get(state="ASKED")
    address = reverse("admin:nannychain_approvalrequest_decide", args=[request.pk])
    return who.post(address, {"decision": answer, "reason": "seen it"})


def _changed(staff: Client, model: type[Any], form: dict[str, str]) -> Any:
    """Let one ask for the change, and another one approve it; return its row."""
    assert _add(staff, model, form).status_code == 302
    assert _decide(signed_in(StaffFactory.create())).status_code == 302
    return model.objects.latest("pk")


@EACH
def test_one_asks_for_a_change_and_another_approves_it(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    before = model.objects.count()

    answer = _add(staff, model, form)
    assert answer.status_code == 302
    assert model.objects.count() == before, "nothing is changed by one person"
    page = staff.get(answer["Location"]).content.decode()
    assert _days(1) in page
    assert "KSh " in page, "who decides reads what is to come"
    assert _decide(staff).status_code == 403, "the same person"
    assert model.objects.count() == before

    assert _decide(signed_in(StaffFactory.create())).status_code == 302
    assert model.objects.count() == before + 1
    row = model.objects.latest("pk")
    request = ApprovalRequest.objects.get()
    assert (row.reason, row.maker) == (form["reason"], f"{request.asker}, {request.decider}")


@EACH
def test_a_change_that_is_refused_is_not_made(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    before = model.objects.count()
    _add(staff, model, form)

    assert _decide(signed_in(StaffFactory.create()), "refuse").status_code == 302

    assert model.objects.count() == before


@EACH
def test_one_change_of_a_thing_waits_at_a_time(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    _add(staff, model, form)

    again = _add(staff, model, form, days=2)

    assert "Somebody has asked for this already" in again.content.decode()


@EACH
def test_a_change_that_waited_for_too_long_is_not_made_in_the_past(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    _add(staff, model, form)
    before = model.objects.count()

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        answer = _decide(signed_in(StaffFactory.create()))

    assert "A change begins on a day to come" in answer.content.decode()
    assert (model.objects.count(), ApprovalRequest.objects.get().state) == (before, "ASKED")


@EACH
def test_a_change_to_come_is_withdrawn_by_two(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    row = _changed(staff, model, form)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    page = staff.get(reverse(f"{name}_change", args=[row.pk])).content.decode()
    assert "to come" in page
    withdraw = reverse(f"{name}_withdraw", args=[row.pk])
    assert withdraw in page

    assert staff.post(withdraw, {"reason": "a misprint"}).status_code == 302
    row.refresh_from_db()
    assert row.withdrawn_at is None, "nothing is withdrawn by one person"
    assert _decide(staff).status_code == 403
    assert _decide(signed_in(StaffFactory.create())).status_code == 302

    row.refresh_from_db()
    assert row.withdrawn_at is not None
    assert staff.post(withdraw, {"reason": "again"}).status_code == 404


@EACH
def test_a_change_of_the_past_is_refused_in_words(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    before = model.objects.count()

    for days in (0, -30):
        answer = _add(staff, model, form, days=days)
        assert "A change begins on a day to come" in answer.content.decode()

    assert model.objects.count() == before


@EACH
def test_lists_and_pages_show_what_is_in_force(
    staff: Client, model: type[Any], form: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    _changed(staff, model, form)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    listed = staff.get(reverse(f"{name}_changelist")).content.decode()
    assert "in force" in listed
    assert "to come" in listed
    page = staff.get(reverse(f"{name}_change", args=[model.objects.earliest("pk").pk]))
    assert "withdraw this change" not in page.content.decode()


def test_a_tariff_is_written_band_by_band(staff: Client) -> None:
    tariff = _changed(staff, Tariff, TARIFF)

    assert (tariff.up_to_cents, tariff.price_cents) == ([1_500_00, 250_000_00], [0, 6_50])
    assert fees.quote("withdrawal", 2_000_00, at=tariff.effective_from).total_cents == 6_50


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ("1,500", "This is no band: 1,500"),
        ("much: 5", "This is no band: much: 5"),
        ("100: 0\n50: 0", "The bands must rise"),
        ("100: 5", "no price may be as great"),
        ("", "This field is required"),
    ],
)
def test_what_is_no_tariff_is_refused_in_words(staff: Client, bands: str, said: str) -> None:
    answer = _add(staff, Tariff, {**TARIFF, "bands": bands})

    assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("model", "form"),
    [
        (LevelLimits, {**LEVEL, "day_max_cents": "5,999"}),
        (OperationLimits, {**OPERATION, "max_cents": "4"}),
    ],
)
def test_limits_that_contradict_each_other_are_refused(
    staff: Client, model: type[Any], form: dict[str, str]
) -> None:
    answer = _add(staff, model, form)

    assert "the greater one isn" in answer.content.decode()


def test_a_limit_above_which_m_pesa_is_asked_may_be_given(staff: Client) -> None:
    usual = _changed(staff, OperationLimits, OPERATION)
    assert (usual.confirm_above_cents, usual.confirmed_above_cents) == (None, 50_000_00)

    form = {**OPERATION, "operation": "deposit", "confirm_above_cents": "20,000.50"}
    own = _changed(staff, OperationLimits, form)
    assert own.confirmed_above_cents == 20_000_50


@pytest.mark.parametrize("operation", list(fees.figures.WORDS))
def test_the_words_of_a_tariff_say_the_same_tariff(operation: str) -> None:
    tariff = Tariff.objects.get(operation=operation)
    pairs = list(zip(tariff.up_to_cents, tariff.price_cents, strict=True))

    words = fees_review.wording(operation, bands=pairs, tax=tariff.tax_basis_points)
    assert all(len(text) <= fees_review.CHANGE.value_length_max for text in words.values())
    again = fees_review.build(words)

    assert (again.up_to_cents, again.price_cents, again.tax_basis_points) == (
        tariff.up_to_cents,
        tariff.price_cents,
        tariff.tax_basis_points,
    )


def test_caps_may_be_without_end(staff: Client) -> None:
    caps = _changed(staff, ModeCaps, CAPS)

    assert (caps.members_max, caps.liability_max_cents, caps.outflow_day_max_cents) == (
        5000,
        None,
        1_000_000_00,
    )


def test_a_flow_is_stopped_and_goes_on(staff: Client) -> None:
    add = reverse("admin:nannychain_stoppedflow_add")
    assert staff.post(add, {"flow": "transfers", "reason": "a fault"}).status_code == 302
    stopped = StoppedFlow.objects.get()
    assert (stopped.flow, stopped.reason) == (Flow.TRANSFERS, "a fault")

    start = reverse("admin:nannychain_stoppedflow_start", args=["transfers"])
    page = staff.get(reverse("admin:nannychain_stoppedflow_change", args=["transfers"]))
    assert start in page.content.decode()
    assert "a fault" in staff.get(start).content.decode()
    assert staff.post(start, {"reason": "mended"}).status_code == 302
    assert not StoppedFlow.objects.exists()
    assert staff.get(start).status_code == 404


def test_a_flow_is_not_stopped_without_a_reason(staff: Client) -> None:
    add = reverse("admin:nannychain_stoppedflow_add")

    assert staff.post(add, {"flow": "transfers", "reason": " "}).status_code == 200
    assert not StoppedFlow.objects.exists()
