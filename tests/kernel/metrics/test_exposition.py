"""Prometheus' text form: what is told can be read back, and nothing breaks out of a label."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain.metrics import Family, Sample
from nannychain.metrics.exposition import render


def test_a_family_is_told_with_its_kind_and_what_it_means() -> None:
    family = Family("nc_x", "gauge", "what\nit \\ is", (Sample(3), Sample(0.5, {"a": "b"})))
    assert render([family]) == (
        '# HELP nc_x what\\nit \\\\ is\n# TYPE nc_x gauge\nnc_x 3\nnc_x{a="b"} 0.5\n'
    )


def test_cents_stay_exact() -> None:
    assert f"nc_x {2**53 + 1}\n" in render([Family("nc_x", "gauge", "", (Sample(2**53 + 1),))])


@given(st.text())
def test_a_label_never_ends_its_line_or_its_quotes(text: str) -> None:
    told = render([Family("nc_x", "gauge", "", (Sample(1, {"a": text}),))])
    line = told.removeprefix("# HELP nc_x \n# TYPE nc_x gauge\n").removesuffix("\n")
    match = re.fullmatch(r'nc_x\{a="((?:[^"\\\n]|\\["\\n])*)"\} 1', line)
    assert match
    back = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[1])
    assert back == text


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_is_no_number_is_told_as_python_tells_it(value: float) -> None:
    assert render([Family("nc_x", "gauge", "", (Sample(value),))]).endswith(f"{value!r}\n")
