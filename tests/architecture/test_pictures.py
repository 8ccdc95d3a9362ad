"""Pictures of what can happen are drawn from the tables, and drawn anew when a table changes."""

from config import book_pages, flows, role_pages, ussd_pages
from wallets.ledger import recipes


def test_the_page_of_pictures_is_up_to_date() -> None:
    """`make flows` draws it."""
    assert flows.PATH.read_text(encoding="utf-8") == flows.document()


def test_every_edge_is_drawn_with_its_phrase() -> None:
    page = flows.document()
    edges = [edge for machine in flows.machines() for edge in machine.edges]
    assert edges
    assert all(f"{edge.source} --> {edge.target}: {edge.phrase}" in page for edge in edges)


def test_the_pages_of_the_ledger_are_up_to_date() -> None:
    """`manage.py flows` draws them."""
    for path, text in book_pages.pages().items():
        assert path.read_text(encoding="utf-8") == text


def test_the_page_of_roles_is_up_to_date() -> None:
    """`manage.py flows` draws it."""
    assert role_pages.PATH.read_text(encoding="utf-8") == role_pages.page()


def test_the_screens_of_the_phone_are_drawn_as_they_are() -> None:
    """`make flows` draws them, in every language."""
    drawn = ussd_pages.pages()
    for path, text in drawn.items():
        assert path.read_text(encoding="utf-8") == text
    by_hand = {ussd_pages.FOLDER / "engine.md"}
    assert set(ussd_pages.FOLDER.iterdir()) == set(drawn) | by_hand


def test_every_recipe_has_an_example_that_its_own_kind_allows() -> None:
    assert recipes.registered()
    for each in recipes.registered():
        example = each.example()
        assert example.draft.kind == each.kind.code
        assert sum(leg.amount for leg in example.draft.legs) == 0
        for leg in example.draft.legs:
            allowed = each.kind.debits if leg.amount > 0 else each.kind.credits
            assert example.accounts[leg.account_id] in allowed
