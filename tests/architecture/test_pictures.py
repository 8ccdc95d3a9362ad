"""Pictures of what can happen are drawn from the tables, and drawn anew when a table changes."""

from config import flows


def test_the_page_of_pictures_is_up_to_date() -> None:
    """`make flows` draws it."""
    assert flows.PATH.read_text(encoding="utf-8") == flows.document()


def test_every_edge_is_drawn_with_its_phrase() -> None:
    page = flows.document()
    edges = [edge for machine in flows.machines() for edge in machine.edges]
    assert edges
    assert all(f"{edge.source} --> {edge.target}: {edge.phrase}" in page for edge in edges)
