"""Charts for the admin, drawn here as SVG: columns by day, lines, and bars with names.

Nothing of them needs a script or a foreign address. Places along the width are percentages, so that
a chart fits a phone and a laptop, and its texts keep their size. Colours come from
`nannychain/charts.css`, for light and dark. Under each chart the same figures stand as a table, for
who can't see it. Figures are whole numbers from zero up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString

# How a series is coloured; each is a class `chart-…` of the stylesheet.
TONES = ("good", "plain", "warn", "bad", "soft")

Show = Callable[[int], str]

_HEIGHT, _TOP, _FLOOR = 190, 10, 160  # pixels: of all, of the highest line, of the zero line
_LABELS_MAX = 6  # under the columns; more would touch each other on a phone
_COLUMNS_SHARE = 0.76  # of the width of a day; the rest is the gap to the next


@dataclass(frozen=True)
class Series:
    """One row of figures under a name, one figure for each label."""

    name: str
    values: Sequence[int]
    tone: str = "plain"


@dataclass(frozen=True)
class Bar:
    """One bar with its name. `note` stands behind the figure, `address` makes the name a link."""

    name: str
    value: int
    tone: str = "plain"
    note: str = ""
    address: str = ""


def short(value: int) -> str:
    """Return a figure as the scale has room for it: `950`, `12k`, `1.5M`."""
    for unit, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= unit:
            return f"{value / unit:.1f}".removesuffix(".0") + sign
    return str(value)


def _as_it_is(value: int) -> str:
    return f"{value:,}"


def columns(
    title: SafeString | str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    show: Show = _as_it_is,
    scale: Show = short,
) -> SafeString:
    """Return columns, those of one label side by side.

    `show` writes a figure for people, `scale` one of the scale, which has less room.

    Raises ValueError for a figure below zero, or a series that has not one for each label.
    """
    top = _checked(labels, series)
    wide = 100 / max(1, len(labels))
    width = wide * _COLUMNS_SHARE / max(1, len(series))

    def rectangles() -> Iterator[tuple[str, str, str, str, str, str]]:
        for place, row in enumerate(series):
            for number, value in enumerate(row.values):
                left = number * wide + wide * (1 - _COLUMNS_SHARE) / 2 + place * width
                height = (_FLOOR - _TOP) * value / top
                tip = f"{labels[number]}: {show(value)} {row.name}"
                y = f"{_FLOOR - height:.1f}"
                yield row.tone, f"{left:.2f}", y, f"{width:.2f}", f"{height:.1f}", tip

    drawn = format_html_join(
        "",
        '<rect class="chart-{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
        rectangles(),
    )
    return _figure(title, labels, series, drawn=drawn, top=top, show=show, scale=scale)


def lines(
    title: SafeString | str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    show: Show = _as_it_is,
    scale: Show = short,
) -> SafeString:
    """Return a line for each series. Arguments and errors as of `columns`."""
    top = _checked(labels, series)
    wide = 100 / max(1, len(labels))

    def paths() -> Iterator[tuple[str, str, str]]:
        for row in series:
            points = (
                f"{(number + 0.5) * wide:.2f},{100 - 100 * value / top:.2f}"
                for number, value in enumerate(row.values)
            )
            yield row.tone, " ".join(points), row.name

    drawn = format_html(
        '<svg y="{}" width="100%" height="{}" viewBox="0 0 100 100" preserveAspectRatio="none">'
        "{}</svg>",
        _TOP,
        _FLOOR - _TOP,
        format_html_join(
            "",
            '<polyline class="chart-line chart-{}" points="{}"><title>{}</title></polyline>',
            paths(),
        ),
    )
    return _figure(title, labels, series, drawn=drawn, top=top, show=show, scale=scale)


def bars(title: SafeString | str, rows: Sequence[Bar], *, show: Show = _as_it_is) -> SafeString:
    """Return horizontal bars, one below the other, each with its name and its figure in words.

    Raises ValueError for a figure below zero.
    """
    if any(row.value < 0 for row in rows):
        raise ValueError("a chart shows figures from zero up")
    top = max([row.value for row in rows] or [0]) or 1
    drawn = format_html_join(
        "",
        '<div class="chart-bar"><dt>{}</dt><dd class="chart-track"><svg aria-hidden="true">'
        '<rect class="chart-{}" width="{}%" height="100%"/></svg></dd>'
        '<dd class="chart-value">{} <span class="chart-note">{}</span></dd></div>',
        (
            (_name(row), row.tone, f"{100 * row.value / top:.2f}", show(row.value), row.note)
            for row in rows
        ),
    )
    return format_html(
        '<figure class="chart-figure"><figcaption>{}</figcaption>'
        '<dl class="chart-bars">{}</dl></figure>',
        title,
        drawn,
    )


def scale_end(greatest: int) -> int:
    """Return where a scale of even steps ends that holds the figure: 1, 2 or 5 times a ten."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= greatest:
                return step * factor
        step *= 10


def _checked(labels: Sequence[str], series: Sequence[Series]) -> int:
    if any(len(row.values) != len(labels) for row in series):
        raise ValueError("a series has one figure for each label")
    values = [value for row in series for value in row.values]
    if any(value < 0 for value in values):
        raise ValueError("a chart shows figures from zero up")
    return scale_end(max(values or [0]))


def _figure(
    title: SafeString | str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    drawn: SafeString,
    top: int,
    show: Show,
    scale: Show,
) -> SafeString:
    legend = format_html_join(
        "", '<span class="chart-key chart-{}">{}</span>', ((row.tone, row.name) for row in series)
    )
    return format_html(
        '<figure class="chart-figure"><figcaption>{}'
        '<span class="chart-legend">{}</span></figcaption>'
        '<svg class="chart-plot" role="img" aria-label="{}" width="100%" height="{}">{}{}{}</svg>'
        "{}</figure>",
        title,
        legend,
        strip_tags(title),
        _HEIGHT,
        _grid(top, show=scale),
        drawn,
        _under(labels),
        _table(labels, series, show=show),
    )


def _grid(top: int, *, show: Show) -> SafeString:
    halves = (0, top // 2, top) if top > 1 else (0, top)
    rows = (
        (f"{_FLOOR - (_FLOOR - _TOP) * value / top:.1f}", show(value))
        for value in sorted({*halves})
    )
    return format_html_join(
        "",
        '<line class="chart-grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>'
        '<text class="chart-scale" x="-6" y="{0}" dy="4">{1}</text>',
        rows,
    )


def _under(labels: Sequence[str]) -> SafeString:
    wide = 100 / max(1, len(labels))
    every = -(-len(labels) // _LABELS_MAX) or 1
    # From the newest back, so that the last day always has its label.
    shown = range(len(labels) - 1, -1, -every)
    return format_html_join(
        "",
        '<text class="chart-label" x="{}%" y="{}">{}</text>',
        ((f"{(number + 0.5) * wide:.2f}", _HEIGHT - 12, labels[number]) for number in shown),
    )


def _table(labels: Sequence[str], series: Sequence[Series], *, show: Show) -> SafeString:
    heads = format_html_join("", '<th scope="col">{}</th>', ((row.name,) for row in series))
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (
                label,
                format_html_join("", "<td>{}</td>", ((show(row.values[n]),) for row in series)),
            )
            for n, label in enumerate(labels)
        ),
    )
    return format_html(
        '<details class="chart-figures"><summary>Figures</summary><table>'
        "<thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></details>",
        heads,
        body,
    )


def _name(row: Bar) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', row.address, row.name) if row.address else row.name
