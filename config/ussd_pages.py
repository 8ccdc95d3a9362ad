"""The pages about USSD in `docs/ussd/`: the tree as a diagram, every screen as a small phone.

Drawn by `manage.py flows` from the menu table and the screens themselves; a check fails when they
differ. Each picture shows one screen in every language, page beside page.
"""

import textwrap
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path

from django.conf import settings

from nannychain.language import codes, speaking
from ussd import proof
from ussd.engine.screens import Confirm, Flow, Pin, flow_name
from ussd.menu import APPLICATION, TREE

FOLDER = settings.BASE_DIR / "docs" / "ussd"
_HEAD = """# The phone, screen by screen

Drawn from the menu table and the screens by `make flows`. Change those, not this page. Persons and
money are examples; that the longest values fit too is what the tests prove.
"""
_COLUMNS, _LINE, _CHARACTER = 27, 17, 7.8
_MARGIN, _GAP, _KEYS = 14, 22, 74
_PAPER, _INK, _GLASS, _CASE = "#ffffff", "#10240f", "#c5d6a4", "#2b2f36"


def pages() -> dict[Path, str]:
    """Return every file, by its path."""
    with speaking("en"):
        files = {FOLDER / "README.md": _page()}
    pictures: dict[str, list[list[str]]] = {}
    for language in codes():
        for screen in proof.screens(language):
            pictures.setdefault(screen.name, []).append(list(screen.pages))
    for name, phones in pictures.items():
        files[FOLDER / f"{_file(name)}.svg"] = _picture([page for row in phones for page in row])
    return files


def _page() -> str:
    lines = [_HEAD, "## The tree\n", "```mermaid", "flowchart LR", *_edges(), "```\n"]
    lines.append("## The screens\n")
    for screen in proof.screens("en"):
        lines.append(f"### {screen.name}\n\n![{screen.name}]({_file(screen.name)}.svg)\n")
    return "\n".join(lines)


def _edges() -> Iterator[str]:
    for item in TREE:
        if isinstance(item.leads_to, Flow):
            yield f'    {item.parent} -->|"{item.key}. {item.label}"| {item.leads_to.name}'
    for flow in APPLICATION.all_flows.values():
        names = list(flow.screens)
        for before, after in pairwise(names):
            yield f"    {_node(before)} --> {_node(after)}"
        for name in names:
            if isinstance(flow.screens[name], Pin):
                yield f"    {_node(name)}{{{{{name}}}}}"
            if isinstance(flow.screens[name], Confirm):
                yield f"    {_node(name)}[/{name}/]"


def _node(name: str) -> str:
    return name if flow_name(name) == name else name.replace(".", "_")


def _file(name: str) -> str:
    return name.replace(", ", "-").replace(".", "-")


def _picture(shown: list[str]) -> str:
    """Return phones side by side, each with one page, as SVG."""
    texts = [_wrapped(page) for page in shown]
    height = max(len(lines) for lines in texts) * _LINE + 2 * _MARGIN
    width = _COLUMNS * _CHARACTER + 2 * _MARGIN
    whole = (len(texts) * (width + 2 * _MARGIN + _GAP) - _GAP, height + 2 * _MARGIN + _KEYS)
    size = f'width="{whole[0]:g}" height="{whole[1]:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {whole[0]:g} {whole[1]:g}" '
        'font-family="monospace" font-size="13">'
    ]
    for number, lines in enumerate(texts):
        left = number * (width + 2 * _MARGIN + _GAP)
        parts += _phone(lines, left=left, width=width, height=height)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _phone(lines: list[str], *, left: float, width: float, height: float) -> Iterator[str]:
    case = f'width="{width + 2 * _MARGIN:g}" height="{height + 2 * _MARGIN + _KEYS:g}" rx="18"'
    yield f'<rect x="{left:g}" y="0" {case} fill="{_CASE}"/>'
    glass = f'x="{left + _MARGIN:g}" y="{_MARGIN}" width="{width:g}" height="{height:g}" rx="5"'
    yield f'<rect {glass} fill="{_GLASS}"/>'
    for number, line in enumerate(lines):
        at = f'x="{left + 2 * _MARGIN:g}" y="{2 * _MARGIN + number * _LINE + 10:g}"'
        yield f'<text {at} fill="{_INK}" xml:space="preserve">{escape(line)}</text>'
    for number, key in enumerate("1234567890*#"):
        column, row = number % 6, number // 6
        x = left + _MARGIN + column * (width / 6) + width / 12
        y = height + 2 * _MARGIN + 22 + row * 30
        yield (f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{_PAPER}">{key}</text>')


def _wrapped(page: str) -> list[str]:
    return [part for line in page.split("\n") for part in textwrap.wrap(line, _COLUMNS) or [""]]
