"""Charts: what is drawn is what was given, and nothing that is given becomes markup."""

import re
import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest

from nannychain.staff import charts, front
from nannychain.staff.charts import Bar, Series

DAYS = ("1 May", "2 May", "3 May", "4 May")


def heights(drawn: str, tone: str) -> list[float]:
    found = re.findall(rf'<rect class="chart-{tone}"[^>]* height="([0-9.]+)"', drawn)
    return [float(each) for each in found]


def test_a_column_is_as_high_as_its_figure_on_the_scale() -> None:
    drawn = charts.columns(
        "Money", DAYS, [Series("in", (0, 50, 100, 25), "good"), Series("out", (10, 0, 0, 0))]
    )
    assert heights(drawn, "good") == [0, 75, 150, 37.5]
    assert heights(drawn, "plain") == [15, 0, 0, 0]


@pytest.mark.parametrize(
    ("greatest", "end"), [(0, 1), (1, 1), (2, 2), (3, 5), (7, 10), (11, 20), (501, 1000)]
)
def test_a_scale_ends_at_an_even_figure_that_holds_all(greatest: int, end: int) -> None:
    assert charts.scale_end(greatest) == end


@pytest.mark.parametrize(
    ("figure", "written"),
    [(0, "0"), (950, "950"), (1_000, "1k"), (12_500, "12.5k"), (2_000_000, "2M")],
)
def test_a_scale_is_written_in_few_signs(figure: int, written: str) -> None:
    assert charts.short(figure) == written


def test_a_line_goes_through_each_of_its_figures() -> None:
    drawn = charts.lines("Hops", DAYS, [Series("began", (0, 5, 10, 5))])
    points = re.search(r'points="([^"]+)"', drawn)
    assert points is not None
    assert points[1] == "12.50,100.00 37.50,50.00 62.50,0.00 87.50,50.00"


def test_a_bar_is_as_long_as_its_share_of_the_longest() -> None:
    drawn = charts.bars("Queues", [Bar("sms", 20), Bar("signer", 5, note="of 9", address="/there")])
    assert re.findall(r'width="([0-9.]+)%"', drawn) == ["100.00", "25.00"]
    assert '<a href="/there">signer</a>' in drawn
    assert "of 9" in drawn


def test_every_figure_stands_in_the_table_too_as_people_write_it() -> None:
    drawn = charts.columns("Money", DAYS, [Series("in", (1, 2, 3, 4))], show=lambda n: f"KES {n}")
    assert re.findall(r"<td>(KES \d)</td>", drawn) == ["KES 1", "KES 2", "KES 3", "KES 4"]


def test_the_last_day_has_its_label_and_no_more_are_shown_than_fit_a_phone() -> None:
    many = [f"day {number}" for number in range(30)]
    drawn = charts.columns("Money", many, [Series("in", [1] * 30)])
    shown = re.findall(r'<text class="chart-label"[^>]*>([^<]+)</text>', drawn)
    assert shown[0] == "day 29"
    assert len(shown) == 6


@pytest.mark.parametrize("draw", [charts.columns, charts.lines])
def test_nothing_and_nothing_but_zero_can_be_drawn(draw) -> None:  # type: ignore[no-untyped-def]
    for labels, values in ((), ()), (("today",), (0,)):
        ET.fromstring(draw("Money", labels, [Series("in", values)]))  # noqa: S314 - our own


def test_no_script_of_others_takes_a_chart_for_its_own() -> None:
    """unfold's looks for the class `chart`, and wants a canvas."""
    for drawn in (charts.lines("Hops", ("today",), [Series("in", (1,))]), charts.bars("Q", [])):
        assert "chart" not in re.split(r"[\s\"]", drawn)


@pytest.mark.parametrize("draw", [charts.columns, charts.lines])
def test_what_is_no_chart_is_refused(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="from zero up"):
        draw("Money", ("today",), [Series("in", (-1,))])
    with pytest.raises(ValueError, match="one figure for each label"):
        draw("Money", ("today",), [Series("in", (1, 2))])
    with pytest.raises(ValueError, match="from zero up"):
        charts.bars("Queues", [Bar("sms", -1)])


def test_names_and_labels_never_become_markup() -> None:
    evil = '"><script>alert(1)</script>'
    rows = [Series(evil, (1,))]
    for drawn in (
        charts.columns(evil, (evil,), rows, show=lambda _: evil),
        charts.lines(evil, (evil,), rows),
        charts.bars(evil, [Bar(evil, 1, note=evil, address=evil)]),
    ):
        assert "<script" not in drawn
        ET.fromstring(drawn)  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("minutes", "written"),
    [
        *((-5, "under 1 min"), (0.5, "under 1 min"), (1, "1 min"), (59.9, "59 min"), (60, "1 h")),
        *((47.9 * 60, "47 h"), (48 * 60, "2 days"), (40 * 24 * 60, "40 days")),
    ],
)
def test_an_age_is_written_in_its_greatest_unit(minutes: float, written: str) -> None:
    assert front.in_words(timedelta(minutes=minutes)) == written
