"""Laying a screen out: on one page where it fits, else on as many as it takes.

A page shows the keys that act on it, and no others: `98` while there is more, `0` to go back,
`00` to go home where there is room. Texts break between words, lists between lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nannychain import gsm
from ussd.engine.screens import BACK_KEY, HOME_KEY, MORE_KEY
from ussd.engine.text import SEPTETS_MAX, plain

_KEPT_WHOLE = 60  # a line up to this length goes to the next page as it is


@dataclass(frozen=True)
class Page:
    """What the phone shows at once, and the keys that it shows."""

    text: str
    keys: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What the special keys say. `out` is `0` on the first page: the way back, or the exit.

    Without `home` or `out`, the screen has no such key.
    """

    more: str
    back: str
    out: str | None
    home: str | None


def lay_out(prompt: str, *, choices: Sequence[tuple[str, str]], labels: Labels) -> list[Page]:
    """Return the pages of a screen, at least one; `choices` are keys with their labels, in order.

    Raises ValueError where a choice is longer than a screen.
    """
    lines = [*_lines(prompt), *((key, f"{key}. {plain(label)}") for key, label in choices)]
    out = [(BACK_KEY, labels.out)] if labels.out else []
    home = [(HOME_KEY, labels.home)] if labels.home else []
    for closing in ([*out, *home], out):
        page = _page(lines, closing)
        if page is not None:
            return [page]
    pages: list[Page] = []
    while lines:
        # Past the first page, `0` turns back to the page before.
        way_back = [(BACK_KEY, labels.back)] if pages else out
        page, lines = _filled(lines, way_back=way_back, more=(MORE_KEY, labels.more))
        pages.append(page)
    return pages


_Line = tuple[str | None, str]


def _lines(prompt: str) -> list[_Line]:
    return [(None, line) for line in plain(prompt).split("\n") if line]


def _page(lines: Sequence[_Line], closing: Sequence[tuple[str, str]]) -> Page | None:
    """Return the lines as one page, or None where they don't fit."""
    shown = [line for _, line in lines] + [f"{key}. {plain(label)}" for key, label in closing]
    text = "\n".join(shown)
    if gsm.septets(text) > SEPTETS_MAX:
        return None
    keys = [key for key, _ in lines if key is not None] + [key for key, _ in closing]
    return Page(text, tuple(keys))


def _filled(
    lines: list[_Line], *, way_back: list[tuple[str, str]], more: tuple[str, str]
) -> tuple[Page, list[_Line]]:
    """Return the next page, as full as it can be, and the lines that are left."""
    if (page := _page(lines, way_back)) is not None:
        return page, []
    closing = [more, *way_back]
    taken: list[_Line] = []
    rest = list(lines)
    while _page([*taken, rest[0]], closing) is not None:
        taken.append(rest.pop(0))
    key, line = rest[0]
    is_broken = key is None and (not taken or len(line) > _KEPT_WHOLE)
    for head, tail in _broken(line, is_alone=not taken) if is_broken else ():
        if _page([*taken, (None, head)], closing) is not None:
            taken.append((None, head))
            rest[0] = (None, tail)
            break
    page = _page(taken, closing)
    if page is None or not taken:
        raise ValueError("a choice is longer than a screen")
    return page, rest


def _broken(line: str, *, is_alone: bool) -> Iterator[tuple[str, str]]:
    """Yield the ways to break a line between words, the longest beginning first.

    Where nothing else is on the page, a word may be broken too: it is longer than a screen.
    """
    for at in range(len(line) - 1, 0, -1):
        if line[at] == " ":
            yield line[:at], line[at + 1 :]
    if is_alone:
        for at in range(len(line) - 1, 0, -1):
            yield line[:at], line[at:]
