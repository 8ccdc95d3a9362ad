"""SMS about money in and out: each fits one part, in every language, at its longest."""

from itertools import product
from typing import Any

import pytest
from django.conf import settings

from nannychain import gsm
from payments.deposits import messages as deposits
from payments.deposits.models import Deposit
from payments.mpesa.codes import RULES, Others, Outcome, Where
from payments.withdrawals import messages as withdrawals
from payments.withdrawals.models import Withdrawal

LANGUAGES = [code for code, _ in settings.LANGUAGES]
_MOST = 250_000_00
DEPOSIT = Deposit(
    amount_cents=_MOST, wanted_cents=_MOST, reference="DMJ4AKR4QDY", receipt="UKS4A9V6RF"
)
WITHDRAWAL = Withdrawal(
    amount_cents=_MOST, asked_cents=_MOST, fee_cents=11_30, tax_cents=1_70, receipt="UKS4A9V6RF"
)


def _words_of(where: Where) -> list[Any]:
    """Return what a person may be told of a failure; what stops or parks all is not told so."""
    return [
        rule.words
        for rule in RULES
        if rule.where is where and rule.outcome is Outcome.FAILED and rule.others is Others.GO_ON
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_receipts_fit_one_sms_and_name_what_matters(language: str) -> None:
    told = deposits.paid(DEPOSIT, balance_cents=499_999_99, language=language)
    assert gsm.parts(gsm.plain(told)) == 1
    assert all(word in told for word in ("250,000", "499,999.99", "UKS4A9V6RF", "DMJ4AKR4QDY"))
    told = withdrawals.paid(WITHDRAWAL, balance_cents=499_999_99, language=language)
    assert gsm.parts(gsm.plain(told)) == 1
    assert all(word in told for word in ("250,000", "KSh 13", "499,999.99", "UKS4A9V6RF"))


@pytest.mark.parametrize(("language", "words"), product(LANGUAGES, _words_of(Where.PUSH)))
def test_why_nothing_came_fits_one_sms(language: str, words: Any) -> None:
    told = deposits.not_paid(DEPOSIT, words=words, language=language)
    assert gsm.parts(gsm.plain(told)) == 1, told


@pytest.mark.parametrize(("language", "words"), product(LANGUAGES, _words_of(Where.PAYOUT)))
def test_why_it_is_back_fits_one_sms(language: str, words: Any) -> None:
    told = withdrawals.given_back(
        WITHDRAWAL, words=words, balance_cents=499_999_99, language=language
    )
    assert gsm.parts(gsm.plain(told)) == 1, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_fits_one_sms(language: str) -> None:
    texts = (
        deposits.not_confirmed(DEPOSIT, language=language),
        withdrawals.delayed(WITHDRAWAL, language=language),
    )
    assert [gsm.parts(gsm.plain(text)) for text in texts] == [1, 1], texts
