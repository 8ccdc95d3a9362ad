"""What is under version control: nothing of one machine, and documents that are true."""

import re
from pathlib import Path

import pytest

from tests.architecture import tree

_BINARY = frozenset({".png", ".ico", ".woff", ".woff2", ".mo"})
_HERE = Path(__file__)
# Where packages and images come from is for each machine to say.
_INDEX = re.compile(r"pypi\.|pythonhosted|--index-url|docker\.io|ghcr\.io|quay\.io|gcr\.io|npmjs")
_LOCAL_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home/\w+|Users/\w+|farm)/|/tmp/\w+/\w")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
DOCUMENTS = [path for path in tree.tracked() if path.suffix == ".md"]
ADRS = sorted((tree.ROOT / "docs" / "adr").glob("*.md"))


def _lines(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{tree.short(path)}:{number} {line.strip()[:100]}"
        for path in tree.tracked()
        if path.suffix not in _BINARY and path != _HERE
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_index_or_an_image_registry() -> None:
    assert _lines(_INDEX) == []


def test_no_file_holds_a_path_of_one_machine() -> None:
    assert _lines(_LOCAL_PATH) == []


def test_what_a_project_should_have_is_there() -> None:
    wanted = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")
    assert [name for name in wanted if not (tree.ROOT / name).read_text().strip()] == []
    assert "Apache License" in (tree.ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=tree.short)
def test_links_within_the_project_lead_somewhere(document: Path) -> None:
    links = [link.split("#")[0] for link in _LINK.findall(document.read_text())]
    inside = [link for link in links if link and not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=tree.short)
def test_the_files_that_a_document_names_exist(document: Path) -> None:
    """A path of ours in backquotes, such as `ussd/menu.py`, is a promise."""
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*\.\w+|(?:[\w-]+/)+)`", document.read_text())
    ours = [name for name in named if name.split("/")[0] in _top_names()]
    assert [name for name in ours if not (tree.ROOT / name).exists()] == []


def _top_names() -> set[str]:
    return {path.relative_to(tree.ROOT).parts[0] for path in tree.tracked()}


def test_the_readme_tells_the_two_commands() -> None:
    text = (tree.ROOT / "README.md").read_text()
    assert all(command in text for command in ("make run", "make test"))


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_a_sentence_and_fits_on_half_a_page(path: Path) -> None:
    title, *body = path.read_text().splitlines()
    number = path.stem[:4]
    assert title.startswith(f"# {int(number)}. ")
    assert len(title.split()) > 5, "the title is the decision as a sentence"
    assert len(body) <= 45
    assert {"## Why", "## What follows"} <= set(body)


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(path.stem[:4]) for path in ADRS] == list(range(1, len(ADRS) + 1))
    index = (tree.ROOT / "docs" / "architecture.md").read_text()
    assert [path.name for path in ADRS if path.name not in index] == []
