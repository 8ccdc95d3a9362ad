"""The catalogues of texts: gathering them from the code, and compiling them.

Babel does both, so that no gettext programs need to be installed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

_KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
_STOREYS = ("nannychain", "wallets", "workers", "payments", "ussd", "config")
_CREATED = datetime(2026, 11, 20, tzinfo=UTC)
_DOMAIN = "LC_MESSAGES/django.po"


def gather() -> Catalog:
    """Return all texts of the code, in a catalogue without translations."""
    # A fixed date, so that a catalogue changes only when a text does.
    catalog = Catalog(project="NannyChain", creation_date=_CREATED)
    for storey in _STOREYS:
        folder = settings.BASE_DIR / storey
        if folder.is_dir():
            _gather_from(folder, into=catalog)
    return catalog


def _gather_from(folder: Path, *, into: Catalog) -> None:
    found = extract_from_dir(
        str(folder),
        method_map=[("**.py", "python")],
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
    )
    for name, _, message, comments, context in found:
        place = f"{folder.name}/{name}"
        # Without line numbers, for the same reason; Babel's types don't know that it can.
        locations: list[Any] = [(place, None)]
        into.add(message, locations=locations, auto_comments=comments, context=context)


def catalogues() -> Iterator[tuple[str, Path]]:
    """Return language and path of each catalogue; English stands in the code."""
    for folder in settings.LOCALE_PATHS:
        for path in sorted(Path(folder).glob(f"*/{_DOMAIN}")):
            yield path.parent.parent.name, path


def read(path: Path, *, language: str) -> Catalog:
    """Return the catalogue in a file."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(path: Path, *, language: str) -> Catalog:
    """Bring a catalogue up to the code, keep its translations, drop what is gone; return it."""
    catalog = read(path, language=language)
    catalog.update(gather(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=100, sort_output=True, omit_header=False)
    return catalog


def compile_all() -> int:
    """Write the compiled form of every catalogue beside it; return how many there are."""
    count = 0
    for language, path in catalogues():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(path, language=language))
        count += 1
    return count
