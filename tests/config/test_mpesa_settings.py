"""M-Pesa's settings: whole or not at all, and nothing unreal where money is real."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from config import checks, env
from tests.config.test_env import GOOD, PRODUCTION, problems_of
from tests.factories.certificates import self_signed

MONEY_IN = {
    "MPESA_CONSUMER_KEY": "key",
    "MPESA_CONSUMER_SECRET": "secret-canary",
    "MPESA_SHORTCODE": "600100",
    "MPESA_PASSKEY": "passkey-canary",
    "PAYBILL_CALLBACK_KEY": "f0" * 16,
}
MONEY_OUT = {
    "MPESA_B2C_SHORTCODE": "600200",
    "MPESA_INITIATOR_NAME": "api",
    "MPESA_INITIATOR_PASSWORD": "password-canary",
    "MPESA_CERTIFICATE": self_signed().certificate,
}
BOTH = {**MONEY_IN, **MONEY_OUT}


def unsafe(**changes: str) -> list[str]:
    with pytest.raises(env.SettingsError) as caught:
        checks.refuse_unsafe(env.load({**PRODUCTION, **changes}))
    return caught.value.problems


@pytest.mark.parametrize("whole", [{}, MONEY_IN, BOTH])
def test_money_in_alone_is_enough_and_so_are_both_and_neither(whole: dict[str, str]) -> None:
    checks.refuse_half_configured(env.load({**GOOD, **whole}))


@pytest.mark.parametrize("name", list(BOTH))
def test_each_that_is_missing_is_named(name: str) -> None:
    without = {key: value for key, value in BOTH.items() if key != name}
    (problem, *_) = problems_of(**without)
    assert name in problem
    assert "canary" not in problem


def test_the_key_of_the_paybill_alone_sets_nothing_up() -> None:
    key = MONEY_IN["PAYBILL_CALLBACK_KEY"]
    checks.refuse_half_configured(env.load({**GOOD, "PAYBILL_CALLBACK_KEY": key}))


def test_paying_out_needs_access() -> None:
    assert any("MPESA_B2C_SHORTCODE needs" in problem for problem in problems_of(**MONEY_OUT))


@pytest.mark.parametrize(
    "url", ["https://mpesa.example", "https://sql.example", "https://x.example/Query"]
)
def test_our_own_address_has_no_word_that_safaricom_refuses(url: str) -> None:
    (problem,) = problems_of(**MONEY_IN, PUBLIC_BASE_URL=url)
    assert problem.startswith("PUBLIC_BASE_URL")


class TestOneByOne:
    def load(self, **values: str) -> env.Env:
        return env.load({**GOOD, **values})

    def test_a_certificate_may_be_text_in_one_line_or_in_a_file(self, tmp_path: Path) -> None:
        pem = self_signed().certificate
        file = tmp_path / "certificate.cer"
        file.write_text(pem)
        for given in (pem, pem.replace("\n", "\\n"), str(file)):
            assert self.load(MPESA_CERTIFICATE=given).mpesa_certificate == pem.strip()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("MPESA_CERTIFICATE", "/nowhere/at/all.pem"),
            ("MPESA_CERTIFICATE", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"),
            ("MPESA_SHORTCODE", "1234"),
            ("MPESA_B2C_SHORTCODE", "12345a"),
            ("MPESA_ENVIRONMENT", "live"),
            ("MPESA_BASE_URL", "api.safaricom.co.ke"),
            ("MPESA_CALLBACK_IPS", "196.201.214.200, somewhere"),
            ("PAYBILL_CALLBACK_KEY", "has/a/slash"),
            ("PAYBILL_CALLBACK_KEY", "my-mpesa-key"),
        ],
    )
    def test_what_is_malformed_is_named_and_not_shown(self, name: str, value: str) -> None:
        with pytest.raises(env.SettingsError) as caught:
            self.load(**{name: value})
        (problem,) = caught.value.problems
        assert problem.startswith(f"{name} must be")
        assert value not in problem

    def test_callers_may_be_addresses_and_networks(self) -> None:
        loaded = self.load(MPESA_CALLBACK_IPS="196.201.214.200, 10.0.0.0/8,::1")
        assert [ip_network(text) for text in loaded.mpesa_callback_ips] == [
            ip_network("196.201.214.200/32"),
            ip_network("10.0.0.0/8"),
            ip_network("::1/128"),
        ]


class TestProduction:
    def test_the_address_is_https_and_public(self) -> None:
        assert unsafe(MPESA_BASE_URL="http://8.8.8.8") == [
            "MPESA_BASE_URL must begin with https:// in production"
        ]
        assert unsafe(MPESA_BASE_URL="https://127.0.0.1:8100/daraja") == [
            "MPESA_BASE_URL must not lead to a private or loopback network"
        ]

    def test_a_short_key_is_refused(self) -> None:
        assert any("PAYBILL_CALLBACK_KEY" in line for line in unsafe(PAYBILL_CALLBACK_KEY="abc"))

    @pytest.mark.parametrize("mode", ["partner", "licensed"])
    def test_real_money_needs_all_of_it_and_the_true_mpesa(self, mode: str) -> None:
        problems = unsafe(OPERATING_MODE=mode)
        for name in (*BOTH, "MPESA_CALLBACK_IPS", "MPESA_ENVIRONMENT"):
            assert any(problem.startswith(name) for problem in problems), name
        whole = env.load({**PRODUCTION, **BOTH, "MPESA_CALLBACK_IPS": "196.201.214.200"})
        checks.refuse_unsafe(replace(whole, operating_mode=mode, mpesa_environment="production"))
